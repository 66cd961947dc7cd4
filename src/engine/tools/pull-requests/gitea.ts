// Pull requests of Gitea (pkg/gitprovider/gitea).
// Serves 1.14 and newer: older ones leave out the head commit, without which no open pull request is recognised.

import { goValue } from "../../../base/go-text";
import { isObject } from "../../../base/json";
import {
  about,
  closedUnmerged,
  type MergeOptions,
  type NewPullRequest,
  ownerAndName,
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
  nextPage,
  numberAt,
  objectIn,
  type RestAnswer,
  RestClient,
  type RestRequest,
  statusLine,
  textAt,
  valueAt,
} from "./rest";

/** Gitea takes any word for a method, so it is checked here. */
const mergeMethods = ["fast-forward-only", "manually-merged", "merge", "rebase", "rebase-merge", "squash"];
const oldestVersion = [1, 11, 0];
const oldestSquashVersion = [1, 11, 5];

/** Opens a Gitea repository's pull requests; asks the server for its version first. Throws PullRequestError. */
export async function openGitea(options: ProviderOptions): Promise<PullRequestProvider> {
  const client = new GiteaClient(options);
  try {
    await client.checkVersion();
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    create: (request) => create(client, request),
    get: (id) => get(client, id).then(toPullRequest),
    listOpen: (filter) => listOpen(client, filter),
    merge: (id, mergeOptions) => merge(client, id, mergeOptions),
    close: () => client.close(),
  };
}

/** Why Kargo's client does not talk to a Gitea of this version; undefined when it does. */
export function giteaVersionProblem(
  version: string,
  server: string,
  oldest: readonly number[] = oldestVersion,
): PullRequestError | undefined {
  const [, major, minor, patch, pre] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-)?/.exec(version) ?? [];
  if (version === "") return new PullRequestError("protocol", "Malformed version: ");
  if (major === undefined) return new PullRequestError("protocol", `unknown version: ${version}`);
  const found = [major, minor, patch].map((number) => Number(number ?? 0));
  const differing = found.findIndex((number, index) => number !== oldest[index]);
  const isOlder = differing < 0 ? pre !== undefined : (found[differing] ?? 0) < (oldest[differing] ?? 0);
  if (!isOlder) return undefined;
  const text = `gitea server at ${server} is older than ${oldest.join(".")}`;
  return new PullRequestError("unsupported", text);
}

class GiteaClient {
  readonly #rest: RestClient;
  readonly #server: string;
  #version = "";
  readonly repository: string;
  readonly shown: string;

  constructor(options: ProviderOptions) {
    const { repository, token = "" } = options;
    const { owner, name } = ownerAndName(repository);
    this.shown = `${owner}/${name}`;
    this.repository = `repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
    this.#server = `${repository.scheme}://${repository.host}`;
    this.#rest = new RestClient({
      ...options,
      baseUrl: `${this.#server}/api/v1`,
      headers: { accept: "application/json", ...(token !== "" && { authorization: `token ${token}` }) },
      secretHeaders: ["authorization"],
      secrets: [token],
    });
  }

  async checkVersion(): Promise<void> {
    this.#version = textAt(await this.#get("version"), "version");
    this.#demand(oldestVersion);
  }

  /** Throws PullRequestError when the server does not know the way to merge yet. */
  checkStyle(style: string): void {
    if (style === "squash") this.#demand(oldestSquashVersion);
  }

  #demand(oldest: readonly number[]): void {
    const problem = giteaVersionProblem(this.#version, this.#server, oldest);
    if (problem !== undefined) throw problem;
  }

  /** Sends a request about the repository; the answer may have any status. */
  async sendAny(
    method: RestRequest["method"],
    path: string,
    more: Pick<RestRequest, "body" | "query"> = {},
  ): Promise<RestAnswer> {
    return this.#rest.send({ method, path: `${this.repository}/${path}`, ...more });
  }

  /** As `sendAny`; throws PullRequestError for every answer but a success. */
  async send(...request: Parameters<GiteaClient["sendAny"]>): Promise<RestAnswer> {
    return this.#checked(await this.sendAny(...request));
  }

  mask(text: string): string {
    return this.#rest.mask(text);
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }

  async #get(path: string): Promise<unknown> {
    return objectIn(this.#checked(await this.#rest.send({ method: "GET", path })));
  }

  /** The refusal in the words of Kargo's client, which tells of no status where the server gives a message. */
  #checked(answer: RestAnswer): RestAnswer {
    const { method, url, status, text, json } = answer;
    if (status >= 200 && status < 300) return answer;
    const message = valueAt(json, "message");
    const said = message === undefined ? "" : goValue(message);
    const { pathname } = new URL(url);
    const bare = !isObject(json)
      ? `unknown API error: ${status}\nRequest: '${pathname}' with '${method}' method and '${text.slice(0, 500)}' body`
      : `${statusLine(status)}: ${text.slice(0, 500)}`;
    const reason = this.#rest.mask(said);
    throw new PullRequestError("status", reason || this.#rest.mask(bare), { status, reason });
  }
}

