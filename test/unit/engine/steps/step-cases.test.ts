// Every golden case of every step that needs no program, by name; a new folder under test/fixtures/steps is a new test.
// Those that need helm or kustomize are run by test/tools/program-step-cases.test.ts.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { stepRunners } from "../../../../src/engine/steps/registry";
import { isStepKind } from "../../../../src/model/schema/step-kinds";
import { checkStep, stepCaseNames } from "../../../support/step-cases";

const folder = "test/fixtures/steps";
for (const kind of existsSync(folder) ? readdirSync(folder).sort() : []) {
  assert.ok(isStepKind(kind), `${folder}/${kind} is named after no step`);
  if (stepRunners[kind]?.needs.includes("programs")) continue;
  for (const name of stepCaseNames(kind)) test(`${kind}: ${name}`, () => checkStep(kind, name));
}
