// The door of the language service: texts and places in, plain data out. Knows no protocol, no disk and no editor; who
// uses it says which files there are and what is in them.

import { adoptStudy, factsOf, isStudied, type Study } from "./check-unit";
import type { CodeAction, WorkspaceEdits } from "./code-action";
import { codeActions } from "./code-actions";
import { completionsAt } from "./complete";
import type { Completion } from "./completion";
import { type Diagnostic, Diagnostics, type Range, type RuleSettings, rangeIn } from "./diagnostics";
import { type Fold, foldsOf } from "./folding";
import { type CodeLens, hintsOf, type InlayHint, lensesOf } from "./hints";
import { type Hover, hoverAt } from "./hover";
import { type NamedAt, namedAt, type Occurrence, occurrencesOf } from "./occurrences";
import { type Refusal, renameEdits, renameRefusal } from "./rename";
import { selectedAt, selectionHints, selectorsOfThing } from "./selection";
import { type SemanticToken, tokensOf } from "./semantic-tokens";
import { type SignatureHelp, signatureHelpAt } from "./signature-help";
import { type PlacedUnit, type Position, SourceFile, type Span } from "./source-file";
import { findResources, type OutlineSymbol, outlineOf } from "./symbols";
import type { UnitPart } from "./unit";
import { type IndexedResource, WorkspaceIndex } from "./workspace-index";

export { type Study, studyText } from "./check-unit";
export type { CodeAction, CodeActionKind, FileEdit, WorkspaceEdits } from "./code-action";
export type { Completion, CompletionKind } from "./completion";
export { type CustomSteps, loadCustomSteps } from "./custom-step-sources";
export type { Diagnostic, Range } from "./diagnostics";
export type { FixHint } from "./finding";
export type { Fold } from "./folding";
export type { CodeLens, InlayHint } from "./hints";
export type { Hover } from "./hover";
export type { NamedAt, NamedThing } from "./occurrences";
export type { Refusal } from "./rename";
export { isRuleId, type RuleId, type RuleSetting, rules, type Severity } from "./rules";
export { type SemanticToken, type TokenType, tokenTypes } from "./semantic-tokens";
export type { SignatureHelp } from "./signature-help";
export type { Position, Span } from "./source-file";
export type { OutlineSymbol } from "./symbols";
export { isWorthKeeping, type UnitPart } from "./unit";

/** A place where something is named. */
export interface Location extends Span {
  readonly file: string;
  readonly range: Range;
  readonly role: "definition" | "reference";
}

/** What is still to be studied of a file, for somebody else to do: `studyText` of each part, in their order. */
export interface Handout {
  readonly file: string;
  readonly parts: readonly (readonly [text: string, part: UnitPart])[];
  readonly take: (studies: readonly Study[]) => void;
}

/** A resource found by its name. */
export interface ResourceSymbol extends Location {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What users can set. */
export interface LanguageSettings extends RuleSettings {
  /** Hints that stand in the text: values of variables, defaults of what is not written. */
  readonly inlayHints: { readonly values: boolean; readonly defaults: boolean };
}

/** The settings that count when nobody sets any. */
export const defaultSettings: LanguageSettings = {
  severities: {},
  customSteps: new Map(),
  inlayHints: { values: true, defaults: false },
};

const nothingToRename =
  "Stages, Warehouses, tasks, variables and aliases of steps can be renamed; there is none of them here.";

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

  /**
   * The same for a file nobody looks at yet: its names are known at once, the rest is read when it is asked for or by
   * `study`.
   */
  indexText(file: string, text: string): boolean {
    const before = this.index.file(file);
    return this.index.sketch(file, before === undefined ? SourceFile.of(text) : before.replace(text));
  }

  /** Reads what `indexText` has left unread of a file. */
  study(file: string): void {
    for (const { unit } of this.index.file(file)?.units ?? []) {
      if (isStudied(unit)) continue;
      factsOf(unit);
      unit.dropTree();
    }
  }

  /** What `study` would read of a file. What is read elsewhere counts for these texts only, whatever becomes of the file. */
  handOut(file: string): Handout {
    const units = (this.index.file(file)?.units ?? []).flatMap(({ unit }) => (isStudied(unit) ? [] : [unit]));
    return {
      file,
      parts: units.map(({ text, part }) => [text, part]),
      take(studies) {
        for (const [index, unit] of units.entries()) {
          const found = studies[index];
          if (found !== undefined && !isStudied(unit)) adoptStudy(unit, found);
        }
      },
    };
  }

