// @ts-check
// `npm start`: installs what is missing, builds, and runs the sample pipeline from its first Freight to production with
// the terminal program. Needs no display and no network once the packages are installed; ends by itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { root } from "./paths.mjs";
import { run } from "./processes.mjs";
import { ensureNodeModules, ensurePrograms } from "./programs.mjs";

const program = join(root, "dist", "cli.js");
const startedAt = Date.now();

await install();
await build();

const workspace = join(mkdtempSync(join(tmpdir(), "kargo-workbench-")), "sample");
heading("Create the sample");
await kargo("sample", workspace);
const [warehouse] = await list("warehouses");
const stages = await list("stages");
if (warehouse === undefined) stop("The sample has no Warehouse.");
const project = warehouse.metadata.namespace ?? "";
const repository = warehouse.spec.subscriptions[0]?.git.repoURL.replace(/^file:\/\//, "") ?? "";
const commitsBefore = git("rev-parse", "--all").split("\n");

heading("Discover Freight");
await kargo("refresh", "warehouse", warehouse.metadata.name, "--project", project);
await kargo("get", "freight", "--project", project);
const [freight] = await list("freight");
if (freight === undefined) stop("The Warehouse found no Freight.");

for (const stage of stages.map((each) => each.metadata.name)) {
  heading(`Promote it to ${stage}`);
  await kargo("promote", "--project", project, "--stage", stage, "--freight", freight.metadata.name);
}
heading("Where everything stands");
await kargo("get", "stages", "--project", project);
await kargo("get", "promotions", "--project", project);

heading(`Commits pushed to ${repository}`);
const notBefore = commitsBefore.map((commit) => `^${commit}`);
const format = "  %C(auto)%h  %S  %s";
const order = ["--all", "--source", "--topo-order", "--reverse"];
console.log(git("log", ...order, `--format=${format}`, ...notBefore).replaceAll("refs/heads/", ""));

const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
heading(`Done in ${seconds} s. The same in the editor`);
console.log(`  npm run workbench -- ${workspace}`);
console.log("The same in the terminal");
console.log(`  node ${relative(process.cwd(), program)} get stages --workspace ${workspace}`);

async function install() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 18)) {
    stop(`Kargo Workbench is built with Node 20.18 or newer; this is ${process.versions.node}.`);
  }
  const obstacles = [await ensureNodeModules(), ...(await ensurePrograms(["git"]))];
  const obstacle = obstacles.find((each) => each !== undefined);
  if (obstacle !== undefined) stop(obstacle);
}

async function build() {
  if ((await run(process.execPath, ["esbuild.mjs"], { cwd: root })) !== 0) stop("The build failed.");
}

/** @param {string} text */
function heading(text) {
  console.log(process.stdout.isTTY ? `\n\x1b[1m${text}\x1b[0m` : `\n${text}`);
}

/**
 * Runs the terminal program, its output beside ours. @param {readonly string[]} args
 */
async function kargo(...args) {
  const inWorkspace = args[0] === "sample" ? args : [...args, "--workspace", workspace];
  console.log(`$ kargo-workbench ${args.join(" ")}`);
  const code = await run(process.execPath, [program, ...inWorkspace]);
  if (code !== 0) stop(`kargo-workbench ${args[0]} ended with exit code ${code}.`);
}

/**
 * Resources of the sample, in the order the terminal program lists them.
 * @param {string} kind
 */
async function list(kind) {
  const args = [program, "get", kind, "-o", "json", "--workspace", workspace];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) stop(`kargo-workbench get ${kind} ended with exit code ${status}: ${stderr.trim()}`);
  /** @type {{ metadata: { name: string, namespace?: string }, spec: { subscriptions: { git: { repoURL: string } }[] } }[]} */
  const items = JSON.parse(stdout).items;
  return items;
}

/** @param {readonly string[]} args */
function git(...args) {
  const { status, stdout, stderr } = spawnSync("git", ["--git-dir", repository, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) stop(`git ${args[0]}: ${stderr.trim()}`);
  return stdout.trimEnd();
}

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  console.error(`\n${message}`);
  process.exit(1);
}
