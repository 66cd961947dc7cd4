// Reading and finding one's way in pipeline files: outline, breadcrumbs, symbols, folding, hints, lenses, signatures,
// colours, snippets, silenced findings, severities, the task, and fixes by the lightbulb, as a person meets them.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { runCommand } from "../host/page.mjs";
import { goBehind, openFile } from "./editor";
import { screenshot, type themes, withShotOnFailure } from "./workbench";

const head = (kind: string, name: string) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: shop\n`;

const project = `apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata:
  name: shop
---
${head("ProjectConfig", "shop")}spec:
  promotionPolicies:
    - stageSelector:
        name: test
      autoPromotionEnabled: true
---
${head("Warehouse", "fruit")}spec:
  subscriptions:
    - image:
        repoURL: ghcr.io/example/fruit
        strictSemvers: true
`;

const stage = (name: string, sources: string) => `${head("Stage", name)}spec:
  vars:
    - name: branch
      value: stage/${name}
  requestedFreight:
    - origin:
        kind: Warehouse
        name: fruit
      sources:
        ${sources}
  promotionTemplate:
    spec:
      steps:
        - uses: git-clone
          as: clone
          config:
            repoURL: https://github.com/example/deploy.git
            checkout:
              - branch: \${{ vars.branch }}
                path: ./src
        - uses: yaml-update
          as: update
          config:
            path: ./src/values.yaml
            updates:
              - key: image.tag
                value: \${{ quote(imageFrom("ghcr.io/example/fruit").Tag) }}
        - uses: git-commit
          config:
            path: ./src
            message: "\${{ ctx.stage + ': ' + outputs.update.commitMessage }}"
