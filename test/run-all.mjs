// @ts-check
// `npm test`: installs what is missing, runs every suite, prints what each one counted, and ends with one plain line.
// Tests nothing itself. A suite that cannot run counts as a failure; a skipped test is named.
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { envWithTools, root, vsixPath } from "./host/paths.mjs";
import { listFiles } from "./host/processes.mjs";
import {
  editorPrograms,
  ensureHost,
  ensureNodeModules,
  ensurePrograms,
  toolPrograms,
} from "./host/programs.mjs";
import { readMochaReport, readTapReport } from "./host/reports.mjs";
import { findLeftovers, runSupervised } from "./host/supervised.mjs";

const usage = `usage: npm test -- [SUITE…] [--verbose]
Runs the named suites, or all. A word names every suite that begins with it.`;

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {readonly string[]} command
 * @property {"node" | "mocha" | "exit code"} counts who reports how many passed; "exit code" counts as one test
 * @property {boolean} [inEditor] needs the workbench
 * @property {string} [tests] folder of its tests; without any the suite does not exist
 * @property {string} [after] a suite that makes what this one needs
 * @property {number} minutes at most
 */

/** The named report goes to REPORT. @type {readonly Suite[]} */
const suites = [
  { name: "lint", command: ["npm", "run", "--silent", "lint"], counts: "exit code", minutes: 3 },
  { name: "typecheck", command: ["npm", "run", "--silent", "typecheck"], counts: "exit code", minutes: 5 },
  { name: "imports", command: ["npm", "run", "--silent", "imports"], counts: "exit code", minutes: 3 },
  { name: "build", command: ["npm", "run", "--silent", "build"], counts: "exit code", minutes: 3 },
  { name: "unit", command: nodeTests("unit"), counts: "node", tests: "unit", minutes: 8 },
  { name: "tools", command: nodeTests("tools"), counts: "node", tests: "tools", after: "build", minutes: 20 },
  { name: "start", command: ["node", "test/host/start.mjs"], counts: "exit code", minutes: 3 },
  {
    name: "integration",
    command: ["node", "test/host/run-integration.mjs", "--report", "REPORT"],
    counts: "mocha",
    inEditor: true,
    tests: "integration",
    after: "build",
    minutes: 8,
  },
  { name: "package", command: ["npm", "run", "--silent", "package"], counts: "exit code", minutes: 3 },
  {
    name: "integration of the package",
    command: ["node", "test/host/run-integration.mjs", "--report", "REPORT", "--vsix", vsixPath],
    counts: "mocha",
    inEditor: true,
    tests: "integration",
    after: "package",
    minutes: 8,
  },
  {
    name: "integration, oldest VS Code",
    command: ["node", "test/host/run-integration.mjs", "--report", "REPORT", "--oldest", "--vsix", vsixPath],
    counts: "mocha",
    inEditor: true,
    tests: "integration",
    after: "package",
    minutes: 8,
  },
  {
    name: "e2e",
    command: nodeTests("e2e"),
    counts: "node",
    inEditor: true,
    tests: "e2e",
    after: "package",
    minutes: 20,
  },
];

/**
 * @typedef {import("./host/reports.mjs").Counts & { name: string, seconds: number }} Row
 */

const { values: args, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: "boolean", default: false }, help: { type: "boolean" } },
});
const chosen = suites.filter(isWanted);
if (args.help || chosen.length === 0) {
  console.log(`${usage}\nSuites: ${suites.map((suite) => suite.name).join(", ")}`);
  process.exit(args.help ? 0 : 2);
}

const logs = join(root, "out", "logs");
const reports = join(root, "out", "reports");
const scratch = mkdtempSync(join(tmpdir(), "kw-"));
const runId = randomUUID();
const runStartedAt = Date.now();
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const dir of [logs, reports]) mkdirSync(dir, { recursive: true });

/** @type {Row[]} */
const rows = [];
/** Why suites that need an editor cannot run. @type {string[]} */
const noEditor = [];

const modules = await ensureNodeModules();
rows.push(await setUp());
if (modules === undefined) for (const suite of chosen) if (exists(suite)) rows.push(await runSuite(suite));
rows.push(...(await leftRunning()));
process.exitCode = summary();

/** A suite is run when its name was given, or when one that needs it was. @param {Suite} suite @returns {boolean} */
function isWanted(suite) {
  return (
    wanted.length === 0 ||
    wanted.some((word) => suite.name.startsWith(word)) ||
    suites.some((other) => other.after === suite.name && isWanted(other))
  );
}

/** @param {string} name */
function nodeTests(name) {
  return ["node", "test/run-node-tests.mjs", name];
}

/** @param {Suite} suite */
function exists({ tests }) {
  return tests === undefined || listFiles(join(root, "test", tests), ".test.ts").length > 0;
}

