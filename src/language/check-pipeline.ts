// Findings about the pipeline as a whole: circles, Stages no Freight reaches, origins nobody carries, selectors that
// select nothing. Told at the resource that has to change.
import { type Finding, finding } from "./finding";
import type { RequestFact, ResourceFacts } from "./resource-facts";
import { type Selector, selects } from "./selectors";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";

/** What the pipelines of the namespace say about a resource. */
export function pipelineFindings(
  entry: IndexedResource,
  namespace: string | undefined,
  index: WorkspaceIndex,
): Finding[] {
  const { facts } = entry;
  // A patch holds only parts, and what it patches is judged for itself.
  if (index.isPatch(entry.file)) return [];
  const findings = (facts.requests ?? []).flatMap(soakFinding);
  if (!index.isComplete(namespace)) return findings;
  if (facts.kind === "Stage") {
    const stages: Stages = (name) =>
      index
        .find("Stage", namespace, name)
        .find(({ file, facts: { broken } }) => !broken && !index.isPatch(file));
    const inCircle = circleFindings(entry, stages);
    findings.push(...inCircle);
    if (inCircle.length === 0) findings.push(...originFindings(entry, stages, index));
    findings.push(...(facts.requests ?? []).flatMap((request) => passingSoak(request, stages)));
  }
  if (facts.selectors !== undefined && !index.mayBeHidden("Stage", "")) {
    const all = index.all("Stage", namespace);
    if (all.some(({ facts: { broken } }) => broken)) return findings;
    const nothing = all.length === 0 ? [] : stageSelectors(facts).filter((one) => selectsNothing(one, all));
    findings.push(...nothing.map(selectorFinding));
  }
  return findings;
}

/** The Stage of that name. */
type Stages = (name: string) => IndexedResource | undefined;

function soakFinding({ direct, soak }: RequestFact): Finding[] {
  if (!direct || soak === undefined) return [];
  const message =
    "Freight straight from its Warehouse is available at once; the soak time has no effect on it.";
  return [finding("soak-on-direct", soak, message)];
}

/** Kargo counts how long Freight is in use in a Stage, and it never is in one that only passes it on. */
function passingSoak({ soak, direct, stages: names, all }: RequestFact, stages: Stages): Finding[] {
  if (soak === undefined || direct || names.length === 0) return [];
  const passing = names.filter((name) => stages(name)?.facts.controlFlow === true);
  if (passing.length < (all ? 1 : names.length)) return [];
  const who = passing.map((name) => `\`${name}\``).join(", ");
  const message = `Freight only passes through ${who}, so it never soaks there; only approval by hand lets it on.`;
  return [finding("soak-behind-control-flow", soak, message)];
}

function upstreams(entry: IndexedResource | undefined): readonly string[] {
  return (entry?.facts.requests ?? []).flatMap((request) => request.stages);
}

/** The names in the circle that begins and ends at `start`, undefined when it is in none. */
function circleThrough(start: string, stages: Stages): readonly string[] | undefined {
  const from = new Map<string, string>();
  const queue = [start];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const upstream of upstreams(stages(at))) {
      if (upstream === start) {
        const circle = [at];
        for (let back = at; back !== start; circle.unshift(back)) back = from.get(back) ?? start;
        return [...circle, start];
      }
      if (from.has(upstream) || stages(upstream) === undefined) continue;
      from.set(upstream, at);
      queue.push(upstream);
    }
  }
  return undefined;
}

function circleFindings({ facts }: IndexedResource, stages: Stages): Finding[] {
  const circle = circleThrough(facts.name ?? "", stages);
  if (circle === undefined) return [];
  const reference = facts.references.find(({ kinds, name }) => kinds[0] === "Stage" && name === circle[1]);
  if (reference === undefined) return [];
  const way = circle.map((name) => `\`${name}\``).join(" ← ");
  return [
    finding("pipeline-cycle", reference, `These Stages take Freight from each other in a circle: ${way}.`),
  ];
}

function originFindings({ facts }: IndexedResource, stages: Stages, index: WorkspaceIndex): Finding[] {
  return (facts.requests ?? []).flatMap((request) => {
    const { stages: names, warehouse, origin, all } = request;
    if (request.direct || names.length === 0) return [];
    const known = names.filter((name) => stages(name) !== undefined && !index.mayBeHidden("Stage", name));
    if (known.length < names.length) return [];
    const without = names.filter((name) => requestOf(stages(name), warehouse) === undefined);
    if (without.length === names.length || (all && without.length > 0)) {
      const who = without.map((name) => `\`${name}\``).join(", ");
      const verb = without.length === 1 ? "does not request" : "do not request";
      return [
        finding(
          "missing-origin",
          origin,
          `${who} ${verb} Freight of the Warehouse \`${warehouse}\`, so none comes from there.`,
        ),
      ];
    }
    if (names.some((name) => isReached(name, warehouse, stages, new Set()))) return [];
    const message = `No Freight of the Warehouse \`${warehouse}\` reaches this Stage: no Stage before it takes it straight from the Warehouse.`;
    return [finding("unreachable-stage", origin, message)];
  });
}

function requestOf(entry: IndexedResource | undefined, warehouse: string): RequestFact | undefined {
  return entry?.facts.requests?.find((request) => request.warehouse === warehouse);
}

/** Whether Freight of the Warehouse gets to the Stage; where something is missing, it may. */
function isReached(name: string, warehouse: string, stages: Stages, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  const entry = stages(name);
  if (entry === undefined) return true;
  const request = requestOf(entry, warehouse);
  if (request === undefined) return false;
  return request.direct || request.stages.some((upstream) => isReached(upstream, warehouse, stages, seen));
}

function stageSelectors({ selectors }: ResourceFacts): readonly Selector[] {
  return (selectors ?? []).filter(({ kind }) => kind === "Stage");
}

function selectsNothing(selector: Selector, stages: readonly IndexedResource[]): boolean {
  const { name } = selector;
  // An exact name that does not exist is told about as a reference.
  if (name !== undefined && !name.includes(":") && !stages.some(({ facts }) => facts.name === name))
    return false;
  return stages.every(({ facts }) => selects(selector, facts) === false);
}

function selectorFinding(selector: Selector): Finding {
  return finding("empty-selector", selector, "No Stage of the Project in this workspace is selected.");
}
