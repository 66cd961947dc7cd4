// A home of its own for each run of helm and kustomize: no settings, caches or sign-ins of the user reach them, and
// nothing they leave there stays. Starts no program; process.ts does.
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, hostEnvironment, ProgramError } from "./process";
import { tempFolderPrefix } from "./temp-folders";

/** A folder for one run and the environment that makes a program live in it. */
export interface ProgramHome {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Proxies and certificates belong to the machine, not to the user's settings of a program. */
const networkVariables = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

const installHints: Readonly<Record<string, string>> = {
  helm: "https://helm.sh/docs/intro/install",
  kustomize: "https://kubectl.docs.kubernetes.io/installation/kustomize",
};

/** Makes a home, runs `act` with it and removes it, whatever happens. */
export async function withProgramHome<T>(act: (home: ProgramHome) => Promise<T>): Promise<T> {
  const dir = await realpath(await mkdtemp(tempFolderPrefix()));
  try {
    const temp = join(dir, "tmp");
    await mkdir(temp, { mode: 0o700 });
    return await act({ dir, env: homeEnvironment(dir, temp) });
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * The absolute path of helm or kustomize. Throws ProgramError `notFound` with a sentence that says how to have it and
 * which setting names it.
 */
export async function requireProgram(name: "helm" | "kustomize", configured?: string): Promise<string> {
  try {
    return await findProgram(name, configured);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const help = `Install ${name} (${installHints[name]}) or set kargo.${name}.path to where it is.`;
    throw new ProgramError("notFound", `${error.message}. ${help}`, { cause: error });
  }
}

function homeEnvironment(dir: string, temp: string): Record<string, string> {
  const env: Record<string, string> = {
    ...hostEnvironment(),
    HOME: dir,
    USERPROFILE: dir,
    APPDATA: join(dir, "config"),
    XDG_CACHE_HOME: join(dir, "cache"),
    XDG_CONFIG_HOME: join(dir, "config"),
    XDG_DATA_HOME: join(dir, "data"),
    HELM_CACHE_HOME: join(dir, "helm", "cache"),
    HELM_CONFIG_HOME: join(dir, "helm", "config"),
    HELM_DATA_HOME: join(dir, "helm", "data"),
    DOCKER_CONFIG: join(dir, "docker"),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    TMPDIR: temp,
    TEMP: temp,
    TMP: temp,
  };
  for (const name of networkVariables) {
    const value = process.env[name];
    if (value !== undefined && value !== "") env[name] = value;
  }
  return env;
}
