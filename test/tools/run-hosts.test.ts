// Two machines that share a workspace's folder: the second has another host name and sees none of the first's processes,
// as a machine at the other end of a network file system. Both are real processes of the built program.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { cliPath, startCli } from "../support/cli";
import { sampleWithFreight } from "../support/sample-cli";

const machine = ["--uts", "--pid", "--fork", "--mount-proc", "--kill-child"];
const skip =
  spawnSync("unshare", [...machine, "hostname", "alpha"]).status === 0
    ? false
    : "unshare of util-linux cannot make a machine here";

/** Starts `run` on a machine called alpha; resolves with the process once it drives the workspace. */
async function driveOnAlpha(t: TestContext, root: string): Promise<{ pid: number; ended: Promise<void> }> {
  const program = `hostname alpha; exec "${process.execPath}" "${cliPath}" run -w "${root}"`;
  const child = spawn("unshare", [...machine, "sh", "-c", program], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for (let tries = 0; tries < 300; tries++) {
    if (isAlphas(root)) {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
      return { pid: Number(children.trim().split(" ")[0]), ended };
    }
    await delay(100);
  }
  throw new Error("the run on alpha did not begin");
}

/** True while the right to drive the workspace is alpha's. */
function isAlphas(root: string): boolean {
  return readdirSync(join(root, ".kargo"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "drive.lock")
    .some((entry) =>
      readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8").includes('"alpha '),
    );
}

test("another machine's run that sleeps for a while keeps its workspace, and a run beside it says who has it", {
  skip,
}, async (t) => {
  const { root } = await sampleWithFreight(t);
  const alpha = await driveOnAlpha(t, root);
  const second = startCli(["run", "--until-idle", "-o", "json", "-w", root]);
  t.after(() => second.process.kill("SIGKILL"));
  await second.told(
    /^Another process \(1 on host alpha\) drives this workspace; waiting for it to end, or to give no sign of life/m,
  );
  process.kill(alpha.pid, "SIGSTOP");
  // Longer than a process of this machine may sleep.
  await delay(8000);
  assert.ok(isAlphas(root), "it was taken over from a machine that only slept");
  process.kill(alpha.pid, "SIGCONT");
  process.kill(alpha.pid, "SIGINT");
  await alpha.ended;
  const { code, stderr } = await second.ended;
  assert.equal(code, 0, stderr);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
});
