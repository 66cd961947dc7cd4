// What every hosting service of Git repositories can do for pull requests, in one shape (pkg/gitprovider/gitprovider.go).
// Talks to none of them; there is one file per service beside this one.
import { CodedError } from "../../../base/errors";

/** A pull request, whatever the service calls it. */
export interface PullRequest {
  /** Number within its repository. */
  readonly id: number;
  /** Page for people. */
  readonly url: string;
  readonly isOpen: boolean;
  readonly isMerged: boolean;
  /** Empty when the service tells none; GitHub names one for open pull requests too, its trial merge. */
  readonly mergeCommit: string;
  /** Commit at the head of the source branch, as the service writes it; Bitbucket abbreviates. */
  readonly headCommit: string;
  /** Milliseconds since 1970; Azure's is not read, as in Kargo. */
  readonly createdAtMs?: number;
}

/** A pull request to be opened. */
export interface NewPullRequest {
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly target: string;
  readonly labels: readonly string[];
}

/** Which open pull requests to look for. How much of it a service really heeds is its own file's matter. */
export interface PullRequestFilter {
  readonly source: string;
  readonly target: string;
  readonly headCommit: string;
}

/** How to merge. */
export interface MergeOptions {
  /** In the service's own words; its default when empty. */
  readonly method: string;
  /** Wraps the one request that merges; what only reads stays outside of it. */
  readonly perform: <T>(act: () => Promise<T>) => Promise<T>;
}

/** Pull requests of one repository. Everything throws PullRequestError, or the signal's reason. Close it when done. */
export interface PullRequestProvider {
  create(request: NewPullRequest): Promise<PullRequest>;
  get(id: number): Promise<PullRequest>;
  /** Open ones that pass the filter, in no particular order. */
  listOpen(filter: PullRequestFilter): Promise<readonly PullRequest[]>;
  /** One attempt; undefined when the pull request is not ready yet and may become so. */
  merge(id: number, options: MergeOptions): Promise<PullRequest | undefined>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** A repository as its normalised URL names it. */
export interface RepositoryAddress {
  readonly scheme: "http" | "https";
  /** With its port. */
  readonly host: string;
  /** Begins with a slash. */
  readonly path: string;
  /** The URL for messages, without any secret. */
  readonly shown: string;
}

/** Services that live at one address only. A test may put them elsewhere; no setting does. */
export interface FixedApis {
  readonly github: string;
  readonly gitlab: string;
  readonly bitbucket: string;
  readonly azure: string;
}

/** What it takes to talk to a service. */
export interface ProviderOptions {
  readonly repository: RepositoryAddress;
  /** Access token; it travels in headers alone. */
  readonly token?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly signal: AbortSignal;
  readonly apis?: Partial<FixedApis>;
  /** Waits between two looks; ends early, with the signal's reason, on an abort. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Why a request failed. `network`: no answer; `status`: an answer that says no; `protocol`: an answer no such service
 * gives; `unsupported`: something the service cannot do; `state`: the pull request is past it; `address`: the URL does
 * not name a repository of the service; `token`: there is none.
 */
export type PullRequestErrorCode =
  | "address"
  | "network"
  | "protocol"
  | "state"
  | "status"
  | "token"
  | "unsupported";

/** A failed request about a pull request. `message` is fit to be shown. */
export class PullRequestError extends CodedError<PullRequestErrorCode> {
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** What the service itself said, when it said something. */
  readonly reason: string;

  constructor(
    code: PullRequestErrorCode,
    message: string,
    options: { readonly status?: number; readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason ?? "";
  }
}

/** `owner` and `name` of a repository whose path has exactly these two parts. Throws PullRequestError `address`. */
export function ownerAndName({ path, shown }: RepositoryAddress): { owner: string; name: string } {
  const [owner = "", name, ...more] = path.replace(/^\//, "").split("/");
  if (name === undefined || more.length > 0) {
    const text = `could not extract repository owner and name from URL "${shown}"`;
    throw new PullRequestError("address", text);
  }
  return { owner, name };
}

/** Awaits `work`; a PullRequestError leaves with `context` before its own sentence. */
export async function about<T>(context: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PullRequestError)) throw error;
    const { code, message, status, reason } = error;
    const known = status === undefined ? { reason } : { reason, status };
    throw new PullRequestError(code, `${context}: ${message}`, { ...known, cause: error });
  }
}

/** The error of a pull request that somebody closed. */
export function closedUnmerged(id: number): PullRequestError {
  return new PullRequestError("state", `pull request ${id} is closed but not merged`);
}

/** The error of a way to merge that the service does not have. */
export function unsupportedMethod(method: string, noun = "method"): PullRequestError {
  return new PullRequestError("unsupported", `unsupported merge ${noun} ${JSON.stringify(method)}`);
}
