// Commits and refs of a GitHub repository through its REST API, so that GitHub itself signs what is made this way.
// Replays nothing by itself; the step github-push says what becomes of which commit.
import { isObject } from "../../../base/json";
import { GithubClient } from "./github-client";
import { type ProviderOptions, PullRequestError } from "./provider";
import { listIn, type RestAnswer, textAt, valueAt } from "./rest";

/** Author or committer as GitHub tells it; handed back unchanged. */
export type GithubPerson = Readonly<Record<string, unknown>>;

/** One commit of a comparison. */
export interface GithubCommit {
  readonly id: string;
  /** Empty when GitHub told none. */
  readonly tree: string;
  readonly message: string;
  readonly author?: GithubPerson;
  readonly committer?: GithubPerson;
  readonly parents: readonly string[];
}

/** How one commit relates to another. */
export interface GithubComparison {
  /** `identical`, `ahead`, `behind` or `diverged`. */
  readonly status: string;
  readonly mergeBase: string;
  /** What the one has and the other has not, oldest first; at most 250. */
  readonly commits: readonly GithubCommit[];
}

/** A commit to be made. Without author and committer it is the token's owner's, and GitHub signs it. */
export type NewGithubCommit = Omit<GithubCommit, "id">;

/** The one page of a comparison that is read. */
const commitsPerPage = "250";

/** The commits of one repository. Everything throws PullRequestError, or the signal's reason. Close it when done. */
export class GithubCommits {
  readonly #client: GithubClient;

  /** Throws PullRequestError `address` when the URL does not name a repository as GitHub does. */
  constructor(options: ProviderOptions) {
    this.#client = new GithubClient(options);
  }

  /** Id of the commit at `heads/…`. */
  async refCommit(ref: string): Promise<string> {
    return textAt((await this.#client.send("GET", `git/ref/${escaped(ref)}`)).json, "object", "sha");
  }

  async createRef(ref: string, commit: string): Promise<void> {
    await this.#client.send("POST", "git/refs", { body: { ref: `refs/${ref}`, sha: commit } });
  }

  async updateRef(ref: string, commit: string, options: { readonly force: boolean }): Promise<void> {
    const body = { sha: commit, force: options.force };
    await this.#client.send("PATCH", `git/refs/${escaped(ref)}`, { body });
  }

  async deleteRef(ref: string): Promise<void> {
    await this.#client.send("DELETE", `git/refs/${escaped(ref)}`);
  }

  /** Compares two commits, whose ids are known to GitHub. */
  async compare(base: string, head: string): Promise<GithubComparison> {
    const path = `compare/${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
    const answer = await this.#client.send("GET", path, { query: { per_page: commitsPerPage } });
    return {
      status: textAt(answer.json, "status"),
      mergeBase: textAt(answer.json, "merge_base_commit", "sha"),
      commits: listIn(answer, valueAt(answer.json, "commits") ?? []).map((json) => toCommit(answer, json)),
    };
  }

  /** Makes a commit that no ref names yet; returns its id. */
  async createCommit(commit: NewGithubCommit): Promise<string> {
    const { message, tree, parents, author, committer } = commit;
    const people = { ...(author && { author }), ...(committer && { committer }) };
    const answer = await this.#client.send("POST", "git/commits", {
      body: { message, tree, parents, ...people },
    });
    const id = textAt(answer.json, "sha");
    if (id !== "") return id;
    throw new PullRequestError("protocol", "GitHub told no id of the commit it made");
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function toCommit(answer: RestAnswer, json: unknown): GithubCommit {
  const author = valueAt(json, "commit", "author");
  const committer = valueAt(json, "commit", "committer");
  return {
    id: textAt(json, "sha"),
    tree: textAt(json, "commit", "tree", "sha"),
    message: textAt(json, "commit", "message"),
    parents: listIn(answer, valueAt(json, "parents") ?? []).map((parent) => textAt(parent, "sha")),
    ...(isObject(author) && { author }),
    ...(isObject(committer) && { committer }),
  };
}

/** Slashes of a ref stay. */
function escaped(ref: string): string {
  return ref.split("/").map(encodeURIComponent).join("/");
}