/** Installs what the chosen suites need. A missing tool skips tests on a person's machine, but not in CI. */
async function setUp() {
  const failures = modules === undefined ? [] : [modules];
  if (modules === undefined && chosen.some((suite) => suite.inEditor)) {
    noEditor.push(...(await ensurePrograms(editorPrograms)));
    for (const version of /** @type {const} */ (["newest", "oldest"])) {
      const obstacle = noEditor.length === 0 ? await ensureHost(version) : undefined;
      if (obstacle !== undefined) noEditor.push(obstacle);
    }
  }
  const tools = chosen.some((suite) => suite.tests === "tools") ? toolPrograms : ["git"];
  const missing = await ensurePrograms(tools);
  for (const sentence of missing) console.log(`MISSING: ${sentence} (tests that need it are skipped)`);
  if (process.env.CI !== undefined) failures.push(...missing);
  for (const sentence of failures) console.log(`SET-UP FAILED: ${sentence}`);
  return printed({ name: "set-up", passed: 0, failed: failures.length, skipped: [], ...since(runStartedAt) });
}

/**
 * @param {Suite} suite
 * @returns {Promise<Row>}
 */
async function runSuite(suite) {
  const startedAt = Date.now();
  const { name } = suite;
  if (suite.inEditor && noEditor.length > 0) {
    console.log(`CANNOT RUN: ${name}: ${noEditor.join("; ")}`);
    return printed({ name, passed: 0, failed: 1, skipped: [], ...since(startedAt) });
  }
  const file = name.replaceAll(/\W+/g, "-");
  const logFile = join(logs, `${file}.log`);
  const report = join(reports, `${file}.${suite.counts === "mocha" ? "json" : "tap"}`);
  rmSync(report, { force: true });
  if (name === "package") rmSync(vsixPath, { force: true }); // an old one must not be tested
  const [program = "", ...programArgs] = suite.command.map((word) => (word === "REPORT" ? report : word));
  const { code, timedOut } = await runSupervised(
    program === "node" ? process.execPath : program,
    programArgs,
    {
      cwd: root,
      env: { ...envWithTools(), TEST_REPORT: report, TMPDIR: scratch, KARGO_WORKBENCH_RUN: runId },
      logFile,
      echo: args.verbose,
      timeoutMs: suite.minutes * 60_000,
    },
  );
  const counts = count(suite, report, code);
  if (timedOut) console.log(`TIMED OUT: ${name} took longer than ${suite.minutes} minutes and was ended`);
  if (counts.failed > 0 && !args.verbose) console.log(endOf(logFile));
  if (suite.counts === "mocha") console.log(hostLine(logFile));
  for (const test of counts.skipped) console.log(`SKIPPED in ${name}: ${test}`);
  return printed({ name, ...counts, ...since(startedAt) });
}

/**
 * A runner that ends badly, or counted nothing at all, has failed even if its report names no failed test.
 * @param {Suite} suite
 * @param {string} report
 * @param {number} code
 * @returns {import("./host/reports.mjs").Counts}
 */
function count(suite, report, code) {
  if (suite.counts === "exit code") {
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
  }
  const counts = suite.counts === "mocha" ? readMochaReport(report) : readTapReport(report);
  const ranNothing = counts.passed === 0 && counts.skipped.length === 0;
  return counts.failed === 0 && (code !== 0 || ranNothing) ? { ...counts, failed: 1 } : counts;
}

/** What suites started and did not end. It is ended here, and counts as failed. */
async function leftRunning() {
  const startedAt = Date.now();
  const left = await findLeftovers("KARGO_WORKBENCH_RUN", runId);
  for (const { pid, command } of left) {
    console.log(`LEFT RUNNING, ended now: ${command} (process ${pid})`);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  const name = "nothing left running";
  return left.length === 0
    ? []
    : [printed({ name, passed: 0, failed: left.length, skipped: [], ...since(startedAt) })];
}

/** Prints the table and the plain line; returns the exit code. */
function summary() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  console.log("");
  for (const row of rows) {
    console.log(rowText(row));
    total.passed += row.passed;
    total.failed += row.failed;
    total.skipped += row.skipped.length;
  }
  if (total.failed > 0) console.log(`Logs of all suites: ${relative(process.cwd(), logs)}`);
  const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** @param {Row} row */
function printed(row) {
  console.log(rowText(row));
  return row;
}

/** @param {Row} row */
function rowText({ name, passed, failed, skipped, seconds }) {
  const counts = `${passed} passed  ${failed} failed  ${skipped.length} skipped`;
  return `${failed > 0 ? "✖" : "✔"} ${name.padEnd(28)} ${counts.padStart(38)}  ${seconds.toFixed(1).padStart(7)} s`;
}

/** @param {number} startedAt */
function since(startedAt) {
  return { seconds: (Date.now() - startedAt) / 1000 };
}

/** Which host ran the suite, and why that one. @param {string} logFile */
function hostLine(logFile) {
  return (
    readFileSync(logFile, "utf8")
      .split("\n")
      .find((line) => line.startsWith("[host]")) ?? "[host] none"
  );
}

/** @param {string} logFile */
function endOf(logFile) {
  return readFileSync(logFile, "utf8").split("\n").slice(-80).join("\n");
}
