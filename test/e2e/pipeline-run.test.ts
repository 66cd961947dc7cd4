// Pipelines that run by themselves in the workbench: switched on and off as a person does it, down to the Git repository.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { notification, openView, pick, runCommand, treeRow } from "../host/page.mjs";
import { root } from "../host/paths.mjs";
import { git, newSample, openWorkbench, screenshot, withShotOnFailure } from "./workbench";

const coldMs = 60_000;
const stages = ["test", "uat", "prod"];

test("switched on, new commits flow to prod; switched off they stay; a reload remembers", async (t) => {
  const { folder, repository } = await newSample(t);
  const page = await openWorkbench(t, { folder, theme: "dark", viewport: { width: 1280, height: 900 } });
  await withShotOnFailure(page, "run", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage prod/).waitFor({ timeout: coldMs });
    await statusItem(page, "Pipelines do not run by themselves: off").waitFor();
    await treeRow(page, /^Freight [a-z]+-[a-z]+,/).waitFor({ timeout: coldMs }); // discovered though nothing runs
    assert.deepEqual(await branches(repository), ["main"]);

    await statusItem(page, "Pipelines do not run by themselves: off").click();
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.getByText("hello: test, uat, prod").waitFor();
    await screenshot(page, "run-consent-dark");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(await branches(repository), ["main"]);

    await runCommand(page, "Kargo: Run Pipelines");
    await dialog.getByRole("button", { name: "Run Pipelines" }).click();
    await statusItem(page, "Pipelines run by themselves: running").waitFor();
    await everyStageHas(page, repository, "Say hello");
    await treeRow(page, /^Stage prod, Verified, .*acts by itself/).waitFor();
    await statusItem(page, "Pipelines run by themselves: running").hover();
    await page.locator(".monaco-hover", { hasText: "This window drives them" }).first().waitFor();
    await screenshot(page, "run-on-dark");

    // Another commit, and nobody does anything but wait for the Warehouse, whose turn is brought forward.
    await commit(repository, "Say it again");
    await runCommand(page, "Kargo: Refresh Warehouse");
    await everyStageHas(page, repository, "Say it again");

    await page.reload(); // the view is shown again as it was
    await statusItem(page, "Pipelines run by themselves: running").waitFor({ timeout: coldMs });
    await commit(repository, "Say it after the reload");
    await runCommand(page, "Kargo: Refresh Warehouse");
    await everyStageHas(page, repository, "Say it after the reload");

    await statusItem(page, "Pipelines run by themselves: running").click();
    await statusItem(page, "Pipelines do not run by themselves: off").waitFor();
    const before = await stageBranches(repository);
    await commit(repository, "Say it to nobody");
    await runCommand(page, "Kargo: Refresh Warehouse");
    await treeRow(page, /^Warehouse hello, Up to date/).waitFor();
    await page.locator(".statusbar").getByText("new Freight").waitFor();
    assert.equal(await page.locator(".statusbar").getByText("→").count(), 0);
    await page.waitForTimeout(2000); // time enough to promote, as above
    assert.equal(await stageBranches(repository), before);
    await screenshot(page, "run-off-dark");

    await page.reload(); // the view is shown again as it was
    await statusItem(page, "Pipelines do not run by themselves: off").waitFor({ timeout: coldMs });
    assert.equal(await stageBranches(repository), before);
    await page.getByRole("button", { name: "Run Pipelines" }).first().waitFor();
  });
});

test("Freight is approved from its menu, and then promoted past its upstream", async (t) => {
  const { folder, repository } = await newSample(t);
  const page = await openWorkbench(t, { folder, theme: "light", viewport: { width: 1280, height: 900 } });
  await withShotOnFailure(page, "approve", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Freight [a-z]+-[a-z]+,/).waitFor({ timeout: coldMs });
    await fromMenu(
      page,
      treeRow(page, /^Freight [a-z]+-[a-z]+,/),
      "Approve Freight for Stage…",
      "freight-menu-light",
    );
    await page.locator(".quick-input-widget").getByRole("option", { name: /^prod/ }).waitFor();
    await screenshot(page, "approve-light");
    await pick(page, /^prod/);
    await treeRow(page, /^Freight .*approved for prod/).waitFor();
    await runCommand(page, "Kargo: Promote…");
    await pick(page, /^prod/);
    await pick(page, /Say hello/);
    await treeRow(page, /^Promotion of \S+ to prod, Succeeded/).waitFor({ timeout: coldMs });
    assert.deepEqual(await branches(repository), ["main", "stage/prod"]);
    await fromMenu(page, treeRow(page, /^Stage prod, Verified/), "Refresh Stage", "stage-menu-light");
    await page.locator(".statusbar").getByText("prod refreshed").waitFor();

    await runCommand(page, "Kargo: Show Events");
    await page.locator(".panel").getByText("PromotionSucceeded hello").first().waitFor();
    await screenshot(page, "events-light");
  });
});

