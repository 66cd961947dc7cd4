// What the steps about pull requests make of services that refuse, break off, keep silent or answer nonsense; and
// where they look for a service that nobody has put on loopback.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type GitProvider, gitProviders } from "../../src/model/git-hosting";
import { selfSignedCertificate } from "../support/certificates";
import type { HostedAnswer, HostedRequest } from "../support/git-hosting-server";
import { missingGit } from "../support/git-repos";
import { PullRequestWork } from "../support/pull-request-work";
import { tempDir } from "../support/temp";

const skip = missingGit();
const prNumber = 1;

const pullPaths: Readonly<Record<GitProvider, string>> = {
  github: "/api/v3/repos/acme/deploy/pulls/1",
  gitlab: "/api/v4/projects/acme%2Fshop%2Fdeploy/merge_requests/1",
  gitea: "/api/v1/repos/acme/deploy/pulls/1",
  bitbucket: "/2.0/repositories/acme/deploy/pullrequests/1",
  azure: "/acme/shop/_apis/git/repositories/deploy/pullrequests/1",
};

/** A fault of the one request for the pull request. */
function onPull(answer: HostedAnswer | "hang" | "reset") {
  return ({ path }: HostedRequest) =>
    /(pulls|merge_requests|pullrequests)\/1$/.test(path) ? answer : undefined;
}

/** What each service's refusal reads like after "error getting pull request 1: ". */
type Words = Readonly<Record<GitProvider, string>>;

const refusals: readonly (readonly [string, HostedAnswer, Words])[] = [
  [
    "401",
    { status: 401, body: { message: "Bad credentials" } },
    {
      github: `GET <url>${pullPaths.github}: 401 Bad credentials []`,
      gitlab: `GET <url>${pullPaths.gitlab}: 401 {message: Bad credentials}`,
      gitea: "Bad credentials",
      bitbucket: "unexpected response 401 getting pull request 1",
      azure: "Bad credentials",
    },
  ],
  [
    "404",
    { status: 404, body: { message: "Not Found" } },
    {
      github: `GET <url>${pullPaths.github}: 404 Not Found []`,
      gitlab: "404 Not Found",
      gitea: "Not Found",
      bitbucket: "unexpected response 404 getting pull request 1",
      azure: "Not Found",
    },
  ],
  [
    "422 with details",
    { status: 422, body: { message: { base: ["is odd", "is old"] }, errors: ["one", { code: "two" }] } },
    {
      github: `GET <url>${pullPaths.github}: 422  []`,
      gitlab: `GET <url>${pullPaths.gitlab}: 422 {errors: [one, {code: two}]}, {message: {base: [is odd, is old]}}`,
      gitea: "map[base:[is odd is old]]",
      bitbucket: "unexpected response 422 getting pull request 1",
      azure: "REST call returned status code 422",
    },
  ],
  [
    "422 with errors beside a message",
    { status: 422, body: { message: "No", errors: ["one", { code: "two" }, 3] } },
    {
      github: `GET <url>${pullPaths.github}: 422  []`,
      gitlab:
        `GET <url>${pullPaths.gitlab}: 422 ` +
        "{errors: [one, {code: two}, failed to parse unexpected error type: float64]}, {message: No}",
      gitea: "No",
      bitbucket: "unexpected response 422 getting pull request 1",
      azure: "No",
    },
  ],
  [
    "400 with errors that can be read",
    { status: 400, body: { message: "No", errors: ["one", { code: "two", field: null }] } },
    {
      github:
        `GET <url>${pullPaths.github}: 400 No ` +
        "[{Resource: Field: Code: Message:one} {Resource: Field: Code:two Message:}]",
      gitlab: `GET <url>${pullPaths.gitlab}: 400 {errors: [one, {code: two}, {field: failed to parse unexpected error type: <nil>}]}, {message: No}`,
      gitea: "No",
      bitbucket: "unexpected response 400 getting pull request 1",
      azure: "No",
    },
  ],
  [
    "409 without a word",
    { status: 409 },
    {
      github: `GET <url>${pullPaths.github}: 409  []`,
      gitlab: `GET <url>${pullPaths.gitlab}: 409`,
      gitea: `unknown API error: 409\nRequest: '${pullPaths.gitea}' with 'GET' method and '' body`,
      bitbucket: "unexpected response 409 getting pull request 1",
      azure: "Request returned status: 409 Conflict",
    },
  ],
  [
    "403 without a message",
    { status: 403, body: { reason: "closed" } },
    {
      github: `GET <url>${pullPaths.github}: 403  []`,
      gitlab: `GET <url>${pullPaths.gitlab}: 403 {reason: closed}`,
      gitea: '403 Forbidden: {"reason":"closed"}',
      bitbucket: "unexpected response 403 getting pull request 1",
      azure: "REST call returned status code 403",
    },
  ],
  [
    "a refusal in plain text",
    { status: 403, body: "go away" },
    {
      github: `GET <url>${pullPaths.github}: 403  []`,
      gitlab: `GET <url>${pullPaths.gitlab}: 403 failed to parse unknown error format: go away`,
      gitea: `unknown API error: 403\nRequest: '${pullPaths.gitea}' with 'GET' method and 'go away' body`,
      bitbucket: "unexpected response 403 getting pull request 1",
      azure: "go away",
    },
  ],
  [
    "a success without JSON",
    { status: 200, body: "<html>" },
    {
      github: `GET <url>${pullPaths.github}: HTTP 200 with an answer that is not the JSON it should be`,
      gitlab: `GET <url>${pullPaths.gitlab}: HTTP 200 with an answer that is not the JSON it should be`,
      gitea: `GET <url>${pullPaths.gitea}: HTTP 200 with an answer that is not the JSON it should be`,
      bitbucket: "unexpected response 200 getting pull request 1",
      azure: `GET <url>${pullPaths.azure}: HTTP 200 with an answer that is no JSON; the token may not be valid`,
    },
  ],
];