  /** Says that files are still to come: until that is over, nobody's absence is told. */
  set reading(value: boolean) {
    this.index.reading = value;
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

  /** What to say about the text at an offset. */
  hover(file: string, offset: number): Hover | undefined {
    const placed = this.unitAt(file, offset);
    if (placed === undefined) return undefined;
    const hover = hoverAt(placed.unit, offset - placed.start, this.index, this.settings.customSteps);
    return hover === undefined ? undefined : shifted(hover, placed.start);
  }

  /** The call an offset is in. */
  signatureHelp(file: string, offset: number): SignatureHelp | undefined {
    const placed = this.unitAt(file, offset);
    if (placed === undefined) return undefined;
    const { customSteps } = this.settings;
    return signatureHelpAt(placed.unit, offset - placed.start, { index: this.index, customSteps });
  }

  /** Where what is named at an offset is defined. */
  definitions(file: string, offset: number): readonly Location[] {
    return this.occurrences(file, offset).filter(({ role }) => role === "definition");
  }

  /** Everywhere that what is named at an offset is named, definitions included. */
  references(file: string, offset: number): readonly Location[] {
    return this.occurrences(file, offset);
  }

  /** The name at an offset and what it stands for: the beginning of every rename. */
  named(file: string, offset: number): NamedAt | undefined {
    const placed = this.unitAt(file, offset);
    if (placed === undefined) return undefined;
    const found = namedAt(file, placed.unit, offset - placed.start);
    return found === undefined ? undefined : shifted(found, placed.start);
  }

  /** Whether what is named at an offset can be renamed: its name and place, or why not. */
  prepareRename(file: string, offset: number): (Span & { readonly name: string }) | Refusal {
    const found = this.named(file, offset);
    if (found === undefined || found.thing.kind === "repository") return { refused: nothingToRename };
    const { start, end, thing } = found;
    return renameRefusal(thing, this.index) ?? { start, end, name: thing.name };
  }

  /** The edits that give what is named at an offset another name, or why it must not have it. */
  rename(file: string, offset: number, name: string): WorkspaceEdits | Refusal {
    const found = this.named(file, offset);
    return found === undefined ? { refused: nothingToRename } : renameEdits(found.thing, name, this.index);
  }

  /** What can be done to the text of a span: quick fixes of its diagnostics, and refactorings. */
  actions(file: string, span: Span): readonly CodeAction[] {
    return codeActions({ file, span, diagnostics: this.diagnostics(file), index: this.index });
  }

  /** The outline of a file. */
  outline(file: string): readonly OutlineSymbol[] {
    const units = this.index.file(file)?.units ?? [];
    return units.flatMap(({ unit, start }) => outlineOf(unit).map((symbol) => shiftedSymbol(symbol, start)));
  }

  /** Resources of the workspace whose kind and name fit the query. */
  symbols(query: string): readonly ResourceSymbol[] {
    return findResources(query, this.index).flatMap((entry) => {
      const { facts } = entry;
      const { kind, name = "", namespace } = facts;
      const location = this.locationOf({ ...entry, role: "definition", ...(facts.nameSpan ?? facts.span) });
      if (location === undefined) return [];
      return [{ kind, name, ...(namespace === undefined ? {} : { namespace }), ...location }];
    });
  }

  /** What can be folded in a file, as lines. */
  folds(file: string): readonly Fold[] {
    const units = this.index.file(file)?.units ?? [];
    return units.flatMap(({ unit, startLine }) =>
      foldsOf(unit).map((fold) => ({ ...fold, start: fold.start + startLine, end: fold.end + startLine })),
    );
  }

  /** Coloured texts of a file, in order. */
  tokens(file: string, within?: Span): readonly SemanticToken[] {
    return this.within(file, within).flatMap(({ unit, start }) =>
      tokensOf(unit).map((one) => shifted(one, start)),
    );
  }

  /** Hints that stand in the text of a file, in order. */
  hints(file: string, within?: Span): readonly InlayHint[] {
    const { values, defaults } = this.settings.inlayHints;
    if (!values && !defaults) return [];
    return this.within(file, within).flatMap(({ unit, start }) =>
      [...hintsOf(unit), ...selectionHints(unit, this.index)]
        .filter(({ kind }) => (kind === "value" ? values : defaults))
        .map((hint) => ({ ...hint, offset: hint.offset + start })),
    );
  }

  /** What can be done with the resources of a file. */
  lenses(file: string): readonly CodeLens[] {
    return this.within(file).flatMap(({ unit, start }) => lensesOf(unit).map((lens) => shifted(lens, start)));
  }

  private occurrences(file: string, offset: number): Location[] {
    const placed = this.unitAt(file, offset);
    if (placed === undefined) return [];
    const found = namedAt(file, placed.unit, offset - placed.start);
    const named = found === undefined ? [] : occurrencesOf(found.thing, this.index);
    const hasDefinition = named.some(({ role }) => role === "definition");
    const selected = hasDefinition ? [] : selectedAt(placed.unit, offset - placed.start, this.index);
    const selecting = found === undefined ? [] : selectorsOfThing(found.thing, this.index);
    return [...(selected.length > 0 ? selected : named), ...selecting].flatMap(
      (one) => this.locationOf(one) ?? [],
    );
  }

  private locationOf(
    occurrence: Occurrence | (IndexedResource & Span & { role: Occurrence["role"] }),
  ): Location | undefined {
    const placed = this.index.placed(occurrence);
    if (placed === undefined) return undefined;
    const { file, role, start, end } = occurrence;
    return {
      file,
      role,
      start: placed.start + start,
      end: placed.start + end,
      range: rangeIn(placed, occurrence),
    };
  }

  private within(file: string, span?: Span): readonly PlacedUnit[] {
    const units = this.index.file(file)?.units ?? [];
    if (span === undefined) return units;
    return units.filter(({ start, unit }) => start <= span.end && start + unit.text.length >= span.start);
  }

  private unitAt(file: string, offset: number): PlacedUnit | undefined {
    return this.index.file(file)?.unitAt(offset);
  }
}

/** The same, with the offsets of the file. */
function shifted<T extends Span>(one: T, by: number): T {
  return { ...one, start: one.start + by, end: one.end + by };
}

function shiftedSymbol(symbol: OutlineSymbol, by: number): OutlineSymbol {
  const children = symbol.children.map((child) => shiftedSymbol(child, by));
  return { ...shifted(symbol, by), selection: shifted(symbol.selection, by), children };
}
