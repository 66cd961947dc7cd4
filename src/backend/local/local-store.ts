// The durable ResourceStore of a workspace: specs from its files, everything else from `.kargo/state`.
// Each write happens under one lock, in one file, and is told to other processes by the change journal.
import { createHash, randomUUID } from "node:crypto";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import { Emitter, type Event } from "../../base/events";
import type { Logger } from "../../base/log";
import { type Clock, type ListOptions, type ResourceStore, StoreError } from "../../engine/ports";
import {
  type Kind,
  type ObjectMeta,
  type ResourceByKind,
  type ResourceRef,
  refKey,
  toRef,
} from "../../model/resources";
import { ChangeJournal, type JournalEntry } from "./change-journal";
import { acquireLock } from "./locks";
import { type Group, groupOf, type StateFiles, type StoredObject, stageOf } from "./state-files";
import type { SpecEntry, Workspace } from "./workspace";

const ownedByEngine: ReadonlySet<Kind> = new Set<Kind>(["Freight", "Promotion", "AnalysisRun"]);
const lockPollMs = 4;

/** The store of one workspace in this process. */
export class LocalStore implements ResourceStore, Disposable {
  readonly #workspace: Workspace;
  readonly #files: StateFiles;
  readonly #journal: ChangeJournal;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #groups = new Map<string, Promise<Map<string, StoredObject>>>();
  readonly #owned = new DisposableStore();
  readonly #changed: Emitter<ResourceRef>;
  #queue: Promise<unknown> = Promise.resolve();
  #prepared: Promise<void> | undefined;

  constructor(workspace: Workspace, files: StateFiles, clock: Clock, log: Logger) {
    this.#workspace = workspace;
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
    this.#journal = new ChangeJournal(files.journal);
    this.#changed = this.#owned.add(new Emitter<ResourceRef>((e) => log.error(errorMessage(e))));
  }

  get onDidChange(): Event<ResourceRef> {
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
    await this.#exclusively(async () => this.#groups.clear());
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
    if (!ownedByEngine.has(kind)) return this.#listSpecs(kind, options.namespace);
    const groups = await this.#groupsOf(kind, options);
    const objects = (await Promise.all(groups.map((group) => this.#group(group)))).flatMap((g) => [
      ...g.values(),
    ]);
    const resources = objects as unknown as ResourceByKind[K][];
    if (options.warehouse === undefined || kind !== "Freight") return resources;
    return (resources as ResourceByKind["Freight"][]).filter(
      (f) => f.origin.name === options.warehouse,
    ) as typeof resources;
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
    await this.#locked(async () => {
      const found = await this.#find(ref);
      if (found === undefined) throw new StoreError("notFound", `${ref.kind} ${ref.name} does not exist.`);
      const entry = journalEntry(ref, found.group);
      await this.#journal.begin(entry);
      await this.#files.remove(ref, found.group);
      await this.#journal.done(entry);
      (await this.#group(found.group)).delete(refKey(ref));
    });
    this.#changed.fire(ref);
  }

