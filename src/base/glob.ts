// Globs over slash-separated paths with the meaning github.com/bmatcuk/doublestar v4.9 gives them, which Kargo uses.
// Pure text matching; walks no file system.

/** True when the pattern is well-formed: brackets and braces are closed, no lone backslash ends it (ValidatePattern). */
export function isGlob(pattern: string): boolean {
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    switch (pattern[i]) {
      case "\\":
        i++;
        if (i >= pattern.length) return false;
        break;
      case "[": {
        const end = classEnd(pattern, i + 1);
        if (end === undefined) return false;
        i = end;
        break;
      }
      case "{":
        depth++;
        break;
      case "}":
        if (depth === 0) return false;
        depth--;
        break;
    }
  }
  return depth === 0;
}

/** True when the whole path matches. Case counts; a malformed pattern matches nothing (MatchUnvalidated). */
export function matchesGlob(pattern: string, path: string): boolean {
  return walk(Array.from(pattern), Array.from(path), { at: 0, name: 0 }) === "match";
}

/** `malformed` ends the search for alternatives; `miss` does not. */
type Outcome = "match" | "miss" | "malformed";

/** Characters, so that `?` and classes see whole ones. */
type Characters = readonly string[];

/** Where to resume when a wildcard has to take more. */
interface Resume {
  readonly at: number;
  name: number;
}

interface State {
  /** Index into the pattern. */
  at: number;
  /** Index into the path. */
  name: number;
  /** After the last `*`. */
  star?: Resume;
  /** After the last `**` that stands for whole directories. */
  directories?: Resume;
}

/**
 * Matches from a state on. Only the last star and the last directory wildcard are ever reconsidered, and an alternative
 * of braces counts as the start of a path segment; both are visible in corner cases and therefore kept.
 */
function walk(pattern: Characters, path: Characters, start: State): Outcome {
  const state: State = { ...start };
  let segmentStart = true;
  while (state.name < path.length) {
    const token = pattern[state.at];
    if (token === "*") {
      const doubled = pattern[state.at + 1] === "*";
      state.at += doubled ? 2 : 1;
      if (doubled && segmentStart) {
        if (state.at >= pattern.length) return "match";
        if (pattern[state.at] === "/") {
          state.at++;
          state.directories = { at: state.at, name: state.name };
          state.star = undefined;
          continue;
        }
      }
      segmentStart = false;
      state.star = { at: state.at, name: state.name };
      continue;
    }
    if (token === "{") return walkAlternatives(pattern, path, state);
    if (token !== undefined) {
      const step = matchOne(pattern, state.at, path[state.name] ?? "");
      if (step.outcome === "malformed") return "malformed";
      if (step.outcome === "match") {
        state.at = step.next;
        state.name++;
        segmentStart = step.isSeparator;
        continue;
      }
    }
    if (state.star !== undefined && path[state.star.name] !== "/") {
      state.star = { at: state.star.at, name: state.star.name + 1 };
      state.at = state.star.at;
      state.name = state.star.name;
      segmentStart = false;
      continue;
    }
    if (state.directories === undefined) return "miss";
    const separator = path.indexOf("/", state.directories.name);
    if (separator < 0) return "miss";
    state.directories = { at: state.directories.at, name: separator + 1 };
    state.at = state.directories.at;
    state.name = separator + 1;
    segmentStart = true;
  }
  return matchesEmpty(pattern.slice(state.at));
}

/** Puts each alternative of the braces at `state.at` in their place and goes on with it. */
function walkAlternatives(pattern: Characters, path: Characters, state: State): Outcome {
  const braces = parseBraces(pattern, state.at);
  if (braces === undefined) return "malformed";
  for (const alternative of braces.alternatives) {
    const replaced = [...pattern.slice(0, state.at), ...alternative, ...pattern.slice(braces.end + 1)];
    const outcome = walk(replaced, path, state);
    if (outcome !== "miss") return outcome;
  }
  return "miss";
}

interface Step {
  readonly outcome: Outcome;
  readonly next: number;
  readonly isSeparator: boolean;
}

