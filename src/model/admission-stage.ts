// Admission rules for lists of steps and for Stages (pkg/webhook/kubernetes/promotion_steps.go, stage/webhook.go).
// Kargo checks here neither step names nor configurations nor whether anything referred to exists.
import { isObject } from "../base/json";
import { type AdmissionProblem, fieldPath, forbidden, invalid, objectsOf, textOf } from "./admission-problem";
import type { Path } from "./schema/schema";

/** Aliases that Kargo gives itself (pkg/promotion/local_engine.go ReservedStepAliasRegex). */
export function isReservedAlias(alias: string): boolean {
  return /^(step|task)-[0-9]+$/.test(alias);
}

/** Rules for any list of steps: aliases are not given twice and not reserved. */
export function stepListProblems(steps: unknown, path: Path): AdmissionProblem[] {
  const problems: AdmissionProblem[] = [];
  const first = new Map<string, number>();
  for (const [index, step] of objectsOf(steps)) {
    const alias = goTrim(textOf(step.as));
    if (alias === "") continue;
    const at = [...path, index, "as"];
    const earlier = first.get(alias);
    if (earlier === undefined) first.set(alias, index);
    else problems.push(invalid(at, alias, `step alias duplicates that of ${fieldPath([...path, earlier])}`));
    if (isReservedAlias(alias)) problems.push(invalid(at, alias, "step alias is reserved"));
  }
  return problems;
}

/** Rules for a Stage's spec. */
export function stageProblems(spec: unknown): AdmissionProblem[] {
  if (!isObject(spec)) return [];
  const requests = requestProblems(spec.requestedFreight, ["spec", "requestedFreight"]);
  const template = isObject(spec.promotionTemplate) ? spec.promotionTemplate.spec : undefined;
  if (!isObject(template)) return requests;
  const path = ["spec", "promotionTemplate", "spec", "steps"];
  return [
    ...requests,
    ...stepListProblems(template.steps, path),
    ...taskReferenceProblems(template.steps, path),
  ];
}

function requestProblems(requests: unknown, path: Path): AdmissionProblem[] {
  const problems: AdmissionProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, request] of objectsOf(requests)) {
    const key = originText(request.origin);
    const times = key === undefined ? 0 : (seen.get(key) ?? 0) + 1;
    if (key !== undefined) seen.set(key, times);
    if (times === 2) {
      const message = `freight with origin ${key} requested multiple times in ${fieldPath(path)}`;
      problems.push(invalid(path, requests, message, [...path, index, "origin"]));
    }
    problems.push(...sourceProblems(request.sources, [...path, index, "sources"]));
  }
  return problems;
}

function originText(origin: unknown): string | undefined {
  if (!isObject(origin) || typeof origin.kind !== "string" || typeof origin.name !== "string")
    return undefined;
  return `${origin.kind}/${origin.name}`;
}

function sourceProblems(sources: unknown, path: Path): AdmissionProblem[] {
  if (!isObject(sources) || !isObject(sources.autoPromotionOptions)) return [];
  const policy = sources.autoPromotionOptions.selectionPolicy;
  if (policy !== "MatchUpstream") return [];
  const at = [...path, "autoPromotionOptions", "selectionPolicy"];
  const problems: AdmissionProblem[] = [];
  if (sources.direct === true) {
    const message =
      "selection policy 'MatchUpstream' cannot be used when accepting Freight directly from its origin";
    problems.push(invalid(at, policy, message));
  }
  const upstreams = Array.isArray(sources.stages) ? sources.stages.length : 0;
  if (upstreams !== 1) {
    const message = "selection policy 'MatchUpstream' requires exactly one upstream Stage to be specified";
    problems.push(invalid(at, policy, message));
  }
  return problems;
}

/** A step that stands for a task has neither a condition nor a configuration; only Stages may have such steps. */
function taskReferenceProblems(steps: unknown, path: Path): AdmissionProblem[] {
  return objectsOf(steps).flatMap(([index, step]) => {
    if (step.task === undefined || step.task === null) return [];
    const found: AdmissionProblem[] = [];
    if (textOf(step.if) !== "") {
      const message = "PromotionTemplate step referencing a task cannot have an 'if' condition";
      found.push(forbidden([...path, index, "if"], message));
    }
    if (step.config !== undefined && step.config !== null) {
      found.push(
        forbidden(
          [...path, index, "config"],
          "PromotionTemplate step referencing a task cannot have a config",
        ),
      );
    }
    return found;
  });
}

/** Go's strings.TrimSpace. */
function goTrim(text: string): string {
  return text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, "");
}
