// Go durations (`1h30m`, `10s`): read and printed exactly as Go's time package does.
// Knows no calendar, no dates and no day unit, because Go does not either.

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const limit = 1n << 63n;

/** Nanoseconds of a Go duration, or undefined when it is none (Go time.ParseDuration). */
export function parseDuration(text: string): bigint | undefined {
  const read = readDuration(text);
  return typeof read === "bigint" ? read : undefined;
}

/** Go's own sentence about a text that is no duration (`time: invalid duration "x"`); undefined when it is one. */
export function durationProblem(text: string): string | undefined {
  const read = readDuration(text);
  return typeof read === "string" ? read : undefined;
}

/** Milliseconds, possibly fractional, of a Go duration; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const ns = parseDuration(text);
  return ns === undefined ? undefined : Number(ns) / 1e6;
}

/** Prints nanoseconds as Go's Duration.String does: `5m0s`, `1.5s`, `0s`. */
export function formatDuration(ns: bigint): string {
  const sign = ns < 0n ? "-" : "";
  const size = ns < 0n ? -ns : ns;
  if (size === 0n) return "0s";
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${fixed(size, 3)}\u00b5s`;
  if (size < 1_000_000_000n) return `${sign}${fixed(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${fixed(size % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return sign + (hours === 0n ? `${minutes}m` : `${hours}h${minutes % 60n}m`) + seconds;
}

/** Prints milliseconds as Go prints a duration; fractions below a nanosecond are rounded. */
export function formatDurationMs(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1e6)));
}

/** `value` divided by ten to the power of `digits`, without trailing zeros. */
function fixed(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const fraction = (value % scale).toString().padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / scale}` : `${value / scale}.${fraction}`;
}

/** Nanoseconds, or the sentence that says what is wrong. */
function readDuration(text: string): bigint | string {
  const invalid = `time: invalid duration ${quoted(text)}`;
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  let rest = text.slice(sign.length);
  if (rest === "0") return 0n;
  if (rest === "") return invalid;
  let total = 0n;
  while (rest !== "") {
    const [number, whole, fraction] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? ["", "", undefined];
    if (number === "" || number === ".") return invalid;
    if (BigInt(whole || "0") > limit) return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? "";
    if (unit === "") return `time: missing unit in duration ${quoted(text)}`;
    const size = unitNs[unit];
    if (size === undefined) return `time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`;
    rest = rest.slice(unit.length);
    total += BigInt(whole || "0") * size + fractionNs(fraction ?? "", size);
    if (total > limit) return invalid;
  }
  if (sign === "-") return -total;
  return total === limit ? invalid : total;
}

/** Go keeps as many digits as fit 63 bits, then multiplies as doubles and cuts. */
function fractionNs(digits: string, unit: bigint): bigint {
  let kept = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (kept > (limit - 1n) / 10n) break;
    const next = kept * 10n + BigInt(digit);
    if (next > limit) break;
    kept = next;
    scale *= 10;
  }
  return kept === 0n ? 0n : BigInt(Math.trunc(Number(kept) * (Number(unit) / scale)));
}

/** Go's quoting inside these messages: bytes outside printable ASCII become `\xNN`. */
function quoted(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0x80 || code < 0x20) {
      for (const byte of new TextEncoder().encode(char)) out += `\\x${byte.toString(16).padStart(2, "0")}`;
    } else out += char === '"' || char === "\\" ? `\\${char}` : char;
  }
  return `"${out}"`;
}