/** Matches one character of the path against `?`, a class, an escaped or a plain character. */
function matchOne(pattern: Characters, at: number, character: string): Step {
  const step = (matched: boolean, next: number, isSeparator = false): Step => ({
    outcome: matched ? "match" : "miss",
    next,
    isSeparator,
  });
  const token = pattern[at];
  if (token === "?") return step(character !== "/", at + 1);
  if (token === "[") return matchClass(pattern, at + 1, character);
  const escaped = token === "\\";
  const wanted = pattern[escaped ? at + 1 : at];
  if (wanted === undefined) return malformed;
  return step(wanted === character, escaped ? at + 2 : at + 1, wanted === "/");
}

const malformed: Step = { outcome: "malformed", next: 0, isSeparator: false };

/** Matches a character against the class that begins after `[`. It may match a slash. */
function matchClass(pattern: Characters, start: number, character: string): Step {
  const negated = pattern[start] === "!" || pattern[start] === "^";
  let at = negated ? start + 1 : start;
  if (at >= pattern.length || pattern[at] === "]") return malformed;
  let matched = false;
  let last: string | undefined;
  while (!matched && at < pattern.length && pattern[at] !== "]") {
    let member = pattern[at++] ?? "";
    const isRange = last !== undefined && member === "-" && at < pattern.length && pattern[at] !== "]";
    if (isRange || member === "\\") {
      if (isRange && pattern[at] === "\\") at++;
      member = pattern[at++] ?? "\ufffd";
    }
    matched = isRange ? isBetween(character, last ?? "", member) : member === character;
    last = isRange || member === "\u{10ffff}" ? undefined : member;
  }
  if (matched === negated) return at >= pattern.length ? malformed : { ...malformed, outcome: "miss" };
  while (at < pattern.length && pattern[at] !== "]") at += pattern[at] === "\\" ? 2 : 1;
  return at >= pattern.length ? malformed : { outcome: "match", next: at + 1, isSeparator: false };
}

function isBetween(character: string, low: string, high: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (low.codePointAt(0) ?? 0) <= code && code <= (high.codePointAt(0) ?? 0);
}

const emptyForms = new Set(["", "*", "**", "/**", "**/", "/**/"]);

/** Whether what is left of the pattern matches no text at all. */
function matchesEmpty(pattern: Characters): Outcome {
  if (pattern.length <= 4 && emptyForms.has(pattern.join(""))) return "match";
  if (pattern[0] !== "{") return "miss";
  const braces = parseBraces(pattern, 0);
  if (braces === undefined) return "malformed";
  for (const alternative of braces.alternatives) {
    const outcome = matchesEmpty([...alternative, ...pattern.slice(braces.end + 1)]);
    if (outcome !== "miss") return outcome;
  }
  return "miss";
}

/** The alternatives of the braces that open at `open`, and where they close. Brackets mean nothing inside them. */
function parseBraces(
  pattern: Characters,
  open: number,
): { readonly alternatives: readonly Characters[]; readonly end: number } | undefined {
  const alternatives: Characters[] = [];
  let depth = 0;
  let start = open + 1;
  for (let i = open + 1; i < pattern.length; i++) {
    const token = pattern[i];
    if (token === "\\") i++;
    else if (token === "{") depth++;
    else if (token === "," && depth === 0) {
      alternatives.push(pattern.slice(start, i));
      start = i + 1;
    } else if (token === "}" && depth-- === 0) {
      return { alternatives: [...alternatives, pattern.slice(start, i)], end: i };
    }
  }
  return undefined;
}

/** Index of the bracket that closes the class which begins at `start`, or undefined when none does. */
function classEnd(pattern: string, start: number): number | undefined {
  const first = pattern[start] === "^" || pattern[start] === "!" ? start + 1 : start;
  if (pattern[first] === undefined || pattern[first] === "]") return undefined;
  for (let i = first; i < pattern.length; i++) {
    if (pattern[i] === "\\") i++;
    else if (pattern[i] === "]") return i;
  }
  return undefined;
}
