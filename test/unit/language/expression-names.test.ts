// The names expressions can begin with and their members, against those Kargo v1.11.2 puts there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cursor, project, serviceOf, stage, theFile } from "../../support/cursor";

/** Members offered after what stands before the cursor. */
function offered(marked: string): string[] {
  const { text, offset } = cursor(marked);
  return serviceOf(text)
    .complete(theFile, offset)
    .filter(({ kind }) => kind !== "function")
    .map(({ label }) => label)
    .sort();
}

const inStep = (source: string) =>
  project(stage("a", { steps: `- uses: fail\n  config:\n    message: \${{ ${source}| }}` }));
const verification = (source: string) =>
  `${project(stage("a", { steps: "- uses: fail\n  config: {message: x}" }))}  verification:\n    args:\n    - name: x\n      value: \${{ ${source}| }}\n`;

/** Where Kargo fills the environment, and what with. */
const rows: Record<string, readonly [marked: string, names: readonly string[]]> = {
  "ctx of a step (BuildCtxMap, pkg/promotion/evaluator.go)": [
    inStep("ctx."),
    ["meta", "project", "promotion", "stage", "targetFreight", "uiBaseUrl"],
  ],
  "ctx.targetFreight": [inStep("ctx.targetFreight."), ["alias", "name", "origin"]],
  "ctx.targetFreight.origin": [inStep("ctx.targetFreight.origin."), ["name"]],
  "ctx.meta": [inStep("ctx.meta."), ["promotion", "step"]],
  "ctx.meta.promotion": [inStep("ctx.meta.promotion."), ["actor", "rollback"]],
  "ctx.meta.step": [inStep("ctx.meta.step."), ["alias"]],
  "ctx of a verification (pkg/controller/stages/regular_stages.go)": [
    verification("ctx."),
    ["project", "stage"],
  ],
};
for (const [name, [marked, names]] of Object.entries(rows)) {
  test(`the members of ${name}`, () => assert.deepEqual(offered(marked), names));
}
