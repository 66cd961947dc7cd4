// Fetches the dependencies of a chart with helm, in a home that knows no repositories but the chart's own. Shared by
// helm-template and helm-update-chart. Leaves Chart.yaml as it is.
import { createHash } from "node:crypto";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { isObject } from "../../base/json";
import { chartKey } from "../../model/urls";
import type { CredentialSource, Credentials, StepContext } from "../promotion/step";
import { readInside } from "../tools/files";
import { parseYamlDocument } from "../tools/go-yaml/parser";
import { dependencyArgs, type Helm, registryLoginArgs, repoUpdateArgs, runHelm } from "../tools/helm";
import { checkLinks } from "../tools/link-check";
import { parseGoYaml, scalarText } from "../tools/manifests";
import { isSubPath, toPathError } from "../tools/paths";
import { speaksPlainHttp } from "../tools/registry-session";
import { WorkMirror } from "../tools/work-mirror";
import { because } from "./step-failure";

/** A dependency as far as Kargo looks at it (pkg/helm/dependency.go). */
export interface ChartDependency {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
}

/** What fetching needs of a step. */
export type DependencyContext = Pick<StepContext, "workDir" | "project" | "signal"> & {
  readonly credentials: CredentialSource;
};

/** How deep a local dependency may be (pkg/helm/dependency_manager.go). */
const maxLocalDepth = 100;

/** The dependencies that Chart.yaml or Chart.lock lists. Throws PathError and Error. */
export async function readDependencies(context: DependencyContext, file: string): Promise<ChartDependency[]> {
  const { workDir, signal } = context;
  const bytes = await because(`read file ${goQuote(file)}`, readInside(workDir, file, signal));
  return await because(`unmarshal ${goQuote(file)}`, () => toDependencies(bytes));
}

/** Refuses `file://` dependencies that lead out of the work directory (validateLocalDependency). */
export async function checkLocalDependencies(
  { workDir, signal }: DependencyContext,
  chartPath: string,
  dependencies: readonly ChartDependency[],
): Promise<void> {
  const root = await realpath(workDir);
  for (const { repository } of dependencies) {
    if (!repository.startsWith("file://")) continue;
    await because(`invalid dependency ${goQuote(repository)}`, async () => {
      const path = repository.slice("file://".length);
      if (isAbsolute(path)) throw new Error(`dependency path ${goQuote(path)} must be relative`);
      const joined = join(chartPath, path);
      const real = await realpath(joined).catch((error) => {
        throw new Error(`resolve dependency path: ${errorMessage(toPathError(error, "lstat", joined))}`);
      });
      if (!isSubPath(root, real)) throw new Error("dependency path is outside the work directory");
      await checkLinks(root, real, { maxDepth: maxLocalDepth, dangling: "refused", signal });
    });
  }
}

/**
 * Signs in to what the dependencies come from and fetches them into the chart: as Chart.lock says (`build`) or as
 * Chart.yaml allows (`update`), which writes Chart.lock.
 */
export async function fetchDependencies(
  context: DependencyContext,
  helm: Helm,
  action: "build" | "update",
  chartPath: string,
  dependencies: readonly ChartDependency[],
): Promise<void> {
  const hosts = new PlainHosts(context.signal);
  const hasIndexes = await because(
    "setup repositories",
    setUpRepositories(context, helm, hosts, dependencies),
  );
  if (hasIndexes) await because("fetch repository indexes", runHelm(helm, repoUpdateArgs()));
  const plainHttp = await hosts.areAllPlain(dependencies);
  await because(`${action} chart dependencies`, async () => {
    // Helm works on a copy: it opens paths again and again, and each could have become a link by then.
    const copy = await copyChart(context, helm, chartPath, dependencies);
    const args = dependencyArgs(action, copy.at(chartPath), { plainHttp });
    await runHelm({ ...helm, told: (text) => copy.told(text) }, args);
    await copy.bringBack();
  });
}

async function copyChart(
  { workDir, signal }: DependencyContext,
  { home }: Helm,
  chartPath: string,
  dependencies: readonly ChartDependency[],
): Promise<WorkMirror> {
  const copy = await WorkMirror.make(workDir, join(home.dir, "dependencies"), signal);
  await copy.addTree(chartPath);
  for (const { repository } of dependencies) {
    if (repository.startsWith("file://")) {
      await copy.addTree(join(chartPath, repository.slice("file://".length)));
    }
  }
  return copy;
}

