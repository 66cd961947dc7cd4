// Edits of YAML as small as they can be: a key more, a key less, a text replaced. Comments, quotes and indentation of
// everything else stay as they are. Knows no schema.
import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { TextEdit } from "./code-action";
import type { Span } from "./source-file";
import type { Unit } from "./unit";
import { keyText, spanOf } from "./yaml-nodes";

/** What ends lines in the unit. */
export function lineBreak(unit: Unit): string {
  return unit.text.includes("\r\n") ? "\r\n" : "\n";
}

/** Where a block map's keys begin in their lines. */
export function columnOf(unit: Unit, node: Node): number {
  return unit.positionAt(spanOf(node)?.start ?? 0).character;
}

/** The span of a pair, from its key to the last character of its value. */
export function pairSpan(unit: Unit, pair: Pair): Span | undefined {
  const key = isScalar(pair.key) ? spanOf(pair.key) : undefined;
  if (key === undefined) return undefined;
  const value = isNode(pair.value) ? contentEnd(unit, pair.value) : undefined;
  const colon = unit.text.indexOf(":", key.end) + 1;
  return { start: key.start, end: Math.max(colon, value ?? colon) };
}

/** Where the text of a node ends, without comments and empty lines behind it. */
export function contentEnd(unit: Unit, node: Node): number {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isNode(last)) return contentEnd(unit, last);
    if (last !== undefined) return pairSpan(unit, last as Pair)?.end ?? spanOf(node)?.end ?? 0;
  }
  const span = spanOf(node) ?? { start: 0, end: 0 };
  const isBlock = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
  const text = unit.text.slice(span.start, span.end);
  return isBlock ? span.start + text.trimEnd().length : span.end;
}

/** The offset behind the last character of the line, before its line break. */
export function lineEnd(unit: Unit, offset: number): number {
  const at = unit.text.indexOf("\n", offset);
  if (at === -1) return unit.text.length;
  return unit.text[at - 1] === "\r" ? at - 1 : at;
}

/** The offset of the first character of the line. */
export function lineStart(unit: Unit, offset: number): number {
  return unit.text.lastIndexOf("\n", offset - 1) + 1;
}

/** Lines moved to another column; the first one stays where it is put. */
export function indented(lines: readonly string[], column: number, eol: string): string {
  return lines.map((line, i) => (i === 0 || line === "" ? line : " ".repeat(column) + line)).join(eol);
}

/** Adds `lines` (a key and what is below it, indented from column 0) as the last pair of a map. */
export function addPair(unit: Unit, map: YAMLMap, lines: readonly string[]): TextEdit | undefined {
  const span = spanOf(map);
  if (span === undefined) return undefined;
  if (map.flow === true) return addToFlow(unit, map, flowText(lines));
  const last = map.items.at(-1);
  const end = last === undefined ? undefined : pairSpan(unit, last)?.end;
  if (end === undefined) return undefined;
  const at = lineEnd(unit, end);
  const column = columnOf(unit, map);
  const eol = lineBreak(unit);
  return { start: at, end: at, text: `${eol}${" ".repeat(column)}${indented(lines, column, eol)}` };
}

/** Gives a key that has no value yet a map with these lines. */
export function fillEmpty(unit: Unit, key: Node, lines: readonly string[]): TextEdit | undefined {
  const span = spanOf(key);
  if (span === undefined) return undefined;
  const colon = unit.text.indexOf(":", span.end) + 1;
  const column = columnOf(unit, key) + 2;
  const eol = lineBreak(unit);
  const at = lineEnd(unit, colon);
  return { start: at, end: at, text: `${eol}${" ".repeat(column)}${indented(lines, column, eol)}` };
}

function addToFlow(unit: Unit, map: YAMLMap, text: string): TextEdit | undefined {
  const span = spanOf(map);
  const last = map.items.at(-1);
  if (span === undefined) return undefined;
  if (last === undefined) return { start: span.start, end: span.end, text: `{${text}}` };
  const end = pairSpan(unit, last)?.end;
  return end === undefined ? undefined : { start: end, end, text: `, ${text}` };
}

