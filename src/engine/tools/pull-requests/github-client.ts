// GitHub's REST API: where it is, how to sign in, and its refusals in the words of Kargo's client (pkg/github).
// Knows no endpoint; github.ts and github-commits.ts do.
import { isObject } from "../../../base/json";
import { ownerAndName, type ProviderOptions, PullRequestError } from "./provider";
import { type RestAnswer, RestClient, type RestRequest, textAt } from "./rest";

/** A client for one repository. Close it when done. */
export class GithubClient {
  readonly #rest: RestClient;
  readonly #repository: string;

  /** Throws PullRequestError `address` when the URL is not `host/owner/name`. */
  constructor(options: ProviderOptions) {
    const { owner, name } = ownerAndName(options.repository);
    const { token = "" } = options;
    this.#repository = `repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
    this.#rest = new RestClient({
      ...options,
      baseUrl: apiUrl(options),
      headers: {
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        ...(token !== "" && { authorization: `Bearer ${token}` }),
      },
      secretHeaders: ["authorization"],
      secrets: [token],
    });
  }

  /** Sends a request about the repository. Throws PullRequestError for every answer but a success. */
  async send(
    method: RestRequest["method"],
    path: string,
    more: Pick<RestRequest, "body" | "query"> = {},
  ): Promise<RestAnswer> {
    const answer = await this.#rest.send({ method, path: `${this.#repository}/${path}`, ...more });
    if (answer.status === 202) {
      const text = "job scheduled on GitHub side; try again later";
      throw new PullRequestError("status", text, { status: 202 });
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    const { message, errors } = refusalIn(answer.json);
    const reason = this.#rest.mask(message);
    const text = `${answer.method} ${answer.url}: ${answer.status} ${reason}${this.#rest.mask(tailOf(answer, errors))}`;
    throw new PullRequestError("status", text, { status: answer.status, reason });
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }
}

/** github.com has a host for its API, everybody else a path, unless the host already is one for the API. */
function apiUrl({ repository: { scheme, host }, apis }: ProviderOptions): string {
  if (host === "github.com") return apis?.github ?? "https://api.github.com";
  const isApiHost = host.startsWith("api.") || host.includes(".api.");
  return `${scheme}://${host}${isApiHost ? "" : "/api/v3"}`;
}

interface Refusal {
  readonly message: string;
  readonly errors: readonly string[];
}

/** A refusal as Kargo's client reads it: one part of another type than it should be, and all of it counts for nothing. */
function refusalIn(json: unknown): Refusal {
  const nothing: Refusal = { message: "", errors: [] };
  if (!isObject(json)) return nothing;
  const { message, errors } = json;
  if (!isText(message) || !(errors === undefined || errors === null || Array.isArray(errors))) return nothing;
  const printed = (errors ?? []).map(printedError);
  if (printed.includes(undefined)) return nothing;
  return { message: message ?? "", errors: printed.flatMap((one: string | undefined) => one ?? []) };
}

/** One of `errors`, as Go prints the struct it is read into; undefined when it cannot be read into it. */
function printedError(error: unknown): string | undefined {
  const parts = typeof error === "string" ? { message: error } : error;
  if (!isObject(parts)) return undefined;
  const names = ["resource", "field", "code", "message"] as const;
  if (!names.every((name) => isText(parts[name]))) return undefined;
  const [resource, field, code, message] = names.map((name) => textAt(parts, name));
  return `{Resource:${resource} Field:${field} Code:${code} Message:${message}}`;
}

function isText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === "string";
}

/** What follows the message: when the limit of requests ends, nothing for GitHub's other limits, else the errors. */
function tailOf({ status, headers, json }: RestAnswer, errors: readonly string[]): string {
  if (status === 403 && headers.get("x-ratelimit-remaining") === "0") {
    return ` ${goRateReset(Number(headers.get("x-ratelimit-reset")) * 1000 - Date.now())}`;
  }
  const help = textAt(json, "documentation_url");
  const isSecondary = help.endsWith("#abuse-rate-limits") || help.endsWith("secondary-rate-limits");
  return status === 403 && isSecondary ? "" : ` [${errors.join(" ")}]`;
}

/** When GitHub counts requests anew, from now on. */
function goRateReset(fromNowMs: number): string {
  const total = Math.floor(0.5 + Math.abs(fromNowMs) / 1000);
  const minutes = Math.floor(total / 60);
  const seconds = total % 60;
  const time = minutes > 0 ? `${minutes}m${String(seconds).padStart(2, "0")}s` : `${seconds}s`;
  return fromNowMs < 0 ? `[rate limit was reset ${time} ago]` : `[rate reset in ${time}]`;
}