`;
const testStage = stage("test", "direct: true");
const prodStage = stage("prod", "stages: [test]");

const problems = (page: Page) => page.locator('.markers-panel .monaco-list-row[aria-level="2"]');
const editorLines = (page: Page) => page.locator(".editor-instance .view-lines");

for (const theme of ["dark", "light"] as const)
  test(`a pipeline is outlined, hinted and coloured (${theme})`, async (t) => {
    const { page } = await open(t, { theme });
    await withShotOnFailure(page, `features-${theme}`, async () => {
      await page.locator(".codelens-decoration", { hasText: "Promote…" }).waitFor({ timeout: 60_000 });
      await editorLines(page).getByText("= stage/test").first().waitFor();
      await goBehind(page, testStage, "quote(imageFrom(");
      await page.keyboard.press("Control+Shift+Space");
      const signature = page.locator(".parameter-hints-widget.visible");
      await signature.getByText("Repository, exactly as the Warehouse names it.").waitFor();
      await page.locator(".breadcrumbs-control").getByText("Stage test").waitFor();
      await page.locator(".breadcrumbs-control").getByText("update", { exact: true }).waitFor();
      await until("colours of their own for parts of an expression", async () => {
        const [variable, text, name] = await Promise.all([
          colourOf(page, "vars"),
          colourOf(page, "./src"),
          colourOf(page, "imageFrom"),
        ]);
        return variable !== text && name !== text && name !== variable;
      });
      await screenshot(page, `features-${theme}`);
      await page.keyboard.press("Escape");

      await runCommand(page, "Explorer: Focus on Outline View");
      const outline = page.locator(".outline-tree");
      await outline.getByRole("treeitem", { name: /^Stage test/ }).waitFor();
      for (const name of [/^branch/, /^fruit/, /^clone/, /^update/])
        await outline.getByRole("treeitem", { name }).waitFor();
    });
  });

test("names are found from anywhere, and text is folded", async (t) => {
  const { page } = await open(t);
  await withShotOnFailure(page, "symbols", async () => {
    await page.locator(".codelens-decoration").first().waitFor({ timeout: 60_000 });
    await page.keyboard.press("Control+T");
    const input = page.locator(".quick-input-widget input").first();
    await input.fill("#prod");
    const found = page.locator(".quick-input-widget").getByRole("option", { name: /prod/ }).first();
    await found.waitFor();
    await screenshot(page, "features-workspace-symbols");
    await found.click();
    await page.locator('.tab.active[data-resource-name="prod.yaml"]').waitFor();

    await goBehind(page, prodStage, "- uses: yaml-upd");
    await page.keyboard.press("Control+Shift+BracketLeft");
    await editorLines(page).getByText("image.tag").waitFor({ state: "hidden" });
    await editorLines(page).getByText("git-commit").waitFor();
    await screenshot(page, "features-folded");

    await goBehind(page, prodStage, "[te");
    await page.keyboard.press("Shift+F12");
    await page.locator(".peekview-widget").getByText("project.yaml").first().waitFor();
    await page.locator(".peekview-widget").getByText("test.yaml").first().waitFor();
    await screenshot(page, "features-references");
    await page.keyboard.press("Escape");
    await page.keyboard.press("F12");
    await page.locator('.tab.active[data-resource-name="test.yaml"]').waitFor();
  });
});

test("a Stage selector leads to its Stage", async (t) => {
  const { page } = await open(t, { shown: "project.yaml" });
  await withShotOnFailure(page, "selector", async () => {
    await page.locator(".codelens-decoration").first().waitFor({ timeout: 60_000 });
    await goBehind(page, project, "stageSelector:\n        name: te");
    await page.keyboard.press("F12");
    await page.locator('.tab.active[data-resource-name="test.yaml"]').waitFor();
  });
});

test("snippets write whole resources", async (t) => {
  const { page } = await open(t, { files: { "new.yaml": "" }, shown: "new.yaml" });
  await withShotOnFailure(page, "snippets", async () => {
    await page.locator(".editor-instance .monaco-editor").click();
    await page.locator(".editor-instance .monaco-editor.focused").waitFor();
    await page.keyboard.type("kargo-stage", { delay: 30 });
    const offered = page.locator(".suggest-widget.visible .monaco-list-row");
    await until("snippets", async () => {
      if ((await offered.filter({ hasText: "Stage: first" }).count()) > 0) return true;
      await page.keyboard.press("Control+Space");
      await page.waitForTimeout(500);
      return false;
    });
    await screenshot(page, "features-snippets");
    await offered.filter({ hasText: "Stage: first" }).click();
    await editorLines(page).getByText("requestedFreight").waitFor();
    await editorLines(page).getByText("apiVersion").waitFor();
  });
});

test("a finding is silenced by a comment, and weighs what the settings say", async (t) => {
  const text = testStage.replace("path: ./src/values.yaml", "path: 5");
  const { page, folder } = await open(t, { files: { "test.yaml": text } });
  await withShotOnFailure(page, "severity", async () => {
    await page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    await runCommand(page, "Problems: Focus on Problems View");
    const row = problems(page).filter({ hasText: "`path` must be text" });
    await row.locator(".codicon-error").waitFor({ state: "attached" });
    mkdirSync(join(folder, ".vscode"));
    const settings = join(folder, ".vscode", "settings.json");
    writeFileSync(settings, JSON.stringify({ "kargo.language.rules": { type: "information" } }));
    await row.locator(".codicon-info").waitFor({ state: "attached" });
    await screenshot(page, "features-severity");
    writeFileSync(settings, JSON.stringify({ "kargo.language.rules": { type: "off" } }));
    await row.waitFor({ state: "detached" });
    writeFileSync(settings, "{}");
    await row.locator(".codicon-error").waitFor({ state: "attached" });

    await goBehind(page, text, "path: 5");
    await fix(page, "Ignore `type` on this line", "features-lightbulb");
    await editorLines(page).getByText("# kargo-ignore: type").waitFor();
    await row.waitFor({ state: "detached" });
  });
});

test("the task finds what the editor finds, and nothing is listed twice", async (t) => {
  const text = testStage.replace("path: ./src/values.yaml", "path: 5");
  const { page } = await open(t, { files: { "test.yaml": text } });
  await withShotOnFailure(page, "task", async () => {
    await page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
    const offered = page.locator(".quick-input-widget .monaco-list-row");
    await until("the kind of task", async () => {
      await page.keyboard.press("Escape"); // a late change of focus can close the pick
      await runCommand(page, "Tasks: Run Task");
      const kind = offered.filter({ hasText: "kargo" }).first();
      return kind.click({ timeout: 15_000 }).then(
        () => true,
        () => false,
      );
    });
    await offered.filter({ hasText: "kargo: validate" }).first().click();
    await page.locator(".panel .single-terminal-tab .codicon-error").first().waitFor({ timeout: 60_000 });
    await screenshot(page, "features-task");
    await runCommand(page, "Problems: Focus on Problems View");
    await problems(page).filter({ hasText: "`path` must be text" }).first().waitFor();
    await page.waitForTimeout(1000);
    await screenshot(page, "features-task-problems");
    assert.equal(await problems(page).count(), 1, (await problems(page).allTextContents()).join("\n"));
    await goBehind(page, text, "path: 5");
    await fix(page, "Put it in quotes", "features-task-fix");
    await problems(page).first().waitFor({ state: "detached" });
  });
});

/** Chooses a fix of the lightbulb at the cursor. */
async function fix(page: Page, title: string, shot: string): Promise<void> {
  const entry = page.locator(".action-widget").getByText(title, { exact: true });
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press("Control+.");
    try {
      await entry.waitFor({ timeout: 5000 });
      break;
    } catch (error) {
      if (attempt === 3) throw error;
      await page.keyboard.press("Escape");
    }
  }
  await screenshot(page, shot);
  await entry.click();
}

/** The colour of the first text in the editor that begins so. */
async function colourOf(page: Page, text: string): Promise<string> {
  const span = editorLines(page)
    .locator("span > span", { hasText: new RegExp(`^\\s*${text}`) })
    .first();
  return span.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).color ?? "");
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await look()) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A workbench on a folder with a Project and two Stages, one of them open. */
async function open(
  t: TestContext,
  options: {
    readonly theme?: keyof typeof themes;
    readonly files?: Readonly<Record<string, string>>;
    readonly shown?: string;
  } = {},
): Promise<{ page: Page; folder: string }> {
  const { theme = "dark", files = {}, shown = "test.yaml" } = options;
  const all = { "project.yaml": project, "test.yaml": testStage, "prod.yaml": prodStage, ...files };
  return openFile(t, { files: all, shown, theme, viewport: { width: 1400, height: 1000 } });
}
