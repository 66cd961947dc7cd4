// What someone sees before there is a pipeline to work with: no folder, and a folder that is not trusted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openView, treeRow } from "../host/page.mjs";
import { newSample, openWorkbench, screenshot, withShotOnFailure } from "./workbench";

test("a window without a folder offers the sample and the walkthrough", async (t) => {
  const page = await openWorkbench(t, { theme: "dark" });
  await withShotOnFailure(page, "no-folder", async () => {
    await openView(page, "Kargo");
    const welcome = page.locator(".sidebar .welcome-view-content");
    await welcome.getByRole("button", { name: "Create Sample Pipeline…" }).waitFor();
    await welcome.getByRole("button", { name: "Try it in three minutes" }).click();
    await page.getByText("Try Kargo in three minutes").first().waitFor();
    await screenshot(page, "welcome-dark");
  });
});

test("a folder in Restricted Mode shows its pipelines and promotes nothing", async (t) => {
  const { folder } = await newSample(t);
  const page = await openWorkbench(t, {
    folder,
    theme: "light",
    workspaceTrust: true,
    settings: { "security.workspace.trust.startupPrompt": "never" },
  });
  await withShotOnFailure(page, "restricted", async () => {
    await openView(page, "Kargo");
    await treeRow(page, /^Stage test/).waitFor({ timeout: 60_000 });
    await page.getByText("Restricted Mode").first().waitFor();
    await treeRow(page, /^Stage test/).hover();
    const promote = treeRow(page, /^Stage test/).getByRole("button", { name: "Promote…" });
    assert.equal(await promote.isDisabled(), true);
    assert.equal(
      await page
        .locator(".statusbar")
        .getByRole("button", { name: /^Pipelines/ })
        .count(),
      0,
    );
    assert.equal(await page.locator(".sidebar").getByRole("button", { name: "Run Pipelines" }).count(), 0);
    await treeRow(page, /^Warehouse hello, Not refreshed yet/).waitFor(); // nor is anything discovered by itself
    await screenshot(page, "restricted-light");
  });
});
