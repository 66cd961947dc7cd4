// The workbench with another YAML extension at work: Red Hat's server, given the CRDs as a schema, or ours where our
// server is off. Nothing is told or offered twice, and what only ours knows is still there.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runCommand } from "../host/page.mjs";
import { vsixPath } from "../host/paths.mjs";
import { packYamlStandIn } from "../host/yaml-stand-in.mjs";
import { crds, skip } from "../support/kargo-schemas";
import { newFolder, openWorkbench, screenshot, withShotOnFailure } from "./workbench";

const text = `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: test
  namespace: shop
spec:
  shard: 5
  requestedFreight:
  - origin: {kind: Warehouse, name: fruit}
    sources:
      direct: perhaps
  promotionTemplate:
    spec:
      steps:
      - uses: git-cleer
      - as: x
`;

test("nothing is told or offered twice beside another YAML extension", { skip }, async (t) => {
  const work = newFolder();
  const folder = join(work, "shop");
  mkdirSync(folder);
  writeFileSync(join(folder, "stages.yaml"), text);
  const stage = crds.find(({ names }) => names.kind === "Stage")?.versions[0]?.schema.openAPIV3Schema ?? {};
  writeFileSync(join(work, "stage.json"), JSON.stringify(stage));
  const settings = { "yaml.schemas": { [pathToFileURL(join(work, "stage.json")).href]: "stages.yaml" } };
  const page = await openWorkbench(t, { folder, settings, vsix: [await packYamlStandIn(work), vsixPath] });
  await withShotOnFailure(page, "beside-yaml", async () => {
    await page
      .locator(".explorer-viewlet")
      .getByRole("treeitem", { name: "stages.yaml" })
      .dblclick({ timeout: 90_000 });
    await page.locator(".squiggly-warning").first().waitFor({ timeout: 60_000 });
    await runCommand(page, "Problems: Focus on Problems View");
    const rows = page.locator('.markers-panel .monaco-list-row[aria-level="2"]');
    const theirs = rows.filter({ hasText: "Incorrect type" });
    await theirs.nth(1).waitFor({ timeout: 60_000 });
    await rows.filter({ hasText: "Kargo 1.11 has no step `git-cleer`" }).waitFor();
    for (let tries = 0; tries < 100 && (await rows.filter({ hasText: "must be" }).count()) > 0; tries++)
      await page.waitForTimeout(100);
    const shown = await rows.allTextContents();
    assert.deepEqual(
      shown.filter((row) => /`(?:shard|direct)` must be/.test(row)),
      [],
      shown.join("\n"),
    );
    await screenshot(page, "beside-yaml-problems");

    await page.keyboard.press("Control+1");
    await page.keyboard.press("Control+G");
    const input = page.locator(".quick-input-widget input").first();
    await input.waitFor({ state: "visible" });
    await input.fill(":7:11");
    await page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden" });
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+Space");
    const offered = page.locator(".suggest-widget .monaco-list-row");
    await offered.first().waitFor();
    await page.waitForTimeout(1000);
    const labels = (await page.locator(".suggest-widget .monaco-list-row .label-name").allTextContents()).map(
      (one) => one.trim(),
    );
    await screenshot(page, "beside-yaml-completion");
    assert.ok(labels.includes("verification"), labels.join());
    assert.deepEqual(labels, [...new Set(labels)]);
  });
});

test("what our server leaves to the other extension is told once, by our schema", async (t) => {
  const work = newFolder();
  const folder = join(work, "shop");
  mkdirSync(join(folder, ".vscode"), { recursive: true });
  writeFileSync(join(folder, "stages.yaml"), text);
  const enable = (on: boolean) =>
    writeFileSync(join(folder, ".vscode", "settings.json"), JSON.stringify({ "kargo.language.enable": on }));
  enable(false);
  const page = await openWorkbench(t, { folder, vsix: [await packYamlStandIn(work), vsixPath] });
  await withShotOnFailure(page, "yaml-schema", async () => {
    await page
      .locator(".explorer-viewlet")
      .getByRole("treeitem", { name: "stages.yaml" })
      .dblclick({ timeout: 90_000 });
    await page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    await runCommand(page, "Problems: Focus on Problems View");
    const rows = page.locator('.markers-panel .monaco-list-row[aria-level="2"]');
    const ofShard = rows.filter({ hasText: "[Ln 7, " });
    const ours = ofShard.filter({ hasText: "`shard` must be text" });
    const theirs = ofShard.filter({ hasText: "Incorrect type" });
    /** Only the one, and still so when the other server has had time to speak. */
    const only = async (told: typeof rows) => {
      await told.waitFor({ timeout: 60_000 });
      for (let tries = 0; tries < 100 && (await ofShard.count()) > 1; tries++) await page.waitForTimeout(100);
      await page.waitForTimeout(2000);
      const shown = await rows.allTextContents();
      assert.equal(await ofShard.count(), 1, shown.join("\n"));
      assert.equal(await told.count(), 1, shown.join("\n"));
    };
    await only(theirs);
    for (const on of [true, false, true]) {
      enable(on);
      await only(on ? ours : theirs);
    }
    await screenshot(page, "yaml-schema-problems");
  });
});
