// What can be done to the text at a place: quick fixes of the diagnostics there, and refactorings of steps and tasks.
// Each fix lives in the file of its subject; this one collects them and shifts them to the file.
import type { CodeAction, FileEdit, QuickFix, Trouble, WorkspaceEdits } from "./code-action";
import type { Diagnostic } from "./diagnostics";
import { deprecationFixes } from "./fix-deprecated";
import { expressionFixes } from "./fix-expressions";
import { ignoreFixes } from "./fix-ignore";
import { keyFixes } from "./fix-keys";
import { nameFixes } from "./fix-names";
import { valueFixes } from "./fix-values";
import { taskRefactorings } from "./refactor-tasks";
import type { PlacedUnit, Span } from "./source-file";
import { appended, inFile } from "./unit-edits";
import type { WorkspaceIndex } from "./workspace-index";

type Fixes = (trouble: Trouble) => readonly QuickFix[];

/** In the order a menu shows them; silencing comes last. */
const fixes: readonly Fixes[] = [
  valueFixes,
  expressionFixes,
  deprecationFixes,
  keyFixes,
  nameFixes,
  ignoreFixes,
];

/** What is asked. */
export interface CodeActionRequest {
  readonly file: string;
  /** Offsets of the file. */
  readonly span: Span;
  /** Diagnostics of the whole file. */
  readonly diagnostics: readonly Diagnostic[];
  readonly index: WorkspaceIndex;
}

/** The code actions for a span of a file. */
export function codeActions({ file, span, diagnostics, index }: CodeActionRequest): CodeAction[] {
  const source = index.file(file);
  if (source === undefined) return [];
  const touched = diagnostics.filter(({ start, end }) => start <= span.end && end >= span.start);
  const mending = touched.flatMap((diagnostic) => {
    const placed = source.unitAt(diagnostic.start);
    const trouble = troubleOf(diagnostic, file, placed, index);
    const found = fixes.flatMap((fix) => fix(trouble)).filter((fix) => changesText(fix, trouble));
    return unique(found).map((fix) => toAction(fix, trouble));
  });
  const placed = source.unitAt(span.start);
  const inUnit = { start: span.start - placed.start, end: span.end - placed.start };
  return [...mending, ...taskRefactorings({ file, placed, span: inUnit, index })];
}

function troubleOf(diagnostic: Diagnostic, file: string, placed: PlacedUnit, index: WorkspaceIndex): Trouble {
  const { unit, start } = placed;
  const span = { start: diagnostic.start - start, end: diagnostic.end - start };
  const { fix } = diagnostic;
  const resource = fix?.resource === undefined ? undefined : unit.tree.resources[fix.resource];
  return {
    diagnostic,
    file,
    placed,
    unit,
    span,
    text: unit.text.slice(span.start, span.end),
    path: fix?.path ?? [],
    index,
    ...(resource === undefined ? {} : { resource }),
  };
}

/** Where a key stands twice, what is wrong with one may be right of the other. */
function changesText({ edits, append }: QuickFix, { unit }: Trouble): boolean {
  return append !== undefined || edits.some(({ start, end, text }) => unit.text.slice(start, end) !== text);
}

/** Two rules may come to the same remedy. */
function unique(found: readonly QuickFix[]): QuickFix[] {
  return found.filter((fix, index) => found.findIndex(({ title }) => title === fix.title) === index);
}

function toAction(fix: QuickFix, { diagnostic, file, placed, index }: Trouble): CodeAction {
  const edits: FileEdit[] = inFile(fix.edits, placed);
  if (fix.append !== undefined) edits.push(appended(file, fix.append, index));
  const { title, id, preferred } = fix;
  return {
    title,
    kind: `quickfix.kargo.${id}`,
    diagnostic,
    edits: new Map([[file, edits.sort((a, b) => a.start - b.start)]]) satisfies WorkspaceEdits,
    ...(preferred === true ? { preferred } : {}),
  };
}
