// Findings that need more than one document: names nobody defines, repositories nobody subscribes to, variables nobody
// sets. Silent wherever the workspace may not hold everything; pipelines as a whole are check-pipeline.ts.

import { nearest, type ReferenceKind } from "../model/schema/schema";
import { normChart, normGit } from "../model/urls";
import type { RepositoryUse } from "./check-expressions";
import { pipelineFindings } from "./check-pipeline";
import { taskFindings } from "./check-tasks";
import { verificationFindings } from "./check-verification";
import { changedBy } from "./coercion";
import { type Finding, finding } from "./finding";
import type { ReferenceFact, SubscriptionFact } from "./resource-facts";
import { holdsShellVariable } from "./templates";
import { expressionsOf, type IndexedResource, type WorkspaceIndex } from "./workspace-index";

/** Kinds a Project consists of: if one is named and not there, it is missing. */
const ownKinds: ReadonlySet<ReferenceKind> = new Set([
  "Warehouse",
  "Stage",
  "PromotionTask",
  "AnalysisTemplate",
]);
/** Kinds that often live elsewhere; only a name that is nearly right is worth a word. */
const foreignKinds: ReadonlySet<ReferenceKind> = new Set(["Secret", "ConfigMap"]);
/** Snapshots of what has happened, not wishes. */
const recordKinds: ReadonlySet<string> = new Set(["Freight", "Promotion"]);

/** What the workspace says about a resource. */
export function workspaceFindings(entry: IndexedResource, index: WorkspaceIndex): Finding[] {
  const { facts } = entry;
  if (recordKinds.has(facts.kind)) return [];
  const namespace = namespaceFor(entry);
  const findings = pipelineFindings(entry, namespace, index);
  if (!index.isComplete(namespace)) return findings;
  for (const reference of [...facts.references, ...expressionsOf(entry).references]) {
    findings.push(...referenceFindings(reference, namespace, index));
  }
  findings.push(...repositoryFindings(entry, namespace, index), ...variableFindings(entry, namespace, index));
  findings.push(...verificationFindings(entry, namespace, index), ...taskFindings(entry, namespace, index));
  return findings;
}

/** Namespace in which names of the resource are looked up. */
export function namespaceFor({ facts }: IndexedResource): string | undefined {
  if (facts.kind === "Project") return undefined;
  return facts.namespace;
}

function referenceFindings(reference: ReferenceFact, namespace: string, index: WorkspaceIndex): Finding[] {
  const { kinds, name } = reference;
  const kind = kinds[0];
  if (kind === undefined || kinds.some((one) => index.find(one, namespace, name).length > 0)) return [];
  if (!ownKinds.has(kind) && !foreignKinds.has(kind)) return [];
  if (kinds.some((one) => index.mayBeHidden(one, name))) return [];
  const names = index
    .all(kind, namespace)
    .flatMap(({ facts }) => (facts.name === undefined ? [] : [facts.name]));
  const suggestion = nearest(name, names);
  if (foreignKinds.has(kind)) {
    if (suggestion === undefined) return [];
    const message = `The workspace has no ${kind} \`${name}\` in the Project \`${namespace}\`, but \`${suggestion}\`.`;
    return [
      { ...finding("unresolved-reference", reference, message, { suggestion }), severity: "information" },
    ];
  }
  const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
  const message = `The Project \`${namespace}\` has no ${kind} \`${name}\` in this workspace.${hint}`;
  const create = { kind, name, namespace };
  const fix = { create, path: reference.path, ...(suggestion === undefined ? {} : { suggestion }) };
  return [finding("unresolved-reference", reference, message, fix)];
}

