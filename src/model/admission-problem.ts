// What Kargo's API says when it refuses a resource: a field error of Kubernetes, with its path as keys and indexes.
// Decides nothing; the rules are in the other admission-*.ts files.
import type { Path } from "./schema/schema";

/** Types of field errors, and of whole answers, that Kargo's admission gives. */
export type AdmissionType = "Invalid" | "NotSupported" | "Required" | "Forbidden" | "NotFound" | "Conflict";

/** One reason why a resource is not admitted. */
export interface AdmissionProblem {
  /** The field Kargo names. */
  readonly path: Path;
  readonly type: AdmissionType;
  /** Kargo's sentence where it has one, otherwise ours. */
  readonly message: string;
  /** The value that is refused. */
  readonly value?: unknown;
  /** A more exact place than Kargo names, for the editor. */
  readonly blame?: Path;
  /** The same in plainer words, for the editor. */
  readonly plain?: string;
}

/** A value that is refused. */
export function invalid(path: Path, value: unknown, message: string, blame?: Path): AdmissionProblem {
  return { path, type: "Invalid", message, value, ...(blame === undefined ? {} : { blame }) };
}

/** A word that is none of the words. */
export function notSupported(path: Path, value: unknown, supported: readonly string[]): AdmissionProblem {
  const message = `supported values: ${supported.map((word) => JSON.stringify(word)).join(", ")}`;
  return { path, type: "NotSupported", message, value };
}

/** A field that must not be there. */
export function forbidden(path: Path, message: string): AdmissionProblem {
  return { path, type: "Forbidden", message };
}

/** A path as Kubernetes prints it: `spec.steps[0].as`. */
export function fieldPath(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    if (segment.includes(".")) return `${text}[${segment}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}

const words: Readonly<Record<AdmissionType, string>> = {
  Invalid: "Invalid value",
  NotSupported: "Unsupported value",
  Required: "Required value",
  Forbidden: "Forbidden",
  NotFound: "Not found",
  Conflict: "Conflict",
};

/** A problem as Kubernetes prints it: `spec.steps[0].as: Invalid value: "step-1": step alias is reserved`. */
export function admissionText({ path, type, message, value }: AdmissionProblem): string {
  const field = fieldPath(path);
  const shown = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const parts = [
    ...(field === "" ? [] : [field]),
    words[type],
    ...(shown ? [JSON.stringify(value)] : []),
    ...(message === "" ? [] : [message]),
  ];
  return parts.join(": ");
}

/** Entries of a list that are objects, with their places; anything else is the schema's business. */
export function objectsOf(list: unknown): (readonly [index: number, entry: Record<string, unknown>])[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry, index) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry) ? [[index, entry] as const] : [],
  );
}

/** `value` when it is text, otherwise the empty text that Go would have decoded an absent one to. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
