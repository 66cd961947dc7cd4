// Step `helm-template`: renders a chart of the work directory into one file, a file per template or a file per
// resource. Asks no cluster; what a chart is told of one comes from the configuration.
import { constants as flags } from "node:fs";
import { mkdir, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import {
  type Capabilities,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import { makeDirsInside, statInside, withFile, writeInside } from "../tools/files";
import { defaultKubeVersion, type Helm, HelmError, helmTemplateArgs, runHelm } from "../tools/helm";
import { checkLinks } from "../tools/link-check";
import {
  checkResourceFileName,
  flatFileName,
  isHelmHook,
  isYamlFile,
  splitDocuments,
} from "../tools/manifests";
import { insideWorkDir, PathError } from "../tools/paths";
import { ProgramError } from "../tools/process";
import { requireProgram, withProgramHome } from "../tools/program-home";
import { WorkMirror } from "../tools/work-mirror";
import { checkLocalDependencies, fetchDependencies, readDependencies } from "./chart-dependencies";
import { because } from "./step-failure";

/** Configuration of `helm-template`. */
export interface HelmTemplateConfig {
  readonly path: string;
  /** A file when it ends in `.yaml` or `.yml`, else a directory. */
  readonly outPath: string;
  readonly releaseName: string;
  /** How a directory is filled; `helm` when absent. */
  readonly outLayout?: "helm" | "flat";
  readonly useReleaseName?: boolean;
  readonly namespace?: string;
  readonly valuesFiles?: readonly string[];
  readonly ignoreMissingValueFiles?: boolean;
  readonly setValues?: readonly {
    readonly key: string;
    readonly value: string;
    readonly literal?: boolean;
  }[];
  readonly buildDependencies?: boolean;
  readonly includeCRDs?: boolean;
  readonly disableHooks?: boolean;
  readonly skipTests?: boolean;
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
}

type Context = StepContext & Pick<Capabilities, "programs" | "credentials">;

const maxChartDepth = 100;
/** The program refuses charts of type `library`, which the library renders to nothing. */
const nothingToRender = "library charts are not installable";
/** Kargo never counts on, so documents without a name share one file. */
const namelessFile = "resource-0.yaml";
const crdPath = /^[^/]+(?:\/charts\/[^/]+)*\/crds\//;

/** Runs `helm-template` (pkg/promotion/runner/builtin/helm_template_runner.go). */
export const helmTemplate: StepRunner<"helm-template", HelmTemplateConfig, "programs" | "credentials"> = {
  kind: "helm-template",
  needs: ["programs", "credentials"],
  async run(context, config): Promise<StepResult> {
    try {
      const program = await requireProgram("helm", context.programs.helm);
      const { signal } = context;
      const warnings = await withProgramHome((home) => render(context, config, { program, home, signal }));
      return { status: "Succeeded", ...(warnings.length > 0 && { warnings }) };
    } catch (error) {
      if (isAbortError(error)) throw error;
      context.signal.throwIfAborted();
      const terminal = error instanceof ProgramError;
      const message = errorMessage(error);
      throw new StepError("Errored", message, {
        terminal,
        cause: error,
        warnings: warningsOf(message, config),
      });
    }
  },
};

/** Renders and writes; answers sentences about what came out otherwise than anybody would think. */
async function render(context: Context, config: HelmTemplateConfig, helm: Helm): Promise<string[]> {
  const { workDir } = context;
  const valuesFiles = await because("failed to compose values", findValuesFiles(context, config));
  if (config.buildDependencies) {
    await because("failed to build chart dependencies", buildDependencies(context, config.path, helm));
  }
  // Helm reads copies: what it opens by itself could have become a link out of the work directory by then.
  const copy = await WorkMirror.make(workDir, join(helm.home.dir, "work"), context.signal);
  await because("failed to compose values", async () => {
    for (const file of valuesFiles) await copy.add(file);
  });
  const chartPath = await because(
    `failed to load chart from ${goQuote(config.path)}`,
    findChart(context, config.path, copy),
  );
  const joining = insideWorkDir(workDir, config.outPath);
  const outPath = await because(`failed to join path ${goQuote(config.outPath)}`, joining);
  const isFile = isYamlFile(config.outPath);
  const isTree = !isFile && config.outLayout !== "flat";
  const rendered = join(helm.home.dir, "rendered");
  if (isTree) await mkdir(rendered);
  const { setValues = [], apiVersions = [] } = config;
  const assigned = (literal: boolean) =>
    setValues.filter((set) => (set.literal ?? false) === literal).map(({ key, value }) => `${key}=${value}`);
  const args = helmTemplateArgs({
    ...config,
    namespace: config.namespace || context.project,
    apiVersions,
    chartPath,
    valuesFiles: valuesFiles.map((file) => copy.at(file)),
    set: assigned(false),
    setLiteral: assigned(true),
    outputDir: isTree ? rendered : undefined,
  });
  const told = (text: string): string => copy.told(text);
  const manifest = await runHelm({ ...helm, told }, args).catch((error) => {
    if (error instanceof HelmError && error.message === nothingToRender) return "\n";
    throw explained(error, config, valuesFiles);
  });
  return await because("failed to write rendered chart", async () => {
    if (isFile) await writeFile(workDir, outPath, manifest, config.outPath);
    else if (isTree) await writeTree(workDir, outPath, rendered);
    else return await writeFlat(workDir, outPath, manifest);
    return [];
  });
}

async function findValuesFiles({ workDir }: Context, config: HelmTemplateConfig): Promise<string[]> {
  const { valuesFiles = [], ignoreMissingValueFiles = false } = config;
  const found: string[] = [];
  for (const file of valuesFiles) {
    const path = await because(`failed to join path ${goQuote(file)}`, insideWorkDir(workDir, file));
    if ((await statInside(workDir, path)) !== undefined) found.push(path);
    else if (!ignoreMissingValueFiles) throw new PathError("open", path, "ENOENT");
  }
  return found;
}

async function buildDependencies(context: Context, path: string, helm: Helm): Promise<void> {
  const chartPath = await insideWorkDir(context.workDir, path);
  const reading = readDependencies(context, join(chartPath, "Chart.yaml"));
  const dependencies = await because("get chart dependencies", reading);
  if (dependencies.length === 0) return;
  await because("validate dependencies", checkLocalDependencies(context, chartPath, dependencies));
  await checkChartLinks(context, chartPath);
  await fetchDependencies(context, helm, "build", chartPath, dependencies);
}

/** Copies the chart and answers where the copy is. */
async function findChart(context: Context, path: string, copy: WorkMirror): Promise<string> {
  const joining = insideWorkDir(context.workDir, path);
  const chartPath = await because(`failed to join relPath ${goQuote(path)}`, joining);
  const info = await statInside(context.workDir, chartPath);
  if (info === undefined) throw new PathError("stat", chartPath, "ENOENT");
  if (info.isDirectory()) await checkChartLinks(context, chartPath);
  await copy.addTree(chartPath);
  return copy.at(chartPath);
}

/** Helm follows every link of a chart, also those that lead out of the work directory. */
async function checkChartLinks({ workDir, signal }: Context, chartPath: string): Promise<void> {
  const limits = { maxDepth: maxChartDepth, dangling: "allowed", signal } as const;
  await checkLinks(await realpath(workDir), chartPath, limits);
}

/** Tells a refusal by helm as Kargo does, which takes the steps of rendering one by one. */
function explained(
  error: unknown,
  { path, kubeVersion = "" }: HelmTemplateConfig,
  valuesFiles: readonly string[],
): unknown {
  if (!(error instanceof HelmError)) return error;
  const { message } = error;
  if (
    valuesFiles.some((file) => message.startsWith(`read ${file}: `) || message.startsWith(`open ${file}: `))
  ) {
    return new Error(`failed to compose values: ${message}`, { cause: error });
  }
  for (const [pattern, context] of contexts) {
    const reason = pattern.exec(message)?.[1];
    if (reason !== undefined) {
      const told = context.replace("PATH", goQuote(path)).replace("VERSION", goQuote(kubeVersion));
      return new Error(`${told}: ${reason}`, { cause: error });
    }
  }
  return new Error(`failed to render chart: ${message}`, { cause: error });
}

/** A chart that wants a newer cluster fails in Kargo, although no cluster is asked. */
function warningsOf(message: string, { kubeVersion }: HelmTemplateConfig): string[] {
  if (kubeVersion || !message.includes("which is incompatible with Kubernetes")) return [];
  return [`Kargo renders charts for Kubernetes ${defaultKubeVersion} unless kubeVersion names another one.`];
}

const contexts: readonly (readonly [RegExp, string])[] = [
  [/^(failed (?:to parse \S|parsing --set).*)/s, "failed to compose values"],
  [/^An error occurred while checking for chart dependencies\.[^:]*: (.*)/s, "missing chart dependencies"],
  [
    /^((?:Chart\.yaml file is missing|validation: |cannot load |file '|file does not appear|invalid chart archive|illegally).*)/s,
    "failed to load chart from PATH",
  ],
  [
    /^invalid kube version '.*?': (.*)/s,
    "failed to initialize Helm action config: failed to parse Kubernetes version VERSION",
  ],
];

async function writeFile(workDir: string, outPath: string, manifest: string, shown: string): Promise<void> {
  const making = makeDirsInside(workDir, dirname(outPath), 0o700);
  await because(`failed to create directory ${goQuote(shown)}`, making);
  await writeInside(workDir, outPath, manifest);
}

/** One file per resource; a hook loses the comment that names its template. */
async function writeFlat(workDir: string, outPath: string, manifest: string): Promise<string[]> {
  if (manifest.trim() === "") return [];
  const writing = "failed to write rendered manifest";
  const making = makeDirsInside(workDir, outPath, 0o700);
  await because(`${writing}: failed to create output directory ${goQuote(outPath)}`, making);
  const documents = splitDocuments(manifest);
  let nameless = 0;
  for (;;) {
    const next = await because(`${writing}: failed to read YAML document`, () => documents.next());
    if (next.done) break;
    const document = next.value;
    if (document.trim() === "") continue;
    const hook = hookPath(document);
    const content = hook === undefined ? document.trim() : withoutSource(document);
    const context = hook === undefined ? writing : `failed to write hook ${goQuote(hook)}`;
    const name = flatFileName(content) ?? namelessFile;
    if (name === namelessFile) nameless++;
    await because(context, writeResource(workDir, outPath, name, content));
  }
  if (nameless === 0) return [];
  const told = `Rendered documents that do not say what they are: ${nameless}.`;
  return [`${told} Kargo writes each of them to ${namelessFile}, over the one before.`];
}

async function writeResource(workDir: string, outPath: string, name: string, content: string): Promise<void> {
  checkResourceFileName(name);
  const writing = writeInside(workDir, join(outPath, name), content);
  await because(`failed to write resource to file ${goQuote(name)}`, writing);
}

/** The template of a hook; undefined for any other document. */
function hookPath(document: string): string | undefined {
  const source = /^(?:---\s*\n)?# Source: (.*)/.exec(document)?.[1];
  return source !== undefined && !crdPath.test(source) && isHelmHook(document) ? source : undefined;
}

function withoutSource(document: string): string {
  return document.replace(/^(?:---\s*\n)?# Source: .*\n/, "").trim();
}

/**
 * Puts what helm wrote to a folder of its own into the work directory. As helm does: a file of nothing but hooks is
 * added to the file that is there already, any other replaces it.
 */
async function writeTree(workDir: string, outPath: string, rendered: string): Promise<void> {
  for (const entry of await readdir(rendered, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const name = relative(rendered, source);
    const content = await readFile(source, "utf8");
    const target = join(outPath, name);
    await makeDirsInside(workDir, dirname(target), 0o755);
    const [first = ""] = splitDocuments(content);
    const isAdded = !crdPath.test(name) && isHelmHook(first);
    const openFlags = flags.O_WRONLY | flags.O_CREAT | (isAdded ? flags.O_APPEND : flags.O_TRUNC);
    await withFile(workDir, target, openFlags, 0o666, (file) => file.writeFile(content));
  }
}
