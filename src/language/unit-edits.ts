// Edits of a document as edits of its file, and documents put behind the last one.
// Makes no edits of its own.
import type { FileEdit, TextEdit } from "./code-action";
import { rangeIn } from "./diagnostics";
import type { PlacedUnit } from "./source-file";
import type { WorkspaceIndex } from "./workspace-index";

/** Edits of a unit as edits of its file. */
export function inFile(edits: readonly TextEdit[], placed: PlacedUnit): FileEdit[] {
  return edits.map(({ start, end, text }) => ({
    start: placed.start + start,
    end: placed.start + end,
    text,
    range: rangeIn(placed, { start, end }),
  }));
}

/** A document behind the last one of a file. */
export function appended(file: string, document: string, index: WorkspaceIndex): FileEdit {
  const source = index.file(file);
  const text = source?.text ?? "";
  const at = text.length;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lead = text === "" || text.endsWith("\n") ? "" : eol;
  const marker = /(?:^|\n)---\s*$/.test(text) ? "" : `---${eol}`;
  const position = source?.positionAt(at) ?? { line: 0, character: 0 };
  return {
    start: at,
    end: at,
    text: `${lead}${marker}${document.replaceAll("\n", eol)}`,
    range: { start: position, end: position },
  };
}
