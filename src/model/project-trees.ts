// The Projects of a workspace or a server, kept current: a changed resource costs what its own list costs, and every
// list that did not change stays the same array. What the order is, is decided in pipeline.ts.
import { atOnce } from "../base/turns";
import { groupedInSteps, rememberPromotionLookup } from "./list-index";
import {
  byName,
  compareText,
  newestFreightFirst,
  newestPromotionFirst,
  type ProjectTree,
  pipelineOrder,
  sortedFreight,
  sortedPromotions,
  upstreamStages,
} from "./pipeline";
import {
  type AnyResource,
  type Freight,
  isTerminalPhase,
  type Project,
  type Promotion,
  type PromotionTask,
  type ResourceRef,
  type Stage,
  type Warehouse,
} from "./resources";
import { SortedList } from "./sorted-list";

/** Every Project with what belongs to it. */
export class ProjectTrees {
  readonly #projects: Map<string, ProjectState>;
  #trees: readonly ProjectTree[] | undefined;

  private constructor(projects: Map<string, ProjectState>) {
    this.#projects = projects;
  }

  /** The trees of `resources`. */
  static of(resources: Iterable<AnyResource>): ProjectTrees {
    return atOnce(ProjectTrees.inSteps(resources));
  }

  /** The same in steps, as there may be much to put in order. */
  static *inSteps(resources: Iterable<AnyResource>): Generator<void, ProjectTrees> {
    const projects = new Map<string, ProjectState>();
    const groups = yield* groupedInSteps(resources, (resource) => projectOf(resource.metadata));
    for (const [name, group] of groups) projects.set(name, yield* ProjectState.inSteps(name, group));
    return new ProjectTrees(projects);
  }

  /** By name. The trees of Projects in which nothing changed are the same objects as before. */
  get trees(): readonly ProjectTree[] {
    this.#trees ??= [...this.#projects.values()]
      .filter((state) => !state.isEmpty)
      .sort((a, b) => compareText(a.name, b.name))
      .map((state) => state.tree);
    return this.#trees;
  }

  /** Takes in what a resource is now; undefined when there is none any more. */
  apply(ref: ResourceRef, resource: AnyResource | undefined): void {
    const name = projectOf(ref);
    let state = this.#projects.get(name);
    if (state === undefined) {
      if (resource === undefined) return;
      state = atOnce(ProjectState.inSteps(name, []));
      this.#projects.set(name, state);
    }
    if (state.apply(ref, resource)) this.#trees = undefined;
  }
}

/** A Project's own name, and the namespace of what belongs to it. */
function projectOf({
  namespace,
  name,
}: {
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return namespace ?? name;
}

/** In order, but for the Stages. */
interface ProjectLists {
  readonly project: Project | undefined;
  readonly warehouses: readonly Warehouse[];
  readonly freight: readonly Freight[];
  readonly tasks: readonly PromotionTask[];
  readonly stages: readonly Stage[];
  readonly promotions: PromotionList;
}

class ProjectState {
  readonly name: string;
  #project: Project | undefined;
  readonly #warehouses: SortedList<Warehouse>;
  readonly #freight: SortedList<Freight>;
  readonly #tasks: SortedList<PromotionTask>;
  readonly #stages: StageList;
  readonly #promotions: PromotionList;
  #tree: ProjectTree | undefined;

  private constructor(name: string, lists: ProjectLists) {
    this.name = name;
    this.#project = lists.project;
    this.#warehouses = new SortedList(lists.warehouses, byName);
    this.#freight = new SortedList(lists.freight, newestFreightFirst);
    this.#tasks = new SortedList(lists.tasks, byName);
    this.#stages = new StageList(lists.stages);
    this.#promotions = lists.promotions;
  }

  static *inSteps(name: string, resources: readonly AnyResource[]): Generator<void, ProjectState> {
    const groups = yield* groupedInSteps(resources, (resource) => resource.kind);
    const ofKind = <R extends AnyResource>(kind: R["kind"]) => (groups.get(kind) ?? []) as R[];
    return new ProjectState(name, {
      project: ofKind<Project>("Project")[0],
      warehouses: ofKind<Warehouse>("Warehouse").sort(byName),
      freight: yield* sortedFreight(ofKind<Freight>("Freight")),
      tasks: ofKind<PromotionTask>("PromotionTask").sort(byName),
      stages: ofKind<Stage>("Stage"),
      promotions: yield* PromotionList.inSteps(ofKind<Promotion>("Promotion")),
    });
  }

  get isEmpty(): boolean {
    const { project, warehouses, stages, freight, promotions, tasks } = this.tree;
    return (
      project === undefined && [warehouses, stages, freight, promotions, tasks].every((l) => l.length === 0)
    );
  }

  get tree(): ProjectTree {
    this.#tree ??= {
      name: this.name,
      ...(this.#project === undefined ? {} : { project: this.#project }),
      warehouses: this.#warehouses.items,
      stages: this.#stages.items,
      freight: this.#freight.items,
      promotions: this.#promotions.items,
      tasks: this.#tasks.items,
    };
    return this.#tree;
  }

  /** True when the tree is another one now. */
  apply(ref: ResourceRef, resource: AnyResource | undefined): boolean {
    if (ref.kind === "Project") this.#project = resource as Project | undefined;
    else {
      const list = this.#listOf(ref);
      const known = list?.get(ref.name);
      if (list === undefined || known === resource) return false;
      if (resource === undefined) list.remove(ref.name);
      else list.put(resource as never);
    }
    this.#tree = undefined;
    return true;
  }

  #listOf({ kind }: ResourceRef) {
    if (kind === "Warehouse") return this.#warehouses;
    if (kind === "Freight") return this.#freight;
    if (kind === "PromotionTask") return this.#tasks;
    if (kind === "Stage") return this.#stages;
    return kind === "Promotion" ? this.#promotions : undefined;
  }
}

