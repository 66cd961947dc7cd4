// One problem as the terminal program reports it.
// Only the shape; validate.ts finds problems and prints them.
import type { RuleId, Severity } from "../language/language-service";

/** One diagnostic as it is printed. Lines and columns count from 1, columns in UTF-16 units; ends are exclusive. */
export interface ReportedProblem {
  /** Path from the current folder with `/`; absolute when the file lies outside of it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: Severity;
  readonly rule: RuleId;
  /** One line. */
  readonly message: string;
}
