// Runs the helm program in a home of its own, with the flags that make it do what the library does inside Kargo.
// Reads no chart and writes no manifest; the steps do.
import { runProgram } from "./process";
import type { ProgramHome } from "./program-home";

/** A command that helm refused; the message is helm's own. */
export class HelmError extends Error {}

/** What Kargo's binary tells charts of the cluster when nobody says otherwise: its library's built-in version. */
export const defaultKubeVersion = "v1.20.0";

/** What to render. */
export interface HelmTemplate {
  readonly releaseName: string;
  readonly chartPath: string;
  readonly namespace: string;
  /** Absolute paths, merged from left to right. */
  readonly valuesFiles?: readonly string[];
  /** `key=value` with helm's own syntax. */
  readonly set?: readonly string[];
  /** `key=value` whose value is text as it stands. */
  readonly setLiteral?: readonly string[];
  readonly kubeVersion?: string | undefined;
  readonly apiVersions?: readonly string[];
  readonly includeCRDs?: boolean;
  readonly disableHooks?: boolean;
  readonly skipTests?: boolean;
  /** Where files are written; absent means that all goes to standard output. */
  readonly outputDir?: string | undefined;
  readonly useReleaseName?: boolean;
}

/** A started helm: the program, its home and how it is stopped. */
export interface Helm {
  readonly program: string;
  readonly home: ProgramHome;
  readonly signal: AbortSignal;
  /** Names paths in what helm says as the user knows them. */
  readonly told?: (text: string) => string;
}

/** The arguments that render a chart (pkg/promotion/runner/builtin/helm_template_runner.go newInstallAction). */
export function helmTemplateArgs(template: HelmTemplate): string[] {
  const { valuesFiles = [], set = [], setLiteral = [], apiVersions = [], outputDir } = template;
  return [
    "template",
    ...valuesFiles.map((file) => `--values=${listItem(file)}`),
    ...set.map((value) => `--set=${value}`),
    ...setLiteral.map((value) => `--set-literal=${value}`),
    `--namespace=${template.namespace}`,
    `--kube-version=${template.kubeVersion || defaultKubeVersion}`,
    ...apiVersions.map((version) => `--api-versions=${listItem(version)}`),
    ...(template.includeCRDs ? ["--include-crds"] : []),
    ...(template.disableHooks ? ["--no-hooks"] : []),
    ...(template.skipTests ? ["--skip-tests"] : []),
    ...(outputDir === undefined ? [] : [`--output-dir=${outputDir}`]),
    ...(outputDir !== undefined && template.useReleaseName ? ["--release-name"] : []),
    "--",
    template.releaseName,
    template.chartPath,
  ];
}

/** The arguments that fetch a chart's dependencies; indexes are fetched before (`repoUpdateArgs`). */
export function dependencyArgs(
  action: "build" | "update",
  chartPath: string,
  options: { readonly plainHttp: boolean },
): string[] {
  const plain = options.plainHttp ? ["--plain-http"] : [];
  return ["dependency", action, "--skip-refresh", ...plain, "--", chartPath];
}

/** The arguments that fetch the indexes of all repositories of the home. */
export function repoUpdateArgs(): string[] {
  return ["repo", "update", "--fail-on-repo-update-fail"];
}

/** The arguments that sign in to a registry; the password goes to standard input. */
export function registryLoginArgs(
  host: string,
  username: string,
  options: { readonly plainHttp: boolean },
): string[] {
  const plain = options.plainHttp ? ["--plain-http"] : [];
  return ["registry", "login", `--username=${username}`, "--password-stdin", ...plain, "--", host];
}

/** Runs helm and answers what it printed. Throws HelmError with its reason, ProgramError when it does not start. */
export async function runHelm(
  { program, home, signal, told = (text) => text }: Helm,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const start = { command: program, args, cwd: home.dir, env: home.env, signal };
  const end = await runProgram(input === undefined ? start : { ...start, input });
  if (end.exitCode === 0) return end.stdout;
  const notFetched = /\.\.\.Unable to get an update from the ".*?" chart repository \((.*)\):\n\t(.*)/.exec(
    end.output,
  );
  if (notFetched) throw new HelmError(`download repository index for "${notFetched[1]}": ${notFetched[2]}`);
  throw new HelmError(told(reasonOf(end.stderr)) || `helm ended with code ${end.exitCode}`);
}

/** What went wrong, without warnings before it and advice about helm's own flags after it. */
function reasonOf(stderr: string): string {
  const start = stderr.search(/^Error: /m);
  return stderr
    .slice(Math.max(start, 0))
    .replace(/^Error: /, "")
    .replace(/(?:\n\nUse --debug flag to render out invalid YAML)?\n?$/, "");
}

/** An item of a flag that takes lists in the manner of CSV. */
function listItem(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
