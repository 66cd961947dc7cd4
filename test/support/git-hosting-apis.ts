// The documented endpoints of each hosting service that pull requests need, over the repositories of a GitHosting.
// Shapes and refusals are the services' own; nothing here knows the code under test.
import type { GitProvider } from "../../src/model/git-hosting";
import type { GitHosting, HostedAnswer, HostedPullRequest, HostedRequest } from "./git-hosting-server";
import { git } from "./git-repos";
import { githubGitData } from "./github-git-data";

/** One service's API. */
export interface HostingApi {
  /** Path all its endpoints begin with. */
  readonly root: string;
  /** Value of the header that signs in. */
  sign(token: string): string;
  handle(hosting: GitHosting, request: HostedRequest): HostedAnswer;
}

/** The APIs by Kargo's names. */
export const hostingApis: Readonly<Record<GitProvider, HostingApi>> = {
  github: { root: "/api/v3/", sign: (token) => `Bearer ${token}`, handle: github },
  gitea: { root: "/api/v1/", sign: (token) => `token ${token}`, handle: gitea },
  gitlab: { root: "/api/v4/", sign: (token) => token, handle: gitlab },
  bitbucket: { root: "/2.0/", sign: (token) => `Bearer ${token}`, handle: bitbucket },
  azure: {
    root: "/",
    sign: (token) => `Basic ${Buffer.from(`:${token}`).toString("base64")}`,
    handle: azure,
  },
};

const notFound: HostedAnswer = { status: 404, body: { message: "Not Found" } };

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** One page of a list, and the header that leads to the next. */
function page(hosting: GitHosting, request: HostedRequest, list: readonly unknown[], sizeName: string) {
  const asked = Number(request.query.get(sizeName) || 30) || 30;
  const size = Math.min(asked, hosting.behaviour.pageSize ?? asked);
  const number = Number(request.query.get("page") || 1);
  const isLast = number * size >= list.length;
  const next = `${hosting.url}/x?page=${number + 1}`;
  return {
    list: list.slice((number - 1) * size, number * size),
    next: isLast ? "" : String(number + 1),
    link: isLast ? "" : `<${hosting.url}/x?page=1>; rel="first", <${next}>; rel="next"`,
  };
}

function existing(hosting: GitHosting, repo: string, source: string, target: string) {
  return hosting.pullRequests.find(
    (one) => one.repo === repo && one.source === source && one.target === target && one.state === "open",
  );
}

function hasState(one: HostedPullRequest, state: string | null): boolean {
  return state === null || state === "all" || (state === "open") === (one.state === "open");
}

function github(hosting: GitHosting, request: HostedRequest): HostedAnswer {
  const [, repo = "", rest = ""] = /^repos\/([^/]+\/[^/]+)\/(.*)$/.exec(request.path) ?? [];
  if (!hosting.hasRepository(repo)) return notFound;
  const { method, query, body } = request;
  if (rest === "pulls" && method === "GET") {
    // `head` is `user:branch`; a bare branch is not a filter.
    const head = query.get("head")?.split(":")[1];
    const list = hosting.pullRequests
      .filter((one) => one.repo === repo && hasState(one, query.get("state") ?? "open"))
      .filter(
        (one) => (query.get("base") ?? one.target) === one.target && (head ?? one.source) === one.source,
      )
      .map((one) => githubJson(hosting, one));
    const { list: values, link } = page(hosting, request, list, "per_page");
    return { status: 200, body: values, headers: link === "" ? {} : { link } };
  }
  if (rest === "pulls" && method === "POST") return openOnGithub(hosting, repo, body);
  const [, kind = "", number = "", act = ""] = /^(pulls|issues)\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const one = hosting.find(repo, Number(number));
  if (kind !== "" && one === undefined) return notFound;
  if (one === undefined) return githubGitData(hosting, repo, rest, request) ?? notFound;
  if (act === "" && method === "GET") return { status: 200, body: githubJson(hosting, one) };
  if (act === "labels" && method === "POST") {
    one.labels = body as unknown as string[];
    return { status: 200, body: one.labels.map((name) => ({ name })) };
  }
  if (act === "merge" && method === "PUT") return mergeOnGithub(hosting, one, text(body.merge_method));
  return notFound;
}

