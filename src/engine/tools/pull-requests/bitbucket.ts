// Pull requests of Bitbucket Cloud (pkg/gitprovider/bitbucket/cloud).
// Does not know Bitbucket Data Center, as Kargo does not, and ignores labels, which Bitbucket has not.
import {
  about,
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
  valueAt,
} from "./rest";

const mergeMethods = [
  "fast_forward",
  "merge_commit",
  "rebase_fast_forward",
  "rebase_merge",
  "squash",
  "squash_fast_forward",
];

/** Opens a Bitbucket Cloud repository's pull requests. Throws PullRequestError `address`. */
export function openBitbucket(options: ProviderOptions): PullRequestProvider {
  const client = new BitbucketClient(options);
  return {
    create: (request) => create(client, request),
    get: (id) => get(client, id).then((found) => toFullPullRequest(client, found)),
    listOpen: (filter) => listOpen(client, filter),
    merge: (id, mergeOptions) => merge(client, id, mergeOptions),
    close: () => client.close(),
  };
}

class BitbucketClient {
  readonly #rest: RestClient;
  readonly #repository: string;

  constructor(options: ProviderOptions) {
    const { repository, token = "", apis } = options;
    const [owner = "", slug, ...more] = repository.path.replace(/^\//, "").split("/");
    if (slug === undefined || more.length > 0) {
      throw new PullRequestError("address", `invalid repository path in URL "${repository.shown}"`);
    }
    this.#repository = `repositories/${encodeURIComponent(owner)}/${encodeURIComponent(slug)}`;
    this.#rest = new RestClient({
      baseUrl: apis?.bitbucket ?? "https://api.bitbucket.org/2.0",
      // Sent without a token too, as Kargo does: Bitbucket then refuses even what everybody may read.
      headers: { accept: "application/json", authorization: `Bearer ${token}` },
      secretHeaders: ["authorization"],
      secrets: [token],
      signal: options.signal, // insecureSkipTLSVerify has no effect here
    });
  }

  /** Sends a request about the repository. Throws PullRequestError unless the answer has the wanted status. */
  async send(
    method: RestRequest["method"],
    path: string,
    wanted: { readonly status: number; readonly act: string },
    more: Pick<RestRequest, "body" | "query"> = {},
  ): Promise<RestAnswer> {
    const { status, act } = wanted;
    const sent = this.#rest.send({ method, path: `${this.#repository}/${path}`, ...more });
    const answer = await about(`error ${act}`, sent);
    if (answer.status === status && answer.json !== undefined) return answer;
    // Kargo drops what Bitbucket says; it is kept as the reason.
    throw new PullRequestError("status", `unexpected response ${answer.status} ${act}`, {
      status: answer.status,
      reason: this.#rest.mask(textAt(answer.json, "error", "message")),
    });
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }
}

async function create(client: BitbucketClient, request: NewPullRequest): Promise<PullRequest> {
  const { title, description, source, target } = request;
  const body = {
    type: "pullrequest",
    title,
    source: { branch: { name: source } },
    destination: { branch: { name: target } },
    ...(description !== "" && { description }),
  };
  const wanted = { status: 201, act: "creating pull request" };
  return toFullPullRequest(client, objectIn(await client.send("POST", "pullrequests", wanted, { body })));
}

async function get(client: BitbucketClient, id: number): Promise<Record<string, unknown>> {
  const wanted = { status: 200, act: `getting pull request ${id}` };
  return objectIn(await client.send("GET", `pullrequests/${id}`, wanted));
}

/** The first page alone is read. Bitbucket abbreviates commits, so that a full id practically never matches. */
async function listOpen(client: BitbucketClient, filter: PullRequestFilter): Promise<readonly PullRequest[]> {
  const wanted = { status: 200, act: "listing pull requests" };
  const answer = await client.send("GET", "pullrequests", wanted, { query: { state: "OPEN" } });
  const values = valueAt(answer.json, "values") ?? [];
  const matching = listIn(answer, values).filter(
    (json) =>
      (filter.source === "" || textAt(json, "source", "branch", "name") === filter.source) &&
      (filter.target === "" || textAt(json, "destination", "branch", "name") === filter.target) &&
      (filter.headCommit === "" || textAt(json, "source", "commit", "hash") === filter.headCommit),
  );
  return Promise.all(matching.map((json) => toFullPullRequest(client, json)));
}

/** Bitbucket tells nothing of conflicts or checks beforehand, so that only drafts are waited for. */
async function merge(
  client: BitbucketClient,
  id: number,
  { method, perform }: MergeOptions,
): Promise<PullRequest | undefined> {
  const found = await get(client, id);
  const state = textAt(found, "state");
  if (state === "MERGED") return toPullRequest(found);
  if (state !== "OPEN") {
    throw new PullRequestError("state", `pull request ${id} is closed but not merged (state: ${state})`);
  }
  if (found.draft === true) return undefined;
  if (method !== "" && !mergeMethods.includes(method)) throw unsupportedMethod(method, "strategy");
  const body = {
    type: "pullrequestMergeParameters",
    ...(method !== "" && { merge_strategy: method }),
  };
  const wanted = { status: 200, act: `merging pull request ${id}` };
  const merged = await perform(() => client.send("POST", `pullrequests/${id}/merge`, wanted, { body })).catch(
    (error: unknown) => {
      if (!(error instanceof PullRequestError) || error.status !== 202) throw error;
      const text = `pull request ${id} merge was accepted asynchronously and cannot be awaited`;
      throw new PullRequestError("status", text, { status: 202, cause: error });
    },
  );
  const after = textAt(merged.json, "state");
  if (after === "MERGED") return toPullRequest(merged.json);
  throw new PullRequestError("protocol", `unexpected state "${after}" after merging pull request ${id}`);
}

/** As `toPullRequest`, with the whole id of the merge commit, for which Bitbucket has to be asked once more. */
async function toFullPullRequest(client: BitbucketClient, json: unknown): Promise<PullRequest> {
  const found = toPullRequest(json);
  if (found.mergeCommit === "") return found;
  const wanted = { status: 200, act: "getting commit" };
  const answer = await client.send("GET", `commit/${encodeURIComponent(found.mergeCommit)}`, wanted);
  const hash = valueAt(answer.json, "hash");
  if (typeof hash === "string") return { ...found, mergeCommit: hash };
  const { status } = answer;
  throw new PullRequestError("protocol", `unexpected response ${status} getting commit`, { status });
}

function toPullRequest(json: unknown): PullRequest {
  const state = textAt(json, "state");
  return {
    id: numberAt(json, "id"),
    url: textAt(json, "links", "html", "href"),
    isOpen: state === "OPEN",
    isMerged: state === "MERGED",
    mergeCommit: textAt(json, "merge_commit", "hash"),
    headCommit: textAt(json, "source", "commit", "hash"),
    ...createdAt(json, "created_on"),
  };
}
