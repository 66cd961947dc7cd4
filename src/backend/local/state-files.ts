// The layout of `.kargo/`: one JSON file for each object, readable with any text editor, written atomically.
// Knows names and paths; locking and merging with specs are the store's.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
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

/** One file of a group, and what changes with every writing of it. */
export interface StateFile {
  /** Without `.json`. */
  readonly name: string;
  readonly path: string;
  readonly inode: number;
  readonly size: number;
  readonly changedMs: number;
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

  /** Makes the folder and what state needs in it. */
  async prepare(): Promise<void> {
    await mkdir(this.stateDir, { recursive: true });
    await mkdir(this.lockDir, { recursive: true });
    await this.prepareRoot();
  }

  /** Makes the folder, which ignores itself in Git. */
  async prepareRoot(): Promise<void> {
    await mkdir(this.root, { recursive: true });
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

  /** What an index of the objects of a kind in a namespace is kept in. */
  indexPath(kind: Kind, namespace: string): string {
    return join(this.root, "cache", "index", `${plurals[kind]}.${fileName(namespace)}.jsonl`);
  }

  /** What the documents of the workspace's files came to. */
  get specCachePath(): string {
    return join(this.root, "cache", "index", "documents.json");
  }

  /** The folder of a group. */
  folder(group: Group): string {
    const namespace = group.namespace === undefined ? clusterFolder : fileName(group.namespace);
    const ofKind = join(this.stateDir, namespace, plurals[group.kind]);
    return group.stage === undefined ? ofKind : join(ofKind, fileName(group.stage));
  }

  /** The files of a group. Synchronous, as it is many small answers: asking one by one takes many times as long. */
  list(group: Group): StateFile[] {
    const folder = this.folder(group);
    const found: StateFile[] = [];
    for (const file of namesIn(folder)) {
      const path = `${folder}/${file}`;
      const info = statSync(path, { throwIfNoEntry: false });
      if (info?.isFile() !== true) continue;
      const { ino: inode, size, ctimeMs: changedMs, mtimeMs } = info;
      if (file.endsWith(".json")) found.push({ name: file.slice(0, -5), path, inode, size, changedMs });
      else if (Date.now() - mtimeMs > leftoverAgeMs) void unlink(path).catch(ignoreMissing);
    }
    return found;
  }

  /** The object, or undefined when there is none. */
  async read(ref: ResourceRef, group: Group): Promise<StoredObject | undefined> {
    const text = await readFile(this.path(ref, group), "utf8").catch(ignoreMissing);
    return typeof text === "string" ? parseObject(text) : undefined;
  }

  /** The same at once: for many small files, asking one by one takes many times as long. */
  readNow(ref: ResourceRef, group: Group): StoredObject | undefined {
    const text = textOf(this.path(ref, group));
    return text === undefined ? undefined : parseObject(text);
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
    return join(this.folder(group), `${fileName(ref.name)}.json`);
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

/** True for a name that an object of Kubernetes may have. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && dnsName.test(name);
}

/** A file name for a Kubernetes name; long ones are cut and told apart by a hash, as file systems end at 255 bytes. */
export function fileName(name: string): string {
  if (!isObjectName(name)) {
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

/** The object of a file's text; undefined when it holds none. */
export function parseObject(text: string): StoredObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && isObject(value.metadata) ? (value as unknown as StoredObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Every readable object among `files`; what is gone by now is passed over, what holds no object is reported. */
export function* readObjects(
  files: Iterable<StateFile>,
  onProblem: (path: string) => void,
): Generator<readonly [StateFile, StoredObject]> {
  for (const file of files) {
    const text = textOf(file.path);
    const object = text === undefined ? undefined : parseObject(text);
    if (object !== undefined) yield [file, object];
    else if (text !== undefined) onProblem(file.path);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return ignoreMissing(error as NodeJS.ErrnoException)[0];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    return ignoreMissing(error as NodeJS.ErrnoException);
  }
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
