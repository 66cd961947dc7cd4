// The layout of `.kargo/`: one JSON file for each object, readable with any text editor, written atomically.
// Knows names and paths; locking and merging with specs are the store's.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { isObject } from "../../base/json";
import { StoreError } from "../../engine/ports";
import type { Kind, Promotion, ResourceRef } from "../../model/resources";

/** What is stored of an object: all of it when the engine owns it, else only what the engine adds to the written spec. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly [member: string]: unknown;
}

/** A group of objects that lie in one folder and are read together. */
export interface Group {
  readonly kind: Kind;
  readonly namespace?: string;
  /** Promotions are grouped by Stage. */
  readonly stage?: string;
}

const plurals: Readonly<Record<Kind, string>> = {
  Project: "projects",
  ProjectConfig: "projectconfigs",
  ClusterConfig: "clusterconfigs",
  Warehouse: "warehouses",
  Freight: "freight",
  Stage: "stages",
  Promotion: "promotions",
  PromotionTask: "promotiontasks",
  ClusterPromotionTask: "clusterpromotiontasks",
  AnalysisTemplate: "analysistemplates",
  ClusterAnalysisTemplate: "clusteranalysistemplates",
  AnalysisRun: "analysisruns",
  Secret: "secrets",
  ConfigMap: "configmaps",
};
const clusterFolder = "_cluster";
const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** Leaves room for `.json` and the suffix of a temporary file within 255 bytes. */
const maxFileName = 220;
const leftoverAgeMs = 60_000;

/** The folder `.kargo` of a workspace. */
export class StateFiles {
  readonly root: string;

  constructor(workspaceRoot: string) {
    this.root = join(workspaceRoot, ".kargo");
  }

  get stateDir(): string {
    return join(this.root, "state");
  }

  get lockDir(): string {
    return join(this.root, "locks");
  }

  get journal(): string {
    return join(this.root, "changes.log");
  }

  /** Makes the folder, which ignores itself in Git. */
  async prepare(): Promise<void> {
    await mkdir(this.stateDir, { recursive: true });
    await mkdir(this.lockDir, { recursive: true });
    await writeIfAbsent(join(this.root, ".gitignore"), "*\n");
  }

  /** True when this workspace has state already. */
  async exists(): Promise<boolean> {
    return (await stat(this.stateDir).catch(() => undefined)) !== undefined;
  }

  /** Namespaces that have state. */
  async namespaces(): Promise<string[]> {
    return (await folders(this.stateDir)).filter((name) => name !== clusterFolder);
  }

  /** Stages of a namespace that have Promotions. */
  stagesWithPromotions(namespace: string): Promise<string[]> {
    return folders(join(this.stateDir, fileName(namespace), plurals.Promotion));
  }

  /** Every readable object of a group. A file that holds no object is reported to `onProblem` and left alone. */
  async readGroup(group: Group, onProblem: (path: string) => void): Promise<StoredObject[]> {
    const folder = this.#folder(group);
    const objects: StoredObject[] = [];
    for (const name of await readdir(folder).catch(ignoreMissing)) {
      const path = join(folder, name);
      const object = name.endsWith(".json") ? await readObject(path) : await removeLeftover(path);
      if (object === "broken") onProblem(path);
      else if (object !== undefined) objects.push(object);
    }
    return objects;
  }

  /** The object, or undefined when there is none. */
  async read(ref: ResourceRef, group: Group): Promise<StoredObject | undefined> {
    const object = await readObject(this.path(ref, group));
    return object === "broken" ? undefined : object;
  }

  /** Replaces the object's file in one act. */
  async write(ref: ResourceRef, group: Group, object: StoredObject): Promise<void> {
    const path = this.path(ref, group);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, `${JSON.stringify(object, undefined, 2)}\n`);
  }

  async remove(ref: ResourceRef, group: Group): Promise<void> {
    await unlink(this.path(ref, group)).catch(ignoreMissing);
  }

  /** Where the object lies. Throws StoreError `invalid` for a name that is none in Kubernetes (and could climb out). */
  path(ref: ResourceRef, group: Group): string {
    return join(this.#folder(group), `${fileName(ref.name)}.json`);
  }

  #folder(group: Group): string {
    const namespace = group.namespace === undefined ? clusterFolder : fileName(group.namespace);
    const ofKind = join(this.stateDir, namespace, plurals[group.kind]);
    return group.stage === undefined ? ofKind : join(ofKind, fileName(group.stage));
  }
}

/** The group that `ref` belongs to; Promotions need their Stage. */
export function groupOf(ref: ResourceRef, stage: string | undefined): Group {
  return {
    kind: ref.kind,
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
    ...(stage === undefined ? {} : { stage }),
  };
}

/** The Stage that groups a Promotion; undefined for every other kind. */
export function stageOf(object: { readonly kind: Kind }): string | undefined {
  return object.kind === "Promotion" ? (object as Promotion).spec.stage : undefined;
}

/** A file name for a Kubernetes name; long ones are cut and told apart by a hash, as file systems end at 255 bytes. */
function fileName(name: string): string {
  if (!dnsName.test(name) || name.length > 253) {
    const shown = JSON.stringify(name.slice(0, 80));
    throw new StoreError(
      "invalid",
      `${shown} is not a Kubernetes name: lower-case letters, digits, "-" and "." only.`,
    );
  }
  if (name.length <= maxFileName) return name;
  return `${name.slice(0, maxFileName - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(ignoreMissing);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function readObject(path: string): Promise<StoredObject | "broken" | undefined> {
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && isObject(value.metadata) ? (value as unknown as StoredObject) : "broken";
  } catch {
    return "broken";
  }
}

/** Removes a temporary file of a writer that was killed; a younger one may still be in use. */
async function removeLeftover(path: string): Promise<undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() && Date.now() - info.mtimeMs > leftoverAgeMs) await unlink(path).catch(ignoreMissing);
  return undefined;
}

async function writeIfAbsent(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}
