// Golden cases of the steps that run helm and kustomize, with the real programs. Results and files are those that
// Kargo v1.11.2 itself left behind for the same input.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { stepRunners } from "../../src/engine/steps/registry";
import { findProgram } from "../../src/engine/tools/process";
import { isStepKind } from "../../src/model/schema/step-kinds";
import { checkStep, stepCaseNames } from "../support/step-cases";

const folder = "test/fixtures/steps";
const missing: string[] = [];
for (const name of ["helm", "kustomize"]) await findProgram(name).catch(() => missing.push(name));
const skip = missing.length === 0 ? false : `${missing.join(" and ")} missing`;

for (const kind of readdirSync(folder).sort()) {
  assert.ok(isStepKind(kind), `${folder}/${kind} is named after no step`);
  if (!stepRunners[kind]?.needs.includes("programs")) continue;
  for (const name of stepCaseNames(kind)) test(`${kind}: ${name}`, { skip }, () => checkStep(kind, name));
}
