// Acts of the sidebar that ask in several steps: the sample from the walkthrough, Freight by hand, an abort.
import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { answer, openView, pick, runCommand, treeRow } from "../host/page.mjs";
import { git, newFolder, newSample, openWorkbench, screenshot, withShotOnFailure } from "./workbench";

const coldMs = 60_000;

test("the walkthrough creates the sample, opens it, and goes on there", async (t) => {
  const parent = newFolder();
  const page = await openWorkbench(t, { theme: "dark" });
  await withShotOnFailure(page, "walkthrough", async () => {
    await openView(page, "Kargo");
    await page.locator(".sidebar").getByRole("button", { name: "Try it in three minutes" }).click();
    await page.locator(".gettingStartedContainer").getByText("Create Sample Pipeline…").first().click();
    const dialog = page.locator(".quick-input-widget");
    await dialog.getByRole("option", { name: ".local" }).waitFor(); // it has opened the home folder, and types no more
    await dialog.locator("input").first().fill(`${parent}/`);
    await dialog.getByRole("option", { name: ".local" }).waitFor({ state: "detached" });
    await dialog.getByText("Create Sample Here").click();
    await treeRow(page, /^Stage prod/).waitFor({ timeout: coldMs });
    await page.getByText("Try Kargo in three minutes").first().waitFor();
    await screenshot(page, "walkthrough-dark");
    assert.ok(existsSync(join(parent, "kargo-sample", "repository.git", "HEAD")));
  });
});

test("Freight is put together of a commit that is picked, and of one that is typed", async (t) => {
  const { folder, repository } = await newSample(t);
  const settings = { "kargo.discovery.automatic": false };
  const page = await openWorkbench(t, { folder, theme: "light", settings });
  await withShotOnFailure(page, "assemble", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage test/).waitFor({ timeout: coldMs });
    const commit = (await git(repository, "rev-parse", "main")).trim();

    await runCommand(page, "Kargo: Assemble Freight…");
    await asked(page, "Full commit ID");
    await answer(page, "main"); // nothing is discovered yet, so a commit is asked for
    await page.getByText("A full commit ID is needed").waitFor();
    await answer(page, commit);
    await asked(page, "Alias, or nothing");
    await answer(page, "by-hand");
    await treeRow(page, new RegExp(`^Freight by-hand, repository@${commit.slice(0, 7)}`)).waitFor();

    await runCommand(page, "Kargo: Refresh Warehouse");
    await treeRow(page, /^Warehouse hello, Up to date/).waitFor();
    await runCommand(page, "Kargo: Assemble Freight…");
    await screenshot(page, "assemble-light");
    await pick(page, commit.slice(0, 7));
    await asked(page, "Alias, or nothing");
    await answer(page, "");
    await page.getByText("These artifacts are Freight by-hand already.").first().waitFor();
  });
});

test("a running promotion is aborted from the tree, and says nothing more", async (t) => {
  const { folder, repository } = await newSample(t);
  holdPush(repository, "exec sleep 300");
  const page = await openWorkbench(t, { folder, theme: "dark" });
  await withShotOnFailure(page, "abort", async () => {
    await promoteToTest(page);
    await treeRow(page, /^Step push, git-push, Running/).waitFor({ timeout: coldMs });
    await page
      .locator(".statusbar")
      .getByText(/→ test 7\/8/)
      .waitFor();
    await screenshot(page, "promoting-dark");

    const running = treeRow(page, /^Promotion of \S+ to test, Running/);
    await running.hover();
    await running.getByRole("button", { name: "Abort Promotion" }).click();
    await treeRow(page, /^Promotion of \S+ to test, Aborted at step push/).waitFor({ timeout: coldMs });
    await treeRow(page, /^Stage test, Promotion aborted/).waitFor();
    assert.equal(await page.locator(".notifications-toasts .codicon-error").count(), 0);
    assert.doesNotMatch(await git(repository, "log", "--format=%s", "stage/test"), /^Promote/m);
    await screenshot(page, "aborted-dark");
  });
});

