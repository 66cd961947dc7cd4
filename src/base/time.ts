// Times as Kubernetes persists them: RFC 3339 in UTC, whole seconds.
// Formats and reads only; nothing here asks what time it is.

/** The time as a resource holds it; the fraction of a second is cut, as Go's metav1.Time does. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch, undefined when the text is absent or no time. */
export function timeMs(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(value) ? undefined : value;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Nanoseconds since the epoch of a time in Go's strict RFC 3339 form; undefined when the text is none or names a day
 * or hour that does not exist.
 */
export function rfc3339Nanos(text: string): bigint | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ""] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 19) !== local) return undefined;
  const ms = Date.parse(text.replace(/[.,]\d+/, ""));
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}
