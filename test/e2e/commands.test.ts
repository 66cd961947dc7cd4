// `npm run workbench` as a person runs it on a machine without a desktop.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root } from "../host/paths.mjs";

const startMs = 90_000;

test("npm run workbench serves a new sample and ends when it is told to", async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "e2e-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
  const child = spawn(process.execPath, ["test/host/workbench.mjs", "--browser"], {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch, NODE_TEST_CONTEXT: undefined },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  let output = "";
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no URL within ${startMs} ms: ${output}`)), startMs);
    void ended.then(() => reject(new Error(`it ended: ${output}`)));
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\/\?folder=\S+/.exec(output)?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /workbench/);
  child.kill("SIGTERM");
  await ended;
  await assert.rejects(fetch(url), "the server still answers");
});
