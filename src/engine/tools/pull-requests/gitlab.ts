// Merge requests of GitLab (pkg/gitprovider/gitlab).
// Waits for no pipeline by itself: GitLab's own verdict about mergeability is what counts.
import { isObject } from "../../../base/json";
import { compareBytewise } from "../../../base/text";
import {
  about,
  closedUnmerged,
  type MergeOptions,
  type NewPullRequest,
  type ProviderOptions,
  type PullRequest,
  PullRequestError,
  type PullRequestFilter,
  type PullRequestProvider,
  unsupportedMethod,
} from "./provider";
import {
  createdAt,
  listIn,
  numberAt,
  objectIn,
  type RestAnswer,
  RestClient,
  type RestRequest,
  textAt,
} from "./rest";

/** Kargo's client tries six times, a fraction of a second apart. */
const retryDelaysMs = [100, 200, 300, 400, 400];

/** Opens a GitLab project's merge requests. */
export function openGitlab(options: ProviderOptions): PullRequestProvider {
  const client = new GitlabClient(options);
  return {
    create: (request) => create(client, request),
    get: (id) => get(client, id).then(toPullRequest),
    listOpen: (filter) => listOpen(client, filter),
    merge: (id, mergeOptions) => merge(client, id, mergeOptions),
    close: () => client.close(),
  };
}

class GitlabClient {
  readonly #rest: RestClient;
  readonly #project: string;

  constructor(options: ProviderOptions) {
    const { repository, token = "", apis } = options;
    const { scheme, host, path } = repository;
    const fixed = apis?.gitlab ?? "https://gitlab.com/api/v4";
    this.#project = `projects/${encodeURIComponent(path.replace(/^\//, "")).replaceAll(".", "%2E")}`;
    this.#rest = new RestClient({
      ...options,
      baseUrl: host === "gitlab.com" ? fixed : `${scheme}://${host}/api/v4`,
      headers: { accept: "application/json", ...(token !== "" && { "private-token": token }) },
      secretHeaders: ["private-token"],
      secrets: [token],
      retryDelaysMs,
    });
  }

  /** Sends a request about merge requests. Throws PullRequestError for every answer but a success. */
  async send(
    method: RestRequest["method"],
    path: string,
    more: Pick<RestRequest, "body" | "query"> = {},
  ): Promise<RestAnswer> {
    const answer = await this.#rest.send({ method, path: `${this.#project}/merge_requests${path}`, ...more });
    const { status, url, text } = answer;
    if ([200, 201, 202, 204, 304].includes(status)) return answer;
    if (status === 404) throw new PullRequestError("status", "404 Not Found", { status });
    const reason = this.#rest.mask(text.trim() === "" ? "" : reasonIn(answer));
    const where = `${method} ${url.replace(/\?.*$/, "")}: ${status}`;
    throw new PullRequestError("status", reason === "" ? where : `${where} ${reason}`, { status, reason });
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }
}

/** A refusal, whose shape varies, as Kargo's client writes it: `{message: [one, two]}`. */
function reasonIn({ json, text }: RestAnswer): string {
  if (json === undefined) return `failed to parse unknown error format: ${text.slice(0, 500)}`;
  return printReason(json);
}

/** What Go reads other JSON into; null is `<nil>`. */
const goTypes: Readonly<Partial<Record<string, string>>> = { number: "float64", boolean: "bool" };

function printReason(json: unknown): string {
  if (typeof json === "string") return json;
  if (Array.isArray(json)) return `[${json.map(printReason).join(", ")}]`;
  if (!isObject(json)) return `failed to parse unexpected error type: ${goTypes[typeof json] ?? "<nil>"}`;
  const entries = Object.entries(json).map(([name, value]) => `{${name}: ${printReason(value)}}`);
  return entries.sort(compareBytewise).join(", ");
}

async function create(client: GitlabClient, request: NewPullRequest): Promise<PullRequest> {
  const { title, description, source, target, labels } = request;
  const body = {
    title,
    description,
    source_branch: source,
    target_branch: target,
    labels: labels.join(","),
  };
  return toPullRequest(objectIn(await client.send("POST", "", { body })));
}

async function get(client: GitlabClient, id: number): Promise<Record<string, unknown>> {
  return objectIn(await client.send("GET", `/${id}`));
}

async function listOpen(client: GitlabClient, filter: PullRequestFilter): Promise<readonly PullRequest[]> {
  const found: PullRequest[] = [];
  const query = { source_branch: filter.source, target_branch: filter.target, per_page: "100" };
  for (let page = ""; ; ) {
    const answer = await client.send("GET", "", { query: page === "" ? query : { ...query, page } });
    found.push(...listIn(answer).map(toPullRequest));
    page = answer.headers.get("x-next-page") ?? "";
    if (page === "") break;
  }
  return found.filter(
    ({ isOpen, headCommit }) => isOpen && (filter.headCommit === "" || headCommit === filter.headCommit),
  );
}

async function merge(
  client: GitlabClient,
  id: number,
  { method, perform }: MergeOptions,
): Promise<PullRequest | undefined> {
  const found = await about(`error getting merge request ${id}`, get(client, id));
  if (found.state === "merged") return toPullRequest(found);
  if (found.state !== "opened") throw closedUnmerged(id);
  if (found.draft === true || found.detailed_merge_status !== "mergeable") return undefined;
  if (!["", "merge", "squash"].includes(method)) throw unsupportedMethod(method);
  const body = method === "squash" ? { squash: true } : {};
  const sent = perform(() => client.send("PUT", `/${id}/merge`, { body })).then(objectIn);
  return toPullRequest(await about(`error merging merge request ${id}`, sent));
}

function toPullRequest(json: unknown): PullRequest {
  const state = textAt(json, "state");
  return {
    id: numberAt(json, "iid"),
    url: textAt(json, "web_url"),
    isOpen: state === "opened" || state === "locked",
    isMerged: state === "merged",
    mergeCommit: textAt(json, "merge_commit_sha"),
    headCommit: textAt(json, "sha"),
    ...createdAt(json, "created_at"),
  };
}
