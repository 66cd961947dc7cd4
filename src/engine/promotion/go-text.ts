// Go's forms of text and JSON, as far as promotions need them before the expression library is there.
// Evaluates nothing yet: the library takes over every function of this file.
export function goQuote(text: string): string {
  return JSON.stringify(text);
}
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_k, v) => (typeof v === "bigint" ? Number(v) : v));
}
export function goTypeName(value: unknown): string {
  return typeof value === "bigint" ? "int" : typeof value;
}
export function parseFloatGo(text: string): number | undefined {
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}
export function parseBoolGo(text: string): boolean | undefined {
  return ["1", "t", "T", "TRUE", "true", "True"].includes(text)
    ? true
    : ["0", "f", "F", "FALSE", "false", "False"].includes(text)
      ? false
      : undefined;
}
export function unsupportedNumber(value: unknown): string | undefined {
  if (typeof value === "number")
    return Number.isNaN(value)
      ? "NaN"
      : value === Infinity
        ? "+Inf"
        : value === -Infinity
          ? "-Inf"
          : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const member of Object.values(value)) {
    const p = unsupportedNumber(member);
    if (p !== undefined) return p;
  }
  return undefined;
}
export function evaluateExpression(source: string, _env: unknown): string {
  throw new Error(`expressions cannot be evaluated yet:${source}`);
}
