import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Logger } from "../../src/base/log";
import { GitClient, type GitClientOptions, operands } from "../../src/engine/tools/git";
import { remoteAccess } from "../../src/engine/tools/git-auth";
import { GitError, type GitErrorReason } from "../../src/engine/tools/git-error";
import { GitHome } from "../../src/engine/tools/git-home";
import { listRemoteRefs, openRemote } from "../../src/engine/tools/git-remote";
import { startGitServer } from "../support/git-http-server";
import { git, makeRemote, missingGit, processesThatMention } from "../support/git-repos";
import { tempDir } from "../support/temp";

const skip = missingGit();
const signal = new AbortController().signal;
const secret = "s3cr3t-p@ss";

async function clientIn(t: TestContext, dir: string, options: Partial<GitClientOptions> = {}) {
  const home = await GitHome.create(join(dir, "home-"), { programs: {}, signal });
  t.after(() => home.remove());
  return new GitClient({ home, programs: {}, ...options });
}

function logOf(lines: string[]): Logger {
  const add = (line: string) => lines.push(line);
  return { debug: add, info: add, warn: add, error: add };
}

async function caught(work: Promise<unknown>): Promise<GitError> {
  try {
    await work;
  } catch (error) {
    assert.ok(GitError.is(error), String(error));
    return error;
  }
  throw new Error("nothing was thrown");
}

test("git client: commands see the private home and nothing of the user's", { skip }, async (t) => {
  const dir = tempDir(t);
  const client = await clientIn(t, dir);
  process.env.GIT_AUTHOR_NAME = "Somebody";
  process.env.GIT_CONFIG_COUNT = "nonsense";
  t.after(() => {
    delete process.env.GIT_AUTHOR_NAME;
    delete process.env.GIT_CONFIG_COUNT;
  });
  const names = await client.run(["-c", "alias.env=!env", "env"], { cwd: dir, signal }).catch((e) => e);
  assert.match(String(names), /alias/, "simple-git's guard is on");
  git(dir, "init", "--quiet", "r");
  const author = await client.run(["var", "GIT_AUTHOR_IDENT"], { cwd: join(dir, "r"), signal });
  assert.match(author.stdout, /^Kargo <no-reply@kargo\.io> /);
  const helpers = await client.run(["config", "--get-all", "credential.helper"], { cwd: dir, signal });
  assert.equal(helpers.stdout.split("\n").at(-2), "", "the list of credential helpers ends empty");
});

test("git client: the environment of a command: the home, the stall detector, ssh, the proxies, and nothing of the user's", {
  skip,
}, async (t) => {
  const dir = tempDir(t);
  const program = join(dir, "git");
  const seen = join(dir, "seen");
  writeFileSync(program, `#!/bin/sh\nenv > '${seen}'\nexec '${whereIsGit()}' "$@"\n`);
  chmodSync(program, 0o755);
  const mine = {
    GIT_DIR: "/elsewhere",
    SSH_AUTH_SOCK: "/agent",
    XDG_CONFIG_HOME: "/x",
    no_proxy: "example.com",
  };
  const before = Object.keys(mine).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, mine);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const client = await clientIn(t, dir, {
    programs: { git: program },
    access: remoteAccess("https://host/r", { username: "ada", password: secret }),
  });
  await client.run(["--version"], { cwd: dir, signal });
  const lines = readFileSync(seen, "utf8").split("\n");
  const home = client.home.dir;
  for (const line of [
    `HOME=${home}`,
    "GIT_HTTP_LOW_SPEED_LIMIT=1024",
    "GIT_HTTP_LOW_SPEED_TIME=30",
    `GIT_SSH_COMMAND=ssh -F ${home}/.ssh/config`,
    `GIT_PASSWORD=${secret}`,
    "no_proxy=example.com",
  ]) {
    assert.ok(lines.includes(line), line);
  }
  for (const name of ["GIT_DIR", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME"]) {
    assert.ok(!lines.some((line) => line.startsWith(`${name}=`)), name);
  }
});

