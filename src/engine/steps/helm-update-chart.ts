// Step `helm-update-chart`: sets versions of a chart's dependencies and fetches them anew.
// Renders nothing; Chart.yaml is edited line by line as Kargo does.
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { compareBytewise } from "../../base/text";
import {
  type Capabilities,
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
} from "../promotion/step";
import { readInside, statInside, writeInside } from "../tools/files";
import type { Helm } from "../tools/helm";
import { checkLinks } from "../tools/link-check";
import { insideWorkDir } from "../tools/paths";
import { ProgramError } from "../tools/process";
import { requireProgram, withProgramHome } from "../tools/program-home";
import { setYamlValues, type YamlUpdate } from "../tools/yaml-lines";
import {
  type ChartDependency,
  checkLocalDependencies,
  fetchDependencies,
  readDependencies,
} from "./chart-dependencies";
import { because, errored } from "./step-failure";

/** Configuration of `helm-update-chart`. */
export interface HelmUpdateChartConfig {
  readonly path: string;
  /** Dependencies whose version is set; found by repository and name. */
  readonly charts?: readonly ChartDependency[];
}

type Context = StepContext & Pick<Capabilities, "programs" | "credentials">;

const maxChartDepth = 100;

/** Runs `helm-update-chart` (pkg/promotion/runner/builtin/helm_chart_updater.go). */
export const helmUpdateChart: StepRunner<
  "helm-update-chart",
  HelmUpdateChartConfig,
  "programs" | "credentials"
> = {
  kind: "helm-update-chart",
  needs: ["programs", "credentials"],
  async run(context, config): Promise<StepResult> {
    try {
      const program = await requireProgram("helm", context.programs.helm);
      const changes = await withProgramHome((home) =>
        updateChart(context, config, { program, home, signal: context.signal }),
      );
      if (changes.size === 0) return { status: "Succeeded" };
      return { status: "Succeeded", output: { commitMessage: commitMessage(config.path, changes) } };
    } catch (error) {
      if (isAbortError(error)) throw error;
      context.signal.throwIfAborted();
      const terminal = error instanceof ProgramError;
      throw terminal
        ? new StepError("Errored", error.message, { terminal, cause: error })
        : errored(errorMessage(error));
    }
  },
};

/** Changes by name of the dependency (pkg/helm/dependency_manager.go Update). */
async function updateChart(
  context: Context,
  { path, charts = [] }: HelmUpdateChartConfig,
  helm: Helm,
): Promise<ReadonlyMap<string, string>> {
  const { workDir, signal } = context;
  const chartPath = await insideWorkDir(workDir, path);
  const chartFile = join(chartPath, "Chart.yaml");
  const dependencies = await because("get chart dependencies", readDependencies(context, chartFile));
  await because("validate dependencies", async () => {
    await checkLocalDependencies(context, chartPath, dependencies);
    // Helm follows every link of a chart, also those that lead out of the work directory.
    const limits = { maxDepth: maxChartDepth, dangling: "allowed", signal } as const;
    await checkLinks(await realpath(workDir), chartPath, limits);
  });
  const setting = setVersions(context, chartFile, dependencies, charts);
  await because("process dependency updates", setting);

  const lockFile = join(chartPath, "Chart.lock");
  const lock = await readLock(context, lockFile);
  await fetchDependencies(context, helm, "update", chartPath, dependencies);
  const updated = await because(
    "read updated dependencies from Chart.lock",
    readDependencies(context, lockFile),
  );
  const changes = compareVersions(lock.dependencies, updated);
  // Only the time of a lock file that says the same would differ.
  if (changes.size === 0 && lock.bytes !== undefined) await writeInside(workDir, lockFile, lock.bytes);
  return changes;
}

async function setVersions(
  { workDir, signal }: Context,
  chartFile: string,
  dependencies: readonly ChartDependency[],
  charts: readonly ChartDependency[],
): Promise<void> {
  const updates: YamlUpdate[] = [];
  for (const { repository, name, version } of charts) {
    const index = dependencies.findIndex((one) => one.name === name && one.repository === repository);
    if (index < 0) {
      const wanted = `repository ${goQuote(repository)} and name ${goQuote(name)}`;
      throw new Error(`no dependency in Chart.yaml matches update with ${wanted}`);
    }
    if (dependencies[index]?.version === version) continue;
    updates.push({ key: `dependencies.${index}.version`, value: version });
  }
  if (updates.length === 0) return;
  await because("update Chart.yaml with dependency changes", async () => {
    const bytes = await readInside(workDir, chartFile, signal);
    const edited = await because("error mutating bytes", () => setYamlValues(bytes, updates));
    await writeInside(workDir, chartFile, edited.bytes);
  });
}

interface Lock {
  readonly dependencies: readonly ChartDependency[];
  /** Absent when there is no lock file. */
  readonly bytes?: Buffer;
}

async function readLock(context: Context, lockFile: string): Promise<Lock> {
  const info = await statInside(context.workDir, lockFile);
  if (info === undefined) return { dependencies: [] };
  if (info.isSymbolicLink()) {
    throw new Error(`create backup of Chart.lock: cannot create backup of symlink ${goQuote(lockFile)}`);
  }
  const reading = readDependencies(context, lockFile);
  const dependencies = await because("read initial dependencies from Chart.lock", reading);
  return { dependencies, bytes: await readInside(context.workDir, lockFile, context.signal) };
}

/** What the lock file says now and did not before; a later entry of a name counts (compareChartVersions). */
function compareVersions(
  before: readonly ChartDependency[],
  after: readonly ChartDependency[],
): ReadonlyMap<string, string> {
  const known = new Map(before.map(({ name, version }) => [name, version]));
  const changes = new Map<string, string>();
  for (const { name, version } of after) {
    const old = known.get(name);
    if (old === undefined) changes.set(name, version);
    else if (old !== version) changes.set(name, `${old} -> ${version}`);
    known.delete(name);
  }
  for (const name of known.keys()) changes.set(name, "");
  return changes;
}

/** Kargo lists the changes in no order; ours are sorted. */
function commitMessage(path: string, changes: ReadonlyMap<string, string>): string {
  const lines = [...changes]
    .sort(([a], [b]) => compareBytewise(a, b))
    .map(([name, change]) => `\n- ${name}: ${change || "removed"}`);
  return `Updated chart dependencies for ${path}\n${lines.join("")}`;
}
