// The durable ResourceStore of a workspace: specs from its files, everything else from `.kargo/state`.
// Each write happens under one lock, in one file, and is told to other processes by the change journal.
import { randomUUID } from "node:crypto";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import {
  type Clock,
  type ListOptions,
  type ResourceChange,
  type ResourceStore,
  StoreError,
} from "../../engine/ports";
import { groupedBy } from "../../model/list-index";
import {
  type AnyResource,
  type Kind,
  type ObjectMeta,
  type ResourceByKind,
  type ResourceRef,
  refKey,
  toRef,
} from "../../model/resources";
import { ChangeJournal, type JournalEntry } from "./change-journal";
import { isCondensed } from "./condensed";
import { acquireLock } from "./locks";
import { merge, overlay, timestamp, versioned } from "./spec-status";
import { type ObjectGroup, StateCache } from "./state-cache";
import { type Group, groupOf, type StateFiles, type StoredObject, stageOf } from "./state-files";
import type { SpecChange, SpecEntry, Workspace, WorkspaceSpecs } from "./workspace";

const ownedByEngine: ReadonlySet<Kind> = new Set<Kind>(["Freight", "Promotion", "AnalysisRun"]);
const lockPollMs = 4;

/** The store of one workspace in this process. */
export class LocalStore implements ResourceStore, Disposable {
  readonly #workspace: Workspace;
  readonly #files: StateFiles;
  readonly #journal: ChangeJournal;
  readonly #clock: Clock;
  readonly #state: StateCache;
  readonly #specsByKind = new WeakMap<WorkspaceSpecs, ReadonlyMap<Kind, readonly SpecEntry[]>>();
  /** The resource of a spec and a status, made once for the two. */
  readonly #merged = new WeakMap<
    SpecEntry,
    { readonly stored: StoredObject | undefined; readonly made: AnyResource }
  >();
  readonly #owned = new DisposableStore();
  readonly #changed: Emitter<ResourceChange>;
  #queue: Promise<unknown> = Promise.resolve();
  #prepared: Promise<void> | undefined;

  constructor(workspace: Workspace, files: StateFiles, clock: Clock, log: Logger) {
    this.#workspace = workspace;
    this.#files = files;
    this.#clock = clock;
    this.#journal = new ChangeJournal(files.journal);
    this.#state = new StateCache(files, log);
    this.#changed = this.#owned.add(new Emitter<ResourceChange>((e) => log.error(errorMessage(e))));
    this.#owned.add(workspace.onDidChange((changes) => void this.#takeInSpecs(changes)));
  }

  get onDidChange(): Event<ResourceChange> {
    return this.#changed.event;
  }

