// What every error of ours has in common, and how an unknown thrown value becomes one sentence.
// Says nothing about how errors are shown; ui/notify.ts and the terminal program do.

/** Known to every bundle of the program: `instanceof` fails between two of them, each has a class of its own. */
const mark = Symbol.for("kargo-workbench.CodedError");

/** An error whose kind is told by `code`, never by matching its text. `message` is fit to be shown to the user. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly [mark] = true;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The code of an error of ours, whichever bundle it comes from; undefined for any other thrown value. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && mark in error && "code" in error ? String(error.code) : undefined;
}

/** The sentence of any thrown value, be it an Error or not. */
export function errorMessage(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : String(error);
}

/** True for the error that an AbortSignal's `throwIfAborted` or an aborted Node call throws. */
export function isAbortError(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ABORT_ERR"))
  );
}