function openOnGithub(hosting: GitHosting, repo: string, body: Record<string, unknown>): HostedAnswer {
  const { title, head, base } = body;
  const problem = (error: object): HostedAnswer => ({
    status: 422,
    body: { message: "Validation Failed", errors: [{ resource: "PullRequest", ...error }] },
  });
  if (hosting.head(repo, text(head)) === "") return problem({ field: "head", code: "invalid" });
  if (hosting.head(repo, text(base)) === "") return problem({ field: "base", code: "invalid" });
  if (existing(hosting, repo, text(head), text(base)) !== undefined) {
    const owner = repo.split("/")[0];
    return problem({ code: "custom", message: `A pull request already exists for ${owner}:${text(head)}.` });
  }
  const made = hosting.open({
    repo,
    source: text(head),
    target: text(base),
    title: text(title),
    body: text(body.body),
  });
  return { status: 201, body: githubJson(hosting, made) };
}

function mergeOnGithub(hosting: GitHosting, one: HostedPullRequest, asked: string): HostedAnswer {
  const method = asked === "" ? "merge" : asked;
  const refuse = (message: string): HostedAnswer => ({ status: 405, body: { message } });
  if (hosting.behaviour.forbiddenMethods?.includes(method)) {
    const noun = { merge: "Merge commits", squash: "Squash merges", rebase: "Rebase merges" }[method];
    return refuse(`${noun} are not allowed on this repository.`);
  }
  if (!["merge", "squash", "rebase"].includes(method)) {
    return {
      status: 422,
      body: { message: "Invalid request.", errors: [`${method} is not a valid method`] },
    };
  }
  if (one.mergeability === "blocked") return refuse("At least 1 approving review is required by reviewers.");
  if (one.state !== "open" || hosting.mergedTree(one) === undefined) {
    return refuse("Pull Request is not mergeable");
  }
  const sha = hosting.merge(one, method === "merge" ? "merge" : "squash");
  return { status: 200, body: { sha, merged: true, message: "Pull Request successfully merged" } };
}

function githubJson(hosting: GitHosting, one: HostedPullRequest) {
  const isOpen = one.state === "open";
  const conflicts = isOpen && hosting.mergedTree(one) === undefined;
  const computed = one.draft ? "draft" : conflicts ? "dirty" : "clean";
  return {
    number: one.number,
    html_url: `${hosting.url}/${one.repo}/pull/${one.number}`,
    state: isOpen ? "open" : "closed",
    title: one.title,
    body: one.body,
    draft: one.draft,
    merged_at: one.state === "merged" ? one.createdAt : null,
    // Of an open pull request it is the trial merge.
    merge_commit_sha: one.state === "closed" ? null : one.mergeCommit || "7e57".repeat(10),
    mergeable: isOpen && !conflicts,
    mergeable_state: isOpen ? (one.mergeability ?? computed) : "unknown",
    head: { ref: one.source, sha: hosting.headOf(one) },
    base: { ref: one.target },
    created_at: one.createdAt,
  };
}

