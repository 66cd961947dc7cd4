// @ts-check
// What a person does in the workbench, as calls on a Playwright page. Waits for what it acts on; asserts nothing.

/** @typedef {import("playwright-core").Page} Page */

/** A cold workbench on a busy machine needs this long at most. */
const coldMs = 90_000;

/**
 * Opens a view container by the label of its icon.
 * @param {Page} page
 * @param {string} label
 */
export async function openView(page, label) {
  const icon = page.locator(`.activitybar a.action-label[aria-label^="${label}"]`);
  await icon.waitFor({ timeout: coldMs });
  const shown = await icon.evaluate((element) =>
    element.closest(".action-item")?.classList.contains("checked"),
  );
  if (!shown) await icon.click(); // a click on a container that is shown hides it
}

/**
 * Runs a command by its title in the Command Palette. A late change of focus can close the palette: it is opened again.
 * @param {Page} page
 * @param {string} title
 */
export async function runCommand(page, title) {
  const input = page.locator(".quick-input-widget input").first();
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press("F1");
    try {
      await input.waitFor({ state: "visible", timeout: 3_000 });
      await input.fill(`>${title}`);
      await page.getByRole("option", { name: title }).first().click({ timeout: 5_000 });
      return;
    } catch (error) {
      if (attempt === 5) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

/**
 * Chooses an entry of the open quick pick.
 * @param {Page} page
 * @param {string | RegExp} label
 */
export async function pick(page, label) {
  const entry = page.locator(".quick-input-widget").getByRole("option", { name: label }).first();
  await entry.click({ timeout: 20_000 });
}

/**
 * Answers the open input box.
 * @param {Page} page
 * @param {string} text
 */
export async function answer(page, text) {
  await page.locator(".quick-input-widget input").first().fill(text, { timeout: 20_000 });
  await page.keyboard.press("Enter");
}

/**
 * A row of the tree in the sidebar, by the beginning of its accessible name or by a pattern.
 * @param {Page} page
 * @param {string | RegExp} name
 */
export function treeRow(page, name) {
  return page.locator(".sidebar").getByRole("treeitem", { name }).first();
}

/**
 * A notification that contains this text.
 * @param {Page} page
 * @param {string | RegExp} text
 */
export function notification(page, text) {
  return page.locator(".notifications-toasts .notification-list-item", { hasText: text }).first();
}

/**
 * The document inside a webview, which is two frames deep.
 * @param {Page} page
 */
export function webview(page) {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}