/** Stages along the pipeline. Their order comes of their specs; a new status leaves it as it is. */
class StageList {
  readonly #byName: Map<string, Stage>;
  readonly #places = new Map<string, number>();
  #items: readonly Stage[] = [];

  constructor(stages: readonly Stage[]) {
    this.#byName = new Map(stages.map((stage) => [stage.metadata.name, stage]));
    this.#putInOrder();
  }

  get items(): readonly Stage[] {
    return this.#items;
  }

  get(name: string): Stage | undefined {
    return this.#byName.get(name);
  }

  put(stage: Stage): void {
    const { name } = stage.metadata;
    const known = this.#byName.get(name);
    const place = this.#places.get(name);
    this.#byName.set(name, stage);
    if (place === undefined || known === undefined || !hasSameUpstreams(known, stage)) this.#putInOrder();
    else this.#items = this.#items.with(place, stage);
  }

  remove(name: string): void {
    if (this.#byName.delete(name)) this.#putInOrder();
  }

  #putInOrder(): void {
    this.#items = pipelineOrder([...this.#byName.values()]);
    this.#places.clear();
    for (const [place, stage] of this.#items.entries()) this.#places.set(stage.metadata.name, place);
  }
}

/** Nothing else of a Stage decides its place among the others. */
function hasSameUpstreams(a: Stage, b: Stage): boolean {
  return a.spec === b.spec || upstreamStages(a).join(" ") === upstreamStages(b).join(" ");
}

/** Promotions newest first, with what is looked up in them. */
class PromotionList {
  readonly #all: SortedList<Promotion>;
  #byStage: ReadonlyMap<string, readonly Promotion[]>;
  readonly #open = new Map<string, Promotion>();

  private constructor(sorted: readonly Promotion[], byStage: ReadonlyMap<string, readonly Promotion[]>) {
    this.#all = new SortedList(sorted, newestPromotionFirst);
    this.#byStage = byStage;
  }

  static *inSteps(promotions: readonly Promotion[]): Generator<void, PromotionList> {
    const sorted = yield* sortedPromotions(promotions);
    const list = new PromotionList(
      sorted,
      yield* groupedInSteps(sorted, (promotion) => promotion.spec.stage),
    );
    for (const [place, promotion] of sorted.entries()) {
      list.#noteWhetherOpen(promotion);
      if (place % 2000 === 0) yield;
    }
    list.#rememberLookup();
    return list;
  }

  get items(): readonly Promotion[] {
    return this.#all.items;
  }

  get(name: string): Promotion | undefined {
    return this.#all.get(name);
  }

  put(promotion: Promotion): void {
    const { stage } = promotion.spec;
    this.#all.put(promotion);
    this.#noteWhetherOpen(promotion);
    const others = this.#without(promotion.metadata.name, stage);
    this.#renewed(stage, [...others, promotion].sort(newestPromotionFirst));
  }

  remove(name: string): void {
    const stage = this.#all.get(name)?.spec.stage ?? "";
    this.#all.remove(name);
    this.#open.delete(name);
    this.#renewed(stage, this.#without(name, stage));
  }

  #without(name: string, stage: string): Promotion[] {
    return (this.#byStage.get(stage) ?? []).filter(({ metadata }) => metadata.name !== name);
  }

  #noteWhetherOpen(promotion: Promotion): void {
    if (isTerminalPhase(promotion.status?.phase)) this.#open.delete(promotion.metadata.name);
    else this.#open.set(promotion.metadata.name, promotion);
  }

  #renewed(stage: string, promotions: readonly Promotion[]): void {
    this.#byStage = new Map(this.#byStage).set(stage, promotions);
    this.#rememberLookup();
  }

  #rememberLookup(): void {
    rememberPromotionLookup(this.#all.items, { byStage: this.#byStage, open: [...this.#open.values()] });
  }
}
