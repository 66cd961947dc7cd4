// Pull requests of GitHub and GitHub Enterprise (pkg/gitprovider/github).
// Pushes nothing; github-commits.ts replays commits.
import { GithubClient } from "./github-client";
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
} from "./provider";
import { createdAt, listIn, nextPage, numberAt, objectIn, textAt, valueAt } from "./rest";

/** Opens a GitHub repository's pull requests. Throws PullRequestError `address`. */
export function openGithub(options: ProviderOptions): PullRequestProvider {
  const client = new GithubClient(options);
  return {
    create: (request) => create(client, request),
    get: (id) => get(client, id).then(toPullRequest),
    listOpen: (filter) => listOpen(client, filter),
    merge: (id, mergeOptions) => merge(client, id, mergeOptions),
    close: () => client.close(),
  };
}

/** Labels need a second request, and when it fails the pull request stands nevertheless. */
async function create(client: GithubClient, request: NewPullRequest): Promise<PullRequest> {
  const { title, description, source, target, labels } = request;
  const answer = await client.send("POST", "pulls", {
    body: { title, head: source, base: target, body: description, maintainer_can_modify: false },
  });
  const made = toPullRequest(objectIn(answer));
  if (labels.length > 0) await client.send("POST", `issues/${made.id}/labels`, { body: labels });
  return made;
}

async function get(client: GithubClient, id: number): Promise<Record<string, unknown>> {
  return objectIn(await client.send("GET", `pulls/${id}`));
}

/**
 * GitHub is given the bare branch where it expects `owner:branch`, and then leaves it out of account, so that the head
 * commit is what decides.
 */
async function listOpen(client: GithubClient, filter: PullRequestFilter): Promise<readonly PullRequest[]> {
  const found: PullRequest[] = [];
  const query = { state: "open", head: filter.source, base: filter.target, per_page: "100" };
  for (let page: string | undefined = ""; page !== undefined; ) {
    const answer = await client.send("GET", "pulls", { query: page === "" ? query : { ...query, page } });
    found.push(...listIn(answer).map(toPullRequest));
    page = nextPage(answer);
  }
  return found.filter(({ headCommit }) => filter.headCommit === "" || headCommit === filter.headCommit);
}

async function merge(
  client: GithubClient,
  id: number,
  { method, perform }: MergeOptions,
): Promise<PullRequest | undefined> {
  const found = await about(`error getting pull request ${id}`, get(client, id));
  if (isMerged(found)) return toPullRequest(found);
  if (textAt(found, "state") !== "open") throw closedUnmerged(id);
  const readiness = readinessOf(found);
  if (readiness === "conflicts") {
    throw new PullRequestError("state", `pull request ${id} has conflicts and cannot be merged`);
  }
  if (readiness === "later") return undefined;
  const body = method === "" ? {} : { merge_method: method };
  let merged: unknown;
  try {
    merged = objectIn(await perform(() => client.send("PUT", `pulls/${id}/merge`, { body }))).merged;
  } catch (error) {
    const isRefusal = error instanceof PullRequestError && error.status === 405;
    if (isRefusal && mayPass(error.reason, readiness === "blocked")) return undefined;
    return await about(`error merging pull request ${id}`, Promise.reject(error));
  }
  if (merged !== true) throw new PullRequestError("status", `merge rejected for pull request ${id}`);
  return toPullRequest(await about(`error getting pull request ${id} after merge`, get(client, id)));
}

/** `blocked`: rules forbid it, though perhaps not to us, which only an attempt can tell. */
type Readiness = "ready" | "blocked" | "later" | "conflicts";

function readinessOf(found: Record<string, unknown>): Readiness {
  switch (textAt(found, "mergeable_state")) {
    case "clean":
    case "unstable":
    case "has_hooks":
      return "ready";
    case "dirty":
      return "conflicts";
    case "blocked":
    case "behind":
      return "blocked";
    case "draft":
    case "unknown":
      return "later";
    default:
      return found.draft !== true && found.mergeable === true ? "ready" : "later";
  }
}

/**
 * GitHub answers 405 to every merge it will not do, whatever the reason: only its words tell what may pass from what
 * never will. A method the repository does not allow never will; a base that moved will; the rest may if rules block.
 */
function mayPass(reason: string, isBlocked: boolean): boolean {
  if (reason.includes("not allowed")) return false;
  if (reason.includes("Base branch was modified")) return true;
  return reason.includes("Pull Request is not mergeable") || isBlocked;
}

function isMerged(json: unknown): boolean {
  return typeof valueAt(json, "merged_at") === "string";
}

function toPullRequest(json: unknown): PullRequest {
  return {
    id: numberAt(json, "number"),
    url: textAt(json, "html_url"),
    isOpen: textAt(json, "state") === "open",
    isMerged: isMerged(json),
    mergeCommit: textAt(json, "merge_commit_sha"),
    headCommit: textAt(json, "head", "sha"),
    ...createdAt(json, "created_at"),
  };
}
