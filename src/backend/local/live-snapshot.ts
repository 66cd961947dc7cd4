// The snapshot of a workspace, kept current: what changed is taken into the trees, many changes at one go.
// Reads specs and state through the store; writes nothing.
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import { autoPromotionStages } from "../../engine/engine";
import { ProjectTrees } from "../../model/project-trees";
import { type AnyResource, type Kind, type ResourceRef, refKey } from "../../model/resources";
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
  #trees = new ProjectTrees([]);
  /** How often everything was to be read, and which of these times the trees are of. */
  #reloads = 1;
  #reloadOfTrees = 0;
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
    const trees = this.#trees.trees;
    const { specs } = this.#workspace;
    if (this.#owned.disposed) return;
    if (!anyChange && specs === this.#shownSpecs) return;
    const { sources } = this.#snapshot;
    this.#snapshot = {
      revision: this.#snapshot.revision + 1,
      projects: trees,
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
      this.#trees = new ProjectTrees(lists.flat());
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

function sourcesOf({ entries }: WorkspaceSpecs): Snapshot["sources"] {
  return new Map([...entries].map(([key, entry]) => [key, entry.location]));
}
