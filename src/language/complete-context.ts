// Where the cursor stands, in terms of the schema: at a key, at a value, inside an expression. Works on text that is being
// written, so it puts a name of its own under the cursor and parses the result.
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Path } from "../model/schema/schema";
import type { Span } from "./source-file";
import { parse, type Unit, type UnitPart, type UnitResource, type UnitTree } from "./unit";
import { keyText } from "./yaml-nodes";

/** The name under the cursor while completing; nobody's text holds it. */
export const placeholder = "kargoWorkbenchCursor";

/** What can be written at the cursor. Spans are those of the unit's text. */
export type CursorContext =
  | {
      readonly kind: "key";
      /** Path of the object the key belongs to. */
      readonly path: Path;
      readonly place: CursorPlace;
      readonly span: Span;
      /** Column of the key, for the lines that follow it. */
      readonly column: number;
      /** A colon follows already: the name of an existing key is edited. */
      readonly hasColon: boolean;
      readonly flow: boolean;
    }
  | {
      readonly kind: "value";
      readonly path: Path;
      readonly place: CursorPlace;
      readonly span: Span;
      readonly column: number;
      readonly quoted: boolean;
      readonly flow: boolean;
      /** The value is a text of several words: only an expression without delimiters can be completed in it. */
      readonly wordy?: boolean;
    }
  | {
      readonly kind: "expression";
      readonly path: Path;
      readonly place: CursorPlace;
      readonly scalar: Scalar<string>;
      /** The expression, and the cursor in it. */
      readonly source: string;
      readonly at: number;
      /** Offset of the expression in the unit. */
      readonly start: number;
    };

/** The parsed text around the cursor. */
export interface CursorPlace {
  readonly tree: UnitTree;
  readonly text: string;
  /** Absent when the document does not say yet what it is. */
  readonly resource?: UnitResource;
}

/** The context at an offset of a unit's text; undefined where nothing can be completed (comments, other texts). */
export function cursorContext(
  { text, part }: Pick<Unit, "text" | "part">,
  offset: number,
): CursorContext | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const prefix = text.slice(lineStart, offset);
  const expression = expressionAt(text, offset);
  if (expression !== undefined) return inExpression(text, offset, part, expression);
  if (/^\s*#|\s#/.test(withoutQuoted(prefix))) return undefined;
  const lineEnd = endOfLine(text, offset);
  const rest = text.slice(offset, lineEnd);
  return (
    atKey(text, offset, part, prefix, rest) ??
    atValue(text, offset, part, prefix, rest) ??
    atText(text, offset, part, prefix) ??
    anywhere(text, offset, part, prefix)
  );
}

/** The context with a bare expression: the whole value up to the end of its line. */
export function bareExpression(
  context: Extract<CursorContext, { kind: "value" }>,
  text: string,
  offset: number,
) {
  const { span } = context;
  return { source: text.slice(span.start, span.end), at: offset - span.start, start: span.start };
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  const end = newline === -1 ? text.length : newline;
  return text[end - 1] === "\r" && end > offset ? end - 1 : end;
}

function withoutQuoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, (quoted) => "_".repeat(quoted.length));
}

const wordEnd = /^[\w./-]*/;