  /** Begins to hear of other processes' writes. */
  watch(): void {
    this.#owned.add(this.#journal.watch(() => void this.#exclusively(() => this.#catchUp())));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Forgets everything read from disk. */
  async reload(): Promise<void> {
    await this.#exclusively(() => this.#state.clear());
  }

  async get<K extends Kind>(
    kind: K,
    name: { readonly namespace?: string; readonly name: string },
  ): Promise<ResourceByKind[K] | undefined> {
    const ref: ResourceRef<K> = { kind, ...name };
    await this.#exclusively(() => this.#catchUp());
    return (await this.#find(ref))?.resource;
  }

  async list<K extends Kind>(kind: K, options: ListOptions = {}): Promise<readonly ResourceByKind[K][]> {
    await this.#exclusively(() => this.#catchUp());
    const { labels } = options;
    if (!ownedByEngine.has(kind)) {
      const specs = await this.#listSpecs(kind, options.namespace);
      return labels === undefined ? specs : specs.filter(({ metadata }) => hasLabels(metadata, labels));
    }
    const groups = await this.#groupsOf(kind, options);
    const found = groups.flatMap((group) => objectsIn(group, kind, options));
    const wanted =
      labels === undefined
        ? found
        : found.filter(({ metadata }) => hasLabels(metadata as ObjectMeta, labels));
    return wanted as unknown as ResourceByKind[K][];
  }

  /** What each of `refs` is now, as one look. */
  async current(refs: readonly ResourceRef[]): Promise<readonly (AnyResource | undefined)[]> {
    await this.#exclusively(() => this.#catchUp());
    const found: (AnyResource | undefined)[] = [];
    for (const ref of refs) found.push((await this.#find(ref))?.resource as AnyResource | undefined);
    return found;
  }

  /**
   * Those of `refs` that there are, each read for itself: quicker than reading all there is when little is wanted of much.
   * Freight and Promotions only.
   */
  async peek(refs: Iterable<ResourceRef & { readonly stage?: string }>): Promise<readonly AnyResource[]> {
    await this.#exclusively(() => this.#catchUp());
    const found: AnyResource[] = [];
    for (const { stage, ...ref } of refs) {
      const object = await this.#state.peek(ref, groupOf(ref, stage));
      if (object !== undefined) found.push(object as unknown as AnyResource);
    }
    return found;
  }

  /** Reads what listing `kind` will need, unless the signal aborts: then rejects with its reason. */
  async readAhead(kind: Kind, signal: AbortSignal): Promise<void> {
    await this.#groupsOf(kind, {}, signal);
  }

  create<K extends Kind>(resource: ResourceByKind[K]): Promise<ResourceByKind[K]> {
    const ref = toRef(resource as ResourceByKind["Freight"]) as ResourceRef<K>;
    if (!ownedByEngine.has(ref.kind)) {
      throw new StoreError(
        "invalid",
        `A ${ref.kind} is written in a YAML file of the workspace, not created here.`,
      );
    }
    return this.#write(ref, stageOf(resource), (current) => {
      if (current !== undefined)
        throw new StoreError("alreadyExists", `${ref.kind} ${ref.name} exists already.`);
      const metadata: ObjectMeta = {
        ...resource.metadata,
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: timestamp(this.#clock.now()),
      };
      return { ...resource, metadata };
    });
  }

  update<K extends Kind>(
    ref: ResourceRef<K>,
    change: (current: ResourceByKind[K]) => ResourceByKind[K] | undefined,
  ): Promise<ResourceByKind[K]> {
    return this.#write(ref, undefined, (current) => {
      if (current === undefined) throw new StoreError("notFound", `${ref.kind} ${ref.name} does not exist.`);
      return change(current);
    });
  }

  async delete(ref: ResourceRef): Promise<void> {
    const before = await this.#locked(async () => {
      const found = await this.#find(ref);
      if (found === undefined) throw new StoreError("notFound", `${ref.kind} ${ref.name} does not exist.`);
      const entry = journalEntry(ref, found.group);
      await this.#journal.begin(entry);
      await this.#files.remove(ref, found.group);
      await this.#journal.done(entry);
      (await this.#state.group(found.group)).delete(ref.name);
      return found.resource as AnyResource;
    });
    this.#changed.fire({ ...ref, before });
  }

