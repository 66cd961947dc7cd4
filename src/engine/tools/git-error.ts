// What goes wrong with git: the reason as data, the text in Kargo's words without any secret.
// Decides nothing about retries or step results; the steps do.
import { CodedError, errorMessage } from "../../base/errors";

/**
 * Why a git command failed. `rejected`: the remote has newer commits; `refused`: the remote's rules or hooks say no;
 * `conflict`: a merge stopped; `stoppedRebase`: a rebase did; `unsafeRebase`: one would falsify signatures; `outside`:
 * the repository is not one this Promotion made; `missingProgram`: git or gpg cannot be started.
 */
export type GitErrorReason =
  | "auth"
  | "conflict"
  | "missingProgram"
  | "network"
  | "notFound"
  | "other"
  | "outside"
  | "refused"
  | "rejected"
  | "stoppedRebase"
  | "tls"
  | "unsafeRebase";

/** A git command that failed. `message` is fit to be shown: secrets are masked. */
export class GitError extends CodedError<GitErrorReason> {
  /** Exit code of the command, when one ran. */
  readonly exitCode?: number;
  /** What the command printed, both streams, masked. */
  readonly output: string;

  constructor(
    reason: GitErrorReason,
    message: string,
    options: { readonly exitCode?: number; readonly output?: string; readonly cause?: unknown } = {},
  ) {
    super(reason, message, { cause: options.cause });
    this.output = options.output ?? "";
    if (options.exitCode !== undefined) this.exitCode = options.exitCode;
  }

  /** True for a GitError, of the given reason if one is given. */
  static is(error: unknown, reason?: GitErrorReason): error is GitError {
    return error instanceof GitError && (reason === undefined || error.code === reason);
  }
}

/** `error` with a sentence before its own, as Go wraps errors; an error that is not from git stays what it is. */
export function inContext(context: string, error: unknown): unknown {
  if (!GitError.is(error)) return error;
  const { code, exitCode, output } = error;
  const known = exitCode === undefined ? { output } : { output, exitCode };
  return new GitError(code, `${context}: ${errorMessage(error)}`, { ...known, cause: error });
}

/** Awaits `work`; a GitError leaves with `context` before its own sentence. */
export async function withContext<T>(context: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw inContext(context, error);
  }
}

/** One line of push output that tells a race lost to another pusher (pkg/controller/git/work_tree.go). */
const rejectedLine =
  /^\s*!\s+\[(?:remote )?rejected].+\((?:non-fast-forward|fetch first|cannot lock ref.*|incorrect old value provided)\)\s*$/m;

/** What git prints in English, since its commands run without a language set. First match wins. */
const outputReasons: readonly (readonly [GitErrorReason, RegExp])[] = [
  ["refused", /^\s*!\s+\[(?:remote )?rejected]/m],
  [
    "auth",
    /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(|returned error: 40[13]\b|HTTP Basic: Access denied/,
  ],
  ["tls", /SSL certificate problem|certificate verif|server certificate/i],
  [
    "notFound",
    /repository '[^']*' not found|Repository not found|does not appear to be a git repository|repository '[^']*' does not exist|returned error: 404|couldn't find remote ref|Remote branch .* not found|invalid reference|not a valid object name/i,
  ],
  [
    "network",
    /Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out|closed)|Operation too slow|unable to access|early EOF|hung up unexpectedly|Network is unreachable/i,
  ],
];

/** True when the output of a push of branches tells that somebody else was faster. */
export function isRejected(output: string): boolean {
  return rejectedLine.test(output);
}

/** The reason that the output of a failed command tells. */
export function reasonOf(output: string): GitErrorReason {
  return outputReasons.find(([, pattern]) => pattern.test(output))?.[0] ?? "other";
}

/** `text` with every secret in it replaced. Short values are left: masking `a` would hide nothing and garble all. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (secret.length < 3) continue;
    masked = masked.replaceAll(secret, "***").replaceAll(encodeURIComponent(secret), "***");
  }
  return masked;
}
