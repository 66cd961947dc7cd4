// How a new name is written where an old one stands: bare or in quotes, `.name` or `['name']`.
// Decides nothing about which names may be changed; rename.ts does.
import { isScalar } from "yaml";
import type { TextEdit } from "./code-action";
import { unitPlaceAt } from "./expression-at";
import { memberText } from "./expression-scope";
import type { Span } from "./source-file";
import type { Unit } from "./unit";
import { scalarText } from "./yaml-edits";

/** The edit that writes `name` at a span that holds another name, without its quotes if it has any. */
export function nameEdit(unit: Unit, span: Span, name: string): TextEdit {
  const before = unit.text[span.start - 1] ?? "";
  if (/["'`]/.test(before)) return { ...span, text: name };
  const dot = memberDot(unit, span);
  if (dot !== undefined && !memberText(name).startsWith(".")) {
    const optional = unit.text.slice(dot - 1, dot) === "?" ? "." : "";
    return { start: dot, end: span.end, text: `${optional}[${quotedIn(unit, span.start, name)}]` };
  }
  const place = unitPlaceAt(unit, span.start);
  const isWhole = place?.node.range?.[0] === span.start && place.node.range[1] === span.end;
  return { ...span, text: isWhole ? scalarText(name) : name };
}

/** The offset of the dot before a member. */
function memberDot(unit: Unit, { start }: Span): number | undefined {
  const place = unitPlaceAt(unit, start);
  if (unit.text[start - 1] !== "." || place === undefined) return undefined;
  return (place.node.range?.[0] ?? start) < start ? start - 1 : undefined;
}

/** A text in an expression, in quotes that do not end the YAML scalar around it. */
function quotedIn(unit: Unit, offset: number, text: string): string {
  const node = unitPlaceAt(unit, offset)?.node;
  const quote = isScalar(node) && node.type === "QUOTE_SINGLE" ? '"' : "'";
  return quote + text + quote;
}

/** Where `outputs` begins, of which the text at the span is a member; undefined when it is of something else. */
export function outputsBefore(unit: Unit, span: Span): number | undefined {
  const match = /(?<![\w.])outputs\s*(?:\??\.|\[\s*["']?)\s*$/.exec(unit.text.slice(0, span.start));
  return match?.index;
}