for (const [name, answer, words] of refusals) {
  for (const kind of gitProviders) {
    test(`git-wait-for-pr, git-merge-pr, ${kind}: ${name}`, { skip }, async (t) => {
      const work = await PullRequestWork.start(t, kind, { fault: onPull(answer) });
      work.opened();
      const waiting = await work.run("git-wait-for-pr", { prNumber });
      assert.deepEqual(waiting, {
        status: "Errored",
        terminal: false,
        error: `error getting pull request 1: ${words[kind]}`,
      });
      const merging = await work.run("git-merge-pr", { prNumber, wait: true });
      assert.deepEqual([merging.status, merging.terminal], ["Failed", true]);
      assert.ok(merging.error?.startsWith("error merging pull request 1: "), merging.error);
      assert.ok(merging.error?.endsWith(words[kind]), merging.error);
      assert.deepEqual(work.effects, []);
    });
  }
}

for (const kind of gitProviders) {
  test(`git-merge-pr, ${kind}: a wrong token`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind, { token: "other" });
    work.opened();
    const end = await work.run("git-merge-pr", { prNumber });
    // These two ask before anything else who they are talking to.
    const asksFirst = kind === "azure" || kind === "gitea";
    assert.equal(end.status, asksFirst ? "Errored" : "Failed");
    assert.match(end.error ?? "", asksFirst ? /^error creating git provider service: / : /401/);
  });

  test(`git-wait-for-pr, ${kind}: a line that breaks`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind, { fault: onPull("reset") });
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(end.status, "Errored");
    assert.match(end.error ?? "", /^error getting pull request 1: .*Get "<url>\/.*": \S/);
  });

  test(`git-wait-for-pr, ${kind}: nobody there`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind);
    await work.hosting.close();
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(end.status, "Errored");
    assert.match(end.error ?? "", /Get "<url>\/.*": connect ECONNREFUSED/);
  });

  test(`git-merge-pr, ${kind}: an abort while the service keeps silent`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, kind, { fault: onPull("hang") });
    const stopping = new AbortController();
    void work.hosting.hanging.then(() => stopping.abort(new Error("stopped")));
    const { signal } = stopping;
    await assert.rejects(work.run("git-merge-pr", { prNumber }, { signal }), { message: "stopped" });
  });

  test(`git-open-pr, git-wait-for-pr, git-merge-pr, ${kind}: credentials that cannot be looked up`, {
    skip,
  }, async (t) => {
    const work = await PullRequestWork.start(t, kind);
    for (const step of ["git-open-pr", "git-wait-for-pr", "git-merge-pr"] as const) {
      const config = { prNumber, sourceBranch: "change", targetBranch: "main" };
      const end = await work.run(step, config, { lookupFault: new Error("locked") });
      assert.deepEqual([end.status, end.terminal], ["Errored", false]);
      assert.equal(end.error, `error getting credentials for ${shown(work)}: locked`);
    }
    assert.deepEqual(work.hosting.calls, []);
  });
}

