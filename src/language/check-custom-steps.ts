// Findings in the configurations of the user's own steps. Apart from what a unit says about itself, because they also
// depend on settings.
import { problemSpan } from "./check-unit";
import type { ConfigFault, CustomStep } from "./custom-step";
import { type Finding, finding } from "./finding";
import { type StepFacts, stepListOf } from "./step-lists";
import type { Unit, UnitResource } from "./unit";

/** Faults in the configurations of custom steps of a unit. */
export function customStepFindings(unit: Unit, steps: ReadonlyMap<string, CustomStep>): Finding[] {
  if (![...steps].some(([name, { config }]) => config !== undefined && unit.text.includes(name))) return [];
  if (!unit.relevant || unit.tree.templated || unit.tree.document.errors.length > 0) return [];
  return unit.tree.resources.flatMap((resource, index) => {
    if (resource.schema === undefined) return [];
    return (stepListOf(resource.kind, resource.value)?.steps ?? []).flatMap((step) =>
      stepFindings(unit, resource, index, step, steps),
    );
  });
}

function stepFindings(
  unit: Unit,
  resource: UnitResource,
  index: number,
  step: StepFacts,
  steps: ReadonlyMap<string, CustomStep>,
): Finding[] {
  const custom = step.uses === undefined ? undefined : steps.get(step.uses);
  if (custom === undefined) return [];
  // An absent configuration is an empty one.
  const hasConfig = step.config !== undefined && step.config !== null;
  const faults = custom.judge(hasConfig ? step.config : {});
  const base = hasConfig ? [...step.path, "config"] : step.path;
  return faults.flatMap((fault): Finding[] => {
    const path = hasConfig ? [...base, ...fault.path] : base;
    const place = hasConfig ? { path, at: fault.at } : { path: [...base, "uses"], at: "value" as const };
    const span = problemSpan(unit, resource, place);
    if (span === undefined) return [];
    const message = hasConfig
      ? fault.message
      : `The step \`${step.uses}\` needs \`config\`: ${fault.message}`;
    return [finding(fault.rule, span, message, hasConfig ? hintOf(fault, index, path) : undefined)];
  });
}

function hintOf({ missing, suggestion }: ConfigFault, resource: number, path: readonly (string | number)[]) {
  return {
    resource,
    path,
    ...(missing === undefined ? {} : { missing }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
