// The resources of all files by kind, namespace and name. Follows edits unit by unit, and knows whether what other
// documents can see of a namespace has changed. Judges nothing.
import { kindSchema } from "../model/schema/schema";
import type { ExpressionFacts } from "./check-expressions";
import { factsOf, isStudied, reportOf } from "./check-unit";
import { LateFacts } from "./late-facts";
import type { ResourceFacts } from "./resource-facts";
import type { PlacedUnit, SourceFile } from "./source-file";
import type { Unit } from "./unit";
import { sketchOf } from "./unit-sketch";

/** A resource somewhere in the workspace. */
export interface IndexedResource {
  readonly file: string;
  readonly unit: Unit;
  readonly facts: ResourceFacts;
}

/** What a resource's expressions leave to other documents to confirm. */
export function expressionsOf({ unit, facts }: Pick<IndexedResource, "unit" | "facts">): ExpressionFacts {
  return reportOf(unit).expressions[facts.resource] ?? { references: [], repositories: [], variables: [] };
}

/** Resources whose kind belongs to the whole cluster are kept under this namespace. */
const cluster = "";
/** Kinds of the whole cluster that the table does not know. */
const clusterKinds: ReadonlySet<string> = new Set(["CustomPromotionStep", "ClusterMessageChannel"]);
/** Resources that leave their namespace to whoever applies them. */
const unsaid = "?";

interface Namespace {
  /** By kind, then name. */
  readonly kinds: Map<string, Map<string, Set<IndexedResource>>>;
  generation: number;
  /** Changes of labels, which only selectors care about. */
  labels: number;
}

/** The namespace under which a resource is kept. */
export function namespaceOf(facts: Pick<ResourceFacts, "kind" | "namespace">): string {
  const isOfCluster = kindSchema(facts.kind)?.namespaced === false || clusterKinds.has(facts.kind);
  return isOfCluster ? cluster : (facts.namespace ?? unsaid);
}

/** See the head of the file. */
export class WorkspaceIndex {
  private readonly files = new Map<string, SourceFile>();
  private readonly entries = new Map<Unit, readonly IndexedResource[]>();
  private readonly namespaces = new Map<string, Namespace>();
  /** Kinds that occur in documents of template engines: what they hold is not known. */
  private readonly templatedKinds = new Map<string, number>();
  private readonly patchFiles = new Map<string, number>();
  private patchChanges = 0;
  /** Counts every change that other documents can see. */
  version = 0;
  private isReading = false;

  /** While files are still being read, nothing is complete. */
  set reading(value: boolean) {
    if (value !== this.isReading) this.version++;
    this.isReading = value;
  }

  /** Takes in a file, or a new state of it; undefined removes it. True when another document may now be judged otherwise. */
  update(name: string, file: SourceFile | undefined): boolean {
    return this.replace(name, file, factsOf);
  }

  /** The same for a file nobody looks at yet: what its resources say beyond their names is read when it is asked for. */
  sketch(name: string, file: SourceFile): boolean {
    return this.replace(name, file, () => {});
  }

  private replace(name: string, file: SourceFile | undefined, look: (unit: Unit) => void): boolean {
    const before = this.files.get(name);
    const old = new Set(before?.units.map(({ unit }) => unit));
    const added: Unit[] = [];
    for (const { unit } of file?.units ?? []) if (!old.delete(unit)) added.push(unit);
    if (file === undefined) this.files.delete(name);
    else this.files.set(name, file);
    const removed = [...old];
    const signatures = new Map<string, string[]>();
    const note = (unit: Unit, sign: "-" | "+") => {
      for (const { facts } of this.entries.get(unit) ?? []) {
        // What has not been read may be anything, and counts as a change.
        const seen = isStudied(unit) ? signature(facts) : `${sign}${facts.kind} ${facts.name}`;
        for (const namespace of affected(facts)) {
          const list = signatures.get(namespace) ?? [];
          signatures.set(namespace, list);
          list.push(`${sign}${seen}`);
        }
      }
    };
    for (const unit of removed) {
      note(unit, "-");
      this.remove(name, unit);
    }
    for (const unit of added) {
      look(unit);
      this.add(name, unit);
      note(unit, "+");
    }
    const changed = this.touch(signatures) || this.changesTemplates(removed, added);
    if (changed) this.version++;
    return changed;
  }

