// JSONPath, conditions, arguments and checks against what Argo Rollouts 1.9.1 itself said of the same input
// (test/fixtures/analysis; recorded once by running its code).
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveMetric } from "../../../../src/engine/analysis/metric-args";
import { metricsProblem } from "../../../../src/engine/analysis/metric-check";
import { judgeResult } from "../../../../src/engine/analysis/metric-condition";
import { findByPath } from "../../../../src/engine/tools/kubectl-path";
import { ListValue, sliceOf, toJson, types } from "../../../../src/expression/expression";
import type { AnalysisArgument, AnalysisMetric } from "../../../../src/model/analysis";
import { jsonFixture } from "../../../support/fixtures";

interface Row<W> {
  readonly name: string;
  readonly want: W;
}

function attempt<T>(act: () => T): { readonly value: T } | { readonly error: string } {
  try {
    return { value: act() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

interface PathRow
  extends Row<{ readonly values?: readonly (readonly unknown[])[]; readonly error?: string }> {
  readonly path: string;
  readonly data: string;
}

test("JSONPath finds what client-go finds", async (t) => {
  for (const { name, path, data, want } of jsonFixture<PathRow[]>("analysis", "json-paths.json")) {
    await t.test(name, () => {
      const found = attempt(() => findByPath(path, JSON.parse(data)));
      if (want.error !== undefined) assert.deepEqual(found, { error: want.error });
      // Upstream's order of members is random where it lists those of a map.
      else if (path.includes("*") || path.includes("..")) {
        assert.deepEqual(sorted("value" in found ? found.value : found), sorted(want.values));
      } else assert.deepEqual(found, { value: want.values });
    });
  }
});

function sorted(lists: unknown): unknown {
  if (!Array.isArray(lists)) return lists;
  return lists.map((list) => (list as unknown[]).map((value) => toJson(value)).sort());
}

interface ConditionRow extends Row<{ readonly phase: string; readonly error?: string }> {
  readonly success: string;
  readonly failure: string;
  readonly result?: unknown;
  readonly floats?: readonly number[];
}

/** Argo Rollouts has expr-lang 1.15, which knows less than the 1.17 of Kargo that is used here. */
const newerExpression = (name: string) => /\| max\(result\) >|\{\} \| result\.s startsWith/.test(name);

test("conditions judge as Argo Rollouts judges", async (t) => {
  for (const row of jsonFixture<ConditionRow[]>("analysis", "conditions.json")) {
    if (newerExpression(row.name)) continue;
    await t.test(row.name, () => {
      const result =
        row.floats === undefined ? row.result : new ListValue(sliceOf(types.float64), row.floats);
      const judged = attempt(() =>
        judgeResult(result, { successCondition: row.success, failureCondition: row.failure }),
      );
      assert.equal(
        "error" in judged ? "Error" : judged.value,
        row.want.phase,
        JSON.stringify([judged, row.want]),
      );
    });
  }
});

interface ArgumentRow extends Row<{ readonly metric?: object; readonly error?: string }> {
  readonly metric: AnalysisMetric;
  readonly args: readonly AnalysisArgument[];
}

test("arguments are filled in as by Argo Rollouts", async (t) => {
  for (const { name, metric, args, want } of jsonFixture<ArgumentRow[]>("analysis", "arguments.json")) {
    await t.test(name, () => {
      const resolved = attempt(() => resolveMetric(metric, args));
      if (want.error === undefined) {
        assert.deepEqual(resolved, { value: withoutEmpty(want.metric) });
      } else if (want.error.startsWith('failed to resolve {{args.host"')) {
        // The rest of the sentence holds the metric as Go prints it.
        assert.ok("error" in resolved && resolved.error.startsWith('failed to resolve {{args.host"'));
      } else assert.deepEqual(resolved, { error: want.error });
    });
  }
});

/** Go prints an authentication that nobody wrote. */
function withoutEmpty(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member) => (key === "authentication" ? undefined : member));
}

test("metrics are checked as by Argo Rollouts", async (t) => {
  const rows = jsonFixture<(Row<{ readonly error: string }> & { metrics: AnalysisMetric[] })[]>(
    "analysis",
    "checks.json",
  );
  for (const { name, metrics, want } of rows) {
    await t.test(name, () => assert.equal(metricsProblem(metrics) ?? "", want.error));
  }
});

test("a value is written as Go writes it", () => {
  assert.equal(toJson({ b: 1.5, a: "<x>" }), '{"a":"\\u003cx\\u003e","b":1.5}');
});
