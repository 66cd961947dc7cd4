// What a Project consists of and in which order it is shown: Stages along the pipeline, Freight newest first.
// Decides grouping and order; how each thing stands is state.ts, how it looks is decided by the trees.
import { atOnce } from "../base/turns";
import type {
  AnalysisRun,
  AnyResource,
  ClusterPromotionTask,
  Freight,
  Project,
  Promotion,
  PromotionTask,
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

/** Stages with every upstream before its downstreams, by name among equals; a cycle is always broken at the same place. */
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
  // Asked from the last name on, so that the earlier ones of a cycle rather come first.
  for (const name of [...byStageName.keys()].reverse()) depthOf(name, new Set());
  const depth = (stage: Stage) => depths.get(stage.metadata.name) ?? 0;
  // By name already, and sorting keeps that order among equals.
  return [...byStageName.values()].sort((a, b) => depth(a) - depth(b));
}

/** Names of the Stages that `stage` takes Freight from, each once. */
export function upstreamStages(stage: Stage): string[] {
  return [...new Set(stage.spec.requestedFreight.flatMap((request) => request.sources?.stages ?? []))];
}

/** When Freight counts as discovered (api/v1alpha1/freight_types.go): `discoveredAt`, else its creation. */
export function discoveryTime(freight: Freight): string {
  return freight.discoveredAt ?? freight.metadata.creationTimestamp ?? "";
}

/** Order of Freight in a Project. */
export function newestFreightFirst(a: Freight, b: Freight): number {
  return compareAges(freightAge(a), freightAge(b));
}

/** Freight newest first; quicker than sorting with `newestFreightFirst` when there is much. In steps. */
export function sortedFreight(freight: readonly Freight[]): Generator<void, Freight[]> {
  return sortedByAge(freight, freightAge);
}

function freightAge(freight: Freight): Age {
  return { created: discoveryTime(freight), ulid: "", name: freight.metadata.name };
}

/** Order of what has no other. */
export function byName(a: AnyResource, b: AnyResource): number {
  return compareText(a.metadata.name, b.metadata.name);
}

/** AnalysisRuns in the order in which they are shown. */
export function newestRunsFirst(runs: readonly AnalysisRun[]): AnalysisRun[] {
  return atOnce(sortedByAge(runs, ageByName));
}

/** By the ULID in the name, which is finer than the recorded second; a name made by hand has none. */
export function newestPromotionFirst(a: Promotion, b: Promotion): number {
  return compareAges(ageByName(a), ageByName(b));
}

/** Promotions newest first; quicker than sorting with `newestPromotionFirst` when there are many. In steps. */
export function sortedPromotions(promotions: readonly Promotion[]): Generator<void, Promotion[]> {
  return sortedByAge(promotions, ageByName);
}

/** So many are sorted in one step. */
const stepSize = 1000;

interface Aged<T> {
  readonly one: T;
  readonly age: string;
}

/** Asks each for its age once: as one text, which is compared many times faster than three. */
function* sortedByAge<T>(list: readonly T[], ageOf: (one: T) => Age): Generator<void, T[]> {
  let runs: Aged<T>[][] = [];
  for (let start = 0; start < list.length; start += stepSize) {
    const run = list.slice(start, start + stepSize).map((one) => {
      const { created, ulid, name } = ageOf(one);
      return { one, age: `${created}\0${ulid}\0${name}` };
    });
    runs.push(run.sort((a, b) => compareText(b.age, a.age)));
    yield;
  }
  while (runs.length > 1) {
    const longer: Aged<T>[][] = [];
    for (let place = 0; place < runs.length; place += 2)
      longer.push(yield* merged(runs[place] ?? [], runs[place + 1] ?? []));
    runs = longer;
  }
  return (runs[0] ?? []).map(({ one }) => one);
}

/** Of equal ones, those of `first` come first. */
function* merged<T>(first: Aged<T>[], second: Aged<T>[]): Generator<void, Aged<T>[]> {
  if (second.length === 0) return first;
  const both: Aged<T>[] = [];
  let [a, b] = [0, 0];
  for (let left = first[a], right = second[b]; left !== undefined || right !== undefined; ) {
    if (right === undefined || (left !== undefined && left.age >= right.age)) {
      if (left !== undefined) both.push(left);
      left = first[++a];
    } else {
      both.push(right);
      right = second[++b];
    }
    if (both.length % (4 * stepSize) === 0) yield;
  }
  return both;
}

interface Age {
  readonly created: string;
  readonly ulid: string;
  readonly name: string;
}

function ageByName({ metadata: { name, creationTimestamp } }: Promotion | AnalysisRun): Age {
  const end = name.lastIndexOf(".");
  const start = name.lastIndexOf(".", end - 1);
  return { created: creationTimestamp ?? "", ulid: end < 1 ? "" : name.slice(start + 1, end), name };
}

function compareAges(a: Age, b: Age): number {
  return compareText(b.created, a.created) || compareText(b.ulid, a.ulid) || compareText(b.name, a.name);
}

/** Byte-wise order of text, as Go's strings.Compare; never by locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