function repositoryFindings(entry: IndexedResource, namespace: string, index: WorkspaceIndex): Finding[] {
  const { facts } = entry;
  const uses = expressionsOf(entry).repositories.filter(({ nameless }) => nameless !== true);
  if (uses.length === 0) return [];
  const warehouses = warehousesOf(entry, namespace, index);
  if (warehouses === undefined) return [];
  const subscriptions = warehouses.flatMap((warehouse) => warehouse.facts.subscriptions ?? []);
  return uses.flatMap((use) => {
    const found = subscriptions.filter((one) => one.type === use.type && sameRepository(one, use.url));
    if (found.length === 0 && [use, ...subscriptions].some(({ url }) => holdsShellVariable(url))) return [];
    if (found.length === 0) return unknownRepository(use, subscriptions, facts.kind === "Stage");
    const { bareTag } = use;
    if (bareTag === undefined) return [];
    const tags = found.flatMap(({ numericTags }) => numericTags);
    const tag = tags.find((one) => changedBy(one, bareTag.target) !== undefined);
    if (tag === undefined) return [];
    const quoted = `quote(${bareTag.source})`;
    const message = `A tag such as \`${tag}\` would come out as ${changedBy(tag, bareTag.target)}, and this subscription may find one; \`${quoted}\` keeps it.`;
    const fix = { replacement: { title: "Wrap in quote()", text: quoted } };
    return [{ ...finding("lossy-conversion", bareTag, message, fix), severity: "information" }];
  });
}

/** The Warehouses whose Freight a resource's expressions see; undefined when they cannot be told. */
function warehousesOf(
  { facts }: IndexedResource,
  namespace: string,
  index: WorkspaceIndex,
): readonly IndexedResource[] | undefined {
  if (facts.kind === "Warehouse") return undefined;
  const names = facts.requests?.map(({ warehouse }) => warehouse);
  if (names === undefined) {
    const all = index.all("Warehouse", namespace);
    return all.length === 0 || index.mayBeHidden("Warehouse", "") || all.some(isBroken) ? undefined : all;
  }
  const found = names.map((name) => index.find("Warehouse", namespace, name)[0]);
  return found.some((one) => one === undefined || isBroken(one)) ||
    names.some((name) => index.mayBeHidden("Warehouse", name))
    ? undefined
    : found.filter((one) => one !== undefined);
}

function isBroken({ facts }: IndexedResource): boolean {
  return facts.broken;
}

/** URLs of git and chart repositories are compared in their normal form, images exactly (pkg/expressions/function). */
function sameRepository({ type, url }: SubscriptionFact, other: string): boolean {
  if (type === "git") return normGit(url) === normGit(other);
  return type === "chart" ? url === other || normChart(url) === normChart(other) : url === other;
}

function unknownRepository(
  use: RepositoryUse,
  subscriptions: readonly SubscriptionFact[],
  isStage: boolean,
): Finding[] {
  const urls = subscriptions.filter(({ type }) => type === use.type).map(({ url }) => url);
  const suggestion = nearest(use.url, urls);
  const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
  const who = isStage ? "No Warehouse this Stage requests" : "No Warehouse of the Project";
  const what = { git: "git repository", image: "image", chart: "chart repository" }[use.type];
  const message = `${who} subscribes to the ${what} \`${use.url}\`.${hint}`;
  return [finding("unknown-repository", use, message, suggestion === undefined ? undefined : { suggestion })];
}

/** Tasks see the variables of every Stage that uses them; one that nobody sets anywhere is a slip. */
function variableFindings(entry: IndexedResource, namespace: string, index: WorkspaceIndex): Finding[] {
  const { variables } = expressionsOf(entry);
  if (variables.length === 0 || entry.facts.kind === "ClusterPromotionTask") return [];
  const set = new Set<string>();
  for (const kind of ["Stage", "PromotionTask"]) {
    if (index.mayBeHidden(kind, "")) return [];
    const all = index.all(kind, namespace);
    if (all.some(isBroken)) return [];
    for (const { facts } of all) for (const name of facts.variables) set.add(name);
  }
  const usesClusterTask = entry.facts.tasks.some(({ kind }) => kind === "ClusterPromotionTask");
  if (usesClusterTask) return [];
  return variables
    .filter(({ name }) => !set.has(name))
    .map((variable) => {
      const suggestion = nearest(variable.name, [...set]);
      const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
      const message = `Neither this nor any Stage of the Project sets the variable \`${variable.name}\`, so it is nil.${hint}`;
      return finding(
        "unknown-variable",
        variable,
        message,
        suggestion === undefined ? undefined : { suggestion },
      );
    });
}