function gitea(hosting: GitHosting, request: HostedRequest): HostedAnswer {
  if (request.path === "version") {
    return { status: 200, body: { version: hosting.behaviour.version ?? "1.22.3" } };
  }
  const [, repo = "", rest = ""] = /^repos\/([^/]+\/[^/]+)\/(.*)$/.exec(request.path) ?? [];
  if (!hosting.hasRepository(repo)) return notFound;
  const { method, query, body } = request;
  const labels = Object.entries(hosting.behaviour.labels ?? {}).map(([name, id]) => ({ name, id }));
  const answerList = (list: readonly unknown[]): HostedAnswer => {
    const { list: values, link } = page(hosting, request, list, "limit");
    return { status: 200, body: values, headers: link === "" ? {} : { link } };
  };
  if (rest === "labels") return answerList(labels);
  if (rest === "pulls" && method === "GET") {
    const list = hosting.pullRequests.filter(
      (one) => one.repo === repo && hasState(one, query.get("state") ?? "open"),
    );
    return answerList(list.map((one) => giteaJson(hosting, one)));
  }
  if (rest === "pulls" && method === "POST") {
    const { title, head, base } = body;
    if (hosting.head(repo, text(head)) === "" || hosting.head(repo, text(base)) === "") return notFound;
    if (existing(hosting, repo, text(head), text(base)) !== undefined) {
      return { status: 409, body: { message: "pull request already exists for these targets" } };
    }
    const ids = (body.labels ?? []) as readonly number[];
    const made = hosting.open({
      repo,
      source: text(head),
      target: text(base),
      title: text(title),
      body: text(body.body),
      labels: labels.filter(({ id }) => ids.includes(id)).map(({ name }) => name),
    });
    return { status: 201, body: giteaJson(hosting, made) };
  }
  const [, number = "", act = ""] = /^pulls\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const one = hosting.find(repo, Number(number));
  if (one === undefined) return notFound;
  if (act === "") return { status: 200, body: giteaJson(hosting, one) };
  if (one.mergeability === "rejected") return { status: 405, body: { message: "Please try again later" } };
  const how = ({ squash: "squash", "fast-forward-only": "fast-forward" } as const)[text(body.Do)];
  hosting.merge(one, how ?? "merge");
  return { status: 200 };
}

function giteaJson(hosting: GitHosting, one: HostedPullRequest) {
  const isOpen = one.state === "open";
  return {
    number: one.number,
    html_url: `${hosting.url}/${one.repo}/pulls/${one.number}`,
    state: isOpen ? "open" : "closed",
    title: one.title,
    body: one.body,
    draft: one.draft,
    merged: one.state === "merged",
    mergeable: isOpen && one.mergeability !== "checking" && hosting.mergedTree(one) !== undefined,
    merge_commit_sha: one.mergeCommit === "" ? null : one.mergeCommit,
    head: { ref: one.source, sha: hosting.headOf(one) },
    base: { ref: one.target },
    created_at: one.createdAt,
  };
}

function gitlab(hosting: GitHosting, request: HostedRequest): HostedAnswer {
  const [, project = "", rest = ""] = /^projects\/([^/]+)\/merge_requests(.*)$/.exec(request.path) ?? [];
  const repo = decodeURIComponent(project);
  if (project === "" || !hosting.hasRepository(repo)) {
    return { status: 404, body: { message: "404 Project Not Found" } };
  }
  const { method, query, body } = request;
  if (rest === "" && method === "GET") {
    const list = hosting.pullRequests.filter(
      (one) =>
        one.repo === repo &&
        (query.get("source_branch") ?? one.source) === one.source &&
        (query.get("target_branch") ?? one.target) === one.target,
    );
    const { list: values, next } = page(
      hosting,
      request,
      list.map((one) => gitlabJson(hosting, one)),
      "per_page",
    );
    return { status: 200, body: values, headers: { "x-next-page": next } };
  }
  if (rest === "" && method === "POST") {
    const source = text(body.source_branch);
    const target = text(body.target_branch);
    const found = existing(hosting, repo, source, target);
    if (found !== undefined) {
      const message = `Another open merge request already exists for this source branch: !${found.number}`;
      return { status: 409, body: { message: [message] } };
    }
    const labels = text(body.labels).split(",").filter(Boolean);
    const made = hosting.open({
      ...{ repo, source, target, labels },
      ...{ title: text(body.title), body: text(body.description) },
    });
    return { status: 201, body: gitlabJson(hosting, made) };
  }
  const [, number = "", act = ""] = /^\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const one = hosting.find(repo, Number(number));
  if (one === undefined) return { status: 404, body: { message: "404 Not found" } };
  if (act === "merge") {
    if (one.state !== "open" || one.mergeability === "refused" || hosting.mergedTree(one) === undefined) {
      return { status: 405, body: { message: "405 Method Not Allowed" } };
    }
    hosting.merge(one, body.squash === true ? "squash" : "merge");
  }
  return { status: 200, body: gitlabJson(hosting, one) };
}