  /** The current state of a file. */
  file(name: string): SourceFile | undefined {
    return this.files.get(name);
  }

  /** Names of all files. */
  get fileNames(): Iterable<string> {
    return this.files.keys();
  }

  /** Resources of that kind and name. A namespaced kind without a namespace is looked for among its like. */
  find(kind: string, namespace: string | undefined, name: string): readonly IndexedResource[] {
    const key = namespaceOf({ kind, ...(namespace === undefined ? {} : { namespace }) });
    return this.whole([...(this.namespaces.get(key)?.kinds.get(kind)?.get(name) ?? [])]);
  }

  /** All resources of a kind in a namespace, each once, in no order. */
  all(kind: string, namespace: string | undefined): readonly IndexedResource[] {
    const key = namespaceOf({ kind, ...(namespace === undefined ? {} : { namespace }) });
    const byName = this.namespaces.get(key)?.kinds.get(kind);
    return byName === undefined ? [] : [...byName.values()].flatMap((found) => this.whole([...found]));
  }

  /** Every resource of the workspace. */
  *everything(): Iterable<IndexedResource> {
    for (const entries of this.entries.values()) yield* entries;
  }

  /** Whether the workspace can be taken to hold everything of a namespace: its Project is in it. */
  isComplete(namespace: string | undefined): namespace is string {
    return (
      !this.isReading && namespace !== undefined && this.find("Project", undefined, namespace).length > 0
    );
  }

  /** Whether resources of that kind may exist that cannot be read: templates, or documents without a namespace. */
  mayBeHidden(kind: string, name: string): boolean {
    if (this.templatedKinds.has(kind)) return true;
    return this.namespaces.get(unsaid)?.kinds.get(kind)?.has(name) === true;
  }

  /** Changes when what documents see of the namespace (or of the whole cluster) changes; for selectors also with labels. */
  generation(namespace: string | undefined, selects = false): string {
    const found = this.namespaces.get(namespace ?? unsaid);
    const own = (found?.generation ?? 0) + (selects ? (found?.labels ?? 0) : 0);
    const shared = this.namespaces.get(cluster)?.generation ?? 0;
    return `${own} ${shared} ${this.templatedKinds.size} ${this.patchChanges} ${this.isReading}`;
  }

  /** Where a unit is in its file. */
  placed({ file, unit }: Pick<IndexedResource, "file" | "unit">): PlacedUnit | undefined {
    return this.files.get(file)?.units.find((placed) => placed.unit === unit);
  }

  /** Whether a kustomization applies the file as a patch. */
  isPatch(name: string): boolean {
    return this.patchFiles.has(name);
  }

  /** Without the patches of what is there as a whole. */
  private whole(found: readonly IndexedResource[]): readonly IndexedResource[] {
    if (this.patchFiles.size === 0 || found.length < 2) return found;
    const whole = found.filter(({ file }) => !this.patchFiles.has(file));
    return whole.length > 0 ? whole : found;
  }

  private countPatches(file: string, unit: Unit, by: 1 | -1): void {
    for (const patch of patchesOf(unit)) {
      count(this.patchFiles, joinPath(file, patch), by);
      this.patchChanges++;
    }
  }

  private add(file: string, unit: Unit): void {
    for (const kind of templatedKindsOf(unit)) count(this.templatedKinds, kind, 1);
    this.countPatches(file, unit, 1);
    const resources = resourcesOf(unit);
    if (resources.length === 0) return;
    const entries = resources.map((facts) => ({ file, unit, facts }));
    this.entries.set(unit, entries);
    for (const entry of entries) {
      const { name, kind } = entry.facts;
      if (name === undefined) continue;
      const byName = nested(this.namespace(namespaceOf(entry.facts)).kinds, kind, () => new Map());
      nested(byName, name, () => new Set<IndexedResource>()).add(entry);
    }
  }

