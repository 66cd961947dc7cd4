import assert from "node:assert/strict";
import { test } from "node:test";
import { criteriaFunctions } from "../../../src/engine/discovery/criteria";
import { stepFunctions, variableFunctions } from "../../../src/engine/promotion/functions";
import type { FunctionTable, Type } from "../../../src/expression/expression";
import { functionsOf } from "../../../src/language/expression-types";
import type { FunctionGroup } from "../../../src/model/schema/schema";

/** Each function with its signatures, and its objects with their members, as text. */
function describe(table: FunctionTable): Record<string, string[]> {
  return Object.fromEntries(
    [...table.values()]
      .map((one): [string, string[]] => [
        one.name,
        one.signatures
          .map(({ params, result }) => `${params.map(typeText).join()} → ${typeText(result)}`)
          .sort(),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function typeText(type: Type): string {
  if (type.kind === "ptr") return `*${methodText(type)}`;
  if (type.kind !== "struct") return type.name;
  return `{${type.fields
    .map(({ name }) => name)
    .sort()
    .join(" ")}}`;
}

/** Methods but those that only Go's encoders call. */
function methodText(type: Type): string {
  return [...type.methods.keys()]
    .filter((name) => !name.startsWith("Marshal"))
    .sort()
    .join(" ");
}

const places: Record<string, readonly [FunctionTable, readonly FunctionGroup[]]> = {
  "variables of a Promotion": [variableFunctions, ["freight", "data", "utility", "quoting"]],
  "steps of a Promotion": [stepFunctions, ["freight", "data", "utility", "quoting", "status"]],
  "criteria of Freight": [criteriaFunctions, ["criteria"]],
};
for (const [name, [engine, groups]] of Object.entries(places)) {
  test(`the editor knows the functions the engine runs: ${name}`, () => {
    assert.deepEqual(describe(functionsOf(groups)), describe(engine));
  });
}
