import assert from "node:assert/strict";
import { test } from "node:test";
import { freight, stage, World } from "../../../support/promotion-world";

test("a Promotion runs its steps, is recorded and verified, and its Freight flows downstream", async (t) => {
  const world = new World([freight("aaa"), stage("test"), stage("prod", { from: ["test"] })]);
  t.after(() => world.dispose());
  await assert.rejects(world.promote("prod", "aaa"), /not available/);
  const first = await world.promote("test", "aaa");
  await world.drive("test");
  assert.equal((await world.promotion(first.metadata.name)).status?.phase, "Succeeded");
  const { status } = await world.stage("test");
  assert.equal(status?.health?.status, "Healthy");
  assert.equal(status?.freightSummary, "aaa");
  assert.equal(status?.lastPromotion?.name, first.metadata.name);
  assert.equal(status?.freightHistory?.[0]?.verificationHistory?.[0]?.phase, "Successful");
  const now = "2026-01-02T03:04:05Z";
  assert.deepEqual((await world.freight("aaa")).status, {
    currentlyIn: { test: { since: now } },
    verifiedIn: { test: { verifiedAt: now } },
  });
  const second = await world.promote("prod", "aaa");
  await world.drive("prod");
  assert.equal((await world.promotion(second.metadata.name)).status?.phase, "Succeeded");
});

test("a Stage with nothing to do is left alone: no write, so nobody is woken", async (t) => {
  const world = new World([freight("aaa"), stage("test")]);
  t.after(() => world.dispose());
  await world.promote("test", "aaa");
  await world.drive("test");
  world.store.writes.length = 0;
  await world.drive("test");
  assert.deepEqual(world.store.writes, []);
});
