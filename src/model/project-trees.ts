// The Projects of a workspace or a server, kept current: a changed resource costs what its own list costs, and every
// list that did not change stays the same array. What the order is, is decided in pipeline.ts.
import { groupedBy, rememberPromotionLookup } from "./list-index";
import {
  byName,
  compareText,
  newestFreightFirst,
  newestPromotionFirst,
  type ProjectTree,
  pipelineOrder,
  sortedFreight,
  sortedPromotions,
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

  constructor(resources: Iterable<AnyResource>) {
    const groups = groupedBy(resources, (resource) => projectOf(resource.metadata));
    this.#projects = new Map([...groups].map(([name, group]) => [name, new ProjectState(name, group)]));
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
      state = new ProjectState(name, []);
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

class ProjectState {
  readonly name: string;
  #project: Project | undefined;
  readonly #warehouses: SortedList<Warehouse>;
  readonly #freight: SortedList<Freight>;
  readonly #tasks: SortedList<PromotionTask>;
  readonly #stages: StageList;
  readonly #promotions: PromotionList;
  #tree: ProjectTree | undefined;

  constructor(name: string, resources: readonly AnyResource[]) {
    this.name = name;
    const groups = groupedBy(resources, (resource) => resource.kind);
    const ofKind = <R extends AnyResource>(kind: R["kind"]) => (groups.get(kind) ?? []) as R[];
    this.#project = ofKind<Project>("Project")[0];
    this.#warehouses = new SortedList(ofKind<Warehouse>("Warehouse").sort(byName), byName);
    this.#freight = new SortedList(sortedFreight(ofKind<Freight>("Freight")), newestFreightFirst);
    this.#tasks = new SortedList(ofKind<PromotionTask>("PromotionTask").sort(byName), byName);
    this.#stages = new StageList(ofKind<Stage>("Stage"));
    this.#promotions = new PromotionList(ofKind<Promotion>("Promotion"));
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
    if (place === undefined || known?.spec !== stage.spec) this.#putInOrder();
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

/** Promotions newest first, with what is looked up in them. */
class PromotionList {
  readonly #all: SortedList<Promotion>;
  #byStage: ReadonlyMap<string, readonly Promotion[]>;
  readonly #open = new Map<string, Promotion>();

  constructor(promotions: readonly Promotion[]) {
    const sorted = sortedPromotions(promotions);
    this.#all = new SortedList(sorted, newestPromotionFirst);
    this.#byStage = groupedBy(sorted, (promotion) => promotion.spec.stage);
    for (const promotion of sorted) this.#noteWhetherOpen(promotion);
    this.#rememberLookup();
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
