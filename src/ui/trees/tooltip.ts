// Tooltips of tree items as Markdown: a heading, one line for each fact, a message, code. Everything is escaped.
// Says nothing by itself; the nodes do.
import { MarkdownString } from "vscode";

/** What a tree item's tooltip may be. */
export type Tooltip = MarkdownString | string;

/** One fact: its name and its value. Facts without a value are left out. */
export type Fact = readonly [name: string, value: string | undefined];

/** Builds a tooltip. */
export function tooltip(options: {
  readonly heading: string;
  /** What it is, behind the heading. */
  readonly kind: string;
  readonly facts?: readonly Fact[];
  readonly message?: string;
  readonly code?: { readonly language: string; readonly text: string };
}): MarkdownString {
  const text = new MarkdownString("", true);
  text.appendMarkdown(`**${escaped(options.heading)}** &nbsp;${escaped(options.kind)}\n\n`);
  const facts = (options.facts ?? []).filter((fact): fact is [string, string] => Boolean(fact[1]));
  if (facts.length > 0) {
    text.appendMarkdown("| | |\n|:--|:--|\n");
    for (const [name, value] of facts)
      text.appendMarkdown(`|${escaped(name)}&nbsp;&nbsp;|${escaped(value)}|\n`);
  }
  const lines = (options.message ?? "").split(/\n+/).filter((line) => line.trim() !== "");
  text.appendMarkdown(lines.map((line) => `\n${escaped(line)}\n`).join(""));
  if (options.code !== undefined) text.appendCodeblock(options.code.text, options.code.language);
  return text;
}

/** A time as the reader's own locale writes it; empty when there is none. */
export function timeText(time: string | undefined): string {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? "" : new Date(ms).toLocaleString();
}

/** Escapes what Markdown, a table or an icon would take for its own. */
export function escaped(value: string): string {
  return value
    .replace(/\s+/g, " ")
    .replace(/^[-+]|^\d+\.|[\\`*_{}[\]()#!~|$<>&]/g, (text) => `&#${text.charCodeAt(0)};${text.slice(1)}`);
}
