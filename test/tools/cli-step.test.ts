// `kargo-workbench step`: one step on a folder, as a user tries it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCli } from "../support/cli";
import { tempDir } from "../support/temp";

async function step(
  t: TestContext,
  uses: string,
  config: unknown,
  context?: unknown,
  files: Record<string, string> = {},
) {
  const root = tempDir(t);
  const workDir = join(root, "work");
  mkdirSync(workDir);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workDir, name), text);
  writeFileSync(join(root, "context.json"), JSON.stringify(context ?? {}));
  const args = ["step", uses, "--work-dir", workDir, "--context", join(root, "context.json")];
  const result = await runCli(config === undefined ? args : [...args, "--config", "-"], {
    stdin: JSON.stringify(config),
  });
  const read = (name: string) => readFileSync(join(workDir, name), "utf8");
  return { code: result.code, stderr: result.stderr, json: JSON.parse(result.stdout), read, root };
}

test("a step changes the folder and prints its output", async (t) => {
  const config = { path: "v.yaml", updates: [{ key: "image.tag", value: "1.2.3" }] };
  const { code, json, read } = await step(
    t,
    "yaml-update",
    config,
    {},
    { "v.yaml": "image:\n  tag: old\nother: kept\n" },
  );
  assert.equal(code, 0);
  assert.deepEqual(json, {
    status: "Succeeded",
    message: "",
    terminal: false,
    output: { commitMessage: "Updated v.yaml\n\n- image.tag: 1.2.3" },
  });
  assert.equal(read("v.yaml"), "image:\n  tag: 1.2.3\nother: kept\n");
});

test("expressions see what the context says", async (t) => {
  const context = {
    project: "demo",
    stage: "uat",
    vars: { who: "${{ ctx.stage }}-team" },
    outputs: { build: { tag: "9" } },
    freight: {
      name: "f1",
      origin: { kind: "Warehouse", name: "w" },
      images: [{ repoURL: "r", tag: "1.10" }],
    },
  };
  const config = {
    team: "${{ vars.who }}",
    tag: "${{ quote(outputs.build.tag) }}",
    freight: "${{ ctx.targetFreight.name }}",
  };
  const { json } = await step(t, "compose-output", config, context);
  assert.deepEqual(json.output, { team: "uat-team", tag: "9", freight: "f1" });
});

test("a configuration that does not fit is Failed for good, in Kargo's words, with exit code 1", async (t) => {
  const { code, json, stderr } = await step(t, "copy", { inPath: "a" });
  assert.equal(code, 1);
  assert.deepEqual(json, {
    status: "Failed",
    message: "invalid copy config: (root): outPath is required",
    terminal: true,
    output: null,
  });
  assert.match(stderr, /^error: Step copy Failed: /);
});

test("no configuration, an expression that fails and an unknown kind are told", async (t) => {
  assert.match((await step(t, "fail", undefined)).json.message, /Expected: object, given: null/);
  assert.match(
    (await step(t, "compose-output", { x: "${{ vars.none.deep }}" })).json.message,
    /failed to get step config/,
  );
  assert.match((await step(t, "no-such-step", {})).json.message, /"no-such-step" is not registered/);
});

test("no step leaves its folder", async (t) => {
  const { root } = await step(t, "file-write", { outPath: "../../escaped.txt", contents: "x" });
  assert.equal(existsSync(join(root, "escaped.txt")), false);
  assert.equal(existsSync(join(root, "..", "escaped.txt")), false);
});

test("a folder or a file that is not there is a sentence", async (t) => {
  const root = tempDir(t);
  const noFolder = await runCli(["step", "fail", "--work-dir", join(root, "none")]);
  assert.equal(noFolder.code, 1);
  assert.match(noFolder.stderr, /There is no folder/);
  const noConfig = await runCli(["step", "fail", "--work-dir", root, "--config", join(root, "none.json")]);
  assert.equal(noConfig.code, 1);
  assert.match(noConfig.stderr, /none\.json cannot be read/);
  assert.equal((await runCli(["step", "fail"])).code, 2);
});
