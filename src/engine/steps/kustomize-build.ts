// Step `kustomize-build`: builds a kustomization of the work directory into one file, or a file per resource.
// Fetches nothing itself; remote bases and charts are kustomize's business, local files outside are refused before.
import { dirname, join } from "node:path";
import { errorMessage, isAbortError } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import {
  type StepContext,
  StepError,
  type StepResult,
  type StepRunner,
  type ToolPaths,
} from "../promotion/step";
import { makeDirsInside, writeInside } from "../tools/files";
import { copyKustomization } from "../tools/kustomization-paths";
import { findKustomize, KustomizeError, runKustomizeBuild } from "../tools/kustomize";
import {
  checkResourceFileName,
  isClusterScoped,
  isYamlFile,
  kargoFileName,
  kustomizeFileName,
  type ManifestIdentity,
  manifestIdentity,
} from "../tools/manifests";
import { insideWorkDir, sanitizePathError } from "../tools/paths";
import { ProgramError } from "../tools/process";
import { requireProgram, withProgramHome } from "../tools/program-home";
import { WorkMirror } from "../tools/work-mirror";
import { errored } from "./step-failure";

/** Configuration of `kustomize-build`. */
export interface KustomizeBuildConfig {
  readonly path: string;
  /** A file when it ends in `.yaml` or `.yml`, else a directory. */
  readonly outPath: string;
  /** How files of a directory are named; `kargo` when absent. */
  readonly outputFormat?: "kargo" | "kustomize";
  readonly plugin?: {
    readonly helm?: { readonly apiVersions?: readonly string[]; readonly kubeVersion?: string };
  };
}

/** A built resource: its YAML and what it is. */
interface BuiltResource {
  readonly yaml: string;
  readonly identity: ManifestIdentity;
}

/** Runs `kustomize-build` (pkg/promotion/runner/builtin/kustomize_builder.go). */
export const kustomizeBuild: StepRunner<"kustomize-build", KustomizeBuildConfig, "programs"> = {
  kind: "kustomize-build",
  needs: ["programs"],
  resumable: true,
  async run(context, config): Promise<StepResult> {
    const { workDir } = context;
    const yaml = await build(context, context.programs, config);
    const outPath = await insideWorkDir(workDir, config.outPath).catch((error) => {
      throw errored(errorMessage(error));
    });
    try {
      await writeResources(workDir, outPath, yaml, config.outputFormat ?? "kargo");
    } catch (error) {
      const reason = errorMessage(sanitizePathError(error, workDir));
      throw errored(`failed to write built manifests to ${goQuote(config.outPath)}: ${reason}`);
    }
    return { status: "Succeeded" };
  },
};

async function build(
  { workDir, signal }: StepContext,
  programs: ToolPaths,
  { path, plugin }: KustomizeBuildConfig,
): Promise<string> {
  try {
    const program = await findKustomize(programs.kustomize);
    return await withProgramHome(async (home) => {
      // Kustomize builds a copy: what it opens by itself could have become a link out of the work directory by then.
      const copy = await WorkMirror.make(workDir, join(home.dir, "work"), signal);
      const { dir, helm: usesHelm } = await copyKustomization(copy, workDir, path, signal);
      const helm = usesHelm ? await requireProgram("helm", programs.helm) : undefined;
      const { kubeVersion, apiVersions } = plugin?.helm ?? {};
      const yaml = await runKustomizeBuild(
        program,
        { dir, helm, kubeVersion, apiVersions },
        home,
        signal,
      ).catch((error) => {
        throw error instanceof KustomizeError ? new KustomizeError(copy.told(error.message)) : error;
      });
      // Charts that kustomize has fetched stay beside the kustomization.
      await copy.bringBack();
      return yaml;
    });
  } catch (error) {
    if (isAbortError(error)) throw error;
    signal.throwIfAborted();
    if (error instanceof ProgramError) {
      throw new StepError("Errored", error.message, { terminal: true, cause: error });
    }
    throw errored(errorMessage(error));
  }
}

async function writeResources(
  workDir: string,
  outPath: string,
  yaml: string,
  format: "kargo" | "kustomize",
): Promise<void> {
  if (isYamlFile(outPath)) {
    await makeDirsInside(workDir, dirname(outPath), 0o700);
    await writeInside(workDir, outPath, yaml);
    return;
  }
  await makeDirsInside(workDir, outPath, 0o700);
  const resources = splitResources(yaml);
  const inNamespace = resources.filter(({ identity }) => !isClusterScoped(identity));
  const namespaces = new Set(inNamespace.map(({ identity }) => identity.namespace || "default"));
  const isFarFlung = namespaces.size > 1;
  const clusterWide = resources.filter(({ identity }) => isClusterScoped(identity));
  for (const { identity, yaml: content } of [...inNamespace, ...clusterWide]) {
    const showsNamespace = isFarFlung && !isClusterScoped(identity);
    const name = format === "kargo" ? kargoFileName(identity) : kustomizeFileName(identity, showsNamespace);
    checkResourceFileName(name);
    await writeInside(workDir, join(outPath, name), content);
  }
}

/** The resources of a build. Its encoder begins no other line with dashes than the one between two resources. */
function splitResources(yaml: string): BuiltResource[] {
  if (yaml === "") return [];
  return yaml.split(/^---\n/m).map((document) => {
    const identity = manifestIdentity(document);
    if (identity === undefined) throw new Error("kustomize printed something that is no resource");
    return { yaml: document, identity };
  });
}
