// What every command works with, and how it finds the resource it is about: given, or asked for.
// Performs nothing.
import type { QuickPickItem } from "vscode";
import type { Logger } from "../../base/log";
import type { ProjectTree } from "../../model/pipeline";
import {
  type AnyResource,
  type Kind,
  type ResourceByKind,
  type ResourceRef,
  toRef,
} from "../../model/resources";
import { type Backends, findTarget, type OpenFolder } from "../backends";
import type { ResourceTarget } from "../contributions";
import { findResource } from "../documents";
import type { Notify } from "../notify";
import type { EditorSecrets } from "../platform/editor-secrets";
import { type Choice, heading } from "../questions";
import type { RunSwitch } from "../run-switch";
import type { PipelinesView } from "../trees/pipelines-view";

/** What commands are given. */
export interface CommandContext {
  readonly backends: Backends;
  readonly view: PipelinesView;
  readonly notify: Notify;
  readonly log: Logger;
  readonly showLog: () => void;
  readonly showEvents: () => void;
  readonly runSwitch: RunSwitch;
  readonly secrets: EditorSecrets;
  /** Makes the sample in a new or empty folder; resolves with its path. Throws BackendError. */
  readonly createSample: (root: string, signal: AbortSignal) => Promise<string>;
  /** Remembers, across windows, that a folder is to be shown when it is opened. */
  readonly rememberSample: (sample: RememberedSample) => Promise<void>;
}

/** A sample that the next window shows. */
export interface RememberedSample {
  /** URI of the folder as text. */
  readonly folder: string;
  readonly walkthrough: boolean;
}

/** A resource and where it is. */
export interface Located<K extends Kind = Kind> {
  readonly folder: OpenFolder;
  readonly tree: ProjectTree;
  readonly resource: ResourceByKind[K];
}

/** The resource of a target; undefined when it is gone. */
export function locate<K extends Kind>(
  folders: readonly OpenFolder[],
  target: ResourceTarget<K>,
): Located<K> | undefined {
  const found = findTarget(folders, target);
  const resource = found === undefined ? undefined : findResource([found.folder], target);
  if (found === undefined || resource?.kind !== target.ref.kind) return undefined;
  return { ...found, resource: resource as ResourceByKind[K] };
}

/** The target of a located resource. */
export function toTarget<K extends Kind>({ folder, resource }: Located<K>): ResourceTarget<K> {
  return { folder: folder.id, ref: toRef(resource as AnyResource) as ResourceRef<K> };
}

/** All resources of a kind that `pick` returns of every Project. */
export function allLocated<K extends Kind>(
  _kind: K,
  folders: readonly OpenFolder[],
  pick: (tree: ProjectTree) => readonly ResourceByKind[K][],
): Located<K>[] {
  return folders.flatMap((folder) =>
    folder.backend.snapshot.projects.flatMap((tree) =>
      pick(tree).map((resource) => ({ folder, tree, resource })),
    ),
  );
}

/** Choices under one heading for each Project, where there are several. */
export function groupedChoices<K extends Kind>(
  located: readonly Located<K>[],
  toChoice: (one: Located<K>) => Choice<Located<K>>,
): (Choice<Located<K>> | QuickPickItem)[] {
  const groups = new Map<string, Located<K>[]>();
  const severalFolders = new Set(located.map((one) => one.folder.id)).size > 1;
  for (const one of located) {
    const name = severalFolders ? `${one.tree.name} · ${one.folder.name}` : one.tree.name;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  if (groups.size <= 1) return located.map(toChoice);
  return [...groups].flatMap(([name, ones]) => [heading(name), ...ones.map(toChoice)]);
}

/** Every resource that has a node in the tree. */
export function allResources(folders: readonly OpenFolder[]): Located[] {
  return folders.flatMap((folder) =>
    folder.backend.snapshot.projects.flatMap((tree) => {
      const { project, warehouses, stages, freight, promotions, tasks } = tree;
      const resources: AnyResource[] = [...warehouses, ...stages, ...freight, ...promotions, ...tasks];
      if (project !== undefined) resources.unshift(project);
      return resources.map((resource) => ({ folder, tree, resource }));
    }),
  );
}

/** Who acts, in the form of Kargo's create-actor annotation. */
export function actor(): string {
  return `vscode:${process.env.USER ?? process.env.USERNAME ?? "user"}`;
}