async function create(client: GiteaClient, request: NewPullRequest): Promise<PullRequest> {
  const { title, description, source, target } = request;
  const labels = await labelIds(client, request.labels);
  const body = { head: source, base: target, title, body: description, labels };
  return toPullRequest(objectIn(await client.send("POST", "pulls", { body })));
}

async function get(client: GiteaClient, id: number): Promise<Record<string, unknown>> {
  return objectIn(await client.send("GET", `pulls/${id}`));
}

/** The target branch is not compared: a pull request of the same commit into another branch counts, as in Kargo. */
async function listOpen(client: GiteaClient, filter: PullRequestFilter): Promise<readonly PullRequest[]> {
  const found = (await pages(client, "pulls", { state: "open" })).map(toPullRequest);
  return found.filter(({ headCommit }) => filter.headCommit === "" || headCommit === filter.headCommit);
}

async function pages(
  client: GiteaClient,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let page: string | undefined = "1"; page !== undefined; ) {
    const answer = await client.send("GET", path, { query: { ...query, page, limit: "0" } });
    found.push(...listIn(answer));
    page = nextPage(answer);
  }
  return found;
}

async function labelIds(client: GiteaClient, names: readonly string[]): Promise<readonly number[]> {
  if (names.length === 0) return [];
  const labels = await about("error listing repository labels", pages(client, "labels", {}));
  const ids = new Map(labels.map((label) => [textAt(label, "name"), numberAt(label, "id")]));
  const wanted = [...new Set(names)];
  const missing = wanted.filter((name) => !ids.has(name));
  if (missing.length > 0) {
    const text = `labels not found in repository ${client.shown}: ${missing.join(", ")}`;
    throw new PullRequestError("unsupported", text);
  }
  return wanted.map((name) => ids.get(name) ?? 0);
}

async function merge(
  client: GiteaClient,
  id: number,
  { method, perform }: MergeOptions,
): Promise<PullRequest | undefined> {
  const found = await about(`error getting pull request ${id}`, get(client, id));
  if (found.merged === true) return toPullRequest(found);
  if (found.state !== "open") throw closedUnmerged(id);
  if (found.draft === true || found.mergeable !== true) return undefined;
  const style = method === "" ? "merge" : method;
  if (!mergeMethods.includes(style)) throw unsupportedMethod(style);
  const sentence = `error merging pull request ${id}`;
  await about(sentence, (async () => client.checkStyle(style))());
  const sent = perform(() => client.sendAny("POST", `pulls/${id}/merge`, { body: { Do: style } }));
  const { status, json } = await about(sentence, sent);
  if (status !== 200) {
    // Kargo drops what Gitea says; it is kept as the reason.
    const reason = client.mask(textAt(json, "message"));
    throw new PullRequestError("status", `merge rejected for pull request ${id}`, { status, reason });
  }
  return toPullRequest(await about(`error fetching PR ${id} after merge`, get(client, id)));
}

function toPullRequest(json: unknown): PullRequest {
  return {
    id: numberAt(json, "number"),
    url: textAt(json, "html_url"),
    isOpen: textAt(json, "state") === "open",
    isMerged: valueAt(json, "merged") === true,
    mergeCommit: textAt(json, "merge_commit_sha"),
    headCommit: textAt(json, "head", "sha"),
    ...createdAt(json, "created_at"),
  };
}
