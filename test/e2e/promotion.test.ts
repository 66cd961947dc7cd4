// Promotions as a person starts them in the workbench, down to what stands in the Git repository afterwards.
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { parse } from "yaml";
import { notification, openView, pick, runCommand, treeRow } from "../host/page.mjs";
import { git, newSample, openWorkbench, screenshot, type themes, withShotOnFailure } from "./workbench";

const promotionMs = 60_000;

test("a promotion started from the palette ends Succeeded and pushes what its steps made", async (t) => {
  const { page, repository, freight } = await openSampleWithFreight(t, "dark");
  await withShotOnFailure(page, "promotion", async () => {
    await runCommand(page, "Kargo: Promote…");
    await pick(page, /^test/);
    await page.locator(".quick-input-widget").getByRole("option", { name: freight }).waitFor();
    await screenshot(page, "promote-dark");
    await pick(page, freight);

    await waitUntilSucceeded(page, `Promotion of ${freight} to test`);
    await treeRow(page, /^Step push, git-push, Succeeded/).waitFor();
    await treeRow(page, new RegExp(`^Stage test, .*${freight}`)).waitFor();
    await screenshot(page, "promoted-dark");

    const main = (await git(repository, "rev-parse", "main")).trim();
    await assertPushed(repository, { stage: "test", freight, commit: main });

    // The inline action of a Stage asks for the Freight alone.
    await treeRow(page, /^Stage uat/).hover();
    await treeRow(page, /^Stage uat/)
      .getByRole("button", { name: "Promote…" })
      .click();
    await pick(page, freight);
    await waitUntilSucceeded(page, `Promotion of ${freight} to uat`);
    await assertPushed(repository, { stage: "uat", freight, commit: main });
  });
});

test("a promotion that its remote refuses says at which step and why, and pushes nothing", async (t) => {
  const { page, repository, freight } = await openSampleWithFreight(t, "light");
  await withShotOnFailure(page, "refused", async () => {
    await git(repository, "branch", "stage/test", "main"); // without it, already git-clone would have to push
    makeReadOnly(repository);
    const before = await git(repository, "for-each-ref");
    await runCommand(page, "Kargo: Promote…");
    await pick(page, /^test/);
    await pick(page, freight);

    const said = notification(page, `Promotion of ${freight} to test`);
    await said.waitFor({ timeout: promotionMs });
    const text = (await said.textContent()) ?? "";
    assert.match(text, /at step push \(git-push\)/);
    assert.match(text, /this repository is read-only/);
    await treeRow(page, new RegExp(`^Promotion of ${freight} to test, \\w+ at step push`)).waitFor();
    await treeRow(page, /^Step commit, git-commit, Succeeded/).waitFor();
    await treeRow(page, /^Step push, git-push, Errored/).hover();
    await page.locator(".monaco-hover", { hasText: "this repository is read-only" }).first().waitFor();
    await screenshot(page, "refused-light");
    assert.equal(await git(repository, "for-each-ref"), before);
  });
});

/** Fails at once, with what the row says, when the Promotion ends in another way. */
async function waitUntilSucceeded(page: Page, promotion: string): Promise<void> {
  const ended = treeRow(page, new RegExp(`^${promotion}, (Succeeded|Failed|Errored|Aborted)`));
  await ended.waitFor({ timeout: promotionMs });
  assert.match((await ended.getAttribute("aria-label")) ?? "", /, Succeeded/);
}

/** The workbench on a new sample, its Warehouse refreshed by the palette; `freight` is the alias of what it found. */
async function openSampleWithFreight(t: TestContext, theme: keyof typeof themes) {
  const { folder, repository } = await newSample(t);
  const page = await openWorkbench(t, { folder, theme, viewport: { width: 1280, height: 900 } });
  const freight = await withShotOnFailure(page, `sample-${theme}`, async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Project hello/).waitFor({ timeout: promotionMs });
    assert.deepEqual(await stagesInOrder(page), ["test", "uat", "prod"]);
    await runCommand(page, "Kargo: Refresh Warehouse");
    const row = treeRow(page, /^Freight [a-z]+-[a-z]+,/);
    await row.waitFor();
    await screenshot(page, `tree-${theme}`);
    return /^Freight ([a-z-]+),/.exec((await row.getAttribute("aria-label")) ?? "")?.[1];
  });
  assert.ok(freight, "the Freight in the tree has no alias");
  return { page, repository, freight };
}

async function stagesInOrder(page: Page): Promise<string[]> {
  const rows = page.locator(".sidebar").getByRole("treeitem", { name: /^Stage / });
  await rows.nth(2).waitFor();
  const labels = await rows.evaluateAll((all) =>
    all
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((row) => row.getAttribute("aria-label") ?? ""),
  );
  return labels.map((label) => label.replace(/^Stage ([\w-]+),.*$/, "$1"));
}

async function assertPushed(
  repository: string,
  { stage, freight, commit }: { stage: string; freight: string; commit: string },
): Promise<void> {
  const branch = `stage/${stage}`;
  const read = async (path: string) => parse(await git(repository, "show", `${branch}:stage/${path}`));
  assert.deepEqual(await read("settings.yaml"), {
    release: { freight, commit },
    greeting: `Hello from ${stage}`,
  });
  const { images } = await read("kustomization.yaml");
  assert.deepEqual(images, [{ name: "ghcr.io/example/hello", newTag: commit.slice(0, 7) }]);
  assert.equal(
    (await git(repository, "log", "-1", "--format=%s", branch)).trim(),
    `Promote ${freight} to ${stage}`,
  );
  const files = (await git(repository, "ls-tree", "-r", "--name-only", branch)).trim().split("\n");
  const base = (await git(repository, "ls-tree", "-r", "--name-only", "main", "base/")).trim().split("\n");
  assert.deepEqual(files, [...base, "stage/kustomization.yaml", "stage/settings.yaml"]);
}

/** Root may write anywhere, so the remote says no itself, as a hosting service does. */
function makeReadOnly(repository: string): void {
  const hook = join(repository, "hooks", "pre-receive");
  writeFileSync(hook, "#!/bin/sh\necho 'this repository is read-only' >&2\nexit 1\n");
  chmodSync(hook, 0o755);
}
