// The parts of a gjson path: names with wildcards, `#`, queries such as `#(name=="x")#`, pipes.
// Looks nothing up; json-query.ts does.
import { endOfBrackets, unescapeJson } from "./json-scan";

/** What a part means in an object. */
export interface ObjectPart {
  readonly name: string;
  readonly isWild: boolean;
  readonly hasMore: boolean;
  readonly rest: string;
  readonly pipe?: string;
}

/** A condition on the elements of an array. */
export interface ArrayQuery {
  readonly path: string;
  readonly operator: string;
  readonly value: string;
  /** `#(…)#` instead of `#(…)`. */
  readonly isForAll: boolean;
}

/** What a part means in an array. */
export interface ArrayPart {
  readonly name: string;
  /** There is a `#` in it. */
  readonly isCount: boolean;
  /** Path into every element: what follows `#.`. */
  readonly elementKey?: string;
  readonly query?: ArrayQuery;
  readonly hasMore: boolean;
  readonly rest: string;
  readonly pipe?: string;
}

const modifiers =
  /^@(?:pretty|ugly|reverse|this|flatten|join|valid|keys|values|tostr|fromstr|group)(?=$|[.|:])/;
const constants = /^!(?:[{["+\-\d]|(?:true|false|null|nan|inf)(?:$|[.|]))/i;

/** True when the path makes a new value, by a modifier, a constant or a selection, instead of finding one. */
export function isCalculated(path: string): boolean {
  if (path.length < 2) return false;
  if (path.startsWith("@")) return modifiers.test(path);
  if (path.startsWith("!")) return constants.test(path);
  if (!beginsSelection(path)) return false;
  const end = endOfSelection(path);
  return end !== undefined && (end === path.length || path[end] === "|" || path[end] === ".");
}

/** What upstream looks for when a path begins as a selection and turns out to be none: what follows it, or nothing. */
export function withoutSelection(path: string): string {
  if (path.length < 2 || !beginsSelection(path)) return path;
  const end = endOfSelection(path);
  return end === undefined ? "" : path.slice(end);
}

function beginsSelection(path: string): boolean {
  return path.startsWith("[") || path.startsWith("{");
}

/** Index behind the bracket that closes the one a path begins with. */
function endOfSelection(path: string): number | undefined {
  let depth = 1;
  for (let i = 1; i < path.length; i++) {
    const character = path[i] ?? "";
    if (character === "\\") {
      i++;
    } else if (character === '"') {
      i = indexOfQuote(path, i + 1);
    } else if ("[({".includes(character)) {
      depth++;
    } else if ("])}".includes(character) && --depth === 0) {
      return i + 1;
    }
  }
  return undefined;
}

/** Takes the first part of a path for an object (parseObjectPath). */
export function parseObjectPart(path: string): ObjectPart {
  let name = "";
  let isWild = false;
  let hasEscape = false;
  for (let i = 0; i < path.length; i++) {
    const character = path[i] ?? "";
    if (character === "|") return { name, isWild, hasMore: false, rest: "", pipe: path.slice(i + 1) };
    if (character === ".") {
      const next = path.slice(i + 1);
      if (!beginsPipe(next)) return { name, isWild, hasMore: true, rest: next };
      // Behind an escape upstream forgets that the rest is a pipe's and looks for an empty name.
      return { name, isWild, hasMore: hasEscape, rest: "", pipe: next };
    }
    if (character === "\\") {
      name += path[++i] ?? "";
      hasEscape = true;
      continue;
    }
    if (character === "*" || character === "?") isWild = true;
    name += character;
  }
  return { name, isWild, hasMore: false, rest: "" };
}

/** Takes the first part of a path for an array (parseArrayPath). */
export function parseArrayPart(path: string): ArrayPart {
  let isCount = false;
  let query: ArrayQuery | undefined;
  for (let i = 0; i < path.length; i++) {
    const character = path[i];
    const name = path.slice(0, i);
    if (character === "|") return { name, isCount, query, hasMore: false, rest: "", pipe: path.slice(i + 1) };
    if (character === ".") {
      const next = path.slice(i + 1);
      if (!isCount && beginsPipe(next)) return { name, isCount, query, hasMore: false, rest: "", pipe: next };
      return { name, isCount, query, hasMore: true, rest: next, ...elementKeyOf(path, name) };
    }
    if (character !== "#") continue;
    isCount = true;
    if (i !== 0 || !/^#[[(]/.test(path)) continue;
    const parsed = parseQuery(path);
    if (parsed === undefined) return { name: path, isCount, query: noQuery, hasMore: false, rest: "" };
    i = parsed.end - 1;
    query = { ...parsed.query, isForAll: path[parsed.end] === "#" };
  }
  return { name: path, isCount, query, hasMore: false, rest: "" };
}

/** A query that was begun and never ended asks for nothing. */
const noQuery: ArrayQuery = { path: "", operator: "", value: "", isForAll: false };

function elementKeyOf(path: string, name: string): { readonly elementKey?: string } {
  return name === "#" ? { elementKey: path.slice(2) } : {};
}

/** Parts a path at its first pipe, unless that stands within a query (splitPossiblePipe). */
export function splitAtPipe(path: string): { readonly left: string; readonly right: string } | undefined {
  if (!path.includes("|")) return undefined;
  if (path.startsWith("{")) {
    const end = endOfBrackets(path, 0);
    return path[end] === "|" ? { left: path.slice(0, end), right: path.slice(end + 1) } : undefined;
  }
  for (let i = 0; i < path.length; i++) {
    const character = path[i];
    if (character === "\\") i++;
    else if (character === "|") return { left: path.slice(0, i), right: path.slice(i + 1) };
    else if (character === "." && i === path.length - 1) return undefined;
    else if (character === "." && path[i + 1] === "#") {
      i += 2;
      if (i === path.length) return undefined;
      if (path[i] === "[" || path[i] === "(") i = endOfQuery(path, i);
    }
  }
  return undefined;
}

function endOfQuery(path: string, open: number): number {
  const [start, end] = path[open] === "[" ? ["[", "]"] : ["(", ")"];
  let depth = 1;
  for (let i = open + 1; i < path.length; i++) {
    const character = path[i];
    if (character === "\\") i++;
    else if (character === start) depth++;
    else if (character === end && --depth === 0) return i;
    else if (character === '"') i = indexOfQuote(path, i + 1);
  }
  return path.length;
}

/** A modifier or selection may follow a dot as if it were a pipe. */
function beginsPipe(path: string): boolean {
  if (path.startsWith("@")) return modifiers.test(path) && !/^@\w+:/.test(path);
  return beginsSelection(path);
}

/** Reads `#(path operator value)`; `end` is behind its closing bracket. */
function parseQuery(
  path: string,
): { readonly query: Omit<ArrayQuery, "isForAll">; readonly end: number } | undefined {
  let depth = 1;
  let condition = 0;
  let hasEscape = false;
  for (let i = 2; i < path.length; i++) {
    const character = path[i] ?? "";
    if (depth === 1 && condition === 0 && "!=<>%".includes(character)) condition = i;
    else if (character === "\\") i++;
    else if (character === "[" || character === "(") depth++;
    else if (character === "]" || character === ")") {
      if (--depth > 0) continue;
      const left = trimmed(path.slice(2, condition || i));
      const right = condition === 0 ? "" : trimmed(path.slice(condition, i));
      return { query: { path: left, ...parseCondition(right, hasEscape) }, end: i + 1 };
    } else if (character === '"') {
      const end = indexOfQuote(path, i + 1);
      hasEscape ||= path.slice(i + 1, end).includes("\\");
      i = end;
    }
  }
  return undefined;
}

function parseCondition(
  text: string,
  hasEscape: boolean,
): { readonly operator: string; readonly value: string } {
  const [, operator = "", rest = ""] = /^(==|!=|!%|<=|>=|[=<>%!]|)(.*)$/s.exec(text) ?? [];
  // A lone `!` before anything else is no operator, and all of it becomes the value.
  const isBare = operator === "!" && text.length > 1;
  let value = trimmed(isBare ? text : rest);
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    value = value.slice(1, -1);
    if (hasEscape) value = unescapeJson(value);
  }
  return { operator: isBare ? "" : operator === "==" ? "=" : operator, value };
}

function indexOfQuote(path: string, start: number): number {
  for (let i = start; i < path.length; i++) {
    if (path[i] === "\\") i++;
    else if (path[i] === '"') return i;
  }
  return path.length;
}

function trimmed(text: string): string {
  return text.replace(/^[\0- ]+|[\0- ]+$/g, "");
}

/** Simple wildcards: `*` for any run of characters, `?` for one, a backslash for the next as it is (tidwall/match). */
export function matchesWildcard(text: string, pattern: string): boolean {
  const characters = Array.from(Buffer.from(text, "latin1").toString("utf8"));
  const parts = Array.from(Buffer.from(pattern, "latin1").toString("utf8"));
  let at = 0;
  let part = 0;
  let resume: { readonly part: number; at: number } | undefined;
  for (;;) {
    const wanted = parts[part];
    if (wanted === undefined && at === characters.length) return true;
    const literal = wanted === "\\" ? parts[part + 1] : wanted;
    if (wanted === "*") {
      part++;
      resume = { part, at };
    } else if (
      at < characters.length &&
      wanted !== undefined &&
      (wanted === "?" || literal === characters[at])
    ) {
      part += wanted === "\\" ? 2 : 1;
      at++;
    } else {
      if (resume === undefined || resume.at >= characters.length) return false;
      at = ++resume.at;
      part = resume.part;
    }
  }
}
