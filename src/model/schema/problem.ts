// What a fault is, and the place where a check stands while it looks for faults.
// Finds none itself; validate.ts and check-text.ts do.
import type { Path } from "./lookup";

/** What kind of fault a problem is about. */
export type ProblemCode =
  | "type"
  | "required"
  | "unknown-key"
  | "unknown-step"
  | "enum"
  | "pattern"
  | "length"
  | "range"
  | "items"
  | "unique"
  | "format"
  | "choice"
  | "rule"
  | "template"
  | "admission"
  | "deprecated";

/** One fault and where it is. */
export interface SchemaProblem {
  readonly path: Path;
  /** What to underline at the path: the key, or the value. */
  readonly at: "key" | "value";
  readonly code: ProblemCode;
  readonly severity: "error" | "warning";
  /** One sentence. */
  readonly message: string;
  /** The field that is missing, for `required`. */
  readonly missing?: string;
  /** What was probably meant, for names that are nearly right. */
  readonly suggestion?: string;
}

/** A fault before its place is known. */
export type Fault = Pick<SchemaProblem, "code" | "message"> & Partial<SchemaProblem>;

/** How to judge. */
export interface ValidateOptions {
  /** The value is, or is inside, the configuration of a step: a text with `${{ }}` may stand for anything. */
  readonly templates?: boolean;
  /** Whether configurations of steps are judged; Kargo does so only when the step runs. Default true. */
  readonly stepConfigs?: boolean;
  /** How bad an unknown kind of step is; custom steps of the commercial platform are unknown here. Default "warning". */
  readonly unknownSteps?: "error" | "warning" | "ignore";
  /** The value at the path as it stands in the file, such as `yes` for true; undefined where that is not known. */
  readonly written?: (path: Path) => string | undefined;
}

/** Where a check stands and what it knows. */
export interface Place {
  readonly path: Path;
  readonly templates: boolean;
  readonly unknownSteps: "error" | "warning" | "ignore";
  readonly stepConfigs: boolean;
  /** Faults are warnings: the schema is documentation of something closed. */
  readonly lenient: boolean;
  readonly problems: SchemaProblem[];
  /** See ValidateOptions. */
  readonly written: (path: Path) => string | undefined;
  /** The object whose field is checked. */
  readonly holder: Readonly<Record<string, unknown>> | undefined;
}

/** Adds a fault at the place. */
export function report(place: Place, fault: Fault): void {
  const severity = place.lenient ? "warning" : (fault.severity ?? "error");
  place.problems.push({ path: place.path, at: "value", ...fault, severity });
}