test("a failure that nobody asked for is told once, with the way to it", async (t) => {
  const { folder, repository } = await newSample(t);
  refuseStage(repository, "test");
  const page = await openWorkbench(t, { folder, theme: "light", viewport: { width: 1280, height: 900 } });
  await withShotOnFailure(page, "failing", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage prod/).waitFor({ timeout: coldMs });
    await runCommand(page, "Kargo: Run Pipelines");
    await page.locator(".monaco-dialog-box").getByRole("button", { name: "Run Pipelines" }).click();
    const told = notification(page, /Promotion of \S+ → test went wrong: .*closed for today/);
    await told.waitFor({ timeout: coldMs });
    await screenshot(page, "run-failed-light");
    await told.getByRole("button", { name: "Show", exact: true }).click();
    await treeRow(page, /^Promotion of \S+ to test, (Failed|Errored) at step/).waitFor();
    assert.equal(await page.locator(".notifications-toasts .codicon-error").count(), 0);
  });
});

test("while a terminal drives, the window says so, and takes over when that ends", async (t) => {
  const { folder, repository } = await newSample(t);
  const terminal = spawn(process.execPath, [join(root, "dist", "cli.js"), "run", "-w", folder], {
    stdio: "pipe",
  });
  const ended = once(terminal, "exit");
  t.after(() => terminal.kill("SIGKILL"));
  const page = await openWorkbench(t, { folder, theme: "dark", viewport: { width: 1280, height: 900 } });
  await withShotOnFailure(page, "elsewhere", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage prod/).waitFor({ timeout: coldMs });
    await everyStageHas(page, repository, "Say hello"); // the terminal's work
    await runCommand(page, "Kargo: Run Pipelines");
    await page.locator(".monaco-dialog-box").getByRole("button", { name: "Run Pipelines" }).click();
    await statusItem(page, "Pipelines run by themselves: driven elsewhere").hover();
    await page
      .locator(".monaco-hover", { hasText: "Another window or terminal drives them" })
      .first()
      .waitFor();
    await screenshot(page, "run-elsewhere-dark");

    terminal.kill("SIGKILL"); // it has no time to give anything back
    await ended;
    await statusItem(page, "Pipelines run by themselves: running").waitFor();
    await commit(repository, "Say it to the window");
    await runCommand(page, "Kargo: Refresh Warehouse");
    await everyStageHas(page, repository, "Say it to the window");
  });
});

function statusItem(page: Page, name: string) {
  return page.locator(".statusbar").getByRole("button", { name });
}

async function fromMenu(page: Page, row: ReturnType<typeof treeRow>, entry: string, shot: string) {
  await row.click({ button: "right" });
  const menu = page.locator(".context-view .monaco-menu");
  await menu.getByText(entry).waitFor();
  await screenshot(page, shot);
  await menu.getByText(entry).click();
}

async function everyStageHas(page: Page, repository: string, subject: string): Promise<void> {
  const commit = (await git(repository, "rev-parse", "main")).trim();
  assert.equal((await git(repository, "log", "-1", "--format=%s", "main")).trim(), subject);
  const end = Date.now() + coldMs;
  for (const stage of stages) {
    while (!(await settings(repository, stage)).includes(commit)) {
      if (Date.now() > end) throw new Error(`"${subject}" did not reach ${stage}`);
      await page.waitForTimeout(100);
    }
  }
}

async function settings(repository: string, stage: string): Promise<string> {
  return git(repository, "show", `stage/${stage}:stage/settings.yaml`).catch(() => "");
}

async function branches(repository: string): Promise<string[]> {
  return (await git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads"))
    .trim()
    .split("\n");
}

function stageBranches(repository: string): Promise<string> {
  return git(repository, "for-each-ref", "refs/heads/stage");
}

async function commit(repository: string, message: string): Promise<void> {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const id = await git(repository, ...identity, "commit-tree", "main^{tree}", "-p", "main", "-m", message);
  await git(repository, "update-ref", "refs/heads/main", id.trim());
}

function refuseStage(repository: string, stage: string): void {
  const hook = `${repository}/hooks/pre-receive`;
  writeFileSync(
    hook,
    `#!/bin/sh\ngrep -q refs/heads/stage/${stage} && echo 'closed for today' >&2 && exit 1\nexit 0\n`,
  );
  chmodSync(hook, 0o755);
}