test("git client: without a name, an address and a key: Kargo's own, main as the first branch, nothing signed", {
  skip,
}, async (t) => {
  const dir = tempDir(t);
  const client = await clientIn(t, dir);
  const { stdout } = await client.run(["config", "--global", "--list"], { cwd: dir, signal });
  const settings = stdout.split("\n");
  for (const line of [
    "init.defaultbranch=main",
    "user.name=Kargo",
    "user.email=no-reply@kargo.io",
    "commit.gpgsign=false",
    "tag.gpgsign=false",
  ]) {
    assert.ok(settings.includes(line), line);
  }
  assert.ok(!settings.some((line) => line.startsWith("http.sslverify")));
});

test("git client: values of an identity come back as they were", { skip }, async (t) => {
  const dir = tempDir(t);
  for (const name of [
    'Ada "the" first',
    "back\\slash",
    "semi;colon # hash",
    "tab\tend",
    " blanks ",
    "Ünï ☃",
  ]) {
    const home = await GitHome.create(join(dir, "home-"), {
      identity: { name, email: "a@b" },
      programs: {},
      signal,
    });
    const client = new GitClient({ home, programs: {} });
    const { stdout } = await client.run(["config", "--null", "user.name"], { cwd: dir, signal });
    assert.equal(stdout, `${name}\0`);
    await home.remove();
    assert.equal(existsSync(home.dir), false);
  }
});

test("git client: a failed command tells its code, its output and Kargo's sentence", { skip }, async (t) => {
  const dir = tempDir(t);
  const lines: string[] = [];
  const client = await clientIn(t, dir, { log: logOf(lines) });
  const error = await caught(client.run(["rev-parse", operands, "HEAD"], { cwd: dir, signal }));
  assert.equal(error.exitCode, 128);
  const program = whereIsGit();
  assert.equal(
    error.message,
    `error executing cmd [${program} rev-parse HEAD]: fatal: not a git repository (or any of the parent directories): .git\n`,
  );
  assert.match(lines.join("\n"), /rev-parse HEAD → 128 in \d+ ms/);
});

test("git client: the ceiling keeps git out of repositories around the work directory", {
  skip,
}, async (t) => {
  const outer = tempDir(t);
  git(outer, "init", "--quiet");
  const work = join(outer, "work");
  mkdirSync(join(work, "src"), { recursive: true });
  const client = await clientIn(t, work, { ceiling: work });
  const error = await caught(
    client.run(["rev-parse", "--show-toplevel"], { cwd: join(work, "src"), signal }),
  );
  assert.match(error.message, /not a git repository/);
});

test("git client: a folder that does not exist is told as Go does", { skip }, async (t) => {
  const dir = tempDir(t);
  const client = await clientIn(t, dir);
  const error = await caught(client.run(["status"], { cwd: join(dir, "nowhere"), signal }));
  assert.equal(error.code, "notFound");
  assert.match(error.message, /\[.*git status\]: : chdir .*nowhere: no such file or directory$/);
});

test("git client: a missing git is one sentence with advice", { skip }, async (t) => {
  const dir = tempDir(t);
  const client = await clientIn(t, dir, { programs: { git: join(dir, "no git here") } });
  const error = await caught(client.run(["--version"], { cwd: dir, signal }));
  assert.equal(error.code, "missingProgram");
  assert.match(
    error.message,
    /^could not start git: git was not found at .*no git here; install Git 2\.39 or newer/,
  );
});

test("git client: a git in a folder with blanks runs", { skip }, async (t) => {
  const dir = tempDir(t);
  const program = join(dir, "my git (x86)");
  writeFileSync(program, `#!/bin/sh\nexec git "$@"\n`);
  chmodSync(program, 0o755);
  const client = await clientIn(t, dir, { programs: { git: program } });
  assert.match((await client.run(["--version"], { cwd: dir, signal })).stdout, /^git version /);
});

