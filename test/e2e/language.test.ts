// Writing pipelines in the workbench: problems, completion, explanations, definitions and renames as a person meets them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { runCommand } from "../host/page.mjs";
import { goBehind, openFile } from "./editor";
import { screenshot, type themes, withShotOnFailure } from "./workbench";

const head = (kind: string, name: string) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;
const inShop = (kind: string, name: string) => `${head(kind, name)}  namespace: shop\n`;

const project = `${head("Project", "shop")}---
${inShop("Warehouse", "fruit")}spec:
  subscriptions:
    - image:
        repoURL: ghcr.io/example/fruit
        strictSemvers: true
`;

const stages = `${inShop("Stage", "test")}spec:
  vars:
    - name: branch
      value: stage/test
  requestedFreight:
    - origin:
        kind: Warehouse
        name: fruit
      sources:
        direct: true
  promotionTemplate:
    spec:
      steps:
        - uses: git-clone
          config:
            repoURL: https://github.com/example/deploy.git
            checkout:
              - branch: \${{ vars.branch }}
                path: ./src
        - uses: git-clear
          config:
            path: \${{ ctx.stage }}
---
${inShop("Stage", "prod")}spec:
  requestedFreight:
    - origin:
        kind: Warehouse
        name: fruit
      sources:
        stages:
          - test
`;

const broken = stages
  .replace("direct: true", "direct: perhaps")
  .replace("vars.branch", "vars.brnch")
  .replace("uses: git-clear", "uses: git-cleer")
  .replace("          - test", "          - tset");

for (const theme of ["dark", "light"] as const) {
  test(`a broken pipeline has squiggles and entries in Problems (${theme})`, async (t) => {
    const { page } = await openPipeline(t, { theme, text: broken });
    await withShotOnFailure(page, `problems-${theme}`, async () => {
      await page.locator(".squiggly-error").first().waitFor({ timeout: 60_000 });
      await page.locator(".squiggly-warning").first().waitFor();
      await runCommand(page, "Problems: Focus on Problems View");
      const panel = page.locator(".markers-panel");
      const expected = [
        "`direct` must be true or false",
        "has no `brnch`",
        "Kargo 1.11 has no step `git-cleer`",
        "The Project `shop` has no Stage `tset`",
      ];
      for (const text of expected) {
        const row = panel.getByRole("treeitem", { name: text });
        await row.first().waitFor();
        assert.equal(await row.count(), 1, text);
      }
      const rows = panel.locator('.monaco-list-row[aria-level="2"]');
      assert.equal(await rows.count(), expected.length, (await rows.allTextContents()).join("\n"));
      await screenshot(page, `language-problems-${theme}`);
    });
  });

  test(`expressions are completed and steps explained (${theme})`, async (t) => {
    const { page } = await openPipeline(t, { theme, text: stages });
    await withShotOnFailure(page, `completion-${theme}`, async () => {
      await page
        .locator(".codelens-decoration", { hasText: "Promote…" })
        .first()
        .waitFor({ timeout: 60_000 });
      await goBehind(page, stages, "path: ${{ ctx.stage");
      await page.keyboard.type(" + ctx.targetFreight.");
      const list = page.locator(".suggest-widget.visible");
      await list.getByRole("option", { name: /^alias/ }).waitFor();
      await screenshot(page, `language-completion-${theme}`);
      await list.getByRole("option", { name: /^alias/ }).click();
      await page.getByText("ctx.targetFreight.alias").first().waitFor();

      await page.keyboard.press("Escape");
      await goBehind(page, stages, "- uses: git-cl");
      await runCommand(page, "Show or Focus Hover");
      const hover = page.locator(".monaco-hover:not(.hidden)", { hasText: /[Cc]lones/ }).first();
      await hover.waitFor();
      await page.waitForTimeout(500); // it fades in
      await screenshot(page, `language-hover-${theme}`);
    });
  });
}

test("definitions are found in other files", async (t) => {
  const { page } = await openPipeline(t, { theme: "dark", text: stages });
  await withShotOnFailure(page, "definition", async () => {
    await page.locator(".codelens-decoration").first().waitFor({ timeout: 60_000 });
    await goBehind(page, stages, "name: fru");
    await page.keyboard.press("F12");
    await page.locator('.tab.active[data-resource-name="project.yaml"]').waitFor();
    await page.locator(".view-line", { hasText: "ghcr.io/example/fruit" }).waitFor();
  });
});

test("a rename is previewed, and written into all files", async (t) => {
  const { page, folder } = await openPipeline(t, { theme: "light", text: stages });
  await withShotOnFailure(page, "rename", async () => {
    await page.locator(".codelens-decoration").first().waitFor({ timeout: 60_000 });
    await goBehind(page, stages, "name: fru");
    await page.keyboard.press("F2");
    const box = page.locator(".rename-box input");
    await box.waitFor();
    assert.equal(await box.inputValue(), "fruit");
    await box.fill("veg");
    await page.keyboard.press("Control+Enter");
    const preview = page.locator(".panel");
    await preview.locator(".monaco-list-row", { hasText: "project.yaml" }).waitFor();
    await screenshot(page, "language-rename-light");
    await preview.getByRole("button", { name: "Apply" }).click();
    await page.locator(".view-line", { hasText: "name: veg" }).first().waitFor();
    await runCommand(page, "File: Save All");
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    for (let tries = 0; tries < 100 && !read("project.yaml").includes("name: veg"); tries++)
      await page.waitForTimeout(100);
    assert.equal(read("project.yaml"), project.replace("name: fruit", "name: veg"));
    assert.equal(read("stages.yaml"), stages.replaceAll("name: fruit", "name: veg"));
  });
});

/** A workbench on a folder with `project.yaml` and `stages.yaml`, the second open. */
async function openPipeline(
  t: TestContext,
  { theme, text }: { readonly theme: keyof typeof themes; readonly text: string },
): Promise<{ page: Page; folder: string }> {
  const files = { "project.yaml": project, "stages.yaml": text };
  const opened = await openFile(t, { files, shown: "stages.yaml", theme });
  await opened.page.locator(".view-line", { hasText: "kargo.akuity.io" }).first().waitFor();
  return opened;
}
