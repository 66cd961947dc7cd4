// What the extension host loads to run the Mocha suites beside it (HOST: test/host/run-integration.mjs).
// Knows nothing of this extension. Its report is the proof that the suites ran to their end.
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import Mocha from "mocha";
import * as vscode from "vscode";

/** One test's outcome in the report. */
interface Result {
  readonly title: string;
  readonly state: "pass" | "fail" | "skip";
  readonly ms: number;
  readonly error?: string;
}

/** VS Code calls this; it rejects when a test failed. */
export async function run(): Promise<void> {
  const stray: string[] = [];
  const onStray = (reason: unknown) => stray.push(stackOf(reason));
  process.on("unhandledRejection", onStray);
  console.log("##suites begin##"); // the harness prints what stands between these two lines
  try {
    const results = await runMocha();
    await new Promise((done) => setTimeout(done, 50)); // lets a rejection of the last test arrive
    for (const error of ownRejections(stray)) {
      console.error(`unhandled rejection: ${error}`);
      results.push({ title: "unhandled rejection", state: "fail", ms: 0, error });
    }
    if (process.env.HOST_REPORT !== undefined) {
      writeFileSync(process.env.HOST_REPORT, JSON.stringify(results, undefined, 2));
    }
    const failed = results.filter((result) => result.state === "fail").length;
    if (failed > 0) throw new Error(`${failed} failed`);
  } finally {
    process.off("unhandledRejection", onStray);
    console.log("##suites end##");
  }
}

function runMocha(): Promise<Result[]> {
  const mocha = new Mocha({
    ui: "bdd",
    color: false,
    timeout: 30_000,
    reporter: "spec",
    forbidOnly: process.env.CI !== undefined,
    ...(process.env.HOST_GREP === undefined ? {} : { grep: process.env.HOST_GREP }),
  });
  const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" });
  for (const file of files.sort()) if (file.endsWith(".test.js")) mocha.addFile(join(__dirname, file));
  const results: Result[] = [];
  return new Promise((done) => {
    mocha
      .run(() => done(results))
      .on("pass", (test) => results.push({ title: test.fullTitle(), state: "pass", ms: test.duration ?? 0 }))
      .on("pending", (test) => results.push({ title: test.fullTitle(), state: "skip", ms: 0 }))
      .on("fail", (test, error) =>
        results.push({
          title: test.fullTitle(),
          state: "fail",
          ms: test.duration ?? 0,
          error: stackOf(error),
        }),
      );
  });
}

/** VS Code only logs rejections that nobody handles. Those that pass through our own files count as failures. */
function ownRejections(stacks: readonly string[]): string[] {
  const ownFolders = [
    resolve(__dirname, ".."),
    ...vscode.extensions.all
      .filter((extension) => extension.packageJSON.isBuiltin !== true)
      .map((extension) => extension.extensionPath),
  ];
  return [...new Set(stacks)].filter((stack) => ownFolders.some((folder) => stack.includes(folder)));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
