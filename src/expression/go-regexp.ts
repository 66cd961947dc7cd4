// Regular expressions of Go's dialect: linear time, matching anywhere in a text (regexp package).
// The engine is re2js; here is what differs from Go's sentences, and a cache of compiled patterns.
import { RE2JS } from "re2js";
import { toValid } from "./go-text";
import { type Meter, spend } from "./meter";

/** A compiled pattern. */
export interface Regex {
  /** Number of instructions it compiled to. */
  readonly size: number;
  test(text: string): boolean;
}

const compiled = new Map<string, Regex | string>();
const cacheSize = 500;

/** A compiled pattern, or Go's sentence about why it is none. The meter pays for compiling it anew. */
export function compileRegex(pattern: string, meter?: Meter): Regex | string {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    regex = build(pattern);
    if (meter !== undefined)
      spend(meter, 2000 + (typeof regex === "string" ? pattern.length : regex.size * 20));
    if (compiled.size >= cacheSize) compiled.clear();
    compiled.set(pattern, regex);
  }
  return regex;
}

/** Go's sentence about a pattern that is none. */
export function regexProblem(pattern: string): string | undefined {
  const regex = compileRegex(pattern);
  return typeof regex === "string" ? regex : undefined;
}

function build(pattern: string): Regex | string {
  if (toValid(pattern) !== pattern) return `error parsing regexp: invalid UTF-8: \`${pattern}\``;
  try {
    const regex = RE2JS.compile(pattern);
    return { size: regex.programSize(), test: (text) => regex.test(toValid(text)) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
