// Every golden case of every step, by name; a new folder under test/fixtures/steps is a new test.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { isStepKind } from "../../../../src/model/schema/step-kinds";
import { checkStep, stepCaseNames } from "../../../support/step-cases";

const folder = "test/fixtures/steps";
for (const kind of existsSync(folder) ? readdirSync(folder).sort() : []) {
  assert.ok(isStepKind(kind), `${folder}/${kind} is named after no step`);
  for (const name of stepCaseNames(kind)) test(`${kind}: ${name}`, () => checkStep(kind, name));
}