/** A line that holds, up to the cursor, nothing but the beginning of a key. */
function atKey(
  text: string,
  offset: number,
  part: UnitPart,
  prefix: string,
  rest: string,
): CursorContext | undefined {
  const match = /^(\s*(?:-\s+)*)(["']?)([\w./-]*)$/.exec(prefix);
  if (match === null) return undefined;
  const [, lead = "", quote = "", word = ""] = match;
  const tail = wordEnd.exec(rest)?.[0] ?? "";
  const after = rest.slice(tail.length);
  const hasColon = /^["']?\s*:(?:\s|$)/.test(after);
  if (!hasColon && after.trim() !== "" && !/^\s*#/.test(after)) return undefined;
  const start = offset - word.length;
  const end = offset + tail.length;
  const closing = hasColon ? "" : `${quote}:`;
  const patched = `${text.slice(0, start)}${placeholder}${closing}${text.slice(end)}`;
  const found = find(patched, part);
  if (found === undefined) return undefined;
  const base = { place: found.place, span: { start, end }, column: lead.length, flow: false };
  if (found.on === "value") return { ...base, kind: "value", path: found.path, quoted: quote !== "" };
  return { ...base, kind: "key", path: found.path.slice(0, -1), hasColon };
}

const beforeValue =
  /^(\s*(?:-\s+)*)(?:"[^"]*"|'[^']*'|[^\s:#{}[\],"'][^:#{}[\],]*?)\s*:\s+(["']?)([^"'{}[\],]*)$/;

/** A line `key: val|`. */
function atValue(
  text: string,
  offset: number,
  part: UnitPart,
  prefix: string,
  rest: string,
): CursorContext | undefined {
  const match = beforeValue.exec(prefix);
  if (match === null) return undefined;
  const [, lead = "", quote = "", typed = ""] = match;
  const tail = /^[^\s#,}\]"']*/.exec(rest)?.[0] ?? "";
  const start = offset - typed.length;
  const end = offset + tail.length;
  const isClosed = quote === "" || text[end] === quote;
  const patched = `${text.slice(0, start)}${placeholder}${isClosed ? "" : quote}${text.slice(end)}`;
  const found = find(patched, part);
  if (found?.on !== "value") return undefined;
  const base = { place: found.place, span: { start, end }, column: lead.length, flow: false };
  return { ...base, kind: "value", path: found.path, quoted: quote !== "" };
}

const beforeText =
  /^(\s*(?:-\s+)*)(?:"[^"]*"|'[^']*'|[^\s:#{}[\],"'][^:#{}[\],]*?)\s*:\s+(["']?)([^\s{[].*)$/;

/** A line `key: some longer te|xt`. */
function atText(text: string, offset: number, part: UnitPart, prefix: string): CursorContext | undefined {
  const match = beforeText.exec(prefix);
  if (match === null) return undefined;
  const [, lead = "", quote = "", typed = ""] = match;
  const start = offset - typed.length;
  const lineEnd = endOfLine(text, offset);
  const isClosed = quote !== "" && text[lineEnd - 1] === quote && lineEnd > offset;
  const end = isClosed ? lineEnd - 1 : lineEnd;
  const found = find(`${text.slice(0, start)}${placeholder}${isClosed ? "" : quote}${text.slice(end)}`, part);
  if (found?.on !== "value" || !found.whole) return undefined;
  const base = { place: found.place, span: { start, end }, column: lead.length, flow: false };
  return { ...base, kind: "value", path: found.path, quoted: quote !== "", wordy: true };
}

/** Flow style and whatever else: the tree says what it is. */
function anywhere(text: string, offset: number, part: UnitPart, prefix: string): CursorContext | undefined {
  const head = /[\w./:@-]*$/.exec(prefix)?.[0] ?? "";
  const start = offset - head.length;
  const end = offset + (/^[\w./:@-]*/.exec(text.slice(offset, offset + 200))?.[0].length ?? 0);
  const found = find(`${text.slice(0, start)}${placeholder}${text.slice(end)}`, part);
  if (found === undefined || !found.whole) return undefined;
  const quoted = /["']/.test(text[start - 1] ?? "");
  const base = { place: found.place, span: { start, end }, column: 0, flow: true };
  if (found.on === "value") return { ...base, kind: "value", path: found.path, quoted };
  return {
    ...base,
    kind: "key",
    path: found.path.slice(0, -1),
    hasColon: /^["']?\s*:/.test(text.slice(end, end + 3)),
  };
}

interface Opened {
  /** Offset behind the opening delimiter. */
  readonly start: number;
  readonly closer: string;
}

/** Expressions longer than this are not looked back for. */
const reach = 4000;

/** The expression the offset is in; one that is not closed ends with its line. */
function expressionAt(text: string, offset: number): Opened | undefined {
  const from = Math.max(0, offset - reach);
  const before = text.slice(from, offset);
  const at = Math.max(before.lastIndexOf("${{"), before.lastIndexOf("${%"));
  if (at === -1) return undefined;
  const closer = before[at + 2] === "%" ? "%}" : "}}";
  const inside = before.slice(at + 3);
  if (inside.includes(closer)) return undefined;
  if (inside.includes("\n") && !isContinued(text, from + at, offset, closer)) return undefined;
  return { start: from + at + 3, closer };
}

/** Over several lines an expression is one only when it is closed before the next key begins. */
function isContinued(text: string, open: number, offset: number, closer: string): boolean {
  const close = text.indexOf(closer, offset);
  if (close === -1 || close - open > reach) return false;
  return !/\n\s*(?:-\s+)?[\w-]+:(?:\s|$)/.test(text.slice(open, close));
}

function inExpression(
  text: string,
  offset: number,
  part: UnitPart,
  { start, closer }: Opened,
): CursorContext | undefined {
  const lineEnd = endOfLine(text, offset);
  const close = text.indexOf(closer, offset);
  const isClosed = close !== -1 && (close <= lineEnd || isContinued(text, start - 3, offset, closer));
  const end = isClosed ? close : openEnd(text, start, lineEnd);
  const missing = isClosed ? "" : `${closer}${closingQuote(text, start, end)}`;
  const found = find(`${text.slice(0, start)} ${placeholder} ${missing}${text.slice(end)}`, part);
  if (found?.scalar === undefined) return undefined;
  const { path, place, scalar } = found;
  return {
    kind: "expression",
    path,
    place,
    scalar,
    source: text.slice(start, end),
    at: offset - start,
    start,
  };
}

/** The quote that opened the value in front of the expression. */
function openingQuote(text: string, start: number): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const before = text.slice(lineStart, start - 3);
  const bare = withoutQuoted(before);
  return /(["'])[^"']*$/.exec(bare)?.[1] ?? "";
}

function openEnd(text: string, start: number, lineEnd: number): number {
  const quote = openingQuote(text, start);
  return quote !== "" && text[lineEnd - 1] === quote && lineEnd - 1 > start ? lineEnd - 1 : lineEnd;
}

function closingQuote(text: string, start: number, end: number): string {
  const quote = openingQuote(text, start);
  return quote !== "" && text[end] !== quote ? quote : "";
}

interface Found {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly place: CursorPlace;
  /** The scalar that holds the name. */
  readonly scalar?: Scalar<string>;
  /** It holds nothing else. */
  readonly whole: boolean;
}

/** Parses the text and finds the name in it. */
function find(text: string, part: UnitPart): Found | undefined {
  const tree = parse(text, part);
  for (const resource of tree.resources) {
    const found = search(resource.node, []);
    if (found !== undefined) return { ...found, place: { tree, text, resource } };
  }
  const { contents } = tree.document;
  const found = contents === null ? undefined : search(contents, []);
  return found === undefined ? undefined : { ...found, place: { tree, text } };
}

function search(node: unknown, path: Path): Omit<Found, "place"> | undefined {
  if (isScalar(node)) return inScalar(node, path, "value");
  if (isMap(node)) {
    for (const pair of node.items) {
      const name = keyText(pair) ?? "";
      if (name.includes(placeholder)) return inScalar(pair.key as Node, [...path, name], "key");
      const found = search(pair.value, [...path, name]);
      if (found !== undefined) return found;
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = search(item, [...path, index]);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function inScalar(node: unknown, path: Path, on: "key" | "value"): Omit<Found, "place"> | undefined {
  if (!isScalar(node) || typeof node.value !== "string" || !node.value.includes(placeholder))
    return undefined;
  return { path, on, scalar: node as Scalar<string>, whole: node.value === placeholder };
}
