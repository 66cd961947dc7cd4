// What a code action is, and what those who make one are given. Only the shapes; code-actions.ts collects them.
import type { Path } from "../model/schema/schema";
import type { Diagnostic, Range } from "./diagnostics";
import type { PlacedUnit, Span } from "./source-file";
import type { Unit, UnitResource } from "./unit";
import type { WorkspaceIndex } from "./workspace-index";

/** A replacement in a text; offsets are those of the unit or the file, as the place says. */
export interface TextEdit extends Span {
  readonly text: string;
}

/** A replacement in a file. */
export interface FileEdit extends TextEdit {
  readonly range: Range;
}

/** Edits of several files, by the name of the file; those of one file do not overlap and are in order. */
export type WorkspaceEdits = ReadonlyMap<string, readonly FileEdit[]>;

/** Kinds as LSP has them, ours below the known ones: stable, so that keys can be bound to them. */
export type CodeActionKind =
  | `quickfix.kargo.${string}`
  | `refactor.extract.kargo.${string}`
  | `refactor.inline.kargo.${string}`;

/** Something an editor can do to the text. */
export interface CodeAction {
  /** As a menu shows it. */
  readonly title: string;
  readonly kind: CodeActionKind;
  /** What it mends. */
  readonly diagnostic?: Diagnostic;
  /** The one thing most people would do. */
  readonly preferred?: boolean;
  readonly edits: WorkspaceEdits;
}

/** A quick fix within one unit, before it is shifted to its file. */
export interface QuickFix {
  readonly title: string;
  /** Last part of the kind. */
  readonly id: string;
  readonly preferred?: boolean;
  readonly edits: readonly TextEdit[];
  /** A document to be written behind the last one of the file. */
  readonly append?: string;
}

/** A diagnostic and where it stands. */
export interface Trouble {
  readonly diagnostic: Diagnostic;
  readonly file: string;
  readonly placed: PlacedUnit;
  readonly unit: Unit;
  /** The diagnostic's span in the unit. */
  readonly span: Span;
  /** The text it marks. */
  readonly text: string;
  readonly resource?: UnitResource;
  readonly path: Path;
  readonly index: WorkspaceIndex;
}
