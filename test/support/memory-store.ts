// A ResourceStore in memory, faithful to its port: values are copied in and out, updates are atomic, changes are told.
// Keeps nothing on disk and knows no second process.
import { randomUUID } from "node:crypto";
import { Emitter } from "../../src/base/events";
import { formatTime } from "../../src/base/time";
import {
  type Clock,
  type ListOptions,
  type ResourceChange,
  type ResourceStore,
  StoreError,
} from "../../src/engine/ports";
import {
  type AnyResource,
  type Kind,
  type ResourceByKind,
  type ResourceRef,
  refKey,
  toRef,
} from "../../src/model/resources";

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #ms: number;

  constructor(time = "2026-01-02T03:04:05Z") {
    this.#ms = Date.parse(time);
  }

  now(): Date {
    return new Date(this.#ms);
  }

  advance(ms: number): void {
    this.#ms += ms;
  }
}

/** Resources by reference. `writes` lists every write in order, as `verb Kind/namespace/name`. */
export class MemoryStore implements ResourceStore {
  readonly #resources = new Map<string, AnyResource>();
  readonly #emitter = new Emitter<ResourceChange>((error) => {
    throw error;
  });
  readonly #clock: Clock;
  readonly onDidChange = this.#emitter.event;
  readonly writes: string[] = [];
  /** Called before every write; throwing makes the write fail. */
  beforeWrite: (ref: ResourceRef) => void = () => {};

  constructor(clock: Clock, resources: readonly AnyResource[] = []) {
    this.#clock = clock;
    for (const resource of resources) this.put(resource);
  }

  /** Puts a resource in place as the workspace does: uid and generation are filled in where absent. */
  put(resource: AnyResource): void {
    const ref = toRef(resource);
    const metadata = { uid: randomUUID(), generation: 1, ...resource.metadata };
    this.#keep(ref, structuredClone({ ...resource, metadata }) as AnyResource);
  }

  async get<K extends Kind>(
    kind: K,
    name: { readonly namespace?: string; readonly name: string },
  ): Promise<ResourceByKind[K] | undefined> {
    const found = this.#resources.get(refKey({ kind, namespace: name.namespace, name: name.name }));
    return structuredClone(found) as ResourceByKind[K] | undefined;
  }

  async list<K extends Kind>(kind: K, options: ListOptions = {}): Promise<readonly ResourceByKind[K][]> {
    const matching = [...this.#resources.values()].filter(
      (resource) =>
        resource.kind === kind &&
        (options.namespace === undefined || resource.metadata.namespace === options.namespace) &&
        (options.stage === undefined ||
          (resource.kind === "Promotion" && resource.spec.stage === options.stage)) &&
        (options.warehouse === undefined ||
          (resource.kind === "Freight" && resource.origin.name === options.warehouse)) &&
        (options.currentlyIn === undefined ||
          (resource.kind === "Freight" &&
            resource.status?.currentlyIn?.[options.currentlyIn] !== undefined)) &&
        Object.entries(options.labels ?? {}).every(
          ([key, value]) => resource.metadata.labels?.[key] === value,
        ),
    );
    return structuredClone(matching) as ResourceByKind[K][];
  }

  async create<K extends Kind>(resource: ResourceByKind[K]): Promise<ResourceByKind[K]> {
    const given = resource as AnyResource;
    const ref = toRef(given);
    this.#write("create", ref);
    if (this.#resources.has(refKey(ref))) {
      throw new StoreError("alreadyExists", `${ref.kind} ${ref.name} exists already.`);
    }
    const metadata = {
      ...given.metadata,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: formatTime(this.#clock.now()),
    };
    const stored = structuredClone({ ...given, metadata }) as AnyResource;
    this.#keep(ref, stored);
    return structuredClone(stored) as ResourceByKind[K];
  }

  async update<K extends Kind>(
    ref: ResourceRef<K>,
    change: (current: ResourceByKind[K]) => ResourceByKind[K] | undefined,
  ): Promise<ResourceByKind[K]> {
    const current = this.#resources.get(refKey(ref));
    if (current === undefined) throw new StoreError("notFound", `${ref.kind} ${ref.name} does not exist.`);
    const changed = change(structuredClone(current) as ResourceByKind[K]);
    if (changed === undefined) return structuredClone(current) as ResourceByKind[K];
    this.#write("update", ref);
    // What is stored has been through JSON: members that are undefined do not exist.
    const stored = JSON.parse(JSON.stringify(changed)) as AnyResource;
    this.#keep(ref, stored);
    return structuredClone(stored) as ResourceByKind[K];
  }

  async delete(ref: ResourceRef): Promise<void> {
    this.#write("delete", ref);
    const before = this.#resources.get(refKey(ref));
    if (before === undefined) throw new StoreError("notFound", `${ref.kind} ${ref.name} does not exist.`);
    this.#resources.delete(refKey(ref));
    this.#emitter.fire({ ...ref, before });
  }

  #keep(ref: ResourceRef, resource: AnyResource): void {
    const before = this.#resources.get(refKey(ref));
    this.#resources.set(refKey(ref), resource);
    this.#emitter.fire({ ...ref, ...(before && { before }) });
  }

  #write(verb: string, ref: ResourceRef): void {
    this.beforeWrite(ref);
    this.writes.push(`${verb} ${refKey(ref)}`);
  }
}
