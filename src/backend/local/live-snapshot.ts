// The snapshot of a workspace, kept current: what changed is taken into the trees, many changes at one go.
// Reads specs and state through the store; writes nothing.
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import { inTurns } from "../../base/turns";
import { autoPromotionStages } from "../../engine/engine";
import { ProjectTrees } from "../../model/project-trees";
import { type AnyResource, type Kind, type ResourceRef, refKey, type Stage } from "../../model/resources";
import type { Snapshot } from "../backend";
import type { LocalStore } from "./local-store";
import type { Workspace, WorkspaceSpecs } from "./workspace";

/** More changes than this at once are taken in by reading everything. */
const manyChanges = 2000;

const shownKinds: readonly Kind[] = [
  "Project",
  "Warehouse",
  "Stage",
  "Freight",
  "Promotion",
  "PromotionTask",
];

/** The snapshot that a backend shows. */
export class LiveSnapshot implements Disposable {
  readonly #workspace: Workspace;
  readonly #store: LocalStore;
  readonly #log: Logger;
  readonly #owned = new DisposableStore();
  readonly #changed: Emitter<void>;
  readonly #closed = new AbortController();
  #snapshot: Snapshot = {
    revision: 0,
    projects: [],
    problems: [],
    sources: new Map(),
    autoPromotion: new Set(),
  };
  /** Which Stages promote by themselves, as long as the specs are these. */
  #autoPromotion: { readonly specs: WorkspaceSpecs; readonly stages: ReadonlySet<string> } | undefined;
  /** Asked for and not begun. */
  #nextBuild: Promise<void> | undefined;
  #lastBuild: Promise<void> = Promise.resolve();
  #trees = ProjectTrees.of([]);
  /** How often everything was to be read, and which of these times the trees are of. */
  #reloads = 1;
  #reloadOfTrees = 0;
  /** Not everything was read yet. */
  #isPartial = false;
  /** Changed since they were taken into the trees. */
  readonly #dirty = new Map<string, ResourceRef>();
  #shownSpecs: WorkspaceSpecs | undefined;

  constructor(workspace: Workspace, store: LocalStore, log: Logger) {
    this.#workspace = workspace;
    this.#store = store;
    this.#log = log;
    this.#changed = this.#owned.add(new Emitter<void>((error) => log.error(errorMessage(error))));
    const refresh = () => void this.refresh().catch(() => {});
    this.#owned.add(workspace.onDidChange(refresh));
    this.#owned.add(
      store.onDidChange((ref) => {
        this.#dirty.set(refKey(ref), ref);
        refresh();
      }),
    );
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** The next snapshot is made of everything, whatever was taken in before. */
  forget(): void {
    this.#reloads++;
  }

  dispose(): void {
    this.#owned.dispose();
    this.#closed.abort();
  }

  /**
   * Makes a snapshot of what is needed to show and drive the pipelines once the specs are `loaded`, and resolves. The rest
   * is read while others go on, and shown when it is there.
   */
  begin(loaded: Promise<void>): Promise<void> {
    const first = this.#lastBuild.then(async () => {
      await loaded;
      this.#trees = await inTurns(ProjectTrees.inSteps(await this.#firstLook()));
      this.#reloadOfTrees = this.#reloads;
      this.#isPartial = true;
      this.#publish();
    });
    this.#lastBuild = first.catch((error) => this.#log.error(errorMessage(error)));
    // A failure is the caller's to tell.
    void first.then(
      () => this.#readRest(),
      () => {},
    );
    return first;
  }

  /** Everything but Freight that no Stage is about, and earlier Promotions. */
  async #firstLook(): Promise<AnyResource[]> {
    const found: AnyResource[] = [];
    for (const kind of ["Project", "Warehouse", "PromotionTask"] as const)
      found.push(...(await this.#store.list(kind)));
    const stages = await this.#store.list("Stage");
    return [...found, ...stages, ...(await this.#store.peek(namedBy(stages)))];
  }

  /** Never rejects. */
  async #readRest(): Promise<void> {
    try {
      for (const kind of ["Freight", "Promotion"] as const)
        await this.#store.readAhead(kind, this.#closed.signal);
      this.forget();
      await this.refresh();
    } catch (error) {
      if (!this.#owned.disposed) this.#log.error(errorMessage(error));
    }
  }

  /** Builds one snapshot for all changes that come before the building starts; one building at a time. */
  refresh(): Promise<void> {
    this.#nextBuild ??= this.#lastBuild.then(() => {
      this.#nextBuild = undefined;
      return this.#build();
    });
    this.#lastBuild = this.#nextBuild.catch((error) => this.#log.error(errorMessage(error)));
    return this.#nextBuild;
  }

  async #build(): Promise<void> {
    const anyChange = await this.#bringTreesUpToDate();
    if (anyChange || this.#workspace.specs !== this.#shownSpecs) this.#publish();
  }

  #publish(): void {
    if (this.#owned.disposed) return;
    const { specs } = this.#workspace;
    const { sources } = this.#snapshot;
    this.#snapshot = {
      revision: this.#snapshot.revision + 1,
      ...(this.#isPartial && { isPartial: true }),
      projects: this.#trees.trees,
      problems: specs.problems,
      sources: specs === this.#shownSpecs ? sources : sourcesOf(specs),
      autoPromotion: this.#autoPromotionStages(),
    };
    this.#shownSpecs = specs;
    this.#changed.fire();
  }

  /**
   * Takes in what changed; everything, when nothing is known yet or so much changed that one reading is quicker.
   * Resolves with whether anything changed at all, shown in the trees or not.
   */
  async #bringTreesUpToDate(): Promise<boolean> {
    const reload = this.#reloads;
    const isCurrent = this.#reloadOfTrees === reload && this.#dirty.size <= manyChanges;
    this.#reloadOfTrees = 0; // until all went well
    if (!isCurrent) {
      this.#dirty.clear();
      const lists: (readonly AnyResource[])[] = [];
      for (const kind of shownKinds) lists.push(await this.#store.list(kind));
      this.#trees = await inTurns(ProjectTrees.inSteps(lists.flat()));
      this.#isPartial = false;
      this.#reloadOfTrees = reload;
      return true;
    }
    let anyChange = false;
    // The look itself hears of what other processes wrote.
    for (let refs = await this.#takeDirty(); refs.length > 0; refs = await this.#takeDirty()) {
      const found = await this.#store.current(refs);
      for (const [index, ref] of refs.entries()) this.#trees.apply(ref, found[index]);
      anyChange = true;
    }
    this.#reloadOfTrees = reload;
    return anyChange;
  }

  async #takeDirty(): Promise<readonly ResourceRef[]> {
    if (this.#dirty.size === 0) await this.#store.current([]);
    const refs = [...this.#dirty.values()];
    this.#dirty.clear();
    return refs;
  }

  /** Policies and Stages are specs, so this is worked out again only when a file was saved. */
  #autoPromotionStages(): ReadonlySet<string> {
    const { specs } = this.#workspace;
    if (this.#autoPromotion?.specs !== specs) {
      const resources = [...specs.entries.values()].map(({ resource }) => resource);
      this.#autoPromotion = { specs, stages: autoPromotionStages(resources) };
    }
    return this.#autoPromotion.stages;
  }
}

/** The Freight that Stages run on, and the Promotions they are about. */
function* namedBy(stages: readonly Stage[]): Generator<ResourceRef & { readonly stage?: string }> {
  const freight = new Set<string>();
  for (const { metadata, status } of stages) {
    const { name: stage, namespace = "" } = metadata;
    const { currentPromotion, lastPromotion, freightHistory } = status ?? {};
    for (const named of [currentPromotion, lastPromotion])
      if (named !== undefined) yield { kind: "Promotion", namespace, name: named.name, stage };
    for (const { name } of Object.values(freightHistory?.[0]?.items ?? {})) {
      const key = `${namespace}/${name}`;
      if (freight.has(key)) continue;
      freight.add(key);
      yield { kind: "Freight", namespace, name };
    }
  }
}

function sourcesOf({ entries }: WorkspaceSpecs): Snapshot["sources"] {
  return new Map([...entries].map(([key, entry]) => [key, entry.location]));
}
