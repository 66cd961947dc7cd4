// A hosting service of Git repositories on loopback: real bare repositories, and pull requests whose opening, merging
// and closing change them. One server speaks one service's documented REST API (git-hosting-apis.ts) and git itself.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { GitProvider } from "../../src/model/git-hosting";
import { hostingApis } from "./git-hosting-apis";
import { serveGit } from "./git-http-server";
import { type Files, git, makeRemote } from "./git-repos";

/** A pull request as the server keeps it. Tests may change one at any time, as people and checks do. */
export interface HostedPullRequest {
  readonly repo: string;
  readonly number: number;
  title: string;
  body: string;
  readonly source: string;
  readonly target: string;
  state: "open" | "merged" | "closed";
  draft: boolean;
  /** What the service says of mergeability, in its own words; computed from the branches when absent. */
  mergeability?: string;
  labels: readonly string[];
  mergeCommit: string;
  readonly createdAt: string;
  /** Head of the source branch when the pull request ended; before that it is read from the branch. */
  endedAt?: string;
}

/** A request that arrived. */
export interface HostedRequest {
  readonly method: string;
  /** Below the API's root, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** An answer of an API. */
export interface HostedAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How the server behaves. Change it while it runs. */
export interface HostingBehaviour {
  /** Demanded of every API request when set. */
  token?: string;
  /** Answers instead of the API; undefined lets the request through. `hang` never answers, `reset` cuts the line. */
  fault?: (request: HostedRequest) => HostedAnswer | "hang" | "reset" | undefined;
  /** Most elements of a list in one answer. */
  pageSize?: number;
  /** Ways to merge that the repository's settings forbid. */
  forbiddenMethods?: readonly string[];
  /** Names and ids of labels that exist. */
  labels?: Readonly<Record<string, number>>;
  /** Looks after which an asynchronous merge is done. */
  mergeLooks?: number;
  version?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A running service. */
export class GitHosting {
  readonly kind: GitProvider;
  readonly root: string;
  readonly behaviour: HostingBehaviour;
  readonly pullRequests: HostedPullRequest[] = [];
  /** API requests in order; git's own are left out. */
  readonly requests: HostedRequest[] = [];
  /** Resolves once a request hangs. */
  readonly hanging: Promise<void>;
  url = "";
  #onHanging = () => {};
  #close = async () => {};

  private constructor(kind: GitProvider, root: string, behaviour: HostingBehaviour) {
    this.kind = kind;
    this.root = root;
    this.behaviour = behaviour;
    this.hanging = new Promise((done) => {
      this.#onHanging = done;
    });
  }

  /** Starts a service whose repositories lie below `root`. */
  static async start(kind: GitProvider, root: string, behaviour: HostingBehaviour = {}): Promise<GitHosting> {
    const hosting = new GitHosting(kind, root, behaviour);
    const { tls } = behaviour;
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      void hosting.#answer(request, response);
    const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const scheme = tls === undefined ? "http" : "https";
    hosting.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    hosting.#close = () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    return hosting;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** `METHOD path` of every API request so far. */
  get calls(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  /** Makes a repository with one commit on main; returns its directory. */
  makeRepository(path: string, files: Files): string {
    return makeRemote(this.directory(path), files);
  }

  directory(repo: string): string {
    return join(this.root, repo);
  }

  hasRepository(repo: string): boolean {
    return existsSync(this.directory(repo));
  }

  /** Id of a branch's head; empty when there is none. */
  head(repo: string, branch: string): string {
    const args = ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`];
    const { stdout } = spawnSync("git", args, { cwd: this.directory(repo), encoding: "utf8" });
    return stdout.trim();
  }

  /** Opens a pull request. */
  open(request: Pick<HostedPullRequest, "repo" | "source" | "target"> & Partial<HostedPullRequest>) {
    const number = this.pullRequests.filter(({ repo }) => repo === request.repo).length + 1;
    const made: HostedPullRequest = {
      number,
      title: "",
      body: "",
      state: "open",
      draft: false,
      labels: [],
      mergeCommit: "",
      createdAt: new Date(Date.UTC(2026, 0, 1) + this.pullRequests.length * 1000).toISOString(),
      ...request,
    };
    this.pullRequests.push(made);
    return made;
  }

  find(repo: string, number: number): HostedPullRequest | undefined {
    return this.pullRequests.find((one) => one.repo === repo && one.number === number);
  }

  headOf({ repo, source, endedAt }: HostedPullRequest): string {
    return endedAt ?? this.head(repo, source);
  }

  /** The tree that merging would give; undefined when the branches conflict. */
  mergedTree({ repo, source, target }: HostedPullRequest): string | undefined {
    const args = ["merge-tree", "--write-tree", `refs/heads/${target}`, `refs/heads/${source}`];
    const { status, stdout } = spawnSync("git", args, { cwd: this.directory(repo), encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  }

  closeUnmerged(one: HostedPullRequest): void {
    one.endedAt = this.headOf(one);
    one.state = "closed";
  }

  /** Merges for real: the target branch moves. Throws when the branches conflict. */
  merge(one: HostedPullRequest, how: "merge" | "squash" | "fast-forward" = "merge"): string {
    const tree = this.mergedTree(one);
    if (tree === undefined) throw new Error("the branches conflict");
    const dir = this.directory(one.repo);
    const base = this.head(one.repo, one.target);
    const head = this.headOf(one);
    const parents = how === "merge" ? ["-p", base, "-p", head] : ["-p", base];
    const commit =
      how === "fast-forward"
        ? head
        : git(dir, "commit-tree", tree, ...parents, "-m", `Merge ${one.source} (#${one.number})`);
    git(dir, "update-ref", `refs/heads/${one.target}`, commit);
    one.endedAt = head;
    one.mergeCommit = commit;
    one.state = "merged";
    return commit;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // As a proxy the server is asked by whole URLs.
    const url = new URL(request.url ?? "/", this.url);
    request.url = url.pathname.replace(/\.git(?=\/)/, "") + url.search;
    const { root, handle } = hostingApis[this.kind];
    if (/\/(info\/refs|git-(upload|receive)-pack)$/.test(url.pathname)) {
      serveGit(this.root, request, response);
      return;
    }
    if (!url.pathname.startsWith(root)) {
      response.writeHead(404).end();
      return;
    }
    const { method = "", headers } = request;
    const path = url.pathname.slice(root.length);
    const hosted = { method, path, query: url.searchParams, headers, body: await readBody(request) };
    this.requests.push(hosted);
    const fault = this.behaviour.fault?.(hosted);
    if (fault === "hang") this.#onHanging();
    else if (fault === "reset") request.socket.destroy();
    else send(response, fault ?? this.#unauthorized(hosted) ?? handle(this, hosted));
  }

  #unauthorized({ headers }: HostedRequest): HostedAnswer | undefined {
    const { token } = this.behaviour;
    if (token === undefined) return undefined;
    const name = this.kind === "gitlab" ? "private-token" : "authorization";
    if (headers[name] === hostingApis[this.kind].sign(token)) return undefined;
    return { status: 401, body: { message: "Bad credentials" } };
  }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function send(response: ServerResponse, { status, body, headers = {} }: HostedAnswer): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json", ...headers });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}
