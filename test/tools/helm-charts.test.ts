// Charts with dependencies from a static repository, one that asks for a password, and OCI registries; and what helm
// leaves behind when it is stopped.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { CredentialSource, Credentials } from "../../src/engine/promotion/step";
import { helmTemplate } from "../../src/engine/steps/helm-template";
import { helmUpdateChart } from "../../src/engine/steps/helm-update-chart";
import { findProgram } from "../../src/engine/tools/process";
import { tempFolderPrefix } from "../../src/engine/tools/temp-folders";
import { missingRegistry, registryUser, startRegistry } from "../support/registry";
import { faultOf, programsWith, runStepIn } from "../support/step-context";
import { tempDir } from "../support/temp";

const helm = await findProgram("helm").catch(() => "");
const skip = helm === "" && "helm missing";

/** Answers credentials for some URLs and remembers what it was asked. */
function credentialsFor(known: Readonly<Record<string, Credentials>>) {
  const asked: string[] = [];
  const source: CredentialSource = {
    find: async ({ type, repoURL }) => {
      asked.push(`${type} ${repoURL}`);
      return known[repoURL];
    },
  };
  return { asked, source };
}

const nobody = credentialsFor({}).source;

function putChart(folder: string, name: string, version: string, more = ""): string {
  const dir = join(folder, name);
  mkdirSync(join(dir, "templates"), { recursive: true });
  writeFileSync(join(dir, "Chart.yaml"), `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`);
  const map = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  version: "${version}"\n`;
  writeFileSync(join(dir, "templates", "cm.yaml"), map);
  return dir;
}

/** Packs charts into a folder and answers their archives. */
function pack(root: string, charts: readonly (readonly [name: string, version: string])[]): string {
  const out = join(root, "packed");
  mkdirSync(out, { recursive: true });
  for (const [name, version] of charts) {
    const dir = putChart(join(root, `source-${name}-${version}`), name, version);
    runHelm(root, ["package", dir, "-d", out]);
  }
  return out;
}

function runHelm(home: string, args: readonly string[], input?: string): void {
  const env = { ...process.env, HOME: home, HELM_CONFIG_HOME: join(home, "helm-config") };
  execFileSync(helm, [...args], { env, stdio: ["pipe", "ignore", "pipe"], input });
}

async function serve(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function files(folder: string): RequestListener {
  return (request, response) => {
    const path = join(folder, decodeURIComponent(request.url ?? "/"));
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  };
}

function workWith(t: TestContext, dependencies: string): string {
  const work = join(tempDir(t), "work");
  putChart(work, "app", "1.0.0", dependencies);
  return work;
}

/** Everything below a folder as one text, to look for secrets in. */
function allText(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

/** Makes temporary folders of the code under test go where the test can see them. */
function ownTempFolder(t: TestContext): string {
  const temp = tempDir(t);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temp;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  return temp;
}

/** Homes of helm that are still there. */
function homesIn(temp: string): string[] {
  return readdirSync(temp).filter((name) => name.startsWith(basename(tempFolderPrefix())));
}

test("versions come from a static repository, and a lock that says the same is kept", { skip }, async (t) => {
  const root = tempDir(t);
  const charts = pack(root, [
    ["sub", "1.0.0"],
    ["sub", "1.1.0"],
    ["sub", "2.0.0"],
    ["other", "1.0.0"],
  ]);
  runHelm(root, ["repo", "index", charts]);
  const repository = `http://127.0.0.1:${await serve(t, createServer(files(charts)))}`;
  const work = workWith(t, `dependencies:\n- name: sub\n  version: ^1.0.0\n  repository: ${repository}\n`);
  const { asked, source } = credentialsFor({});
  const programs = { programs: {}, credentials: source };

  const first = await runStepIn(helmUpdateChart, work, { path: "app" }, programs);
  assert.deepEqual(first, {
    status: "Succeeded",
    output: { commitMessage: "Updated chart dependencies for app\n\n- sub: 1.1.0" },
  });
  assert.deepEqual(readdirSync(join(work, "app/charts")), ["sub-1.1.0.tgz"]);
  const lock = readFileSync(join(work, "app/Chart.lock"), "utf8");

  assert.deepEqual(await runStepIn(helmUpdateChart, work, { path: "app" }, programs), {
    status: "Succeeded",
  });
  assert.equal(readFileSync(join(work, "app/Chart.lock"), "utf8"), lock);

  const wanted = { path: "app", charts: [{ repository, name: "sub", version: "2.0.0" }] };
  const second = await runStepIn(helmUpdateChart, work, wanted, programs);
  assert.equal(second.output?.commitMessage, "Updated chart dependencies for app\n\n- sub: 1.1.0 -> 2.0.0");
  assert.match(readFileSync(join(work, "app/Chart.yaml"), "utf8"), /version: 2\.0\.0\n/);
  assert.deepEqual(readdirSync(join(work, "app")).sort(), [
    "Chart.lock",
    "Chart.yaml",
    "charts",
    "templates",
  ]);
  assert.deepEqual(asked, [], "nothing is asked for plain HTTP");

  putChart(
    work,
    "app",
    "1.0.0",
    `dependencies:\n- {name: other, version: "*", repository: "${repository}"}\n`,
  );
  const last = await runStepIn(helmUpdateChart, work, { path: "app" }, programs);
  assert.equal(
    last.output?.commitMessage,
    "Updated chart dependencies for app\n\n- other: 1.0.0\n- sub: removed",
  );
});