function gitlabJson(hosting: GitHosting, one: HostedPullRequest) {
  const computed = hosting.mergedTree(one) === undefined ? "conflict" : "mergeable";
  const status = one.mergeability === "refused" ? "mergeable" : (one.mergeability ?? computed);
  return {
    iid: one.number,
    id: 1000 + one.number,
    web_url: `${hosting.url}/${one.repo}/-/merge_requests/${one.number}`,
    state: { open: "opened", merged: "merged", closed: "closed" }[one.state],
    ...(one.mergeability === "locked" && { state: "locked" }),
    title: one.title,
    description: one.body,
    draft: one.draft,
    detailed_merge_status: one.state === "open" ? status : "not_open",
    merge_commit_sha: one.mergeCommit === "" ? null : one.mergeCommit,
    sha: hosting.headOf(one),
    created_at: one.createdAt,
  };
}

function bitbucket(hosting: GitHosting, request: HostedRequest): HostedAnswer {
  const [, repo = "", rest = ""] = /^repositories\/([^/]+\/[^/]+)\/(.*)$/.exec(request.path) ?? [];
  const problem = (status: number, message: string): HostedAnswer => ({
    status,
    body: { type: "error", error: { message } },
  });
  if (!hosting.hasRepository(repo)) return problem(404, `Repository ${repo} not found`);
  const { method, query, body } = request;
  const [, hash] = /^commit\/(\w+)$/.exec(rest) ?? [];
  if (hash !== undefined) {
    return { status: 200, body: { hash: git(hosting.directory(repo), "rev-parse", hash) } };
  }
  if (rest === "pullrequests" && method === "GET") {
    const states = query.getAll("state");
    const list = hosting.pullRequests
      .filter((one) => one.repo === repo)
      .map((one) => bitbucketJson(hosting, one))
      .filter(({ state }) => states.length === 0 || states.includes(state));
    return { status: 200, body: { values: list.slice(0, hosting.behaviour.pageSize ?? 10) } };
  }
  const branchOf = (name: string) => {
    const end = body[name] as { branch?: { name?: string } } | undefined;
    return end?.branch?.name ?? "";
  };
  if (rest === "pullrequests" && method === "POST") {
    const source = branchOf("source");
    const target = branchOf("destination");
    if (hosting.head(repo, source) === "") return problem(400, "source: branch not found");
    const made = hosting.open({
      ...{ repo, source, target },
      ...{ title: text(body.title), body: text(body.description) },
    });
    return { status: 201, body: bitbucketJson(hosting, made) };
  }
  const [, number = "", act = ""] = /^pullrequests\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const one = hosting.find(repo, Number(number));
  if (one === undefined) return problem(404, "No such pull request");
  if (act === "merge") {
    if (one.mergeability === "async") return { status: 202, body: { task_status: "PENDING" } };
    if (hosting.mergedTree(one) === undefined) return problem(409, "There are merge conflicts.");
    const strategy = text(body.merge_strategy);
    hosting.merge(
      one,
      strategy.startsWith("squash") ? "squash" : strategy === "fast_forward" ? "fast-forward" : "merge",
    );
  }
  return { status: 200, body: bitbucketJson(hosting, one) };
}

/** Bitbucket abbreviates every commit in it. */
function bitbucketJson(hosting: GitHosting, one: HostedPullRequest) {
  const short = (commit: string) => commit.slice(0, 12);
  return {
    id: one.number,
    links: { html: { href: `${hosting.url}/${one.repo}/pull-requests/${one.number}` } },
    state: { open: "OPEN", merged: "MERGED", closed: "DECLINED" }[one.state],
    title: one.title,
    description: one.body,
    draft: one.draft,
    source: { branch: { name: one.source }, commit: { hash: short(hosting.headOf(one)) } },
    destination: { branch: { name: one.target } },
    merge_commit: one.mergeCommit === "" ? null : { hash: short(one.mergeCommit) },
    created_on: one.createdAt,
  };
}

const gitArea = "4e080c62-fa21-4fbc-8fef-2a10a2b38049";
/** Azure addresses repositories by a GUID too; any text that names one will do here. */
const repositoryId = (repo: string) => Buffer.from(repo).toString("hex");

