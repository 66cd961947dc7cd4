// Bundles a folder of tests with esbuild into out/ and runs it with Node's own test runner.
// Temporary folders of the tests lie in one folder, which goes when they end; that of a killed run goes at the next.
// usage: node test/run-node-tests.mjs unit|tools|bench [PATTERN]   (PATTERN: part of a file's path)
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { readerDefine } from "../reader-digest.mjs";
import { envWithTools } from "./host/paths.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [suite, pattern] = process.argv.slice(2);
if (!suite) {
  console.error("usage: node test/run-node-tests.mjs SUITE [PATTERN]");
  process.exit(2);
}

/** Every test file of the suite whose path contains the pattern. */
function testFiles() {
  return readdirSync(join(root, "test", suite), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => pattern === undefined || path.includes(pattern))
    .sort();
}

/** Removes the temporary folders of runs that were killed. */
function removeAbandoned() {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^kwt-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's may not be signalled.
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

const files = testFiles();
if (files.length === 0) {
  console.error(`no test file in test/${suite} matches ${pattern ?? "*.test.ts"}`);
  process.exit(1);
}
const outdir = join(root, "out", pattern === undefined ? suite : `${suite}-${process.pid}`);
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: files,
  outbase: "test",
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  alias: {
    // The package has no map of exports, so Node wants the name of the file.
    "vscode-languageserver/node": "vscode-languageserver/node.js",
    // Tree nodes are made of VS Code's plain data classes.
    vscode: "./test/support/vscode-data.ts",
  },
  sourcemap: "inline",
  outExtension: { ".js": ".mjs" },
  define: { "import.meta.url": "undefined", ...readerDefine(root) },
  logLevel: "error",
});
const bundles = files.map((file) => join(outdir, relative("test", file).replace(/\.ts$/, ".mjs")));
const reporters = process.env.TEST_REPORT
  ? [
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${process.env.TEST_REPORT}`,
    ]
  : ["--test-reporter=spec"];
// A workbench is a server, an extension host and a browser: one at a time.
const concurrency = suite === "e2e" ? ["--test-concurrency=1"] : [];
const flags = ["--enable-source-maps", "--test", ...concurrency, ...reporters];
removeAbandoned();
const scratch = mkdtempSync(join(tmpdir(), `kwt-${process.pid}-`));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
const result = spawnSync(process.execPath, [...flags, ...bundles], {
  cwd: root,
  env: { ...envWithTools(), TMPDIR: scratch },
  stdio: "inherit",
});
if (pattern !== undefined) rmSync(outdir, { recursive: true, force: true });
process.exit(result.status ?? 1);