test("helm-template builds dependencies by the lock file", { skip }, async (t) => {
  const root = tempDir(t);
  const charts = pack(root, [
    ["sub", "1.0.0"],
    ["sub", "1.1.0"],
  ]);
  runHelm(root, ["repo", "index", charts]);
  const repository = `http://127.0.0.1:${await serve(t, createServer(files(charts)))}`;
  const work = workWith(t, `dependencies:\n- name: sub\n  version: 1.0.0\n  repository: ${repository}\n`);
  const config = { path: "app", outPath: "out.yaml", releaseName: "rel", buildDependencies: true };
  await runStepIn(helmTemplate, work, config, { programs: {}, credentials: nobody });
  assert.match(readFileSync(join(work, "out.yaml"), "utf8"), /name: sub\ndata:\n {2}version: "1\.0\.0"/);
  assert.deepEqual(readdirSync(join(work, "app/charts")), ["sub-1.0.0.tgz"]);
});

test("a repository's password is used and nowhere left", { skip }, async (t) => {
  const root = tempDir(t);
  const temp = ownTempFolder(t);
  const charts = pack(root, [["sub", "1.0.0"]]);
  const [key, certificate] = [join(root, "tls.key"), join(root, "tls.crt")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"];
  const names = ["-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...request, ...names, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  process.env.SSL_CERT_FILE = certificate;
  t.after(() => delete process.env.SSL_CERT_FILE);
  const { username, password } = registryUser;
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const listener: RequestListener = (asked, response) => {
    if (asked.headers.authorization === expected) files(charts)(asked, response);
    else response.writeHead(401).end();
  };
  const tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  const repository = `https://127.0.0.1:${await serve(t, createTlsServer(tls, listener))}`;
  runHelm(root, ["repo", "index", charts]);
  const work = workWith(t, `dependencies:\n- name: sub\n  version: 1.0.0\n  repository: ${repository}\n`);
  const { asked, source } = credentialsFor({ [repository]: registryUser });
  await runStepIn(helmUpdateChart, work, { path: "app" }, { programs: {}, credentials: source });
  assert.deepEqual(asked, [`helm ${repository}`]);
  assert.equal(allText(work).includes(password), false);
  assert.deepEqual(homesIn(temp), []);

  const fault = await faultOf(
    runStepIn(helmUpdateChart, work, { path: "app" }, { programs: {}, credentials: nobody }),
  );
  assert.equal(fault.terminal, false);
  assert.match(fault.message, /^fetch repository indexes: download repository index for .* 401 /);
  assert.deepEqual(homesIn(temp), []);
});

test("charts come from an OCI registry that wants a password", {
  skip: skip || missingRegistry(),
}, async (t) => {
  const root = tempDir(t);
  const registry = await startRegistry(root, "basic");
  t.after(() => registry.stop());
  const temp = ownTempFolder(t);
  const charts = pack(root, [["sub", "1.0.0"]]);
  const { username, password } = registryUser;
  const plain = ["--plain-http"];
  const login = ["registry", "login", ...plain, "-u", username, "--password-stdin", registry.host];
  runHelm(root, login, password);
  runHelm(root, ["push", ...plain, join(charts, "sub-1.0.0.tgz"), `oci://${registry.host}/charts`]);
  const repository = `oci://${registry.host}/charts`;
  const work = workWith(t, `dependencies:\n- name: sub\n  version: 1.0.0\n  repository: ${repository}\n`);
  const key = `oci://${registry.host}/charts/sub`;
  const { asked, source } = credentialsFor({ [key]: registryUser });
  const done = await runStepIn(helmUpdateChart, work, { path: "app" }, { programs: {}, credentials: source });
  assert.equal(done.output?.commitMessage, "Updated chart dependencies for app\n\n- sub: 1.0.0");
  assert.deepEqual(asked, [`helm ${key}`]);
  assert.equal(allText(work).includes(password), false);
  assert.deepEqual(homesIn(temp), []);

  const wrong = credentialsFor({ [key]: { username, password: "wrong" } }).source;
  const fault = await faultOf(
    runStepIn(helmUpdateChart, work, { path: "app" }, { programs: {}, credentials: wrong }),
  );
  assert.ok(
    fault.message.startsWith(
      `setup repositories: authenticate with chart repository ${JSON.stringify(repository)}: `,
    ),
    fault.message,
  );
});

test("stopping while a repository is slow leaves no helm and no home", { skip }, async (t) => {
  const temp = ownTempFolder(t);
  let tell = (): void => {};
  const isAsked = new Promise<void>((done) => {
    tell = done;
  });
  const server = createServer(() => tell());
  const repository = `http://127.0.0.1:${await serve(t, server)}`;
  const work = workWith(t, `dependencies:\n- name: sub\n  version: 1.0.0\n  repository: ${repository}\n`);
  const stop = new AbortController();
  const options = { programs: {}, credentials: nobody, signal: stop.signal };
  const run = runStepIn(helmUpdateChart, work, { path: "app" }, options);
  await Promise.race([isAsked, run]);
  assert.equal(programsWith("--fail-on-repo-update-fail").length, 1);
  stop.abort();
  await assert.rejects(run, { name: "AbortError" });
  assert.deepEqual(programsWith("--fail-on-repo-update-fail"), []);
  assert.deepEqual(homesIn(temp), []);
});

test("links out of the work directory are not followed into a chart", { skip }, async (t) => {
  const work = workWith(t, "");
  execFileSync("ln", ["-s", "/etc/hostname", join(work, "app/templates/x.yaml")]);
  const config = { path: "app", outPath: "out.yaml", releaseName: "rel" };
  const fault = await faultOf(runStepIn(helmTemplate, work, config, { programs: {}, credentials: nobody }));
  assert.equal(
    fault.message,
    'failed to load chart from "app": symlink at app/templates/x.yaml points outside the path boundary',
  );
});

test("a missing helm is named with its setting and where to get it", async (t) => {
  const work = workWith(t, "");
  const options = { programs: { helm: "/nowhere/helm" }, credentials: nobody };
  for (const [step, config] of [
    [helmUpdateChart, { path: "app" }],
    [helmTemplate, { path: "app", outPath: "o.yaml", releaseName: "r" }],
  ] as const) {
    const fault = await faultOf(runStepIn(step, work, config, options));
    assert.equal(fault.terminal, true);
    assert.match(fault.message, /\/nowhere\/helm.*Install helm \(https:.*kargo\.helm\.path/);
  }
});
