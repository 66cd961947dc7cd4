// Admission rules for ProjectConfig and ClusterConfig (pkg/webhook/kubernetes/{projectconfig,clusterconfig,external}).
// Promotes nothing; whether a policy matches a Stage is decided by engine/reconcile.
import { isGlob } from "../base/glob";
import { isObject } from "../base/json";
import { type AdmissionProblem, fieldPath, forbidden, invalid, objectsOf, textOf } from "./admission-problem";
import type { Path } from "./schema/schema";

/** Says what is wrong with a regular expression in Go's dialect; undefined when it is right. */
export type RegexCheck = (pattern: string) => string | undefined;

/** Rules for a ProjectConfig: its name, its policies, its receivers. */
export function projectConfigProblems(
  resource: unknown,
  regexProblem: RegexCheck = () => undefined,
): AdmissionProblem[] {
  if (!isObject(resource)) return [];
  const { spec } = resource;
  return [
    ...nameProblems(resource.metadata),
    ...(isObject(spec)
      ? policyProblems(spec.promotionPolicies, ["spec", "promotionPolicies"], regexProblem)
      : []),
    ...(isObject(spec) ? receiverProblems(spec.webhookReceivers, ["spec", "webhookReceivers"]) : []),
  ];
}

/** Rules for a ClusterConfig: its name, its receivers. */
export function clusterConfigProblems(resource: unknown): AdmissionProblem[] {
  if (!isObject(resource)) return [];
  const name = isObject(resource.metadata) ? textOf(resource.metadata.name) : "";
  const { spec } = resource;
  return [
    ...(name === "cluster" ? [] : [invalid(["metadata", "name"], name, `name "${name}" must be "cluster"`)]),
    ...(isObject(spec) ? receiverProblems(spec.webhookReceivers, ["spec", "webhookReceivers"]) : []),
  ];
}

/** The namespace may be left to whoever applies the file; only two different names contradict each other. */
function nameProblems(metadata: unknown): AdmissionProblem[] {
  if (!isObject(metadata) || textOf(metadata.namespace) === "") return [];
  const name = textOf(metadata.name);
  const namespace = textOf(metadata.namespace);
  if (name === namespace) return [];
  return [invalid(["metadata", "name"], name, `name "${name}" must match project name "${namespace}"`)];
}

/** Patterns must be patterns, and no Stage may be named twice; patterns and empty names are exempt from that. */
function policyProblems(policies: unknown, path: Path, regexProblem: RegexCheck): AdmissionProblem[] {
  const problems: AdmissionProblem[] = [];
  const duplicates: AdmissionProblem[] = [];
  const first = new Map<string, number>();
  for (const [index, policy] of objectsOf(policies)) {
    const stage = textOf(isObject(policy.stageSelector) ? policy.stageSelector.name : policy.stage);
    if (stage === "") continue;
    if (stage.includes(":")) {
      const problem = patternProblem(stage, regexProblem);
      const at = [...path, index, "stageSelector", "name"];
      const blame = isObject(policy.stageSelector) ? at : [...path, index, "stage"];
      if (problem !== undefined) problems.push(invalid(at, stage, problem, blame));
      continue;
    }
    const earlier = first.get(stage);
    if (earlier === undefined) first.set(stage, index);
    else {
      const message = `stage name already defined at ${fieldPath([...path, earlier])}`;
      duplicates.push(invalid([...path, index], stage, message));
    }
  }
  return [...problems, ...duplicates];
}

function patternProblem(pattern: string, regexProblem: RegexCheck): string | undefined {
  const [, prefix = "", rest = ""] = /^([^:]*):(.*)$/s.exec(pattern) ?? [];
  if (prefix === "glob") return isGlob(rest) ? undefined : "syntax error in pattern";
  if (prefix === "regex" || prefix === "regexp") return regexProblem(rest);
  return `invalid pattern identifier "${prefix}": must be "regex", "regexp" or "glob"`;
}

/** Provider blocks and the names Kargo counts them by; harbor is not counted. */
const providers = {
  bitbucket: "Bitbucket",
  dockerhub: "DockerHub",
  github: "GitHub",
  gitlab: "GitLab",
  quay: "Quay",
  artifactory: "Artifactory",
  azure: "Azure",
  gitea: "Gitea",
  generic: "Generic",
} as const;

function receiverProblems(receivers: unknown, path: Path): AdmissionProblem[] {
  const entries = objectsOf(receivers);
  return [
    ...receiverNameProblems(entries, path),
    ...entries.flatMap(([index, receiver]) => {
      const found = Object.entries(providers).filter(([key]) => isObject(receiver[key]));
      if (found.length < 2) return [];
      const names = found.map(([, name]) => name).join(" ");
      const message = `cannot define a receiver that is of more than one type, found ${found.length}: [${names}]`;
      return [forbidden([...path, index], message)];
    }),
    ...entries.flatMap(([index, receiver]) =>
      targetProblems(receiver.generic, [...path, index, "generic", "actions"]),
    ),
  ];
}

function receiverNameProblems(entries: ReturnType<typeof objectsOf>, path: Path): AdmissionProblem[] {
  const first = new Map<string, number>();
  return entries.flatMap(([index, receiver]) => {
    const name = textOf(receiver.name);
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    if (earlier === undefined) return [];
    const message = `webhook receiver name already defined at ${fieldPath([...path, earlier])}`;
    return [invalid([...path, index, "name"], name, message)];
  });
}

function targetProblems(generic: unknown, path: Path): AdmissionProblem[] {
  if (!isObject(generic)) return [];
  return objectsOf(generic.actions).flatMap(([action, { targetSelectionCriteria }]) =>
    objectsOf(targetSelectionCriteria).flatMap(([target, criteria]) => {
      if (!selectsAnything(criteria)) return [];
      const message = "at least one of name, labelSelector, or indexSelector must be specified for target";
      return [invalid([...path, action, "targetSelectionCriteria", target], criteria, message)];
    }),
  );
}

/** True when a target has no condition at all, so that it would mean every resource. */
function selectsAnything({ name, labelSelector, indexSelector }: Readonly<Record<string, unknown>>): boolean {
  const labels = isObject(labelSelector) ? labelSelector : {};
  const indices = isObject(indexSelector) ? indexSelector.matchIndices : undefined;
  return (
    textOf(name) === "" &&
    Object.keys(isObject(labels.matchLabels) ? labels.matchLabels : {}).length === 0 &&
    isEmptyList(labels.matchExpressions) &&
    isEmptyList(indices)
  );
}

function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}