test("a window that is reloaded takes a running promotion up again, whatever it shows", async (t) => {
  const { folder, repository } = await newSample(t);
  holdPush(repository, "sleep 4");
  const page = await openWorkbench(t, { folder, theme: "dark" });
  await withShotOnFailure(page, "reload", async () => {
    await promoteToTest(page);
    await treeRow(page, /^Step push, git-push, Running/).waitFor({ timeout: coldMs });
    await openView(page, "Explorer");
    await page.reload();
    await page
      .locator(".statusbar")
      .getByText(/→ test \d\/8/)
      .waitFor({ timeout: coldMs });
    await openView(page, "Kargo");
    await treeRow(page, /^Promotion of \S+ to test, Succeeded/).waitFor({ timeout: coldMs });
    assert.match(await git(repository, "log", "--format=%s", "stage/test"), /^Promote \S+ to test/);
  });
});

test("a Secret that the editor keeps reaches the step that asks for it, and no screen", async (t) => {
  const { folder, repository } = await newSample(t);
  const value = "correct-horse-battery";
  writeFileSync(join(folder, "kargo", "stages.yaml"), stageWithSecret(`file://${repository}`));
  const page = await openWorkbench(t, { folder, theme: "dark" });
  await withShotOnFailure(page, "secret", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage keys/).waitFor({ timeout: coldMs });
    await runCommand(page, "Kargo: Set Secret…");
    await asked(page, "Name of the Secret");
    await answer(page, "api");
    await asked(page, "Key of the value");
    await answer(page, "token");
    await asked(page, "Value of api.token");
    await answer(page, value);
    await page.getByText("Secret api: token stored").waitFor();

    await runCommand(page, "Kargo: Refresh Warehouse");
    await treeRow(page, /^Freight \S+, repository@/).waitFor();
    await runCommand(page, "Kargo: Promote…");
    await pick(page, /^keys/);
    await pick(page, /repository@/);
    await treeRow(page, /^Promotion of \S+ to keys, Succeeded/).waitFor({ timeout: coldMs });
    assert.match(
      await git(repository, "show", "keys:stages/test/settings.yaml"),
      new RegExp(`freight: ${value}`),
    );
    assert.equal(await page.getByText(value).count(), 0);
  });
});

/** A Stage that writes `secret('api').token` into a file and pushes it to the branch `keys`. */
function stageWithSecret(repository: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: keys, namespace: hello }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: hello }
      sources: { direct: true }
  promotionTemplate:
    spec:
      steps:
        - uses: git-clone
          config: { repoURL: "${repository}", checkout: [{ branch: main, path: ./out }] }
        - uses: yaml-update
          config:
            path: ./out/stages/test/settings.yaml
            updates: [{ key: release.freight, value: "\${{ secret('api').token }}" }]
        - uses: git-commit
          config: { path: ./out, message: Set the token }
        - uses: git-push
          config: { path: ./out, targetBranch: keys }
`;
}

/** Makes the repository do `act` before it takes a promoted commit. The clone may still make the Stage's branch. */
function holdPush(repository: string, act: string): void {
  const hook = join(repository, "hooks", "pre-receive");
  const script = `read old new ref\ngit log -1 --format=%s $new | grep -q ^Promote && ${act}\nexit 0\n`;
  writeFileSync(hook, `#!/bin/sh\n${script}`);
  chmodSync(hook, 0o755);
}

/** Discovers the sample's Freight and starts its promotion to test. */
async function promoteToTest(page: Page): Promise<void> {
  await openView(page, "Kargo");
  await treeRow(page, /^Stage test/).waitFor({ timeout: coldMs });
  await runCommand(page, "Kargo: Refresh Warehouse");
  await treeRow(page, /^Freight \S+, repository@/).waitFor();
  await runCommand(page, "Kargo: Promote…");
  await pick(page, /^test/);
  await pick(page, /repository@/);
}

/** Waits for the input box that asks this: what is typed before it would go to the one before. */
async function asked(page: Page, prompt: string): Promise<void> {
  await page.locator(".quick-input-widget").getByText(prompt).first().waitFor();
}
