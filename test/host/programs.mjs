// @ts-check
// Everything the tests need beyond Node, in one table, and how each is had: a Debian package, or built by Go.
// Installs only where it may (root on Debian); elsewhere it names the command. Uses Node alone.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { chromiumPath, envWithTools, hostDir, root, toolsDir } from "./paths.mjs";
import { isOnPath, run, runQuietly, whereIs } from "./processes.mjs";

/**
 * @typedef {object} Program
 * @property {string} name as it is called
 * @property {string} [debian] package that holds it
 * @property {string} [service] what that package would start by itself, now and at every boot
 * @property {{ module: string, version: string, ldflags?: string }} [go] main package to build
 * @property {() => boolean} [isHere] default: it is on PATH
 */

/** Versions of helm and kustomize are those whose libraries Kargo v1.11.2 is built with (its go.mod). */
const helmVersion = "v3.19.5";
const kustomizeVersion = "v5.7.1";

/** @type {readonly Program[]} */
const table = [
  { name: "git", debian: "git" },
  { name: "gpg", debian: "gnupg" },
  { name: "ssh-keygen", debian: "openssh-client" },
  { name: "sshd", debian: "openssh-server", service: "ssh" },
  { name: "openssl", debian: "openssl" },
  { name: "skopeo", debian: "skopeo" },
  { name: "docker-registry", debian: "docker-registry", service: "docker-registry" },
  { name: "htpasswd", debian: "apache2-utils" },
  { name: "prometheus", debian: "prometheus", service: "prometheus" },
  { name: "chromium", debian: "chromium", isHere: () => existsSync(chromiumPath()) },
  { name: "g++", debian: "build-essential" },
  { name: "make", debian: "build-essential" },
  { name: "python3", debian: "python3" },
  { name: "rg", debian: "ripgrep" }, // the oldest host searches with it
  {
    name: "kustomize",
    go: { module: "sigs.k8s.io/kustomize/kustomize/v5", version: kustomizeVersion },
  },
  {
    name: "helm",
    go: {
      module: "helm.sh/helm/v3/cmd/helm",
      version: helmVersion,
      ldflags: `-X helm.sh/helm/v3/internal/version.version=${helmVersion}`,
    },
  },
];

/** What the suites that run in an editor need. */
export const editorPrograms = ["chromium", "g++", "make", "python3", "rg"];

/** What some test of the tools suite needs. */
export const toolPrograms = [
  "git",
  "gpg",
  "ssh-keygen",
  "sshd",
  "openssl",
  "skopeo",
  "docker-registry",
  "htpasswd",
  "prometheus",
  "kustomize",
  "helm",
];

/**
 * Brings what is missing, as far as it may.
 * @param {readonly string[]} names of rows of the table
 * @returns {Promise<string[]>} those still missing, each as a sentence that says how to get it
 */
export async function ensurePrograms(names) {
  const rows = table.filter((row) => names.includes(row.name));
  await installDebianPackages(rows.filter((row) => row.debian !== undefined && !isHere(row)));
  /** @type {string[]} */
  const missing = [];
  for (const row of rows) {
    const obstacle = row.go === undefined ? undefined : await buildWithGo(row.name, row.go);
    if (obstacle !== undefined) missing.push(obstacle);
    else if (!isHere(row)) {
      missing.push(`${row.name} is missing; on Debian: sudo apt-get install ${row.debian ?? row.name}`);
    }
  }
  return missing;
}

/**
 * Lays code-server and its Node.
 * @param {import("./paths.mjs").HostVersion} version
 * @returns {Promise<string | undefined>} why it could not
 */
export async function ensureHost(version) {
  const script = join(root, "test", "host", "setup-host.sh");
  const code = await run("bash", [script, version, hostDir(version)]);
  return code === 0 ? undefined : `the ${version} code-server host could not be set up (exit code ${code})`;
}

/**
 * Installs the npm packages of package-lock.json when one of them is absent or of another version.
 * @returns {Promise<string | undefined>} why it could not
 */
export async function ensureNodeModules() {
  // A link leads to the packages of another checkout, which npm would empty.
  const linked = lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink();
  if (linked || nodeModulesAreCurrent()) return undefined;
  console.log("installing npm packages (npm ci)");
  // npm is a script that a shell has to start on Windows.
  const shell = process.platform === "win32";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const code = await runQuietly("npm", args, { cwd: root, shell });
  return code === 0 ? undefined : `npm ci gave exit code ${code}`;
}

/** Compares the lock file with the one npm keeps of what it has installed; packages of other systems are optional. */
function nodeModulesAreCurrent() {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  const wanted = readPackages(join(root, "package-lock.json"));
  return Object.entries(wanted).every(
    ([path, row]) => path === "" || row.optional || installed[path]?.version === row.version,
  );
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

/** @param {Program} row */
function isHere(row) {
  return row.isHere?.() ?? isOnPath(row.name, envWithTools().PATH);
}

/** @param {readonly Program[]} rows */
async function installDebianPackages(rows) {
  const packages = [...new Set(rows.map((row) => row.debian ?? row.name))];
  if (packages.length === 0 || !mayInstall()) return;
  console.log(`installing Debian packages: ${packages.join(" ")}`);
  const restore = keepServicesStopped();
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await runQuietly("apt-get", ["update"], { env });
    const args = ["install", "-y", "--no-install-recommends", ...packages];
    const code = await runQuietly("apt-get", args, { env });
    if (code !== 0) console.error(`apt-get gave exit code ${code}`);
    for (const { service } of rows) {
      if (service !== undefined) await runQuietly("update-rc.d", [service, "disable"]);
    }
  } finally {
    restore();
  }
}

function mayInstall() {
  return process.platform === "linux" && process.getuid?.() === 0 && isOnPath("apt-get");
}

/**
 * Debian starts a service as soon as its package is installed (docker-registry, sshd) unless this file says no.
 * @returns {() => void} undoes it
 */
function keepServicesStopped() {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return () => {}; // the machine has a policy of its own
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

/**
 * @param {string} name
 * @param {{ module: string, version: string, ldflags?: string }} source
 * @returns {Promise<string | undefined>} why it could not
 */
async function buildWithGo(name, { module, version, ldflags }) {
  const stamp = join(toolsDir, `.${name}`);
  const want = `${module}@${version}`;
  if (existsSync(join(toolsDir, name)) && existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  const go = whereIs("go") ?? ["/usr/local/go/bin/go", "/usr/lib/go/bin/go"].find(existsSync);
  if (go === undefined || !fetchesToolchains(go)) {
    return `${name} ${version} is missing and is built by Go 1.21 or newer, which is not here; install Go, or put ${name} on PATH`;
  }
  console.log(`building ${name} ${version} with Go; a minute or two`);
  mkdirSync(toolsDir, { recursive: true });
  rmSync(stamp, { force: true });
  const args = ["install", "-trimpath", "-ldflags", `-s -w ${ldflags ?? ""}`, want];
  const env = { ...process.env, GOBIN: toolsDir, GOFLAGS: "" };
  const code = await runQuietly(go, args, { env });
  if (code !== 0) return `${name} could not be built: go install ${want} gave exit code ${code}`;
  writeFileSync(stamp, want);
  return undefined;
}

/** Go fetches the newer Go that a module asks for since 1.21. @param {string} go */
function fetchesToolchains(go) {
  const version = spawnSync(go, ["version"], { encoding: "utf8" }).stdout ?? "";
  const minor = /go1\.(\d+)/.exec(version)?.[1];
  return minor !== undefined && Number(minor) >= 21;
}
