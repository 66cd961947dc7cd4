// What can be folded: documents, blocks by their indentation, comments. Works on lines alone, so that opening a large
// file costs no parsing.
import type { Unit } from "./unit";

/** Lines that can be folded into the first; zero-based within the unit until the service shifts them. */
export interface Fold {
  readonly start: number;
  readonly end: number;
  readonly kind: "document" | "block" | "comment";
}

/** The folds of a unit; computed once per text. */
export function foldsOf(unit: Unit): readonly Fold[] {
  return unit.result(findFolds);
}

function findFolds(unit: Unit): readonly Fold[] {
  const lines = unit.text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const last = lastFilled(lines, lines.length - 1);
  const first = lines.findIndex((line) => line.trim() !== "" && !/^(?:---|\s*#)/.test(line));
  const begins = lines[0]?.startsWith("---") === true ? 0 : Math.max(first, 0);
  const document: Fold[] =
    first !== -1 && last > begins ? [{ start: begins, end: last, kind: "document" }] : [];
  return [...document, ...blockFolds(lines), ...commentFolds(lines)];
}

function lastFilled(lines: readonly string[], from: number): number {
  let at = from;
  while (at > 0 && (lines[at] ?? "").trim() === "") at--;
  return at;
}

function blockFolds(lines: readonly string[]): Fold[] {
  const folds: Fold[] = [];
  const open: { readonly line: number; readonly depth: number }[] = [];
  let previous = 0;
  const close = (depth: number) => {
    for (let top = open.at(-1); top !== undefined && top.depth >= depth; top = open.at(-1)) {
      open.pop();
      if (previous > top.line) folds.push({ start: top.line, end: previous, kind: "block" });
    }
  };
  for (const [line, text] of lines.entries()) {
    const content = text.trimStart();
    if (content === "" || content.startsWith("#") || text.startsWith("---")) continue;
    const depth = text.length - content.length;
    // Entries of a list may stand in the column of their key: they are deeper than it all the same.
    const isEntry = /^-(?:\s|$)/.test(content);
    close(isEntry ? depth + 0.5 : depth);
    open.push({ line, depth: isEntry ? depth + 0.5 : depth });
    previous = line;
  }
  close(-1);
  return folds.sort((a, b) => a.start - b.start);
}

function commentFolds(lines: readonly string[]): Fold[] {
  const folds: Fold[] = [];
  let start: number | undefined;
  for (const [line, text] of [...lines, ""].entries()) {
    const isComment = /^\s*#/.test(text);
    if (isComment) start ??= line;
    else if (start !== undefined) {
      if (line - 1 > start) folds.push({ start, end: line - 1, kind: "comment" });
      start = undefined;
    }
  }
  return folds;
}