/** Which registries speak plain HTTP, asked once each. */
class PlainHosts {
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  isPlain(host: string): Promise<boolean> {
    const known = this.#known.get(host) ?? speaksPlainHttp(host, this.#signal);
    this.#known.set(host, known);
    return known;
  }

  /** Helm has one answer for all registries of a chart: plain HTTP only when every one speaks it. */
  async areAllPlain(dependencies: readonly ChartDependency[]): Promise<boolean> {
    const hosts = dependencies
      .filter(({ repository }) => repository.startsWith("oci://"))
      .map(({ repository }) => registryHost(repository));
    for (const host of hosts) if (!(await this.isPlain(host))) return false;
    return hosts.length > 0;
  }
}

/** Writes the home's list of repositories and signs in to registries; true when there are indexes to fetch. */
async function setUpRepositories(
  context: DependencyContext,
  helm: Helm,
  hosts: PlainHosts,
  dependencies: readonly ChartDependency[],
): Promise<boolean> {
  const entries = new Map<string, object>();
  const signedIn = new Set<string>();
  for (const { repository, name } of dependencies) {
    if (/^https?:\/\//.test(repository)) {
      const isSecret = repository.startsWith("https://");
      const found = isSecret ? await findCredentials(context, repository, repository) : undefined;
      const { username = "", password = "" } = found ?? {};
      const id = createHash("sha256").update(repository).digest("hex");
      entries.set(id, { name: id, url: repository, username, password });
    } else if (repository.startsWith("oci://")) {
      const host = registryHost(repository);
      if (signedIn.has(host)) continue;
      const url = `oci://${chartKey(repository, name)}`;
      const found = await findCredentials(context, repository, url);
      if (found === undefined) continue;
      const args = registryLoginArgs(host, found.username ?? "", { plainHttp: await hosts.isPlain(host) });
      const act = runHelm(helm, args, `${found.password ?? ""}\n`);
      await because(`authenticate with chart repository ${goQuote(repository)}`, act);
      signedIn.add(host);
    }
  }
  if (entries.size === 0) return false;
  const file = join(helm.home.env.HELM_CONFIG_HOME ?? helm.home.dir, "repositories.yaml");
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Helm reads credentials from files only. This one is gone with the home when the run ends, as in Kargo.
  const list = { apiVersion: "", generated: "0001-01-01T00:00:00Z", repositories: [...entries.values()] };
  await writeFile(file, JSON.stringify(list), { mode: 0o600 });
  return true;
}

async function findCredentials(
  { credentials, project, signal }: DependencyContext,
  repository: string,
  repoURL: string,
): Promise<Credentials | undefined> {
  try {
    return await credentials.find({ project, type: "helm", repoURL, signal });
  } catch (error) {
    if (isAbortError(error)) throw error;
    throw new Error(`obtain credentials for repository ${goQuote(repository)}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** The host that helm asks for an `oci://` repository (oras registry.Reference.Host). */
function registryHost(repository: string): string {
  const host = repository.slice("oci://".length).split("/")[0] ?? "";
  return host === "docker.io" ? "registry-1.docker.io" : host;
}

function toDependencies(bytes: Buffer): ChartDependency[] {
  const chart = parseChart(bytes);
  const listed = isObject(chart) ? chart.dependencies : undefined;
  if (listed === undefined || listed === null) return [];
  if (!Array.isArray(listed)) throw wrongType("dependencies", listed, "[]helm.ChartDependency");
  return listed.map((entry) => {
    const fields = isObject(entry) ? entry : {};
    const text = (field: string): string => {
      const value = scalarText(fields[field]);
      if (value !== undefined) return value;
      throw wrongType(`ChartDependency.dependencies.${field}`, fields[field], "string");
    };
    return { repository: text("repository"), name: text("name"), version: text("version") };
  });
}

function parseChart(bytes: Buffer): unknown {
  try {
    return parseGoYaml(bytes.toString("utf8"));
  } catch (error) {
    // The library's sentences go over several lines; go-yaml has a short one for nearly everything.
    const reason = goYamlError(bytes) ?? errorMessage(error).split("\n")[0];
    throw new Error(`error converting YAML to JSON: ${reason}`, { cause: error });
  }
}

function goYamlError(bytes: Buffer): string | undefined {
  try {
    parseYamlDocument(bytes);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** What Go says of a field of another type (encoding/json UnmarshalTypeError). */
function wrongType(field: string, value: unknown, wanted: string): Error {
  const given = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const place = field.includes(".") ? field : `chartMetadata.${field}`;
  return new Error(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${given} into Go struct field ${place} of type ${wanted}`,
  );
}
