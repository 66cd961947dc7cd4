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
    const reason = this.#rest.mask(textAt(answer.json, "message"));
    const errors = this.#rest.mask(problems(answer.json));
    const text = `${answer.method} ${answer.url}: ${answer.status} ${reason} [${errors}]`;
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

/** The `errors` of a refusal, each as Go prints the struct it is read into. */
function problems(json: unknown): string {
  const errors = isObject(json) && Array.isArray(json.errors) ? json.errors : [];
  return errors
    .map((error: unknown) => {
      const message = typeof error === "string" ? error : textAt(error, "message");
      const [resource, field, code] = ["resource", "field", "code"].map((name) => textAt(error, name));
      return `{Resource:${resource} Field:${field} Code:${code} Message:${message}}`;
    })
    .join(" ");
}