/** Lines of block style in flow style; for the simple shapes that are added here. */
function flowText(lines: readonly string[]): string {
  return groupsOf(lines)
    .map(([head = "", ...below]) => {
      if (below.length === 0) return head;
      const isList = /^ *- /.test(below[0] ?? "");
      if (!isList) return `${head} {${flowText(below.map((line) => line.slice(2)))}}`;
      const entries = groupsOf(below).map((entry) =>
        entry.length === 1 && !/^- [\w-]+:/.test(entry[0] ?? "")
          ? (entry[0] ?? "").slice(2)
          : `{${flowText(entry.map((line) => line.slice(2)))}}`,
      );
      return `${head} [${entries.join(", ")}]`;
    })
    .join(", ");
}

/** Keys or entries, each with the lines below it; a list may stand in the column of its key. */
function groupsOf(lines: readonly string[]): string[][] {
  const groups: string[][] = [];
  const isListItself = lines[0]?.startsWith("- ") === true;
  for (const line of lines) {
    const isBelow = line.startsWith(" ") || (line.startsWith("- ") && !isListItself);
    const last = groups.at(-1);
    if (isBelow && last !== undefined) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

/** Takes a pair out of a map, with the comment at the end of its line. An emptied map becomes `{}`. */
export function removePair(unit: Unit, map: YAMLMap, name: string): TextEdit | undefined {
  const index = map.items.findIndex((pair) => keyText(pair) === name);
  const pair = map.items[index];
  const span = pair === undefined ? undefined : pairSpan(unit, pair);
  const whole = spanOf(map);
  if (span === undefined || whole === undefined) return undefined;
  if (map.items.length === 1) return { start: whole.start, end: contentEnd(unit, map), text: "{}" };
  if (map.flow === true) return removeFromFlow(unit, map.items, index, span);
  const next = map.items[index + 1];
  const following = next === undefined ? undefined : pairSpan(unit, next);
  const isFirst = unit.text.slice(lineStart(unit, span.start), span.start).trim() !== "";
  // Behind a dash: the next key takes the place.
  if (isFirst && following !== undefined) return { start: span.start, end: following.start, text: "" };
  return wholeLines(unit, span);
}

function removeFromFlow(
  unit: Unit,
  items: readonly (Pair | Node)[],
  index: number,
  span: Span,
): TextEdit | undefined {
  const spanAt = (at: number) => {
    const item = items[at];
    if (item === undefined) return undefined;
    return isNode(item) ? spanOf(item) : pairSpan(unit, item);
  };
  const next = spanAt(index + 1);
  if (next !== undefined) return { start: span.start, end: next.start, text: "" };
  const before = spanAt(index - 1);
  return { start: before?.end ?? span.start, end: span.end, text: "" };
}

/** Takes an entry out of a list. An emptied list becomes `[]`. */
export function removeEntry(unit: Unit, list: YAMLSeq, index: number): TextEdit | undefined {
  const item = list.items[index];
  const span = isNode(item) ? spanOf(item) : undefined;
  const whole = spanOf(list);
  if (!isNode(item) || span === undefined || whole === undefined) return undefined;
  if (list.items.length === 1) return { start: whole.start, end: contentEnd(unit, list), text: "[]" };
  if (list.flow === true) return removeFromFlow(unit, list.items as readonly Node[], index, span);
  const dash = unit.text.lastIndexOf("-", span.start - 1);
  return wholeLines(unit, { start: dash, end: contentEnd(unit, item) });
}

/** The lines a span covers, line breaks included. */
function wholeLines(unit: Unit, span: Span): TextEdit {
  const start = lineStart(unit, span.start);
  const end = lineEnd(unit, span.end);
  const breakLength = unit.text.startsWith("\r\n", end) ? 2 : unit.text[end] === "\n" ? 1 : 0;
  // At the end of the text there is no line break to take along but the one before.
  if (breakLength === 0 && start > 0) {
    const before = unit.text[start - 2] === "\r" ? 2 : 1;
    return { start: start - before, end, text: "" };
  }
  return { start, end: end + breakLength, text: "" };
}

/** The text of a pair or node as lines that begin in column 0. */
export function dedented(unit: Unit, span: Span): string[] {
  const { character } = unit.positionAt(span.start);
  return unit.text
    .slice(span.start, span.end)
    .split(/\r?\n/)
    .map((line, i) => (i === 0 ? line : line.replace(new RegExp(`^ {0,${character}}`), "")));
}

/** A text as a YAML scalar that reads as text, in quotes only where it must be. */
export function scalarText(value: string): string {
  const isPlain =
    /^[A-Za-z_./][\w./-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|null|y|n|~)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** The map that a node is, if it is one. */
export function asMap(node: unknown): YAMLMap | undefined {
  return isMap(node) ? node : undefined;
}
