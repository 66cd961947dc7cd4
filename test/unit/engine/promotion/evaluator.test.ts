import assert from "node:assert/strict";
import { test } from "node:test";
import { PassPanic } from "../../../../src/engine/promotion/step-state";
import type { ExpressionVariable, StepExecutionMetadata } from "../../../../src/model/resources";
import { evaluatorOver, type ScopeOptions, stepScope, templateValue } from "../../../support/step-scope";

function withVars(
  promotion: readonly ExpressionVariable[],
  step: readonly ExpressionVariable[] = [],
  more: ScopeOptions = {},
): ScopeOptions {
  return { ...more, context: { ...more.context, vars: promotion }, step: { uses: "copy", vars: step } };
}

const variable = (name: string, value?: string): ExpressionVariable => ({ name, value });

test("ctx: everything a step can know about its Promotion", async () => {
  assert.deepEqual(await templateValue("${{ ctx }}"), {
    uiBaseUrl: "https://kargo.example.com",
    project: "shop",
    promotion: "test.ulid.abc",
    stage: "test",
    targetFreight: { name: "f1", alias: "shiny-fox", origin: { name: "main" } },
    meta: { promotion: { actor: "me", rollback: false }, step: { alias: "own" } },
  });
});

const variables: readonly [string, ScopeOptions, string, unknown][] = [
  ["are text as they stand", withVars([variable("v", "42")]), "${{ vars.v }}", 42],
  ["keep their type between each other", withVars([variable("v", "42")]), "${{ vars.v == '42' }}", true],
  ["may be of any type", withVars([variable("v", "${{ {a: [1]} }}")]), "${{ vars.v.a[0] }}", 1],
  [
    "see the ones before",
    withVars([variable("a", "x"), variable("b", "${{ vars.a }}y")]),
    "${{ vars.b }}",
    "xy",
  ],
  [
    "do not see the ones after",
    withVars([variable("b", "${{ vars.a }}"), variable("a", "x")]),
    "${{ vars.b }}",
    null,
  ],
  [
    "see themselves as they were",
    withVars([variable("a", "x"), variable("a", "${{ vars.a }}y")]),
    "${{ vars.a }}",
    "xy",
  ],
  [
    "of a step come after the Promotion's",
    withVars([variable("a", "p")], [variable("a", "${{ vars.a }}s")]),
    "${{ vars.a }}",
    "ps",
  ],
  ["without value are empty text", withVars([variable("a")]), "${{ quote(vars.a) }}", ""],
  ["are undefined otherwise", withVars([]), "${{ vars.a }}", null],
  [
    "may be called as objects inherit",
    withVars([variable("constructor", "x")]),
    "${{ vars.constructor }}",
    "x",
  ],
  ["that objects inherit are still undefined", withVars([]), "${{ vars.constructor }}", null],
  [
    "of a Promotion see no outputs",
    withVars([variable("v", "${{ outputs }}")], [], { state: { a: { x: 1 } } }),
    "${{ vars.v }}",
    null,
  ],
  [
    "of a step do",
    withVars([], [variable("v", "${{ outputs.a.x }}")], { state: { a: { x: 1 } } }),
    "${{ vars.v }}",
    1,
  ],
];

for (const [name, scope, template, expected] of variables) {
  test(`variables ${name}`, async () =>
    assert.deepStrictEqual(await templateValue(template, scope), expected));
}

test("an error in any variable is told with its name, even when nobody uses it", async () => {
  const scope = withVars([variable("good", "x"), variable("bad", "${{ 1 + }}")]);
  await assert.rejects(templateValue("plain", scope), {
    message: 'error pre-processing promotion variable "bad": unexpected token EOF (1:5)\n |  1 + \n | ....^',
  });
});

test("variables know no status functions", async () => {
  await assert.rejects(templateValue("x", withVars([variable("v", "${{ success() }}")])), /"v": .*/);
});

test("outputs are read by full alias; a step without output is an empty object within its pass", async () => {
  const state = { "T::x": { y: 1 }, silent: null };
  assert.equal(await templateValue("${{ outputs['T::x'].y }}", { state }), 1);
  assert.equal(await templateValue("${{ outputs.silent.any }}", { state }), null);
  assert.equal(await templateValue("${{ outputs.silent }}", { state }), null);
  await assert.rejects(templateValue("${{ outputs.absent.any }}", { state }));
});

