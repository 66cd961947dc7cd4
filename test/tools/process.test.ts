import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  endProcessTree,
  findProgram,
  hostEnvironment,
  inOwnGroup,
  ProgramError,
  runProgram,
} from "../../src/engine/tools/process";
import { processesThatMention } from "../support/git-repos";
import { tempDir } from "../support/temp";

const skip = process.platform === "win32" ? "sh is missing" : false;
const signal = new AbortController().signal;

function sh(script: string, cwd: string, more: { input?: string; signal?: AbortSignal } = {}) {
  return runProgram({ command: "sh", args: ["-c", script], cwd, env: hostEnvironment(), signal, ...more });
}

async function untilExists(path: string): Promise<void> {
  for (let i = 0; i < 500 && !existsSync(path); i++) await sleep(10);
}

test("code, each stream alone, and both in order", { skip }, async (t) => {
  const end = await sh("echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three; exit 3", tempDir(t));
  assert.deepEqual(end, {
    exitCode: 3,
    stdout: "one\nthree\n",
    stderr: "two\n",
    output: "one\ntwo\nthree\n",
  });
});

test("standard input is given and closed", { skip }, async (t) => {
  assert.equal((await sh("cat", tempDir(t), { input: "ü\n" })).stdout, "ü\n");
  assert.equal((await sh("cat", tempDir(t))).stdout, "");
  assert.equal((await sh("exit 0", tempDir(t), { input: "x".repeat(1_000_000) })).exitCode, 0);
});

test("nothing of the surroundings is inherited", { skip }, async (t) => {
  process.env.KARGO_WORKBENCH_PROBE = "1";
  t.after(() => delete process.env.KARGO_WORKBENCH_PROBE);
  assert.equal((await sh("echo $KARGO_WORKBENCH_PROBE$HOME", tempDir(t))).stdout, "\n");
});

test("an abort ends grandchildren too, not the program alone", { skip }, async (t) => {
  const dir = tempDir(t);
  const stopping = new AbortController();
  const run = sh(`(touch ready; sleep 60; sleep 60) & sleep 60 # ${dir}`, dir, {
    signal: stopping.signal,
  });
  await untilExists(join(dir, "ready"));
  stopping.abort(new Error("stopped"));
  await assert.rejects(run, { message: "stopped" });
  assert.deepEqual(processesThatMention(dir), []);
});

test("what does not stop in its time is killed", { skip }, async (t) => {
  const dir = tempDir(t);
  const child: ChildProcess = spawn(
    "sh",
    ["-c", `trap '' TERM; touch ready; while :; do sleep 0.1; done # ${dir}`],
    inOwnGroup({ cwd: dir, stdio: "ignore" }),
  );
  await untilExists(join(dir, "ready"));
  await endProcessTree(child, 100);
  assert.deepEqual(processesThatMention(dir), []);
});

test("programs: on the PATH, at a path, and not at all", { skip }, async (t) => {
  const dir = tempDir(t);
  assert.match(await findProgram("sh"), /^\/.*\/sh$/);
  const own = join(dir, "own program");
  writeFileSync(own, "#!/bin/sh\n");
  await assert.rejects(
    findProgram("x", own),
    (error) => error instanceof ProgramError && error.code === "notFound",
  );
  chmodSync(own, 0o755);
  assert.equal(await findProgram("x", own), own);
  await assert.rejects(findProgram("no-such-program-here"), {
    message: "no-such-program-here was not found on the PATH",
  });
  const missing = runProgram({ command: join(dir, "none"), args: [], cwd: dir, env: {}, signal });
  await assert.rejects(missing, (error) => error instanceof ProgramError && error.code === "notFound");
});