  /** Reads, changes and writes one object as one act; `change` sees undefined when there is none. */
  async #write<K extends Kind>(
    ref: ResourceRef<K>,
    stage: string | undefined,
    change: (current: ResourceByKind[K] | undefined) => ResourceByKind[K] | undefined,
  ): Promise<ResourceByKind[K]> {
    const { value, written, before } = await this.#locked(async (lost) => {
      const found = await this.#find(ref, stage);
      const current = found && (await this.#inFull(ref, found));
      const next = change(current);
      if (next === undefined || next === current) return { value: current, written: false, before: current };
      const group = found?.group ?? groupOf(ref, stage);
      const spec = this.#spec(ref);
      const stored = spec === undefined ? versioned(next) : overlay(next, spec);
      const entry = journalEntry(ref, group);
      await this.#state.group(group);
      await this.#journal.begin(entry);
      lost.throwIfAborted();
      await this.#files.write(ref, group, stored);
      await this.#journal.done(entry);
      const kept = await this.#state.put(group, stored);
      const value = spec === undefined ? (stored as unknown as AnyResource) : this.#merge(spec, kept);
      return { value: value as ResourceByKind[K], written: true, before: found?.resource };
    });
    if (written) this.#changed.fire({ ...ref, ...(before && { before: before as AnyResource }) });
    return value as ResourceByKind[K];
  }

  /** A change is made to the whole object, never to what is kept of it. */
  async #inFull<K extends Kind>(
    ref: ResourceRef<K>,
    { resource, group }: { readonly resource: ResourceByKind[K]; readonly group: Group },
  ): Promise<ResourceByKind[K]> {
    if (!isCondensed(resource as unknown as StoredObject)) return resource;
    const object = await this.#files.read(ref, group);
    if (object !== undefined) return object as unknown as ResourceByKind[K];
    throw new StoreError("io", `The file of ${ref.kind} ${ref.name} is gone or damaged.`);
  }

  /** Runs `act` while no other write of this or another process can happen, on the newest state. */
  #locked<T>(act: (lost: AbortSignal) => Promise<T>): Promise<T> {
    return this.#exclusively(async () => {
      this.#prepared ??= this.#files.prepare();
      await this.#prepared;
      const signal = new AbortController().signal;
      const lock = await acquireLock(this.#files.lockDir, "store", { signal, pollMs: lockPollMs });
      try {
        await this.#catchUp();
        return await act(lock.lost);
      } finally {
        await lock.release();
      }
    });
  }

  /** One after the other within this process. */
  #exclusively<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(act, act);
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Takes in what other processes wrote since the last look. */
  async #catchUp(): Promise<void> {
    const entries = await this.#journal.readNew();
    if (entries === "everything") {
      for (const object of await this.#state.clear())
        this.#changed.fire({ ...toRef(object), ...asBefore(object) });
      return;
    }
    for (const entry of entries) await this.#takeIn(entry);
  }

  async #takeIn(entry: JournalEntry): Promise<void> {
    const { stage, ...ref } = entry;
    const group = groupOf(ref, stage);
    const known = await this.#state.known(group);
    const old = known?.get(ref.name);
    if (known !== undefined) {
      const object = await this.#files.read(ref, group);
      if (object === undefined) known.delete(ref.name);
      else await this.#state.put(group, object);
    }
    const spec = this.#spec(ref);
    const before = spec === undefined ? old : this.#merge(spec, old);
    this.#changed.fire({ ...ref, ...(before && asBefore(before)) });
  }

  /** A spec that was written is a change like any other. */
  async #takeInSpecs(changes: readonly SpecChange[]): Promise<void> {
    for (const { before, after } of changes) {
      const ref = toRef((after ?? before)?.resource as AnyResource);
      const known = await this.#state.known(groupOf(ref, undefined));
      const old = before && merge(before, known?.get(ref.name));
      if (!this.#owned.disposed) this.#changed.fire({ ...ref, ...(old && asBefore(old)) });
    }
  }

  #spec(ref: ResourceRef): SpecEntry | undefined {
    return this.#workspace.specs.entries.get(refKey(ref));
  }

  async #find<K extends Kind>(
    ref: ResourceRef<K>,
    stage?: string,
  ): Promise<{ readonly resource: ResourceByKind[K]; readonly group: Group } | undefined> {
    const group = groupOf(
      ref,
      ref.kind === "Promotion" ? (stage ?? (await this.#stageOfPromotion(ref))) : undefined,
    );
    if (ref.kind === "Promotion" && group.stage === undefined) return undefined;
    const stored = (await this.#state.group(group)).get(ref.name);
    if (ownedByEngine.has(ref.kind))
      return stored && { resource: stored as unknown as ResourceByKind[K], group };
    const spec = this.#spec(ref);
    return spec && { resource: this.#merge(spec, stored) as unknown as ResourceByKind[K], group };
  }

  #merge(spec: SpecEntry, stored: StoredObject | undefined): AnyResource {
    const known = this.#merged.get(spec);
    if (known !== undefined && known.stored === stored) return known.made;
    const made = merge(spec, stored) as unknown as AnyResource;
    this.#merged.set(spec, { stored, made });
    return made;
  }

  /** The Stage's name is in the Promotion's; a name made by hand is looked for in every Stage. */
  async #stageOfPromotion(ref: ResourceRef): Promise<string | undefined> {
    const named = ref.name.split(".").slice(0, -2).join(".");
    if (named !== "" && (await this.#state.group(groupOf(ref, named))).get(ref.name) !== undefined)
      return named;
    for (const stage of await this.#files.stagesWithPromotions(ref.namespace ?? "")) {
      if ((await this.#state.group(groupOf(ref, stage))).get(ref.name) !== undefined) return stage;
    }
    return undefined;
  }

  async #listSpecs<K extends Kind>(kind: K, namespace: string | undefined): Promise<ResourceByKind[K][]> {
    const groups = new Map<string, ObjectGroup>();
    const found: AnyResource[] = [];
    for (const spec of this.#specsOf(kind)) {
      const { namespace: own } = spec.resource.metadata;
      if (namespace !== undefined && own !== namespace) continue;
      let group = groups.get(own ?? "");
      if (group === undefined) {
        group = await this.#state.group(groupOf(toRef(spec.resource), undefined));
        groups.set(own ?? "", group);
      }
      found.push(this.#merge(spec, group.get(spec.resource.metadata.name)));
    }
    return found as unknown as ResourceByKind[K][];
  }

  #specsOf(kind: Kind): readonly SpecEntry[] {
    const { specs } = this.#workspace;
    const known =
      this.#specsByKind.get(specs) ??
      groupedBy(specs.entries.values(), ({ resource }): Kind => resource.kind);
    this.#specsByKind.set(specs, known);
    return known.get(kind) ?? [];
  }

  async #groupsOf(kind: Kind, options: ListOptions, signal?: AbortSignal): Promise<ObjectGroup[]> {
    if (!(await this.#files.exists())) return [];
    const namespaces = options.namespace === undefined ? await this.#files.namespaces() : [options.namespace];
    const found: ObjectGroup[][] = [];
    for (const namespace of namespaces) {
      const { stage } = options;
      if (kind !== "Promotion") found.push(await this.#state.whole([{ kind, namespace }], signal));
      else if (stage !== undefined) found.push([await this.#state.group({ kind, namespace, stage })]);
      else {
        const stages = await this.#files.stagesWithPromotions(namespace);
        const groups = stages.map((each) => ({ kind, namespace, stage: each }));
        found.push(await this.#state.whole(groups, signal));
      }
    }
    return found.flat();
  }
}

function asBefore(object: object): { readonly before: AnyResource } {
  return { before: object as AnyResource };
}

/** What of a group is asked for, by the narrowest look-up there is. */
function objectsIn(group: ObjectGroup, kind: Kind, options: ListOptions): StoredObject[] {
  const { warehouse, currentlyIn, labels } = options;
  if (kind === "AnalysisRun" && labels !== undefined) return group.withRarest(labels);
  if (kind !== "Freight") return [...group.values()];
  if (currentlyIn !== undefined) {
    const found = group.currentlyIn(currentlyIn);
    return warehouse === undefined ? found : found.filter((object) => isOfWarehouse(object, warehouse));
  }
  return warehouse === undefined ? [...group.values()] : group.ofWarehouse(warehouse);
}

function hasLabels({ labels }: ObjectMeta, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}

function isOfWarehouse(object: StoredObject, warehouse: string): boolean {
  return (object as unknown as ResourceByKind["Freight"]).origin.name === warehouse;
}

function journalEntry(ref: ResourceRef, group: Group): JournalEntry {
  const { kind, name, namespace } = ref;
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(group.stage === undefined ? {} : { stage: group.stage }),
  };
}