  /** Reads, changes and writes one object as one act; `change` sees undefined when there is none. */
  async #write<K extends Kind>(
    ref: ResourceRef<K>,
    stage: string | undefined,
    change: (current: ResourceByKind[K] | undefined) => ResourceByKind[K] | undefined,
  ): Promise<ResourceByKind[K]> {
    const { value, written } = await this.#locked(async (lost) => {
      const found = await this.#find(ref, stage);
      const next = change(found?.resource);
      if (next === undefined || next === found?.resource) return { value: found?.resource, written: false };
      const group = found?.group ?? groupOf(ref, stage);
      const spec = this.#spec(ref);
      const stored = spec === undefined ? versioned(next) : overlay(next, spec);
      const entry = journalEntry(ref, group);
      const cache = await this.#group(group);
      await this.#journal.begin(entry);
      lost.throwIfAborted();
      await this.#files.write(ref, group, stored);
      await this.#journal.done(entry);
      cache.set(refKey(ref), stored);
      return {
        value: (spec === undefined ? stored : merge(spec, stored)) as unknown as ResourceByKind[K],
        written: true,
      };
    });
    if (written) this.#changed.fire(ref);
    return value as ResourceByKind[K];
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
      const known = await Promise.all([...this.#groups.values()]);
      this.#groups.clear();
      for (const object of known.flatMap((group) => [...group.values()])) this.#changed.fire(toRef(object));
      return;
    }
    for (const entry of entries) await this.#takeIn(entry);
  }

  async #takeIn(entry: JournalEntry): Promise<void> {
    const { stage, ...ref } = entry;
    const group = groupOf(ref, stage);
    const cache = await this.#groups.get(groupKey(group));
    const object = cache && (await this.#files.read(ref, group));
    if (object === undefined) cache?.delete(refKey(ref));
    else cache?.set(refKey(ref), object);
    this.#changed.fire(ref);
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
    const stored = (await this.#group(group)).get(refKey(ref));
    if (ownedByEngine.has(ref.kind))
      return stored && { resource: stored as unknown as ResourceByKind[K], group };
    const spec = this.#spec(ref);
    return spec && { resource: merge(spec, stored) as unknown as ResourceByKind[K], group };
  }

  /** The Stage's name is in the Promotion's; a name made by hand is looked for in every Stage. */
  async #stageOfPromotion(ref: ResourceRef): Promise<string | undefined> {
    const stages = await this.#files.stagesWithPromotions(ref.namespace ?? "");
    const named = ref.name.split(".").slice(0, -2).join(".");
    for (const stage of [...stages.filter((s) => s === named), ...stages.filter((s) => s !== named)]) {
      if ((await this.#group(groupOf(ref, stage))).has(refKey(ref))) return stage;
    }
    return undefined;
  }

  async #listSpecs<K extends Kind>(kind: K, namespace: string | undefined): Promise<ResourceByKind[K][]> {
    const specs = [...this.#workspace.specs.entries.values()].filter(
      ({ resource }) =>
        resource.kind === kind && (namespace === undefined || resource.metadata.namespace === namespace),
    );
    const found = await Promise.all(
      specs.map(({ resource }) => this.#find(toRef(resource) as ResourceRef<K>)),
    );
    return found.flatMap((f) => (f === undefined ? [] : [f.resource]));
  }

  async #groupsOf(kind: Kind, options: ListOptions): Promise<Group[]> {
    if (!(await this.#files.exists())) return [];
    const namespaces = options.namespace === undefined ? await this.#files.namespaces() : [options.namespace];
    if (kind !== "Promotion") return namespaces.map((namespace) => ({ kind, namespace }));
    const perNamespace = namespaces.map(async (namespace) => {
      const stages =
        options.stage === undefined ? await this.#files.stagesWithPromotions(namespace) : [options.stage];
      return stages.map((stage) => ({ kind, namespace, stage }));
    });
    return (await Promise.all(perNamespace)).flat();
  }

  #group(group: Group): Promise<Map<string, StoredObject>> {
    const key = groupKey(group);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const reading = this.#files
      .readGroup(group, (path) => this.#log.warn(`${path} holds no Kubernetes object and was passed over.`))
      .then((objects) => new Map(objects.map((object) => [refKey(toRef(object)), object] as const)));
    this.#groups.set(key, reading);
    reading.catch(() => this.#groups.delete(key));
    return reading;
  }
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

function groupKey(group: Group): string {
  return `${group.kind}/${group.namespace ?? ""}/${group.stage ?? ""}`;
}

/** What the engine adds to a resource whose spec is written in a file. */
function overlay(next: ResourceByKind[Kind], spec: SpecEntry): StoredObject {
  const written = spec.resource.metadata;
  const { name, namespace, uid, generation, creationTimestamp, annotations, labels } = next.metadata;
  return {
    apiVersion: next.apiVersion,
    kind: next.kind,
    metadata: prune({
      name,
      namespace,
      uid,
      generation,
      resourceVersion: nextVersion(next.metadata),
      creationTimestamp: creationTimestamp ?? timestamp(new Date()),
      annotations: added(annotations, written.annotations),
      labels: added(labels, written.labels),
    }),
    specHash: spec.specHash,
    status: "status" in next ? next.status : undefined,
  };
}

/** The written spec with what the engine knows of it. */
function merge(spec: SpecEntry, stored: StoredObject | undefined): Record<string, unknown> {
  const { resource } = spec;
  const { status: _status, ...written } = resource as unknown as Record<string, unknown>;
  const known = (stored?.metadata ?? {}) as Partial<ObjectMeta>;
  const generation = known.generation ?? 1;
  return prune({
    ...written,
    metadata: prune({
      ...resource.metadata,
      uid: known.uid ?? stableUid(resource.metadata, resource.kind),
      generation: stored === undefined || stored.specHash === spec.specHash ? generation : generation + 1,
      resourceVersion: known.resourceVersion,
      creationTimestamp: known.creationTimestamp,
      annotations: together(resource.metadata.annotations, known.annotations),
      labels: together(resource.metadata.labels, known.labels),
    }),
    status: stored?.status,
  });
}

function versioned(next: ResourceByKind[Kind]): StoredObject {
  const metadata = { ...next.metadata, resourceVersion: nextVersion(next.metadata) };
  return { ...next, metadata } as unknown as StoredObject;
}

function nextVersion(metadata: ObjectMeta): string {
  return String(Number(metadata.resourceVersion ?? 0) + 1);
}

type TextMap = Readonly<Record<string, string>>;

function added(all: TextMap | undefined, written: TextMap | undefined): TextMap | undefined {
  const entries = Object.entries(all ?? {}).filter(([key, value]) => written?.[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function together(written: TextMap | undefined, known: TextMap | undefined): TextMap | undefined {
  return written === undefined && known === undefined ? undefined : { ...written, ...known };
}

function prune<T extends Record<string, unknown>>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** A uid that every process computes alike, for a resource that has no state yet. */
function stableUid(metadata: ObjectMeta, kind: Kind): string {
  const hex = createHash("sha256")
    .update(`${kind}/${metadata.namespace ?? ""}/${metadata.name}`)
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** RFC 3339 in UTC, whole seconds, as Kubernetes stores times. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