function shown({ repoURL, hosting }: PullRequestWork): string {
  return repoURL.replace(hosting.url, "<url>");
}

test("git-wait-for-pr: azure without a token asks nobody", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "azure");
  const end = await work.run("git-wait-for-pr", { prNumber }, { credentials: { sshPrivateKey: "key" } });
  assert.equal(end.error, "error creating git provider service: token is required for Azure DevOps provider");
  assert.deepEqual(work.hosting.calls, []);
});

test("git-wait-for-pr: an SSH key leaves the service anonymous", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "github");
  work.opened();
  await work.run("git-wait-for-pr", { prNumber }, { credentials: { sshPrivateKey: "key" } });
  assert.equal(work.hosting.requests[0]?.headers.authorization, undefined);
});

const versions: readonly (readonly [string, string | undefined])[] = [
  ["1.11.0", undefined],
  ["v1.22.0+dev-12", undefined],
  ["2", undefined],
  ["1.10.6", "gitea server at <url> is older than 1.11.0"],
  ["0.99", "gitea server at <url> is older than 1.11.0"],
  ["1.11.0-rc1", "gitea server at <url> is older than 1.11.0"],
  ["1.12.0-rc1", undefined],
  ["main", "unknown version: main"],
  ["", "Malformed version: "],
];

for (const [version, problem] of versions) {
  test(`git-wait-for-pr: gitea ${version || "without a version"}`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, "gitea", { version });
    work.opened();
    const end = await work.run("git-wait-for-pr", { prNumber });
    const expected = problem && `error creating git provider service: ${problem}`;
    assert.equal(end.error, expected);
  });
}

test("git-wait-for-pr: gitlab is asked six times while it is busy, and then believed", {
  skip,
}, async (t) => {
  const work = await PullRequestWork.start(t, "gitlab", { fault: onPull({ status: 503 }) });
  const end = await work.run("git-wait-for-pr", { prNumber });
  assert.match(end.error ?? "", /: 503$/);
  assert.equal(work.hosting.calls.length, 6);
});

test("git-wait-for-pr: gitlab is asked once for what it does not implement", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "gitlab", { fault: onPull({ status: 501 }) });
  const end = await work.run("git-wait-for-pr", { prNumber });
  assert.match(end.error ?? "", /: 501$/);
  assert.equal(work.hosting.calls.length, 1);
});

const rateLimits: readonly (readonly [string, HostedAnswer, RegExp])[] = [
  [
    "until when",
    {
      status: 403,
      headers: {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 600),
      },
      body: { message: "API rate limit exceeded" },
    },
    /: 403 API rate limit exceeded \[rate reset in \d+m\d\ds\]$/,
  ],
  [
    "that it is over",
    {
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" },
      body: { message: "API rate limit exceeded" },
    },
    /: 403 API rate limit exceeded \[rate limit was reset \d+m\d\ds ago\]$/,
  ],
  [
    "nothing more for a secondary one",
    {
      status: 403,
      body: {
        message: "You have exceeded a secondary rate limit",
        documentation_url: "https://docs.example.com/rest#secondary-rate-limits",
      },
    },
    /: 403 You have exceeded a secondary rate limit$/,
  ],
];

for (const [name, answer, error] of rateLimits) {
  test(`git-wait-for-pr, github: a limit of requests tells ${name}`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, "github", { fault: onPull(answer) });
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.match(end.error ?? "", error);
  });
}

test("git-wait-for-pr: the others are asked once", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "github", { fault: onPull({ status: 503 }) });
  await work.run("git-wait-for-pr", { prNumber });
  assert.equal(work.hosting.calls.length, 1);
});

