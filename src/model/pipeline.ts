// What a Project consists of and in which order it is shown: Stages along the pipeline, Freight newest first.
// Decides grouping and order; how each thing stands is state.ts, how it looks is decided by the trees.
import type {
  AnalysisRun,
  AnyResource,
  ClusterPromotionTask,
  Freight,
  Kind,
  Project,
  Promotion,
  PromotionTask,
  ResourceByKind,
  Stage,
  Warehouse,
} from "./resources";

/** One Project with everything that belongs to it, ordered for showing. */
export interface ProjectTree {
  readonly name: string;
  /** Absent when resources name the namespace but no Project of that name is known. */
  readonly project?: Project;
  /** By name. */
  readonly warehouses: readonly Warehouse[];
  /** Upstream before downstream; by name among equals. */
  readonly stages: readonly Stage[];
  /** Newest discovered first. */
  readonly freight: readonly Freight[];
  /** Newest first, whatever their Stage. */
  readonly promotions: readonly Promotion[];
  readonly tasks: readonly (PromotionTask | ClusterPromotionTask)[];
}

/** Groups resources by Project, ordered by name. */
export function projectTrees(resources: Iterable<AnyResource>): ProjectTree[] {
  const all = [...resources];
  const ofKind = <K extends Kind>(kind: K, namespace: string) =>
    all.filter(
      (r) => r.kind === kind && (r.metadata.namespace ?? r.metadata.name) === namespace,
    ) as ResourceByKind[K][];
  const names = new Set(all.filter(belongsToProject).map((r) => r.metadata.namespace ?? r.metadata.name));
  return [...names].sort(compareText).map((name) => {
    const project = ofKind("Project", name)[0];
    return {
      name,
      ...(project === undefined ? {} : { project }),
      warehouses: ofKind("Warehouse", name).sort(byName),
      stages: pipelineOrder(ofKind("Stage", name)),
      freight: ofKind("Freight", name).sort(newestFreightFirst),
      promotions: ofKind("Promotion", name).sort(newestFirst),
      tasks: ofKind("PromotionTask", name).sort(byName),
    };
  });
}

/** Kinds whose presence makes a namespace a Project worth showing. */
function belongsToProject(resource: AnyResource): boolean {
  return ["Project", "Warehouse", "Stage", "Freight", "Promotion", "PromotionTask"].includes(resource.kind);
}

/** Stages with every upstream before its downstreams; a cycle is broken at its first Stage by name. */
export function pipelineOrder(stages: readonly Stage[]): Stage[] {
  const byStageName = new Map([...stages].sort(byName).map((stage) => [stage.metadata.name, stage]));
  const depths = new Map<string, number>();
  const depthOf = (name: string, path: ReadonlySet<string>): number => {
    const known = depths.get(name);
    const stage = byStageName.get(name);
    if (known !== undefined) return known;
    if (stage === undefined || path.has(name)) return -1;
    const inner = new Set(path).add(name);
    const depth = 1 + Math.max(-1, ...upstreamStages(stage).map((upstream) => depthOf(upstream, inner)));
    depths.set(name, depth);
    return depth;
  };
  const depth = (stage: Stage) => depthOf(stage.metadata.name, new Set());
  return [...byStageName.values()].sort((a, b) => depth(a) - depth(b) || byName(a, b));
}

/** Names of the Stages that `stage` takes Freight from, each once. */
export function upstreamStages(stage: Stage): string[] {
  return [...new Set(stage.spec.requestedFreight.flatMap((request) => request.sources?.stages ?? []))];
}

/** When Freight counts as discovered (api/v1alpha1/freight_types.go): `discoveredAt`, else its creation. */
export function discoveryTime(freight: Freight): string {
  return freight.discoveredAt ?? freight.metadata.creationTimestamp ?? "";
}

function newestFreightFirst(a: Freight, b: Freight): number {
  return compareText(discoveryTime(b), discoveryTime(a)) || compareText(b.metadata.name, a.metadata.name);
}

function byName(a: AnyResource, b: AnyResource): number {
  return compareText(a.metadata.name, b.metadata.name);
}

/** AnalysisRuns in the order in which they are shown. */
export function newestRunsFirst(runs: readonly AnalysisRun[]): AnalysisRun[] {
  return [...runs].sort(newestFirst);
}

/** By the ULID in the name, which is finer than the recorded second; a name made by hand has none. */
function newestFirst(a: Promotion | AnalysisRun, b: Promotion | AnalysisRun): number {
  const created = ({ metadata }: Promotion | AnalysisRun) => metadata.creationTimestamp ?? "";
  const ulid = ({ metadata }: Promotion | AnalysisRun) => metadata.name.split(".").at(-2) ?? "";
  return (
    compareText(created(b), created(a)) ||
    compareText(ulid(b), ulid(a)) ||
    compareText(b.metadata.name, a.metadata.name)
  );
}

/** Byte-wise order of text, as Go's strings.Compare; never by locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
