// Looks through a kustomization, before it is built, for files outside the work directory: the program that builds it
// would read them, while Kargo's own file system refuses. Judges nothing else; kustomize says what is wrong with a file.
import type { Stats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isObject } from "../../base/json";
import { checkLinks } from "./link-check";
import { isSubPath } from "./paths";

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

/** Follows a kustomization through the work directory. Throws KustomizationPathError at the first way out of it. */
export async function checkKustomization(
  workDir: string,
  dir: string,
  signal: AbortSignal,
): Promise<KustomizationNeeds> {
  const root = await realpath(workDir);
  if ((await statOrNothing(dir)) !== undefined && !isSubPath(root, await realpath(dir))) {
    const context = "must build at directory: not a valid directory: fs-security-constraint abs";
    throw new KustomizationPathError(context, dir, workDir);
  }
  const walk = new KustomizationWalk(workDir, root, signal);
  await walk.reference(dir, "resources");
  return { helm: walk.usesHelm };
}

class KustomizationWalk {
  usesHelm = false;
  readonly #workDir: string;
  readonly #root: string;
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();

  constructor(workDir: string, root: string, signal: AbortSignal) {
    this.#workDir = workDir;
    this.#root = root;
    this.#signal = signal;
  }

  /** Looks at what lies at `path`; what does not exist is remote or kustomize's to complain about. */
  async reference(path: string, field: string): Promise<void> {
    this.#signal.throwIfAborted();
    const info = await statOrNothing(path);
    if (info === undefined) return;
    const real = await realpath(path);
    if (!isSubPath(this.#root, real))
      throw new KustomizationPathError("fs-security-constraint read", path, this.#workDir);
    if (!nestedFields.has(field) || this.#seen.has(real)) return;
    this.#seen.add(real);
    if (info.isDirectory()) await this.#kustomization(real);
    else if (field !== "resources") await this.#content(real, dirname(real));
  }

  async #kustomization(dir: string): Promise<void> {
    for (const name of fileNames) {
      const file = join(dir, name);
      if ((await statOrNothing(file)) === undefined) continue;
      await this.reference(file, "files");
      await this.#content(file, dir);
    }
  }

  async #content(file: string, dir: string): Promise<void> {
    const text = await readFile(file, { encoding: "utf8", signal: this.#signal });
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
        const chart = isAbsolute(home) ? join(home, place) : join(dir, home, place);
        if ((await statOrNothing(chart))?.isDirectory() !== true) continue;
        await this.reference(chart, "files");
        const limits = { maxDepth: maxChartDepth, dangling: "allowed", signal: this.#signal } as const;
        await checkLinks(this.#root, await realpath(chart), limits);
      }
    }
  }

  async #text(text: string, dir: string, field: string): Promise<void> {
    if (!pathFields.has(field) || text === "") return;
    if (text.includes("\n")) {
      if (nestedFields.has(field)) await this.#documents(text, dir);
      return;
    }
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return;
    const path = field === "files" ? text.slice(text.indexOf("=") + 1) : text;
    await this.reference(isAbsolute(path) ? path : join(dir, path), field);
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
