import assert from "node:assert/strict";
import { test } from "node:test";
import { InflateError, inflateTemplate, type TaskSource } from "../../../../src/engine/promotion/inflate";
import {
  type ExpressionVariable,
  kargoApiVersion,
  type PromotionStep,
  type PromotionTask,
  type Stage,
} from "../../../../src/model/resources";
import { namespace, stage } from "../../../support/promotion-world";

function task(steps: readonly PromotionStep[], vars?: readonly ExpressionVariable[]): PromotionTask {
  return {
    apiVersion: kargoApiVersion,
    kind: "PromotionTask",
    metadata: { name: "t", namespace },
    spec: { steps, ...(vars === undefined ? {} : { vars }) },
  };
}

function template(
  steps: readonly PromotionStep[],
  vars: {
    readonly stage?: readonly ExpressionVariable[];
    readonly template?: readonly ExpressionVariable[];
  } = {},
): Stage {
  return stage("test", {
    spec: {
      vars: vars.stage,
      promotionTemplate: { spec: { steps, vars: vars.template } },
    },
  });
}

const only =
  (found: PromotionTask): TaskSource =>
  async (kind, name) =>
    kind === "PromotionTask" && name === "t" ? found : undefined;
const noTask: TaskSource = async () => undefined;

test("golden: aliases of plain steps and of a task without alias", async () => {
  const target = template([{ uses: "a" }, { task: { name: "t" } }, { uses: "b" }]);
  const { steps } = await inflateTemplate(target, only(task([{ uses: "x" }, { uses: "y", as: "out" }])));
  assert.deepEqual(
    steps.map(({ as }) => as),
    ["step-1", "task-2::step-1", "task-2::out", "step-3"],
  );
});

test("an explicit alias of the task reference names the namespace", async () => {
  const target = template([{ task: { name: "t" }, as: "deploy" }]);
  const { steps } = await inflateTemplate(target, only(task([{ uses: "x" }])));
  assert.equal(steps[0]?.as, "deploy::step-1");
});

test("an empty alias counts as none", async () => {
  const { steps } = await inflateTemplate(template([{ uses: "a", as: "" }]), noTask);
  assert.equal(steps[0]?.as, "step-1");
});

test("everything else of an inner step stays as it is", async () => {
  const inner: PromotionStep = {
    uses: "x",
    if: "${{ always() }}",
    continueOnError: true,
    retry: { timeout: "5m", errorThreshold: 3 },
    config: { a: [1, { b: "${{ vars.c }}" }] },
  };
  const { steps } = await inflateTemplate(template([{ task: { name: "t" } }]), only(task([inner])));
  assert.deepEqual(steps, [{ ...inner, as: "task-1::step-1" }]);
});

test("a cluster task is looked up as one", async () => {
  const asked: string[] = [];
  const target = template([{ task: { name: "shared", kind: "ClusterPromotionTask" } }]);
  await assert.rejects(
    inflateTemplate(target, async (kind, name) => {
      asked.push(`${kind}/${name}`);
      return undefined;
    }),
    (error: unknown) => error instanceof InflateError && error.code === "taskNotFound",
  );
  assert.deepEqual(asked, ["ClusterPromotionTask/shared"]);
});

test("the Promotion's variables are the Stage's and then the template's, duplicates kept", async () => {
  const target = template([{ uses: "a" }], {
    stage: [{ name: "x", value: "1" }, { name: "y" }],
    template: [{ name: "x", value: "2" }],
  });
  const { vars } = await inflateTemplate(target, noTask);
  assert.deepEqual(vars, [{ name: "x", value: "1" }, { name: "y" }, { name: "x", value: "2" }]);
});

type Vars = readonly ExpressionVariable[];
const taskVariables: readonly [string, { task: Vars; promotion?: Vars; step?: Vars; inner?: Vars }, Vars][] =
  [
    ["a default is added", { task: [{ name: "v", value: "d" }] }, [{ name: "v", value: "d" }]],
    [
      "a Promotion variable hides the default",
      { task: [{ name: "v", value: "d" }], promotion: [{ name: "v", value: "p" }] },
      [],
    ],
    [
      "an empty Promotion variable does not",
      { task: [{ name: "v", value: "d" }], promotion: [{ name: "v", value: "" }] },
      [{ name: "v", value: "d" }],
    ],
    [
      "a required one may come from the Promotion",
      { task: [{ name: "v" }], promotion: [{ name: "v", value: "p" }] },
      [],
    ],
    [
      "a required one may come from the reference",
      { task: [{ name: "v" }], step: [{ name: "v", value: "s" }] },
      [{ name: "v", value: "s" }],
    ],
    [
      "the reference comes after the defaults, the inner step last",
      {
        task: [{ name: "v", value: "d" }],
        step: [
          { name: "v", value: "s" },
          { name: "w", value: "x" },
        ],
        inner: [{ name: "v", value: "i" }],
      },
      [
        { name: "v", value: "d" },
        { name: "v", value: "s" },
        { name: "w", value: "x" },
        { name: "v", value: "i" },
      ],
    ],
  ];

for (const [name, { task: vars, promotion, step, inner }, expected] of taskVariables) {
  test(`task variables: ${name}`, async () => {
    const target = template([{ task: { name: "t" }, vars: step }], { template: promotion });
    const { steps } = await inflateTemplate(target, only(task([{ uses: "x", vars: inner }], vars)));
    assert.deepEqual(steps[0]?.vars ?? [], expected);
  });
}

for (const [name, step] of [
  ["nobody sets it", undefined],
  ["the reference sets it to nothing", [{ name: "v", value: "" }]],
] as const) {
  test(`a required task variable fails, and is named, when ${name}`, async () => {
    const target = template([{ task: { name: "t" }, vars: step }]);
    await assert.rejects(
      inflateTemplate(target, only(task([{ uses: "x" }], [{ name: "v" }]))),
      (error: unknown) =>
        error instanceof InflateError && error.code === "missingVariable" && error.message.includes('"v"'),
    );
  });
}

test("inner steps do not share their variables (upstream's slices can overwrite each other's)", async () => {
  const vars = [
    { name: "a", value: "1" },
    { name: "b", value: "2" },
    { name: "c", value: "3" },
  ];
  const inner = ["x", "y", "z"].map((name) => ({ uses: "u", vars: [{ name, value: name }] }));
  const { steps } = await inflateTemplate(template([{ task: { name: "t" } }]), only(task(inner, vars)));
  assert.deepEqual(
    steps.map((step) => step.vars?.at(-1)?.name),
    ["x", "y", "z"],
  );
});

test("a kind of task that does not exist is refused", async () => {
  const target = template([{ task: { name: "t", kind: "Other" as "PromotionTask" } }]);
  await assert.rejects(
    inflateTemplate(target, noTask),
    (error: unknown) => error instanceof InflateError && error.code === "invalidTask",
  );
});
