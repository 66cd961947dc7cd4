// The objects of `.kargo/state` in memory, group by group as they are asked for, with what is looked up in them.
// Reads through the index where it is right, and writes a new index when much of it was not. Writes no object.
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import { Turns } from "../../base/turns";
import type { Freight, ObjectMeta, ResourceRef } from "../../model/resources";
import { CondensedFolder, CondensedPool, stagesRunningOn } from "./condensed";
import { SharedParts } from "./shared-parts";
import {
  fileName,
  type Group,
  readObjects,
  type StateFile,
  type StateFiles,
  type StoredObject,
} from "./state-files";
import { StateIndex, StateIndexWriter } from "./state-index";

/** So many objects that the index did not know are worth a new index. */
const minUnindexed = 500;

/** The objects of one group by name, and Freight by what is asked of it. */
export class ObjectGroup {
  readonly #objects = new Map<string, StoredObject>();
  readonly #byTerm = new Map<string, Map<string, StoredObject>>();

  get(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  values(): Iterable<StoredObject> {
    return this.#objects.values();
  }

  put(object: StoredObject): void {
    const { name } = object.metadata;
    this.delete(name);
    this.#objects.set(name, object);
    for (const term of termsOf(object)) {
      const found = this.#byTerm.get(term);
      if (found === undefined) this.#byTerm.set(term, new Map([[name, object]]));
      else found.set(name, object);
    }
  }

  delete(name: string): void {
    const old = this.#objects.get(name);
    if (old === undefined) return;
    this.#objects.delete(name);
    for (const term of termsOf(old)) {
      const found = this.#byTerm.get(term);
      found?.delete(name);
      if (found?.size === 0) this.#byTerm.delete(term);
    }
  }

  /** Freight of a Warehouse. */
  ofWarehouse(name: string): StoredObject[] {
    return [...(this.#byTerm.get(`of ${name}`)?.values() ?? [])];
  }

  /** AnalysisRuns with one of these labels, that which the fewest have; those with all of them are among these. */
  withRarest(labels: Readonly<Record<string, string>>): StoredObject[] {
    const found = Object.entries(labels).map(
      (label) => this.#byTerm.get(labelTerm(label)) ?? new Map<string, StoredObject>(),
    );
    const [fewest] = found.sort((a, b) => a.size - b.size);
    return [...(fewest ?? this.#objects).values()];
  }

  /** Freight that a Stage runs on. */
  currentlyIn(stage: string): StoredObject[] {
    return [...(this.#byTerm.get(`in ${stage}`)?.values() ?? [])];
  }
}

/** What Freight and AnalysisRuns are looked up by. */
function termsOf(object: StoredObject): string[] {
  if (object.kind === "AnalysisRun") return Object.entries(labelsOf(object)).map(labelTerm);
  if (object.kind !== "Freight") return [];
  const { origin } = object as unknown as Freight;
  const stages = stagesRunningOn(object).map((stage) => `in ${stage}`);
  return origin === undefined ? stages : [`of ${origin.name}`, ...stages];
}

function labelTerm([key, value]: readonly [string, string]): string {
  return `label ${key}=${value}`;
}

function labelsOf({ metadata }: StoredObject): Readonly<Record<string, string>> {
  return (metadata as ObjectMeta).labels ?? {};
}

/** The state of a workspace as this process knows it. */
export class StateCache {
  readonly #files: StateFiles;
  readonly #log: Logger;
  readonly #groups = new Map<string, Promise<ObjectGroup>>();
  readonly #folders = new Map<string, CondensedFolder>();
  readonly #pool = new CondensedPool();
  readonly #parts = new SharedParts();
  /** Indexes that are being read from; gone once their namespace is in memory. */
  readonly #indexes = new Map<string, StateIndex>();
  /** Readings of all that a kind has in a namespace. */
  readonly #readings = new Map<string, Promise<void>>();
  readonly #turns = new Turns();

  constructor(files: StateFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  /** A group, read when it is not in memory. */
  group(group: Group): Promise<ObjectGroup> {
    const key = groupKey(group);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const reading = this.#read(group).then(({ objects }) => objects);
    this.#groups.set(key, reading);
    reading.catch(() => this.#groups.delete(key));
    return reading;
  }

  /**
   * Every group of `groups`, which are all that a kind has in a namespace; this is where the index is renewed. Rejects with
   * the signal's reason when that aborts first.
   */
  async whole(groups: readonly Group[], signal?: AbortSignal): Promise<ObjectGroup[]> {
    const [first] = groups;
    if (first === undefined) return [];
    const key = indexKey(first);
    // One reading at a time, so that an index holds all of it; one that failed is for its own caller to tell of.
    while (this.#readings.has(key)) await this.#readings.get(key)?.catch(() => {});
    if (!groups.every((group) => this.#groups.has(groupKey(group)))) {
      const reading = this.#readWhole(groups, first, signal).finally(() => this.#readings.delete(key));
      this.#readings.set(key, reading);
      await reading;
    }
    return Promise.all(groups.map((group) => this.group(group)));
  }

  async #readWhole(
    groups: readonly Group[],
    { kind, namespace }: Group,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const writer = new StateIndexWriter();
    let unindexed = 0;
    for (const group of groups) {
      const key = groupKey(group);
      signal?.throwIfAborted();
      if (this.#groups.has(key)) continue;
      const reading = this.#read(group, writer);
      const objects = reading.then((read) => read.objects);
      this.#groups.set(key, objects);
      objects.catch(() => this.#groups.delete(key));
      unindexed += (await reading).unindexed;
      await this.#turns.over();
    }
    this.#closeIndex(`${kind}/${namespace ?? ""}`);
    if (unindexed < minUnindexed || namespace === undefined) return;
    await writer
      .write(this.#files.indexPath(kind, namespace))
      .catch((error) => this.#log.debug(`No index of ${kind} was written: ${errorMessage(error)}`));
  }

  /** The group when it is in memory. */
  known(group: Group): Promise<ObjectGroup> | undefined {
    return this.#groups.get(groupKey(group));
  }

  /** One object, without reading its group for it. */
  async peek(ref: ResourceRef, group: Group): Promise<StoredObject | undefined> {
    const known = this.known(group);
    if (known !== undefined) return (await known).get(ref.name);
    const turn = this.#turns.over();
    if (turn !== undefined) await turn;
    const object = this.#files.readNow(ref, group);
    return object && (this.#folder(group).condense(object) ?? this.#parts.share(object));
  }

  /** Takes in what is stored now, and returns how it is kept. */
  async put(group: Group, object: StoredObject): Promise<StoredObject> {
    const folder = this.#folder(group);
    this.#pool.forget(`${folder.folder}/${fileName(object.metadata.name)}.json`);
    const kept = folder.condense(object) ?? this.#parts.share(object);
    (await this.#groups.get(groupKey(group)))?.put(kept);
    return kept;
  }

  /** Forgets everything and returns what it was. */
  async clear(): Promise<StoredObject[]> {
    const groups = await Promise.all([...this.#groups.values()]);
    this.#groups.clear();
    this.#folders.clear();
    for (const key of [...this.#indexes.keys()]) this.#closeIndex(key);
    return groups.flatMap((group) => [...group.values()]);
  }

  /** The objects of one folder; others have their turn when there are many. */
  async #read(
    group: Group,
    writer?: StateIndexWriter,
  ): Promise<{ readonly objects: ObjectGroup; readonly unindexed: number }> {
    const objects = new ObjectGroup();
    const unknown: StateFile[] = [];
    const files = this.#files.list(group);
    const stage = group.stage ?? "";
    const folder = this.#folder(group);
    const index = files.length === 0 ? undefined : this.#index(group)?.take(stage);
    for (const file of files) {
      const turn = this.#turns.over();
      if (turn !== undefined) await turn;
      const row = index?.row(file.name, file);
      if (row === undefined) {
        unknown.push(file);
        continue;
      }
      const kept = folder.fromRow(group.kind as "Freight" | "Promotion", row);
      objects.put(kept);
      writer?.add(stage, file, kept);
    }
    const onProblem = (path: string) =>
      this.#log.warn(`${path} holds no Kubernetes object and was passed over.`);
    let unindexed = 0;
    for (const [file, object] of readObjects(unknown, onProblem)) {
      const turn = this.#turns.over();
      if (turn !== undefined) await turn;
      const kept = folder.condense(object);
      objects.put(kept ?? this.#parts.share(object));
      // A name that was cut cannot be found again by its file.
      if (kept === undefined || file.name !== object.metadata.name) continue;
      writer?.add(stage, file, kept);
      unindexed++;
    }
    return { objects, unindexed };
  }

  /** Only what may be condensed has an index. */
  #index(group: Group): StateIndex | undefined {
    const { kind, namespace } = group;
    if ((kind !== "Promotion" && kind !== "Freight") || namespace === undefined) return undefined;
    const key = indexKey(group);
    const index = this.#indexes.get(key) ?? new StateIndex(this.#files.indexPath(kind, namespace));
    this.#indexes.set(key, index);
    return index;
  }

  #closeIndex(key: string): void {
    this.#indexes.get(key)?.close();
    this.#indexes.delete(key);
  }

  #folder(group: Group): CondensedFolder {
    const key = groupKey(group);
    const folder =
      this.#folders.get(key) ?? new CondensedFolder(group.namespace, this.#files.folder(group), this.#pool);
    this.#folders.set(key, folder);
    return folder;
  }
}

function groupKey(group: Group): string {
  return `${group.kind}/${group.namespace ?? ""}/${group.stage ?? ""}`;
}

function indexKey(group: Group): string {
  return `${group.kind}/${group.namespace ?? ""}`;
}
