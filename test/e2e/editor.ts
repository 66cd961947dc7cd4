// A workbench with files open in its editor, for the tests of what is seen while writing.
// Knows no feature; the tests look for those.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { newFolder, openWorkbench, type WorkbenchOptions } from "./workbench";

/** What is in the folder, and which of it is open in the editor. */
export interface OpenFileOptions extends Omit<WorkbenchOptions, "folder"> {
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly shown: string;
}

/** A workbench on a new folder `shop` with these files. */
export async function openFile(
  t: TestContext,
  { files, shown, ...options }: OpenFileOptions,
): Promise<{ page: Page; folder: string }> {
  const folder = join(newFolder(), "shop");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const page = await openWorkbench(t, { ...options, folder });
  await page
    .locator(".explorer-viewlet")
    .getByRole("treeitem", { name: shown })
    .dblclick({ timeout: 90_000 });
  await page.locator(`.tab.active[data-resource-name="${shown}"]`).waitFor();
  return { page, folder };
}

/** Puts the cursor behind the first place of `part`. */
export async function goBehind(page: Page, text: string, part: string): Promise<void> {
  const before = text.slice(0, text.indexOf(part) + part.length).split("\n");
  await page.keyboard.press("Control+1"); // the editor has the focus
  await page.keyboard.press("Control+G");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor({ state: "visible" });
  await input.fill(`:${before.length}:${(before.at(-1) ?? "").length + 1}`);
  await page.keyboard.press("Enter");
  await input.waitFor({ state: "hidden" });
}
