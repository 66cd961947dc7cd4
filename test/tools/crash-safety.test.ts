// A process that drives ten Stages is killed at random moments; what stands in the end is what an undisturbed run leaves.
// KARGO_WORKBENCH_KILLS sets how many times (40), KARGO_WORKBENCH_SEED begins the random numbers (printed).
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startCli } from "../support/cli";
import {
  type CrashPipeline,
  contradictoryPushes,
  finalState,
  makeCrashPipeline,
  newVersion,
  unreadableObjects,
} from "../support/crash-pipeline";
import { processesThatStay } from "../support/git-repos";
import { succeeds } from "../support/sample-cli";
import { tempDir } from "../support/temp";

const kills = Number(process.env.KARGO_WORKBENCH_KILLS ?? 40);
const seed = Number(process.env.KARGO_WORKBENCH_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** After so many, a version is left to arrive. */
const killsPerVersion = 20;
/** A life is cut within this time; a whole undisturbed run takes longer. */
const maxLifeMs = 1500;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomNumbers(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const args = (pipeline: CrashPipeline) => ["run", "--until-idle", "-w", pipeline.root];

/** Starts the program and kills it after `lifeMs`; false when it had ended by itself. */
async function killedAfter(pipeline: CrashPipeline, lifeMs: number): Promise<boolean> {
  const env = { TMPDIR: join(pipeline.root, "..", "tmp") };
  mkdirSync(env.TMPDIR, { recursive: true });
  const run = startCli(args(pipeline), { env });
  const ended = await Promise.race([run.ended, delay(lifeMs, undefined, { ref: false })]);
  if (ended === undefined) run.process.kill("SIGKILL");
  const { code, stderr } = await run.ended;
  assert.equal(stderr, "", "a later life is not disturbed by what an earlier one left");
  if (ended !== undefined) assert.equal(code, 0);
  return ended === undefined;
}

test(`killed ${kills} times at random moments, the pipelines end as if undisturbed`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = randomNumbers(seed);
  const disturbed = makeCrashPipeline(join(tempDir(t), "disturbed"));
  const peaceful = makeCrashPipeline(join(tempDir(t), "peaceful"));
  const startedAt = Date.now();
  let done = 0;
  let version = 0;
  while (done < kills) {
    version++;
    await delay(1100); // the Warehouse looks again after a second
    newVersion([disturbed, peaceful], version);
    const calm = succeeds(args(peaceful));
    const target = Math.min(done + killsPerVersion, kills);
    while (done < target && (await killedAfter(disturbed, random() * maxLifeMs))) {
      done++;
      assert.deepEqual(unreadableObjects(disturbed), []);
    }
    assert.equal(await killedAfter(disturbed, 120_000), false, "what is left of a version arrives");
    await calm;
  }
  t.diagnostic(`${done} kills, ${version} versions, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  assert.deepEqual(contradictoryPushes(disturbed), []);
  assert.deepEqual(await finalState(disturbed), await finalState(peaceful));
  assert.deepEqual(await processesThatStay(disturbed.repository), [], "no git process is left");
  assert.deepEqual(readdirSync(join(disturbed.root, "..", "tmp")), [], "nothing is left of the work");
});
