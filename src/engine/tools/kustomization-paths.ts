// Copies a kustomization and all it names for the program that builds it, and refuses files outside the work directory,
// as Kargo's own file system does. Judges nothing else; kustomize says what is wrong with a file.
import type { Stats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { parseAllDocuments } from "yaml";
import { isObject } from "../../base/json";
import { checkLinks } from "./link-check";
import { isSubPath, PathError } from "./paths";
import type { WorkMirror } from "./work-mirror";

const fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Fields whose texts are paths, in kustomizations and in the configurations of built-in plugins. */
const pathFields = new Set([
  "additionalValuesFiles",
  "bases",
  "chartHome",
  "components",
  "configurations",
  "crds",
  "env",
  "envs",
  "files",
  "generators",
  "patchesStrategicMerge",
  "path",
  "paths",
  "resources",
  "transformers",
  "validators",
  "valuesFile",
]);
/** Fields whose files are kustomizations or configurations of plugins, which name files themselves. */
const nestedFields = new Set([
  "bases",
  "components",
  "generators",
  "resources",
  "transformers",
  "validators",
]);
/** Fields that hold the user's own data, whatever its keys are called. */
const dataFields = new Set([
  "commonAnnotations",
  "commonLabels",
  "labels",
  "literals",
  "metadata",
  "options",
  "valuesInline",
]);
const outside = Symbol("outside");
const inflationGenerator = "HelmChartInflationGenerator";
const maxChartDepth = 100;
const helmFields = new Set(["helmCharts", "helmChartInflationGenerator"]);

/** What a kustomization and everything it names needs. */
export interface KustomizationNeeds {
  readonly helm: boolean;
}

/** A file outside the work directory, in the words of Kargo's file system (fluxcd/pkg kustomize/filesys). */
export class KustomizationPathError extends Error {
  constructor(context: string, path: string, workDir: string) {
    super(`${context} ${path}: path '${path}' is not in or below '${workDir}'`);
  }
}

/** What a copied kustomization needs, and where it is. */
export interface CopiedKustomization extends KustomizationNeeds {
  /** Absolute path of the directory in the copy. */
  readonly dir: string;
}

/**
 * Follows the kustomization at `path` through the work directory that `copy` is of, and copies what it meets. What is
 * read is the copy, so that nothing can change after it was looked at. Throws KustomizationPathError at the first way
 * out, in which `workDir` names the directory.
 */
export async function copyKustomization(
  copy: WorkMirror,
  workDir: string,
  path: string,
  signal: AbortSignal,
): Promise<CopiedKustomization> {
  const dir = join(workDir, path);
  const walk = new KustomizationWalk(copy, workDir, signal);
  if (!isSubPath(workDir, dir) || !(await walk.isInside(dir))) {
    if ((await statOrNothing(dir)) === undefined) throw new Error(noDirectory(dir));
    const context = "must build at directory: not a valid directory: fs-security-constraint abs";
    throw new KustomizationPathError(context, dir, workDir);
  }
  await walk.reference(dir, "resources");
  return { dir: copy.at(dir), helm: walk.usesHelm };
}

function noDirectory(dir: string): string {
  return `must build at directory: not a valid directory: evalsymlink failure on '${dir}' : lstat ${dir}: no such file or directory`;
}

class KustomizationWalk {
  usesHelm = false;
  readonly #copy: WorkMirror;
  readonly #workDir: string;
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();

  constructor(copy: WorkMirror, workDir: string, signal: AbortSignal) {
    this.#copy = copy;
    this.#workDir = workDir;
    this.#signal = signal;
  }

  /** False when a link on the way leads out of the work directory. */
  async isInside(path: string): Promise<boolean> {
    return (await this.#add(path)) !== outside;
  }

  /** Copies what lies at `path` and looks at it; what does not exist is remote or kustomize's to complain about. */
  async reference(path: string, field: string): Promise<void> {
    this.#signal.throwIfAborted();
    // A name that climbs out of the work directory would lead out of the copy to somewhere else.
    const real = isSubPath(this.#workDir, path) ? await this.#add(path) : outside;
    if (real === outside) {
      throw new KustomizationPathError("fs-security-constraint read", path, this.#workDir);
    }
    if (real === undefined || !nestedFields.has(field) || this.#seen.has(real)) return;
    this.#seen.add(real);
    const info = await statOrNothing(this.#copy.at(real));
    if (info?.isDirectory()) await this.#kustomization(real);
    else if (field !== "resources") await this.#content(real, dirname(real));
  }

  async #kustomization(dir: string): Promise<void> {
    for (const name of fileNames) {
      const file = join(dir, name);
      await this.reference(file, "files");
      if ((await statOrNothing(this.#copy.at(file)))?.isFile()) await this.#content(file, dir);
    }
  }

  async #content(file: string, dir: string): Promise<void> {
    const text = await readFile(this.#copy.at(file), { encoding: "utf8", signal: this.#signal });
    await this.#documents(text, dir);
  }

  async #documents(text: string, dir: string): Promise<void> {
    for (const document of parseAllDocuments(text, { merge: true, logLevel: "silent" })) {
      await this.#value(toPlain(document), dir, "");
    }
  }

  async #value(value: unknown, dir: string, field: string): Promise<void> {
    if (typeof value === "string") return await this.#text(value, dir, field);
    if (Array.isArray(value)) {
      for (const entry of value) await this.#value(entry, dir, field);
    } else if (isObject(value)) {
      await this.#charts(value, dir);
      for (const [key, entry] of Object.entries(value)) {
        if (helmFields.has(key) || entry === inflationGenerator) this.usesHelm = true;
        if (!dataFields.has(key)) await this.#value(entry, dir, key);
      }
    }
  }

  /** Charts that lie beside the kustomization: helm follows every link in them. */
  async #charts(value: Readonly<Record<string, unknown>>, dir: string): Promise<void> {
    const isPlugin = value.kind === inflationGenerator;
    const entries = isPlugin
      ? [value]
      : Array.isArray(value.helmCharts)
        ? value.helmCharts.filter(isObject)
        : [];
    const globals = isPlugin ? value : isObject(value.helmGlobals) ? value.helmGlobals : {};
    const home =
      typeof globals.chartHome === "string" && globals.chartHome !== "" ? globals.chartHome : "charts";
    for (const { name, version } of entries) {
      for (const place of [String(name), join(`${name}-${version}`, String(name))]) {
        const chart = this.#resolved(home, dir);
        await this.#chart(join(chart, place));
      }
    }
  }

  /** As WorkMirror.add; tells by a value when a link on the way leads out. */
  async #add(path: string): Promise<string | undefined | typeof outside> {
    try {
      return await this.#copy.add(path);
    } catch (error) {
      if (error instanceof PathError && error.code === "EOUTSIDE") return outside;
      throw error;
    }
  }

  async #chart(path: string): Promise<void> {
    await this.reference(path, "files");
    if ((await statOrNothing(this.#copy.at(path)))?.isDirectory() !== true) return;
    const limits = { maxDepth: maxChartDepth, dangling: "allowed", signal: this.#signal } as const;
    const root = await realpath(this.#workDir);
    await checkLinks(root, await realpath(path), limits);
    await this.#copy.addTree(path);
  }

  /** An absolute path names the work directory itself, which the program is to be kept from. */
  #resolved(path: string, dir: string): string {
    if (!isAbsolute(path)) return join(dir, path);
    if (isSubPath(this.#workDir, path)) throw new Error(absolutePath(path));
    return path;
  }

  async #text(text: string, dir: string, field: string): Promise<void> {
    // Helm takes it from where it is started, which is no place of the kustomization.
    if (field === "configHome" && (isAbsolute(text) || normalize(text).startsWith("..")))
      throw new KustomizationPathError("fs-security-constraint read", text, this.#workDir);
    if (!pathFields.has(field) || text === "") return;
    if (text.includes("\n")) {
      if (nestedFields.has(field)) await this.#documents(text, dir);
      return;
    }
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return;
    const path = field === "files" ? text.slice(text.indexOf("=") + 1) : text;
    await this.reference(this.#resolved(path, dir), field);
  }
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined);
}

function toPlain(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

function absolutePath(path: string): string {
  return `'${path}' is an absolute path; a kustomization of a work directory must name its files relative to itself`;
}
