// Builds kustomizations with the kustomize program, or with kubectl's own one, under the flags that make it do what
// the library does inside Kargo. Writes no manifest; the step does.
import { basename } from "node:path";
import { findProgram, ProgramError, runProgram } from "./process";
import { type ProgramHome, requireProgram } from "./program-home";

/** What to build. */
export interface KustomizeBuild {
  /** Absolute path of the directory that has the kustomization. */
  readonly dir: string;
  /** Absolute path of helm, when there is one. */
  readonly helm?: string | undefined;
  readonly kubeVersion?: string | undefined;
  readonly apiVersions?: readonly string[] | undefined;
}

/** A program that can build kustomizations. */
export interface KustomizeProgram {
  readonly path: string;
  readonly isKubectl: boolean;
}

/** A build that kustomize refused; the message is kustomize's own. */
export class KustomizeError extends Error {}

/** The arguments of a build (pkg/promotion/runner/builtin/kustomize_builder.go, krusty.Options). */
export function kustomizeBuildArgs(build: KustomizeBuild, isKubectl: boolean): string[] {
  const { dir, helm, kubeVersion, apiVersions = [] } = build;
  return [
    isKubectl ? "kustomize" : "build",
    "--enable-helm",
    "--load-restrictor=LoadRestrictionsNone",
    // Without it the program sorts the resources, which the library does not.
    "--reorder=none",
    ...(helm === undefined ? [] : [`--helm-command=${helm}`]),
    ...(kubeVersion ? [`--helm-kube-version=${kubeVersion}`] : []),
    ...apiVersions.map((version) => `--helm-api-versions=${version}`),
    "--",
    dir,
  ];
}

/** The program to build with: the configured one, else kustomize, else kubectl. Throws ProgramError `notFound`. */
export async function findKustomize(configured?: string): Promise<KustomizeProgram> {
  try {
    const path = await requireProgram("kustomize", configured);
    return { path, isKubectl: /^kubectl(?:\.exe)?$/i.test(basename(path)) };
  } catch (error) {
    if (!(error instanceof ProgramError) || configured) throw error;
    const path = await findProgram("kubectl").catch(() => {
      throw error;
    });
    return { path, isKubectl: true };
  }
}

/** Builds and answers the resources as YAML, in the order they came out. Throws KustomizeError and ProgramError. */
export async function runKustomizeBuild(
  program: KustomizeProgram,
  build: KustomizeBuild,
  home: ProgramHome,
  signal: AbortSignal,
): Promise<string> {
  const args = kustomizeBuildArgs(build, program.isKubectl);
  const start = { command: program.path, args, cwd: home.dir, env: home.env, signal };
  const { exitCode, stdout, stderr } = await runProgram(start);
  if (exitCode === 0) return stdout;
  const reason = reasonOf(stderr);
  throw new KustomizeError(reason.trim() === "" ? `kustomize ended with code ${exitCode}` : reason);
}

/** What went wrong, without the notices about flags and fields that come before it. */
function reasonOf(stderr: string): string {
  const start = stderr.search(/^error: /im);
  return stderr
    .slice(Math.max(start, 0))
    .replace(/^error: /i, "")
    .replace(/\n$/, "");
}
