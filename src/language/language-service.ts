// The door of the language service: texts and places in, plain data out. Knows no protocol, no disk and no editor; who
// uses it says which files there are and what is in them.
import { completionsAt } from "./complete";
import type { Completion } from "./completion";
import { type Diagnostic, Diagnostics, type RuleSettings } from "./diagnostics";
import { type PlacedUnit, type Position, SourceFile } from "./source-file";
import { WorkspaceIndex } from "./workspace-index";

export type { Completion, CompletionKind } from "./completion";
export type { Diagnostic, Range } from "./diagnostics";
export type { FixHint } from "./finding";
export { isRuleId, type RuleId, type RuleSetting, rules, type Severity } from "./rules";
export type { Position, Span } from "./source-file";

/** What users can set. */
export interface LanguageSettings extends RuleSettings {
  /** Hints that stand in the text: values of variables, defaults of what is not written. */
  readonly inlayHints: { readonly values: boolean; readonly defaults: boolean };
}

/** The settings that count when nobody sets any. */
export const defaultSettings: LanguageSettings = {
  severities: {},
  customSteps: new Set(),
  inlayHints: { values: true, defaults: false },
};

/** Answers questions about the files it was given. Files are named by any unique text; `/` divides folders. */
export class LanguageService {
  private settings: LanguageSettings = defaultSettings;
  private readonly index = new WorkspaceIndex();
  private readonly diagnosing = new Diagnostics(this.index);

  /** Takes new settings; all diagnostics may change. */
  configure(settings: Partial<LanguageSettings>): void {
    this.settings = { ...defaultSettings, ...settings };
  }

  /** Gives a file its text. True when diagnostics of other files may have changed. */
  setText(file: string, text: string): boolean {
    const before = this.index.file(file);
    return this.index.update(file, before === undefined ? SourceFile.of(text) : before.replace(text));
  }

  /** Replaces a part of a file. True when diagnostics of other files may have changed. */
  edit(file: string, start: Position, end: Position, text: string): boolean {
    const before = this.index.file(file);
    if (before === undefined) return this.setText(file, text);
    return this.index.update(file, before.edit(before.offsetAt(start), before.offsetAt(end), text));
  }

  /** Forgets a file. True when diagnostics of other files may have changed. */
  remove(file: string): boolean {
    return this.index.update(file, undefined);
  }

  /** The text of a file; undefined when it is not known. */
  text(file: string): string | undefined {
    return this.index.file(file)?.text;
  }

  /** Names of all files. */
  get files(): readonly string[] {
    return [...this.index.fileNames];
  }

  /** The offset of a position in a file. */
  offsetAt(file: string, position: Position): number {
    return this.index.file(file)?.offsetAt(position) ?? 0;
  }

  /** Line and column of an offset in a file. */
  positionAt(file: string, offset: number): Position {
    return this.index.file(file)?.positionAt(offset) ?? { line: 0, character: 0 };
  }

  /** What is wrong with a file, in the order of its text. */
  diagnostics(file: string): readonly Diagnostic[] {
    return this.diagnosing.of(file, this.settings);
  }

  /** What can be written at an offset, the likeliest first. */
  complete(file: string, offset: number): readonly Completion[] {
    const placed = this.unitAt(file, offset);
    if (placed === undefined) return [];
    const { unit, start } = placed;
    const { customSteps } = this.settings;
    return completionsAt(unit, offset - start, { index: this.index, customSteps })
      .map((one) => ({ ...one, start: one.start + start, end: one.end + start }))
      .sort((a, b) => a.rank - b.rank);
  }

  private unitAt(file: string, offset: number): PlacedUnit | undefined {
    return this.index.file(file)?.unitAt(offset);
  }
}
