// What a completion is. Only the shape, so that the files that make them and the service that hands them out agree.
import type { Span } from "./source-file";

/** What kind of thing a completion inserts; editors show an icon for it. */
export type CompletionKind =
  | "field"
  | "value"
  | "step"
  | "reference"
  | "variable"
  | "member"
  | "function"
  | "keyword"
  | "snippet";

/** One completion. Spans are offsets of the unit until the service shifts them to the file. */
export interface Completion extends Span {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Beside the label: a type, a default. */
  readonly detail?: string;
  /** Markdown. */
  readonly doc?: string;
  readonly insert: string;
  /** `insert` has places to fill in (`$1`, `${2:x}`), as in LSP. */
  readonly snippet?: boolean;
  /** What is typed to find it, when that is not the label. */
  readonly filter?: string;
  /** Comes before others with a larger one. */
  readonly rank: number;
  readonly deprecated?: boolean;
  /** After inserting it, completion is worth asking for again. */
  readonly again?: boolean;
}

/** Text as it stands in a snippet. */
export function snippetText(text: string): string {
  return text.replace(/[\\$}]/g, "\\$&");
}
