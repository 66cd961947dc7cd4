// What a check finds in a unit. Offsets are those of the unit, so a finding moves with its document.
// Only the shape; the service turns findings into diagnostics of a file.
import type { Path } from "../model/schema/schema";
import { type RuleId, rules, type Severity } from "./rules";
import type { Span } from "./source-file";

/** One finding. */
export interface Finding extends Span {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence or two. */
  readonly message: string;
  /** What quick fixes need to know. */
  readonly fix?: FixHint;
}

/** What is known about how a finding could be mended. */
export interface FixHint {
  /** Which resource of the document, counted from 0. */
  readonly resource?: number;
  readonly path?: Path;
  /** A field to add to the object at `path`. */
  readonly missing?: string;
  /** What was probably meant; replaces the text of the finding. */
  readonly suggestion?: string;
  /** Text that replaces the finding's, and what that does, for a menu. */
  readonly replacement?: { readonly title: string; readonly text: string };
  /** A resource that is named and does not exist. */
  readonly create?: { readonly kind: string; readonly name: string; readonly namespace: string };
}

/** A finding with the severity its rule has. */
export function finding(rule: RuleId, span: Span, message: string, fix?: FixHint): Finding {
  const { start, end } = span;
  const { severity } = rules[rule];
  return { rule, severity, start, end, message, ...(fix === undefined ? {} : { fix }) };
}
