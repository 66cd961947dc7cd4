// Ignore rules in the dialect of go-git, which is not quite git's: the patterns of a text against names of a path.
// Reads no file; the caller decides what is walked.

/** Says whether the rules leave a path out. */
export type IgnoreMatcher = (names: readonly string[], isDirectory: boolean) => boolean;

/**
 * Reads one pattern a line; blank lines and those that begin with `#` say nothing. Patterns are tried from the last to
 * the first, the first that matches decides (go-git 5.19.1 plumbing/format/gitignore).
 */
export function parseIgnoreRules(patterns: readonly string[]): IgnoreMatcher {
  const rules = patterns
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map(parseRule)
    .reverse();
  return (names, isDirectory) => {
    const rule = rules.find(({ matches }) => matches(names, isDirectory));
    return rule !== undefined && !rule.isInclusion;
  };
}

/** Lines as Go's bufio.Scanner cuts them: at line feeds, one carriage return before each dropped. */
export function scanLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

interface Rule {
  readonly isInclusion: boolean;
  readonly matches: IgnoreMatcher;
}

function parseRule(line: string): Rule {
  const isInclusion = line.startsWith("!");
  let pattern = isInclusion ? line.slice(1) : line;
  if (!pattern.endsWith("\\ ")) pattern = pattern.replace(/ +$/, "");
  const onlyDirectories = pattern.endsWith("/");
  if (onlyDirectories) pattern = pattern.slice(0, -1);
  const segments = pattern.split("/");
  const matches: IgnoreMatcher =
    segments.length > 1
      ? (names, isDirectory) => matchesAnchored(segments, names, onlyDirectories && !isDirectory)
      : (names, isDirectory) => matchesAnyName(pattern, names, onlyDirectories && !isDirectory);
  return { isInclusion, matches };
}

/** A pattern without a slash fits any name on the path; `notLast` says that the path's own name does not count. */
function matchesAnyName(pattern: string, names: readonly string[], notLast: boolean): boolean {
  const fit = names.findIndex((name) => matchesName(pattern, name));
  return fit >= 0 && !(notLast && fit === names.length - 1);
}

/** A pattern with a slash fits from the first name on, and with that everything below. */
function matchesAnchored(segments: readonly string[], names: readonly string[], notWhole: boolean): boolean {
  let rest = names;
  let matched = false;
  let skips = false;
  for (const [i, segment] of segments.entries()) {
    if (segment === "") {
      skips = false;
      continue;
    }
    if (segment === "**") {
      if (i === segments.length - 1) break;
      skips = true;
      continue;
    }
    if (segment.includes("**") || rest.length === 0) return false;
    if (skips) {
      skips = false;
      const fit = rest.findIndex((name) => matchesName(segment, name));
      matched = fit >= 0;
      rest = fit < 0 ? [] : rest.slice(fit + 1);
    } else {
      if (!matchesName(segment, rest[0] ?? "")) return false;
      matched = true;
      rest = rest.slice(1);
    }
  }
  return matched && !(notWhole && rest.length === 0);
}

/** Go's filepath.Match on a single name: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`. A malformed pattern fits nothing. */
function matchesName(pattern: string, name: string): boolean {
  const parts = parseName(Array.from(pattern));
  return parts !== undefined && fits(parts, Array.from(name));
}

/** A wildcard for any run of characters, or a test of one. */
type Part = "run" | ((character: string) => boolean);

/** Only the last wildcard is ever reconsidered; more would change nothing but the time it takes. */
function fits(parts: readonly Part[], name: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let resume: { readonly part: number; at: number } | undefined;
  for (;;) {
    const test = parts[part];
    const character = name[at];
    if (test === undefined && character === undefined) return true;
    if (test === "run") {
      part++;
      resume = { part, at };
    } else if (test !== undefined && character !== undefined && test(character)) {
      part++;
      at++;
    } else {
      if (resume === undefined || resume.at >= name.length) return false;
      resume.at++;
      part = resume.part;
      at = resume.at;
    }
  }
}

function parseName(pattern: readonly string[]): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i];
    if (character === "*") {
      if (parts.at(-1) !== "run") parts.push("run");
    } else if (character === "?") {
      parts.push(() => true);
    } else if (character === "[") {
      const set = parseClass(pattern, i + 1);
      if (set === undefined) return undefined;
      parts.push(set.test);
      i = set.end;
    } else {
      const wanted = character === "\\" ? pattern[++i] : character;
      if (wanted === undefined) return undefined;
      parts.push((other) => other === wanted);
    }
  }
  return parts;
}

function parseClass(
  pattern: readonly string[],
  start: number,
): { readonly test: (character: string) => boolean; readonly end: number } | undefined {
  const isNegated = pattern[start] === "^";
  const ranges: (readonly [low: number, high: number])[] = [];
  let at = isNegated ? start + 1 : start;
  const member = (): number | undefined => {
    if (pattern[at] === "-" || pattern[at] === "]") return undefined;
    if (pattern[at] === "\\") at++;
    return pattern[at++]?.codePointAt(0);
  };
  while (ranges.length === 0 || pattern[at] !== "]") {
    const low = member();
    if (low === undefined) return undefined;
    let high: number | undefined = low;
    if (pattern[at] === "-") {
      at++;
      high = member();
    }
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  const test = (character: string): boolean => {
    const code = character.codePointAt(0);
    return code !== undefined && ranges.some(([low, high]) => low <= code && code <= high) !== isNegated;
  };
  return { test, end: at };
}
