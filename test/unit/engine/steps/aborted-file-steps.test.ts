// A Promotion that is aborted ends the step at work as aborted: no file step takes it for a fault of its own.
// copy.test.ts has the end of a copy.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stepRunners } from "../../../../src/engine/steps/registry";
import { runStepIn } from "../../../support/step-context";
import { tempDir } from "../../../support/temp";

const updates = [{ key: "a", value: "2" }];
const rows = [
  { kind: "json-update", file: "f.json", text: '{"a":"1"}', config: { path: "f.json", updates } },
  { kind: "yaml-update", file: "f.yaml", text: "a: 1\n", config: { path: "f.yaml", updates } },
  { kind: "toml-update", file: "f.toml", text: 'a = "1"\n', config: { path: "f.toml", updates } },
  {
    kind: "json-parse",
    file: "f.json",
    text: '{"a":"1"}',
    config: { path: "f.json", outputs: [{ name: "a", fromExpression: "a" }] },
  },
  {
    kind: "yaml-parse",
    file: "f.yaml",
    text: "a: 1\n",
    config: { path: "f.yaml", outputs: [{ name: "a", fromExpression: "a" }] },
  },
  {
    kind: "kustomize-set-image",
    file: "kustomization.yaml",
    text: "{}\n",
    config: { path: ".", images: [{ image: "a", tag: "1" }] },
  },
] as const;
for (const { kind, file, text, config } of rows) {
  test(`${kind} ends as aborted and writes nothing`, async (t) => {
    const work = tempDir(t);
    writeFileSync(join(work, file), text);
    const runner = stepRunners[kind];
    assert.ok(runner);
    await assert.rejects(runStepIn(runner, work, config, { signal: AbortSignal.abort() }), {
      name: "AbortError",
    });
    assert.deepEqual(readdirSync(work), [file]);
    assert.equal(readFileSync(join(work, file), "utf8"), text);
  });
}
