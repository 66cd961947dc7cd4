// Patterns that name paths or names: `glob:`, `regex:`, and a plain form (pkg/pattern/matcher.go of Kargo).
// Matches text only; reads neither repositories nor file systems.
import { posix } from "node:path";
import { RE2JS } from "re2js";
import { isGlob, matchesGlob } from "../base/glob";

/** Says whether a text matches. */
export type Matcher = (text: string) => boolean;

/** What became of a pattern: a matcher, or a sentence that says what is wrong with it. */
export type MatcherResult =
  | { readonly matches: Matcher; readonly problem?: undefined; readonly reason?: undefined }
  | {
      readonly matches?: undefined;
      readonly problem: string;
      /** What Go's libraries say about it. */
      readonly reason: string;
    };

/** Reads a path selector; without a prefix it names a base directory (ParsePathPattern). */
export function parsePathPattern(pattern: string): MatcherResult {
  return parsePrefixed(pattern) ?? { matches: (path) => isBelow(pattern, path) };
}

/** Reads a name pattern; without a prefix it names exactly one (ParseNamePattern). */
export function parseNamePattern(pattern: string): MatcherResult {
  return parsePrefixed(pattern) ?? { matches: (name) => name === pattern };
}

/** A policy's pattern is asked of every Stage, and compiling takes far longer than matching. */
const compiled = new Map<string, MatcherResult>();
const maxCompiled = 64;

/** Reads a regular expression of Go's dialect, which matches anywhere in a text and in linear time. */
export function parseRegex(pattern: string): MatcherResult {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const result = compileRegex(pattern);
  if (compiled.size >= maxCompiled) compiled.clear();
  compiled.set(pattern, result);
  return result;
}

function compileRegex(pattern: string): MatcherResult {
  try {
    const regex = RE2JS.compile(pattern);
    return { matches: (text) => regex.test(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { reason, problem: `"${pattern}" is not a regular expression of Go's dialect: ${reason}` };
  }
}

function parsePrefixed(pattern: string): MatcherResult | undefined {
  const [, prefix, rest = ""] = /^(glob|regexp?):(.*)$/s.exec(pattern) ?? [];
  if (prefix === undefined) return undefined;
  if (prefix !== "glob") return parseRegex(rest);
  if (!isGlob(rest)) {
    const problem = `"${rest}" is not a glob: a bracket or brace is not closed`;
    return { problem, reason: "syntax error in pattern" };
  }
  return { matches: (text) => matchesGlob(rest, text) };
}

/**
 * True when the path is the base directory or lies below it, by whole segments. A remainder that holds `..` anywhere,
 * even inside a file name, does not count; that is upstream's rule.
 */
function isBelow(base: string, path: string): boolean {
  const from = clean(base);
  const to = clean(path);
  if (from === to) return true;
  if (from.startsWith("/") !== to.startsWith("/")) return false;
  const above = segments(from);
  const below = segments(to);
  if (above.some((segment, i) => segment !== below[i])) return false;
  return !below.slice(above.length).join("/").includes("..");
}

/** Go's filepath.Clean on a slash-separated path. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

function segments(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}