test("git client: basic authentication: the password travels by question, never by URL", {
  skip,
}, async (t) => {
  const dir = tempDir(t);
  makeRemote(join(dir, "r.git"), { a: "1" });
  const server = await startGitServer(dir, { user: { name: "ada", password: secret } });
  t.after(() => server.close());
  const lines: string[] = [];
  const refs = await listRemoteRefs(
    {
      repoURL: `${server.url}/r.git`,
      credentials: { username: "ada", password: secret },
      programs: {},
      signal,
      log: logOf(lines),
    },
    "refs/heads/*",
  );
  assert.deepEqual(
    refs.map((ref) => ref.name),
    ["refs/heads/main"],
  );
  assert.ok(server.signIns.includes(`ada:${secret}`));
  assert.equal(lines.join("\n").includes(secret), false);
  assert.match(lines.join("\n"), /ls-remote http:\/\/ada@127/);
});

test("git client: a password written into the URL is used, and shown nowhere", { skip }, async (t) => {
  const dir = tempDir(t);
  makeRemote(join(dir, "r.git"), { a: "1" });
  const server = await startGitServer(dir, { user: { name: "ada", password: secret } });
  t.after(() => server.close());
  const repoURL = `${server.url.replace("://", `://ada:${encodeURIComponent(secret)}@`)}/r.git`;
  assert.equal((await listRemoteRefs({ repoURL, programs: {}, signal })).length, 2);
  const wrong = repoURL.replace("r.git", "missing.git");
  const error = await caught(listRemoteRefs({ repoURL: wrong, programs: {}, signal }));
  assert.equal(error.message.includes(secret), false, error.message);
  assert.equal(error.message.includes(encodeURIComponent(secret)), false, error.message);
  assert.match(error.message, /^error listing refs in remote repo "http:\/\/ada:\*\*\*@127/);
});

test("git client: the password goes to the remote's own host alone", { skip }, async (t) => {
  const dir = tempDir(t);
  makeRemote(join(dir, "r.git"), { a: "1" });
  const elsewhere = await startGitServer(dir, { user: { name: "ada", password: secret } });
  const server = await startGitServer(dir, { redirectTo: elsewhere.url });
  t.after(() => Promise.all([server.close(), elsewhere.close()]));
  const credentials = { username: "ada", password: secret };
  const error = await caught(
    listRemoteRefs({ repoURL: `${server.url}/r.git`, credentials, programs: {}, signal }),
  );
  assert.equal(error.code, "auth");
  assert.equal(elsewhere.signIns.join().includes(secret), false);
});

const failures: readonly {
  name: string;
  reason: GitErrorReason;
  url: (base: string) => string;
  status?: number;
}[] = [
  { name: "wrong password", reason: "auth", url: (base) => `${base}/r.git` },
  { name: "forbidden", reason: "auth", url: (base) => `${base}/r.git`, status: 403 },
  { name: "no such repository", reason: "notFound", url: (base) => `${base}/r.git`, status: 404 },
  { name: "server fault", reason: "network", url: (base) => `${base}/r.git`, status: 500 },
  { name: "nothing listens", reason: "network", url: () => "http://127.0.0.1:1/r.git" },
  { name: "a path that is no repository", reason: "notFound", url: () => "/nonexistent/r.git" },
  {
    name: "a URL that looks like an option",
    reason: "other",
    url: () => "--upload-pack=touch /tmp/owned",
  },
];

for (const { name, reason, url, status } of failures) {
  test(`git client: a remote that does not answer well: ${name}`, { skip }, async (t) => {
    const dir = tempDir(t);
    makeRemote(join(dir, "r.git"), { a: "1" });
    const server = await startGitServer(dir, {
      user: { name: "ada", password: "right" },
      ...(status && { refuseWith: status }),
    });
    t.after(() => server.close());
    const credentials = { username: "ada", password: "wrong-password" };
    const error = await caught(
      listRemoteRefs({ repoURL: url(server.url), credentials, programs: {}, signal }),
    );
    assert.equal(error.code, reason, error.message);
    assert.equal(error.message.includes("wrong-password"), false);
  });
}

test("git client: an abort ends git and everything it started", { skip }, async (t) => {
  const dir = tempDir(t);
  makeRemote(join(dir, "r.git"), { a: "1" });
  const server = await startGitServer(dir, { hangOn: /git-upload-pack$/ });
  t.after(() => server.close());
  const stopping = new AbortController();
  const options = { repoURL: `${server.url}/r.git`, programs: {}, signal: stopping.signal };
  const client = await openRemote(dir, options);
  t.after(() => client.home.remove());
  const cloning = client.run(["clone", "--bare", operands, options.repoURL, join(client.home.dir, "repo")], {
    cwd: client.home.dir,
    signal: stopping.signal,
  });
  await server.hanging;
  const running = processesThatMention(client.home.dir);
  assert.ok(running.length >= 2, `git and its transport: ${running.join(" | ")}`);
  stopping.abort(new Error("stopped by the user"));
  await assert.rejects(cloning, { message: "stopped by the user" });
  assert.deepEqual(processesThatMention(client.home.dir), []);
});

test("git client: an abort ends its own command and none beside it", { skip }, async (t) => {
  const dir = tempDir(t);
  makeRemote(join(dir, "r.git"), { a: "1" });
  const server = await startGitServer(dir, { hangOn: /git-upload-pack$/ });
  t.after(() => server.close());
  const client = await clientIn(t, dir);
  const stopping = new AbortController();
  const args = ["clone", operands, `${server.url}/r.git`, join(dir, "copy")];
  const hanging = client.run(args, { cwd: dir, signal: stopping.signal });
  await server.hanging;
  const beside = Array.from({ length: 12 }, async (_, index) => {
    const run = { cwd: join(dir, "r.git"), signal };
    const { stdout } = await client.run(["rev-parse", `main~0^{}`, `HEAD`].slice(0, 1 + (index % 3)), run);
    return stdout.trim().split("\n").filter(Boolean).length;
  });
  stopping.abort(new Error("stopped"));
  // It may end before the others do, and a rejection that nobody waits for yet would be the test's failure.
  const stopped = assert.rejects(hanging, { message: "stopped" });
  assert.deepEqual(await Promise.all(beside), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  await stopped;
});

test("git client: a signal that has fired already starts nothing", { skip }, async (t) => {
  const dir = tempDir(t);
  const client = await clientIn(t, dir);
  const run = client.run(["init", "r"], { cwd: dir, signal: AbortSignal.abort(new Error("no")) });
  await assert.rejects(run, { message: "no" });
  assert.equal(existsSync(join(dir, "r")), false);
});

test("git client: access to a remote: what git gets as URL", () => {
  const rows = [
    ["https://host/r", { username: "a b", password: "pw1" }, "https://a%20b@host/r", "pw1"],
    ["https://old@host/r", { username: "ada", password: "pw1" }, "https://ada@host/r", "pw1"],
    ["HTTP://host/r", { username: "ada", password: "pw1" }, "http://ada@host/r", "pw1"],
    ["https://ada:pw%40@host/r", undefined, "https://ada@host/r", "pw@"],
    ["https://ada@host/r", undefined, "https://ada@host/r", undefined],
    ["ssh://git@host/r", { sshPrivateKey: "KEY" }, "ssh://git@host/r", undefined],
    ["git@host:r", { username: "ada", password: "pw1" }, "git@host:r", "pw1"],
    ["/srv/r.git", { username: "ada", password: "pw1" }, "/srv/r.git", "pw1"],
    ["https://host/r", { username: "ada", password: "" }, "https://host/r", undefined],
  ] as const;
  for (const [url, credentials, expected, password] of rows) {
    const access = remoteAccess(url, credentials);
    assert.equal(access.url, expected, url);
    assert.equal(access.password, password, url);
  }
});

function whereIsGit(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "git")).find((path) => existsSync(path)) ?? "git";
}
