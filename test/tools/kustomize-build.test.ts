// kustomize-build beyond its golden cases: missing programs, kubectl in kustomize's place, stopping, remote files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { kustomizeBuild } from "../../src/engine/steps/kustomize-build";
import { findProgram } from "../../src/engine/tools/process";
import { faultOf, programsWith, runStepIn } from "../support/step-context";
import { tempDir } from "../support/temp";

const kustomize = await findProgram("kustomize").catch(() => "");
const helm = await findProgram("helm").catch(() => "");
const kubectl = await findProgram("kubectl").catch(() => "");
const skip = kustomize === "" && "kustomize missing";

function workWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const work = join(tempDir(t), "work");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(work, name, ".."), { recursive: true });
    writeFileSync(join(work, name), content);
  }
  return work;
}

const config = { path: ".", outPath: "all.yaml" };
const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

test("a missing kustomize is named with its setting and where to get it", async (t) => {
  const work = workWith(t, { "kustomization.yaml": "resources: [ns.yaml]\n", "ns.yaml": namespace });
  const fault = await faultOf(
    runStepIn(kustomizeBuild, work, config, { programs: { kustomize: "/nowhere/kustomize" } }),
  );
  assert.equal(fault.status, "Errored");
  assert.match(fault.message, /\/nowhere\/kustomize.*Install kustomize \(https:.*kargo\.kustomize\.path/);
});

test("a missing helm is named only when a chart asks for it", { skip }, async (t) => {
  const programs = { helm: "/nowhere/helm" };
  const work = workWith(t, { "kustomization.yaml": "resources: [ns.yaml]\n", "ns.yaml": namespace });
  assert.equal((await runStepIn(kustomizeBuild, work, config, { programs })).status, "Succeeded");
  writeFileSync(join(work, "kustomization.yaml"), "helmCharts:\n- name: app\n");
  const fault = await faultOf(runStepIn(kustomizeBuild, work, config, { programs }));
  assert.match(fault.message, /\/nowhere\/helm.*kargo\.helm\.path/);
});

test("kubectl builds the same", { skip: skip || (kubectl === "" && "kubectl missing") }, async (t) => {
  const files = { "kustomization.yaml": "resources: [z.yaml, ns.yaml]\n", "ns.yaml": namespace };
  const work = workWith(t, { ...files, "z.yaml": namespace.replace("shop", "a") });
  await runStepIn(kustomizeBuild, work, config, { programs: { kustomize: kubectl } });
  const byKubectl = readFileSync(join(work, "all.yaml"), "utf8");
  await runStepIn(kustomizeBuild, work, config, { programs: {} });
  assert.equal(byKubectl, readFileSync(join(work, "all.yaml"), "utf8"));
  assert.equal(byKubectl, `${namespace.replace("shop", "a")}---\n${namespace}`);
});

test("a remote file is fetched, and stopping while it is slow leaves nothing behind", { skip }, async (t) => {
  const asked: (() => void)[] = [];
  let slow = false;
  const server = createServer((_, response) => {
    if (slow) for (const tell of asked) tell();
    else response.end(namespace);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ns.yaml`;
  const work = workWith(t, { "kustomization.yaml": `resources: ["${url}"]\n` });
  const temp = tempDir(t);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temp;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  await runStepIn(kustomizeBuild, work, config, { programs: {} });
  assert.equal(readFileSync(join(work, "all.yaml"), "utf8"), namespace);

  slow = true;
  const stop = new AbortController();
  const isAsked = new Promise<void>((done) => asked.push(done));
  const run = runStepIn(kustomizeBuild, work, config, { programs: {}, signal: stop.signal });
  await Promise.race([isAsked, run]);
  assert.equal(programsWith(temp).length, 1);
  stop.abort();
  await assert.rejects(run, { name: "AbortError" });
  assert.deepEqual(programsWith(temp), []);
  assert.deepEqual(readdirSync(temp), []);
});

test("a remote chart is pulled beside the kustomization and stays there", {
  skip: skip || (helm === "" && "helm missing"),
}, async (t) => {
  const root = tempDir(t);
  const chart = join(root, "app");
  mkdirSync(join(chart, "templates"), { recursive: true });
  writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: app\nversion: 1.2.3\n");
  writeFileSync(join(chart, "values.yaml"), "{}\n");
  writeFileSync(join(chart, "templates/ns.yaml"), namespace);
  const env = { ...process.env, HOME: root };
  for (const args of [
    ["package", chart, "-d", join(root, "repo")],
    ["repo", "index", join(root, "repo")],
  ]) {
    execFileSync(helm, args, { env, stdio: "ignore" });
  }
  const server = createServer((request, response) => {
    response.end(readFileSync(join(root, "repo", request.url ?? "")));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const repo = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entry = `helmCharts:\n- name: app\n  repo: ${repo}\n  version: 1.2.3\n  releaseName: rel\n`;
  const work = workWith(t, { "kustomization.yaml": entry });
  await runStepIn(kustomizeBuild, work, config, { programs: {} });
  assert.equal(readFileSync(join(work, "all.yaml"), "utf8"), namespace);
  assert.deepEqual(readdirSync(join(work, "charts")), ["app-1.2.3"]);
});

test("a Git repository serves as a base, and cannot reach out of itself", { skip }, async (t) => {
  const root = tempDir(t);
  const repository = join(root, "base");
  mkdirSync(repository);
  const commit = (text: string) => {
    writeFileSync(join(repository, "kustomization.yaml"), text);
    const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
    execFileSync("git", ["add", "-A"], { cwd: repository });
    execFileSync("git", [...identity, "commit", "-qm", "x"], { cwd: repository });
  };
  execFileSync("git", ["init", "-q", "-b", "main"], { cwd: repository });
  writeFileSync(join(repository, "ns.yaml"), namespace);
  commit("resources: [ns.yaml]\n");
  const work = workWith(t, {
    "kustomization.yaml": `resources: ["file://${repository}?ref=main"]\n`,
  });
  await runStepIn(kustomizeBuild, work, config, { programs: {} });
  assert.equal(readFileSync(join(work, "all.yaml"), "utf8"), namespace);

  commit("configMapGenerator:\n- name: c\n  files: [k=/etc/hostname]\n");
  const fault = await faultOf(runStepIn(kustomizeBuild, work, config, { programs: {} }));
  assert.match(fault.message, /security; file '\/etc\/hostname' is not in or below/);
});

test("a link in the place of a file is not written through", { skip }, async (t) => {
  const outside = join(tempDir(t), "outside");
  writeFileSync(outside, "kept");
  const work = workWith(t, { "kustomization.yaml": "resources: [ns.yaml]\n", "ns.yaml": namespace });
  mkdirSync(join(work, "out"));
  symlinkSync(outside, join(work, "out/namespace-shop.yaml"));
  const fault = await faultOf(
    runStepIn(kustomizeBuild, work, { path: ".", outPath: "out" }, { programs: {} }),
  );
  assert.match(fault.message, /^failed to write built manifests to "out": open out\/namespace-shop\.yaml: /);
  assert.equal(readFileSync(outside, "utf8"), "kept");
});

test("links out of the work directory are not followed into a chart", {
  skip: skip || (helm === "" && "helm missing"),
}, async (t) => {
  const work = workWith(t, {
    "kustomization.yaml": "helmCharts:\n- name: app\n  releaseName: rel\n",
    "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "charts/app/values.yaml": "{}\n",
    "charts/app/templates/ns.yaml": namespace,
  });
  await runStepIn(kustomizeBuild, work, config, { programs: {} });
  assert.equal(readFileSync(join(work, "all.yaml"), "utf8"), namespace);
  symlinkSync("/etc/hostname", join(work, "charts/app/templates/x.yaml"));
  const fault = await faultOf(runStepIn(kustomizeBuild, work, config, { programs: {} }));
  assert.equal(fault.message, "symlink at charts/app/templates/x.yaml points outside the path boundary");
});
