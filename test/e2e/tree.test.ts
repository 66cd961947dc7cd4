// The tree as a person uses it: long lists page by page, and what is done to Freight from its menu, down to the state.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import type { Freight } from "../../src/model/resources";
import { answer, notification, openView, pick, runCommand, treeRow } from "../host/page.mjs";
import { root } from "../host/paths.mjs";
import { writeLargeWorkspace } from "../support/large-workspace";
import { git, newFolder, newSample, openWorkbench, screenshot, themes, withShotOnFailure } from "./workbench";

const coldMs = 60_000;
const tall = { width: 1280, height: 1000 };

test("long lists are shown a hundred at a time, and nothing moves under the reader", async (t) => {
  const folder = newFolder();
  const sizes = { pipelines: 1, stagesPerPipeline: 10, freightPerPipeline: 300, promotionsPerStage: 30 };
  writeLargeWorkspace(folder, sizes);
  const page = await openWorkbench(t, { folder, theme: "dark", viewport: tall });
  await withShotOnFailure(page, "paging", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage service-000-test/).waitFor({ timeout: coldMs });
    await treeRow(page, "Stages, 10").click();
    await treeRow(page, /^Stage service-000-test/).waitFor({ state: "detached" });
    await screenshot(page, "paging-first-dark");

    await turnPage(page, {
      left: 285,
      next: /^Freight eager-service-000-284,/,
      stays: "Freight dapper-service-000-299,",
    });
    await screenshot(page, "paging-second-dark");
    await page.keyboard.press("ArrowDown");
    assert.match(await focusedRow(page), /^Freight dapper-service-000-283,/);

    await treeRow(page, "Freight, 300").click();
    await turnPage(page, {
      left: 290,
      next: /^Promotion of brisk-service-000-289 to service-000-prod-09,/,
      stays: "Promotions, 300",
    });
    await screenshot(page, "paging-promotions-dark");
  });
});

test("what is old is deleted when the user has said so, and the lists are shorter then", async (t) => {
  const folder = newFolder();
  const sizes = { pipelines: 1, stagesPerPipeline: 2, freightPerPipeline: 60, promotionsPerStage: 30 };
  writeLargeWorkspace(folder, sizes);
  const page = await openWorkbench(t, { folder, theme: "light", viewport: tall });
  await withShotOnFailure(page, "garbage", async () => {
    await openView(page, "Kargo");
    await treeRow(page, "Promotions, 60").waitFor({ timeout: coldMs });
    const title = "Kargo: Delete Old Promotions and Freight…";
    await runCommand(page, title);
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.getByText("Nothing younger than two weeks is deleted").waitFor();
    await screenshot(page, "garbage-light");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal((await get(folder, "promotions")).length, 60);
    await runCommand(page, title);
    await dialog.getByRole("button", { name: "Delete" }).click();
    const told = page.locator(".statusbar").getByText(/\d+ Promotions and \d+ pieces of Freight deleted/);
    const [promotions = 0, freight = 0] = ((await told.textContent()) ?? "").match(/\d+/g)?.map(Number) ?? [];
    assert.ok(promotions > 0 && freight > 0, `${promotions} and ${freight}`);
    assert.equal((await get(folder, "promotions")).length, 60 - promotions);
    assert.equal((await get(folder, "freight")).length, 60 - freight);
    await treeRow(page, `Promotions, ${60 - promotions}`).waitFor();
    await treeRow(page, `Freight, ${60 - freight}`).waitFor();
  });
});

test("Freight gets another alias, and is deleted, from its menu", async (t) => {
  const { folder, repository } = await newSample(t);
  const page = await openWorkbench(t, { folder, theme: "light", viewport: tall });
  await withShotOnFailure(page, "freight", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Freight [a-z]+-[a-z]+,/).waitFor({ timeout: coldMs });
    await fromMenu(page, /^Freight [a-z]+-[a-z]+,/, "Change Freight Alias…");
    const input = page.locator(".quick-input-widget");
    await input.getByText("What this Freight is called from now on").waitFor();
    await answer(page, "-hat-");
    await input.getByText(/"-hat-" cannot be an alias/).waitFor();
    await screenshot(page, "alias-refused-light");
    await answer(page, "winter-hat");
    await page.locator(".statusbar").getByText("is now winter-hat").waitFor();
    await treeRow(page, /^Freight winter-hat,/).waitFor();
    assert.deepEqual(await aliases(folder), ["winter-hat"]);

    await commit(repository, "Say it again");
    await runCommand(page, "Kargo: Refresh Warehouse");
    await treeRow(page, "Freight, 2").waitFor();
    await fromMenu(page, /^Freight (?!winter)[a-z]+-[a-z]+,/, "Change Freight Alias…");
    await input.getByText("What this Freight is called from now on").waitFor();
    await answer(page, "winter-hat");
    await input.getByText("Other Freight has this alias.").waitFor();
    await page.keyboard.press("Escape");

    await fromMenu(page, /^Freight winter-hat,/, "Delete Freight…");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.getByText("Delete Freight winter-hat?").waitFor();
    await screenshot(page, "delete-light");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.ok((await aliases(folder)).includes("winter-hat"));
    await fromMenu(page, /^Freight winter-hat,/, "Delete Freight…");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.locator(".statusbar").getByText("Freight winter-hat deleted").waitFor();
    await treeRow(page, /^Freight winter-hat,/).waitFor({ state: "detached" });
    await treeRow(page, "Freight, 1").waitFor();
    const left = await aliases(folder);
    assert.ok(left.length === 1 && !left.includes("winter-hat"), left.join());

    await promoteToTest(page);
    await fromMenu(page, /^Freight [a-z]+-[a-z]+,/, "Delete Freight…");
    await notification(page, /Freight \S+ is not deleted while Stage test runs on it/).waitFor();
    assert.deepEqual(await aliases(folder), left);
  });
});

