// How the spec written in a file and what the engine knows of it become one resource, and how they are taken apart again
// to be stored. Pure; reads and writes nothing.
import { createHash } from "node:crypto";
import type { Kind, ObjectMeta, ResourceByKind } from "../../model/resources";
import type { StoredObject } from "./state-files";
import type { SpecEntry } from "./workspace";

/** What the engine adds to a resource whose spec is written in a file. */
export function overlay(next: ResourceByKind[Kind], spec: SpecEntry): StoredObject {
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
export function merge(spec: SpecEntry, stored: StoredObject | undefined): Record<string, unknown> {
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

/** A resource that is stored whole, as its next version. */
export function versioned(next: ResourceByKind[Kind]): StoredObject {
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
