// @ts-check
// Where things are: the repository, the cache of installed test hosts and tools, the folder for results.
// Creates nothing and installs nothing.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The repository. A bundled test has no `import.meta.url`; its runner starts it in the repository. */
export const root = import.meta.url
  ? join(dirname(fileURLToPath(import.meta.url)), "..", "..")
  : process.cwd();

/** Holds what is too big or too slow to install per checkout: VS Code, Node for it, helm, kustomize. */
export const cacheDir =
  process.env.KARGO_WORKBENCH_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kargo-workbench");

/** @typedef {"newest" | "oldest"} HostVersion `oldest` is the lowest VS Code that package.json claims */

/**
 * Where setup-host.sh lays a code-server and its Node.
 * @param {HostVersion} version
 */
export function hostDir(version) {
  return join(cacheDir, `host-${version}`);
}

/** helm and kustomize, built by tools.mjs. */
export const toolsDir = join(cacheDir, "bin");

/** What `npm run package` writes. */
export const vsixPath = join(root, "out", "kargo-workbench.vsix");

/** The environment with the cached tools first on PATH. */
export function envWithTools() {
  return { ...process.env, PATH: `${toolsDir}${delimiter}${process.env.PATH ?? ""}` };
}

/** The browser that drives the workbench: HOST_CHROMIUM, or the first one found. */
export function chromiumPath() {
  const places = [
    process.env.HOST_CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  return places.find((place) => place !== undefined && existsSync(place)) ?? "chromium";
}