test("Freight that is dropped on a Stage is promoted there, once the user has said so", async (t) => {
  const { folder } = await newSample(t);
  const page = await openWorkbench(t, { folder, theme: "dark", viewport: tall });
  await withShotOnFailure(page, "drop", async () => {
    await openView(page, "Kargo");
    const freight = treeRow(page, /^Freight [a-z]+-[a-z]+,/);
    await freight.waitFor({ timeout: coldMs });
    await freight.dragTo(treeRow(page, /^Stage test/));
    await page.locator(".quick-input-widget").getByText(/test/).first().waitFor();
    await screenshot(page, "drop-dark");
    assert.equal((await get(folder, "promotions")).length, 0, "nothing is promoted before the answer");
    await page.keyboard.press("Enter");
    await treeRow(page, /^Promotion of \S+ to test, Succeeded/).waitFor({ timeout: coldMs });
    await freight.dragTo(treeRow(page, /^Stage uat/)); // rows that were drawn again since
    await page.locator(".quick-input-widget").getByText(/uat/).first().waitFor();
    await page.keyboard.press("Escape");
  });
});

test("what has failed stands out in every theme", async (t) => {
  const folder = newFolder();
  const sizes = { pipelines: 1, stagesPerPipeline: 2, freightPerPipeline: 20, promotionsPerStage: 10 };
  writeLargeWorkspace(folder, sizes);
  const page = await openWorkbench(t, { folder, viewport: tall });
  await withShotOnFailure(page, "themes", async () => {
    await openView(page, "Kargo");
    const failed = treeRow(page, /^Promotion of \S+ to \S+, Failed/).first();
    await failed.waitFor({ timeout: coldMs });
    mkdirSync(join(folder, ".vscode"), { recursive: true });
    for (const [name, theme] of Object.entries(themes)) {
      const settings = JSON.stringify({ "workbench.colorTheme": theme });
      writeFileSync(join(folder, ".vscode", "settings.json"), settings);
      await page.locator(`.monaco-workbench${themeClass[name as keyof typeof themes]}`).waitFor();
      const icon = await colourOf(failed.locator(".custom-view-tree-node-item-icon"));
      await screenshot(page, `failed-in-${name}`);
      const [red = 0, green = 0, blue = 0] = icon.match(/\d+/g)?.map(Number) ?? [];
      assert.ok(red > green + 50 && red > blue + 50, `${name}: ${icon} is not red`);
      assert.notEqual(icon, await colourOf(failed.locator(".label-name").first()), name);
    }
  });
});

/** What VS Code calls a kind of theme in its page. */
const themeClass = {
  dark: ".vs-dark",
  light: ".vs",
  highContrastDark: ".hc-black",
  highContrastLight: ".hc-light",
} as const;

/** The colour something is drawn with; an icon's is that of the glyph. */
async function colourOf(place: Locator): Promise<string> {
  return place.evaluate(
    (element) => element.ownerDocument.defaultView?.getComputedStyle(element, "::before").color ?? "",
  );
}

/** Presses "Show 100 more" and sees what comes: in its place, with everything above it where it was. */
async function turnPage(
  page: Page,
  { left, next, stays }: { readonly left: number; readonly next: RegExp; readonly stays: string },
): Promise<void> {
  const more = page.locator(".sidebar").getByRole("treeitem", { name: `Show 100 more ${left} left` });
  const place = await more.boundingBox();
  const above = await treeRow(page, stays).boundingBox();
  await more.click();
  await treeRow(page, next).waitFor();
  await page.locator(".sidebar .monaco-list-row.selected", { hasText: /./ }).waitFor();
  assert.match(await focusedRow(page), next);
  assert.equal((await treeRow(page, next).boundingBox())?.y, place?.y, "the first of the next page");
  assert.equal((await treeRow(page, stays).boundingBox())?.y, above?.y, "what stands above");
}

async function focusedRow(page: Page): Promise<string> {
  const row = page.locator(".sidebar .monaco-list-row.focused");
  return (await row.getAttribute("aria-label")) ?? "";
}

async function fromMenu(page: Page, row: RegExp, entry: string): Promise<void> {
  await treeRow(page, row).click({ button: "right" });
  await page.locator(".context-view .monaco-menu").getByText(entry).click({ delay: 200 }); // a menu that has just opened takes no click
}

async function promoteToTest(page: Page): Promise<void> {
  await runCommand(page, "Kargo: Promote…");
  await pick(page, /^test/);
  await pick(page, /repository@/);
  await treeRow(page, /^Promotion of \S+ to test, Succeeded/).waitFor({ timeout: coldMs });
}

/** What the terminal says is there. */
async function get(folder: string, kind: string): Promise<readonly Freight[]> {
  const args = [join(root, "dist", "cli.js"), "get", kind, "-o", "json", "-w", folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
  const answered = JSON.parse(stdout);
  return Array.isArray(answered) ? answered : (answered.items ?? [answered]);
}

async function aliases(folder: string): Promise<string[]> {
  return (await get(folder, "freight")).map(({ alias }) => alias ?? "");
}

async function commit(repository: string, message: string): Promise<void> {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const id = await git(repository, ...identity, "commit-tree", "main^{tree}", "-p", "main", "-m", message);
  await git(repository, "update-ref", "refs/heads/main", id.trim());
}