function azure(hosting: GitHosting, request: HostedRequest): HostedAnswer {
  const { method, query, body } = request;
  const [, org = "", below = ""] = /^([^/]+)\/(.*)$/.exec(request.path) ?? [];
  if (below === "_apis/resourceAreas") {
    const value = [{ id: gitArea, name: "git", locationUrl: `${hosting.url}/${org}/` }];
    return { status: 200, body: { count: 1, value } };
  }
  const [, project = "", name = "", rest = ""] =
    /^([^/]+)\/_apis\/git\/repositories\/([^/]+)(?:\/(.*))?$/.exec(below) ?? [];
  const byId = /^(?:[\da-f]{2})+$/.test(name) ? Buffer.from(name, "hex").toString() : "";
  const repo = byId.includes("/_git/") ? byId : `${org}/${project}/_git/${name}`;
  const problem = (status: number, message: string): HostedAnswer => ({ status, body: { message } });
  if (!hosting.hasRepository(repo)) {
    return problem(404, `TF401019: The Git repository with name or identifier ${name} does not exist`);
  }
  if (rest === "") return { status: 200, body: { id: repositoryId(repo), name } };
  const branch = (ref: string) => ref.replace(/^refs\/heads\//, "");
  if (rest === "pullrequests" && method === "GET") {
    const wanted = (key: string, value: string) =>
      [null, "", value].includes(query.get(`searchCriteria.${key}`));
    const list = hosting.pullRequests
      .filter(
        (one) =>
          one.repo === repo && wanted("sourceRefName", one.source) && wanted("targetRefName", one.target),
      )
      .map((one) => azureJson(hosting, one))
      .filter(({ status }) => wanted("status", status));
    return { status: 200, body: { count: list.length, value: list } };
  }
  if (rest === "pullrequests" && method === "POST") {
    const source = branch(text(body.sourceRefName));
    const target = branch(text(body.targetRefName));
    if (existing(hosting, repo, source, target) !== undefined) {
      return problem(
        409,
        "TF401179: An active pull request for the source and target branch already exists.",
      );
    }
    const labels = ((body.labels ?? []) as readonly { name: string }[]).map((label) => label.name);
    const made = hosting.open({
      ...{ repo, source, target, labels },
      ...{ title: text(body.title), body: text(body.description) },
    });
    return { status: 201, body: azureJson(hosting, made) };
  }
  const [, number = ""] = /^pullrequests\/(\d+)$/.exec(rest) ?? [];
  const one = hosting.find(repo, Number(number));
  if (one === undefined) return problem(404, "TF401180: The requested pull request was not found.");
  if (method === "PATCH") {
    const pinned = body.lastMergeSourceCommit as { commitId?: string } | undefined;
    if (pinned?.commitId !== hosting.headOf(one)) {
      return problem(409, "TF401192: The source branch has been modified since the last merge attempt.");
    }
    const { mergeStrategy } = (body.completionOptions ?? {}) as { mergeStrategy?: string };
    completions.set(one, { looks: hosting.behaviour.mergeLooks ?? 0, squash: mergeStrategy === "squash" });
    return { status: 200, body: azureJson(hosting, one) };
  }
  const completion = completions.get(one);
  if (completion !== undefined && one.state === "open" && completion.looks-- <= 0) {
    hosting.merge(one, completion.squash ? "squash" : "merge");
  }
  return { status: 200, body: azureJson(hosting, one) };
}

/** Merges that happen in the background. */
const completions = new WeakMap<HostedPullRequest, { looks: number; readonly squash: boolean }>();

function azureJson(hosting: GitHosting, one: HostedPullRequest) {
  const computed = hosting.mergedTree(one) === undefined ? "conflicts" : "succeeded";
  return {
    pullRequestId: one.number,
    status: { open: "active", merged: "completed", closed: "abandoned" }[one.state],
    isDraft: one.draft,
    mergeStatus: one.mergeability ?? computed,
    title: one.title,
    description: one.body,
    sourceRefName: `refs/heads/${one.source}`,
    targetRefName: `refs/heads/${one.target}`,
    ...(one.mergeability !== "noSource" && { lastMergeSourceCommit: { commitId: hosting.headOf(one) } }),
    ...(one.mergeCommit !== "" && { lastMergeCommit: { commitId: one.mergeCommit } }),
    repository: { webUrl: `${hosting.url}/${one.repo}` },
    creationDate: one.createdAt,
  };
}
