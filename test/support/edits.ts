// Edits of the language service put into texts, as an editor would.
// Judges nothing; overlapping edits are an error, because editors refuse them.
import type { CodeAction, LanguageService, WorkspaceEdits } from "../../src/language/language-service";
import { theFile } from "./cursor";

/** The texts of all files after the edits, the changed ones only. */
export function applied(service: LanguageService, edits: WorkspaceEdits): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [file, list] of edits) {
    let text = service.text(file) ?? "";
    let behind = text.length;
    for (const { start, end, text: insert, range } of [...list].sort((a, b) => b.start - a.start)) {
      if (end > behind) throw new Error(`edits of ${file} overlap at ${start}`);
      if (service.offsetAt(file, range.start) !== start || service.offsetAt(file, range.end) !== end)
        throw new Error(`range and offsets of an edit at ${start} differ`);
      text = text.slice(0, start) + insert + text.slice(end);
      behind = start;
    }
    result[file] = text;
  }
  return result;
}

/** Every action of a file. */
export function allActions(service: LanguageService, file = theFile): readonly CodeAction[] {
  return service.actions(file, { start: 0, end: service.text(file)?.length ?? 0 });
}

/** The text after the action with that title. */
export function after(service: LanguageService, title: string, actions = allActions(service)): string {
  const action = actions.find((one) => one.title === title);
  if (action === undefined)
    throw new Error(`no "${title}" in: ${actions.map((one) => one.title).join(" | ")}`);
  return applied(service, action.edits)[theFile] ?? "";
}
