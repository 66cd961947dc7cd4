// Expressions that YAML takes for something else, because the value they stand in is not in quotes, or in the wrong ones.
// Looks at one line and no further; values of several lines are left to YAML's own words.
import type { Finding } from "./finding";
import { finding } from "./finding";
import type { RuleId } from "./rules";
import type { Span } from "./source-file";

/** The finding for such a value on the line at an offset; undefined when the line holds none. */
export function unquotedExpression(rule: RuleId, text: string, offset: number): Finding | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const lineEnd = text.indexOf("\n", offset);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).trimEnd();
  const found = inFlow(line, offset - lineStart) ?? wholeValue(line);
  if (found === undefined) return undefined;
  const span = { start: lineStart + found.start, end: lineStart + found.end };
  const replacement = { title: "Put it in quotes", text: singleQuoted(found.plain) };
  return finding(rule, span, found.message, { replacement });
}

interface Mistake extends Span {
  readonly message: string;
  /** What the value was meant to be. */
  readonly plain: string;
}

const expression = /\$\{\{.*?\}\}/;

/** `key: ${{ … }}` or `- ${{ … }}`, alone on its line. */
function wholeValue(line: string): Mistake | undefined {
  const lead = /^\s*(?:- +)*(?:[\w.-]+: +)?/.exec(line)?.[0] ?? "";
  const value = line.slice(lead.length);
  const inner = expression.exec(value)?.[0];
  if (inner === undefined) return undefined;
  const span = { start: lead.length, end: line.length };
  const quoted = /^"(.*)"$/.exec(value)?.[1];
  if (quoted !== undefined) {
    if (!/(?<!\\)"/.test(quoted) || quoted.includes("\\")) return undefined;
    const message = "The quotes inside end the text in YAML. Put the value in single quotes.";
    return { ...span, message, plain: quoted };
  }
  if (/^["'|>&*!]/.test(value)) return undefined;
  const part = / #/.test(inner) ? " #" : /:(?: |$)/.test(inner) ? ": " : undefined;
  if (part === undefined) return undefined;
  const what = part === " #" ? "begins a comment in YAML" : "makes a key of what stands before it in YAML";
  return { ...span, message: `\`${part}\` ${what}. Put the value in quotes.`, plain: value };
}

/** A value between the brackets of a list or object in one line. */
function inFlow(line: string, at: number): Mistake | undefined {
  const values = /(?<=[:,[]\s+|\[)(?:[^\s,'"{}[\]#]*\$\{\{.*?\}\})+/g;
  for (const { 0: plain, index } of line.matchAll(values)) {
    const opened = /[{[](?!\{)/.test(line.slice(0, index).replace(new RegExp(expression, "g"), ""));
    if (!opened || at < index || at > index + plain.length) continue;
    const message = "Between `{` and `}`, or `[` and `]`, YAML needs an expression in quotes.";
    return { start: index, end: index + plain.length, message, plain };
  }
  return undefined;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