const taskState = { "T::x": { y: 1 }, "T::z": { y: 2 }, "U::x": { y: 3 }, T: { shared: 4 } };
const tasks: readonly [string, string, string, unknown][] = [
  ["a task's own outputs, by short alias", "T::own", "${{ task.outputs.x.y + task.outputs.z.y }}", 3],
  ["not those of other tasks", "T::own", "${{ keys(task.outputs) | sort() }}", ["x", "z"]],
  ["outside of tasks there are none", "own", "${{ task }}", null],
  ["nor with two separators", "T::a::own", "${{ task }}", null],
  ["what compose-output shares is under the task's name", "own", "${{ outputs.T.shared }}", 4],
];

for (const [name, alias, template, expected] of tasks) {
  test(`task.outputs: ${name}`, async () => {
    assert.deepStrictEqual(await templateValue(template, { alias, state: taskState }), expected);
  });
}

test("stepMetas have Go's field names, and JSON names once they leave the expression", async () => {
  const metadata: StepExecutionMetadata[] = [
    { alias: "a", status: "Failed", message: "no", errorCount: 2, startedAt: "2026-01-02T03:04:05Z" },
  ];
  assert.equal(
    await templateValue("${{ string(stepMetas.a.Status) + ': ' + stepMetas.a.Message }}", { metadata }),
    "Failed: no",
  );
  assert.equal(await templateValue("${{ stepMetas.a.ErrorCount }}", { metadata }), 2);
  assert.equal(await templateValue("${{ stepMetas.a.FinishedAt == nil }}", { metadata }), true);
  assert.deepEqual(await templateValue("${{ stepMetas.a }}", { metadata }), {
    alias: "a",
    status: "Failed",
    message: "no",
    errorCount: 2,
    startedAt: "2026-01-02T03:04:05Z",
  });
  await assert.rejects(templateValue("${{ stepMetas.a.status }}", { metadata }));
});

const failed: StepExecutionMetadata[] = [{ alias: "a", status: "Failed" }];
const tolerated: StepExecutionMetadata[] = [{ alias: "a", status: "Failed", continueOnError: true }];
const conditions: readonly [string, string | undefined, readonly StepExecutionMetadata[], boolean][] = [
  ["none: runs", undefined, [], false],
  ["none after a failure: skips", undefined, failed, true],
  ["none after a tolerated failure: runs", undefined, tolerated, false],
  ["empty is none", "", failed, true],
  ["true: runs even after a failure", "${{ true }}", failed, false],
  ["false: skips", "${{ false }}", [], true],
  ["text that reads as true counts", "${{ 'true' }}", [], false],
  ["a trailing newline does not matter", "${{ true }}\n", [], false],
  ["failure()", "${{ failure() }}", failed, false],
  ["failure() after a tolerated one", "${{ failure() }}", tolerated, true],
  ["success()", "${{ success() }}", failed, true],
  ["always()", "${{ always() }}", failed, false],
  ["variables", "${{ vars.v == 'x' }}", [], false],
];

for (const [name, condition, metadata, skips] of conditions) {
  test(`if: ${name}`, async () => {
    const scope = stepScope({
      context: { vars: [variable("v", "x")] },
      step: { uses: "copy", if: condition },
      metadata,
    });
    assert.equal(await evaluatorOver().shouldSkip(scope), skips);
  });
}

for (const [condition, message] of [
  ["true", "expression must evaluate to a boolean, got string"],
  ["${{ 1 }}", "expression must evaluate to a boolean, got float64"],
  ["${{ nil }}", "expression must evaluate to a boolean, got <nil>"],
  ["${{ {} }}", "expression must evaluate to a boolean, got map[string]interface {}"],
  ["${{ [] }}", "expression must evaluate to a boolean, got []interface {}"],
] as const) {
  test(`if: ${condition} is an error`, async () => {
    const scope = stepScope({ step: { uses: "copy", if: condition } });
    await assert.rejects(evaluatorOver().shouldSkip(scope), { message });
  });
}

test("no configuration is none, whatever the variables say", async () => {
  const scope = stepScope(withVars([variable("bad", "${{ 1 + }}")]));
  assert.equal(await evaluatorOver().config(scope), undefined);
});

test("upstream defect: task.outputs copy all outputs, and an int among them panics", async () => {
  const state = { "T::x": { n: 1n } };
  await assert.rejects(templateValue("x", { alias: "T::own", state }), PassPanic);
  assert.equal(await templateValue("${{ outputs['T::x'].n + 1 }}", { state }), 2);
});