  private remove(file: string, unit: Unit): void {
    unit.dropTree();
    for (const kind of templatedKindsOf(unit)) count(this.templatedKinds, kind, -1);
    this.countPatches(file, unit, -1);
    for (const entry of this.entries.get(unit) ?? []) {
      const { name, kind } = entry.facts;
      if (name === undefined) continue;
      const byName = this.namespaces.get(namespaceOf(entry.facts))?.kinds.get(kind);
      const found = byName?.get(name);
      found?.delete(entry);
      if (found?.size === 0) byName?.delete(name);
    }
    this.entries.delete(unit);
  }

  private namespace(key: string): Namespace {
    return nested(this.namespaces, key, () => ({ kinds: new Map(), generation: 0, labels: 0 }));
  }

  /** Counts up the namespaces in which something came, went or changed. */
  private touch(signatures: ReadonlyMap<string, readonly string[]>): boolean {
    let changed = false;
    for (const [key, list] of signatures) {
      const of = (sign: string) =>
        list
          .filter((one) => one.startsWith(sign))
          .map((one) => one.slice(1))
          .sort();
      const [before, after] = [of("-").join("\n"), of("+").join("\n")];
      if (before === after) continue;
      const namespace = this.namespace(key);
      if (withoutLabels(before) === withoutLabels(after)) namespace.labels++;
      else namespace.generation++;
      changed = true;
    }
    return changed;
  }

  private changesTemplates(removed: readonly Unit[], added: readonly Unit[]): boolean {
    return [...removed, ...added].some(
      (unit) => templatedKindsOf(unit).length > 0 || patchesOf(unit).length > 0,
    );
  }
}

/** The facts of a unit; those of a plain one are read when they are asked for. */
function resourcesOf(unit: Unit): readonly ResourceFacts[] {
  const sketch = isStudied(unit) ? undefined : sketchOf(unit);
  if (sketch === undefined) return factsOf(unit).resources;
  return sketch === null ? [] : [new LateFacts(unit, sketch)];
}

/** A document plain enough for a sketch is no kustomization. */
function patchesOf(unit: Unit): readonly string[] {
  return sketchOf(unit) === undefined ? factsOf(unit).patches : [];
}

/** Namespaces whose documents may care: the resource's own, and that of a Project. */
function affected(facts: ResourceFacts): readonly string[] {
  const own = namespaceOf(facts);
  return facts.kind === "Project" && facts.name !== undefined ? [own, facts.name] : [own];
}

/** What other documents can see of a resource; where it stands does not count. */
function signature(facts: ResourceFacts): string {
  const { kind, name, namespace, subscriptions, variables, tasks, controlFlow, broken } = facts;
  const { templateArguments, openVariables } = facts;
  const requests = facts.requests?.map(({ warehouse, direct, stages, all }) => ({
    warehouse,
    direct,
    stages,
    all,
  }));
  const seen = {
    kind,
    name,
    namespace,
    subscriptions,
    variables,
    tasks,
    requests,
    controlFlow,
    broken,
    templateArguments,
    openVariables,
  };
  return `${JSON.stringify(seen)}\t${JSON.stringify(facts.labels)}`;
}

/** JSON holds no tab of its own, so what follows one is the labels. */
function withoutLabels(signatures: string): string {
  return signatures.replace(/\t.*/g, "");
}

function templatedKindsOf(unit: Unit): readonly string[] {
  return unit.result(findTemplatedKinds);
}

function findTemplatedKinds(unit: Unit): readonly string[] {
  if (!unit.isKargo || sketchOf(unit) !== undefined || !unit.tree.templated) return [];
  return [...unit.text.matchAll(/^[\s-]*kind:\s*(\w+)/gm)].map((match) => match[1] ?? "");
}

function nested<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function count(map: Map<string, number>, key: string, by: number): void {
  const sum = (map.get(key) ?? 0) + by;
  if (sum > 0) map.set(key, sum);
  else map.delete(key);
}

/** A path beside `file`; names of files are URIs or paths with `/`. */
function joinPath(file: string, relative: string): string {
  const parts = file.split("/").slice(0, -1);
  const isUri = file.startsWith("file://");
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(isUri ? encodeURI(part) : part);
  }
  return parts.join("/");
}