test("git-wait-for-pr: an answer without an end is cut off", { skip }, async (t) => {
  const body = { filler: "x".repeat(33 * 1024 * 1024) };
  const work = await PullRequestWork.start(t, "github", { fault: onPull({ status: 200, body }) });
  const end = await work.run("git-wait-for-pr", { prNumber });
  assert.match(end.error ?? "", /^error getting pull request 1: The answer is longer than \d+ bytes$/);
});

test("git-wait-for-pr: a repository that has moved is followed, and no other server sees the token", {
  skip,
}, async (t) => {
  for (const kind of ["github", "gitlab", "gitea"] as const) {
    const state = kind === "gitlab" ? "opened" : "open";
    const elsewhere = await listen(t, (_request, respond) => respond(200, { number: 1, iid: 1, state }));
    const location = `${elsewhere.url}/moved`;
    const work = await PullRequestWork.start(t, kind, {
      fault: onPull({ status: 301, headers: { location } }),
    });
    const end = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(end.status, "Running");
    assert.equal(elsewhere.requests.length, 1);
    const [{ headers }] = elsewhere.requests as [IncomingMessage];
    assert.ok(!JSON.stringify(headers).includes("t0ken"), kind);
  }
});

test("git-wait-for-pr: a redirect on the own server keeps the token", { skip }, async (t) => {
  let moved = true;
  const work = await PullRequestWork.start(t, "github", {
    token: "t0ken",
    fault: () => {
      if (!moved) return undefined;
      moved = false;
      return { status: 307, headers: { location: pullPaths.github } };
    },
  });
  work.opened();
  assert.equal((await work.run("git-wait-for-pr", { prNumber })).status, "Running");
});

test("git-wait-for-pr: redirects in a circle end", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "github", {
    fault: onPull({ status: 302, headers: { location: pullPaths.github } }),
  });
  const end = await work.run("git-wait-for-pr", { prNumber });
  assert.match(end.error ?? "", /too many redirects$/);
});

test("git-merge-pr: a merge that is redirected does not become a look", { skip }, async (t) => {
  const work = await PullRequestWork.start(t, "github", {
    fault: ({ method }) =>
      method === "PUT" ? { status: 302, headers: { location: pullPaths.github } } : undefined,
  });
  work.opened();
  const end = await work.run("git-merge-pr", { prNumber });
  assert.equal(end.status, "Failed");
  assert.match(end.error ?? "", /pulls\/1\/merge: 302 /);
  assert.equal(work.hosting.pullRequests[0]?.state, "open");
});

const addresses: readonly (readonly [GitProvider, string, string])[] = [
  ["github", "https://h/a/b/c", 'could not extract repository owner and name from URL "https://h/a/b/c"'],
  ["gitea", "https://h/A", 'could not extract repository owner and name from URL "https://h/a"'],
  ["bitbucket", "https://u:pw1@h/a", 'invalid repository path in URL "https://h/a"'],
  ["azure", "https://h/a/b/_git/c", 'unsupported host "h"'],
  [
    "azure",
    "https://dev.azure.com/a/b/c",
    'could not extract repository organization, project, and name from URL "https://dev.azure.com/a/b/c"',
  ],
  [
    "azure",
    "https://acme.visualstudio.com/a/b/_git/c",
    'could not extract repository organization, project, and name from URL "https://acme.visualstudio.com/a/b/_git/c"',
  ],
];

for (const [provider, repoURL, error] of addresses) {
  test(`git-wait-for-pr: ${provider} does not have ${repoURL}`, { skip }, async (t) => {
    const work = await PullRequestWork.start(t, provider);
    const end = await work.run("git-wait-for-pr", { prNumber, repoURL });
    assert.deepEqual([end.status, end.terminal], ["Errored", false]);
    assert.equal(end.error, `error creating git provider service: ${error}`);
  });
}

