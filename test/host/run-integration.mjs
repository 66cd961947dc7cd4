// @ts-check
// Runs the Mocha suites of test/integration inside a real extension host and prints them.
// Exit code: 0 all passed, 1 a test failed, 3 no host can run here, 94-99 the host ended in another way (see `verdict`).
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { runInCodeServer } from "./code-server-host.mjs";
import { chooseHost, lacksDisplay, runInElectron } from "./electron-host.mjs";
import { root } from "./paths.mjs";
import { listFiles, run as runProgram } from "./processes.mjs";
import { editorPrograms, ensureHost, ensurePrograms } from "./programs.mjs";
import { createSample } from "./sample.mjs";

const usage = `usage: node test/host/run-integration.mjs [options]
  --vsix FILE       test this packed extension; without it the one in this folder (run \`npm run build\` first)
  --grep TEXT       only tests whose title contains it
  --folder DIR      open this folder; without it a new sample
  --oldest          in the lowest VS Code that package.json claims; always code-server
  --host NAME       electron or code-server; without it the first of them that can run here
  --report FILE     also write the results there, as JSON
  --timeout-s N     default 300
  --verbose         print everything the workbench says`;

const { values: args } = parseArgs({
  options: {
    vsix: { type: "string" },
    grep: { type: "string" },
    folder: { type: "string" },
    oldest: { type: "boolean", default: false },
    host: { type: "string" },
    report: { type: "string" },
    "timeout-s": { type: "string", default: "300" },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log(usage);
  process.exit(0);
}

const { host, why } = await chooseHost(args.oldest ? "code-server" : args.host);
const version = args.oldest ? "oldest" : "newest";
console.log(`[host] ${host}: ${why}`);
if (host === "code-server") {
  const obstacles = [...(await ensurePrograms(editorPrograms)), await ensureHost(version)].filter(
    (o) => o !== undefined,
  );
  for (const obstacle of obstacles) console.error(`[host] ${obstacle}`);
  if (obstacles.length > 0) process.exit(3);
}
if (host === "electron" && lacksDisplay()) {
  const again = [...process.argv.slice(1), "--host", "electron"];
  process.exit(await runProgram("xvfb-run", ["--auto-servernum", process.execPath, ...again]));
}
const startedAt = Date.now();
const scratch = mkdtempSync(join(tmpdir(), "integration-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const runner = await bundleSuites();
const report = join(scratch, "report.json");
/** @type {import("./code-server-host.mjs").SuiteRun} */
const run = {
  extension: args.vsix === undefined ? root : emptyExtension(),
  vsix: args.vsix === undefined ? undefined : resolve(args.vsix),
  version,
  runner,
  folder: resolve(args.folder ?? (await makeWorkspace())),
  env: { HOST_REPORT: report, ...(args.grep === undefined ? {} : { HOST_GREP: args.grep }) },
  timeoutMs: Number(args["timeout-s"]) * 1000,
  verbose: args.verbose,
  failureShot: join(root, "out", "screenshots", "integration-failure.png"),
};
const outcome = host === "electron" ? await runInElectron(run) : await runInCodeServer(run);
const { code, reason } = verdict(outcome);
if (args.report !== undefined && existsSync(report)) {
  mkdirSync(dirname(resolve(args.report)), { recursive: true });
  copyFileSync(report, args.report);
}
const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
console.log(`[host] ${host}, exit code ${code}${reason === "" ? "" : ` (${reason})`}, ${seconds} s in all`);
process.exit(code);

/**
 * An extension host that was killed, or a test that called process.exit(), also ends with code 0. So success needs the
 * report that the runner writes as its last act.
 * @param {{ code: number, reason: string }} outcome
 */
function verdict({ code, reason }) {
  if (code !== 0) return { code, reason };
  if (!existsSync(report)) return { code: 95, reason: "the extension host ended before the suites did" };
  /** @type {{ state: string }[]} */
  const results = JSON.parse(readFileSync(report, "utf8"));
  const failed = results.filter((result) => result.state === "fail").length;
  const passed = results.filter((result) => result.state === "pass").length;
  if (failed > 0) return { code: 94, reason: `${failed} failed, though the host says none` };
  if (passed === 0) return { code: 94, reason: "no test ran" };
  return { code: 0, reason: `${passed} passed` };
}

/** Bundles each suite, and the runner beside them, into out/integration. */
async function bundleSuites() {
  const outdir = join(root, "out", "integration");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [
      "test/integration/runner.ts",
      ...listFiles(join(root, "test", "integration"), ".test.ts").map((path) => relative(root, path)),
    ],
    outbase: "test/integration",
    outdir,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    external: ["vscode"],
    sourcemap: "inline",
    logLevel: "error",
  });
  return join(outdir, "runner.js");
}

/** A packed extension is installed as users do; the test runner still has to come with one under development. */
function emptyExtension() {
  const dir = join(scratch, "empty-extension");
  mkdirSync(dir);
  const manifest = { name: "empty", publisher: "test", version: "0.0.0", engines: { vscode: "*" } };
  writeFileSync(join(dir, "package.json"), JSON.stringify(manifest));
  return dir;
}

async function makeWorkspace() {
  const dir = join(scratch, "sample");
  await createSample(dir);
  return dir;
}
