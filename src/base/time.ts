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