/** Which server is asked when no test says where it is; seen by a proxy that connects to nobody. */
const hosts: readonly (readonly [string, string, GitProvider | undefined])[] = [
  ["https://github.com/Acme/Deploy.git", "api.github.com:443", undefined],
  ["ssh://git@github.com/acme/deploy", "api.github.com:443", undefined],
  ["https://github.example.com/acme/deploy", "github.example.com:443", undefined],
  ["https://acme.ghe.com/acme/deploy", "acme.ghe.com:443", undefined],
  ["https://code.example.com:8443/acme/deploy", "code.example.com:8443", "github"],
  ["https://gitlab.com/acme/shop/deploy", "gitlab.com:443", undefined],
  ["https://gitlab.example.com/acme/deploy", "gitlab.example.com:443", undefined],
  ["https://gitea.example.com/acme/deploy", "gitea.example.com:443", undefined],
  ["https://bitbucket.org/acme/deploy", "api.bitbucket.org:443", undefined],
  ["https://dev.azure.com/acme/shop/_git/deploy", "dev.azure.com:443", undefined],
  ["https://acme.visualstudio.com/shop/_git/deploy", "dev.azure.com:443", undefined],
];

for (const [repoURL, host, provider] of hosts) {
  test(`git-wait-for-pr: ${repoURL} is asked for at ${host}`, { skip }, async (t) => {
    const proxy = await listen(t, (_request, respond) => respond(500, {}));
    const tunnels: string[] = [];
    proxy.server.on("connect", (request, socket) => {
      tunnels.push(request.url ?? "");
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    const before = process.env.https_proxy;
    process.env.https_proxy = proxy.url;
    t.after(() => {
      if (before === undefined) delete process.env.https_proxy;
      else process.env.https_proxy = before;
    });
    const work = await PullRequestWork.start(t, "github");
    const end = await work.run("git-wait-for-pr", { prNumber, repoURL, provider }, { isReal: true });
    assert.equal(end.status, "Errored");
    assert.deepEqual([...new Set(tunnels)], [host]);
  });
}

test("git-wait-for-pr: insecureSkipTLSVerify changes nothing at Bitbucket and Azure", { skip }, async (t) => {
  for (const kind of ["bitbucket", "azure"] as const) {
    const work = await PullRequestWork.start(t, kind, { tls: selfSignedCertificate(tempDir(t)) });
    work.opened();
    const end = await work.run("git-wait-for-pr", { prNumber, insecureSkipTLSVerify: true });
    assert.equal(end.status, "Errored");
    assert.match(end.error ?? "", /self-signed certificate/);
  }
});

test("git-merge-pr and git-open-pr: a certificate nobody vouches for, git's and the service's", {
  skip,
}, async (t) => {
  for (const kind of ["github", "gitlab", "gitea"] as const) {
    const work = await PullRequestWork.start(t, kind, { tls: selfSignedCertificate(tempDir(t)) });
    const opening = { sourceBranch: "change", targetBranch: "main" };
    const refused = await work.run("git-open-pr", opening);
    assert.match(refused.error ?? "", /^error cloning <url>.*certificate/s);
    const opened = await work.run("git-open-pr", { ...opening, insecureSkipTLSVerify: true });
    assert.equal(opened.status, "Succeeded");
    const held = await work.run("git-merge-pr", { prNumber });
    assert.deepEqual(
      [held.status, held.terminal],
      [kind === "gitea" ? "Errored" : "Failed", kind !== "gitea"],
    );
    const merged = await work.run("git-merge-pr", { prNumber, insecureSkipTLSVerify: true });
    assert.equal(merged.status, "Succeeded");
  }
});

test("git-wait-for-pr: a certificate nobody vouches for", { skip }, async (t) => {
  for (const kind of ["github", "gitlab", "gitea"] as const) {
    const work = await PullRequestWork.start(t, kind, { tls: selfSignedCertificate(tempDir(t)) });
    work.opened();
    const refused = await work.run("git-wait-for-pr", { prNumber });
    assert.equal(refused.status, "Errored");
    assert.match(refused.error ?? "", /self-signed certificate/);
    const trusted = await work.run("git-wait-for-pr", { prNumber, insecureSkipTLSVerify: true });
    assert.equal(trusted.status, "Running");
  }
});

interface Listener {
  readonly url: string;
  readonly server: Server;
  readonly requests: IncomingMessage[];
}

/** A server that answers as told and remembers who came. */
async function listen(
  t: TestContext,
  answer: (request: IncomingMessage, respond: (status: number, body: object) => void) => void,
): Promise<Listener> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, (status, body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests };
}
