// What e2e tests share: the packed extension in a real workbench, on a folder of its own, closed when the test ends.
// Asserts nothing.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { openPage, type ServerOptions, startServer } from "../host/host.mjs";
import { root, vsixPath } from "../host/paths.mjs";
import { createSample } from "../host/sample.mjs";

/** Themes of the screenshots; VS Code's own defaults. */
export const themes = {
  dark: "Default Dark Modern",
  light: "Default Light Modern",
  highContrastDark: "Default High Contrast",
  highContrastLight: "Default High Contrast Light",
} as const;

/** How to open a workbench. */
export interface WorkbenchOptions extends ServerOptions {
  /** Absent: a window without a folder. */
  readonly folder?: string;
  readonly theme?: keyof typeof themes;
  readonly viewport?: { width: number; height: number };
}

/** Opens the workbench with the packed extension. */
export async function openWorkbench(t: TestContext, options: WorkbenchOptions): Promise<Page> {
  const server = await startServer({
    fewBuiltins: true,
    vsix: [vsixPath],
    ...options,
    settings: { "workbench.colorTheme": themes[options.theme ?? "dark"], ...options.settings },
  });
  try {
    const { browser, page } = await openPage(server, { folder: options.folder, viewport: options.viewport });
    t.after(async () => {
      await browser.close();
      await server.stop();
    });
    page.setDefaultTimeout(30_000);
    return page;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Runs the body; when it throws, keeps a screenshot named for it before the error goes on. */
export async function withShotOnFailure<T>(page: Page, name: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    await screenshot(page, `failed-${name}`).catch(() => {}); // the page may be gone
    throw error;
  }
}

/** Keeps what the workbench shows as out/screenshots/NAME.png. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const dir = join(root, "out", "screenshots");
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name}.png`) });
}

/** Removed when the process ends: hooks of a test run in the order they were made in, and a workbench still writes. */
const scratches: string[] = [];
process.once("exit", () => {
  for (const scratch of scratches) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
});

/** An empty folder that is removed in the end. */
export function newFolder(): string {
  const scratch = mkdtempSync(join(tmpdir(), "e2e-"));
  scratches.push(scratch);
  return scratch;
}

/** A new sample in a folder that is removed in the end. */
export async function newSample(_t: TestContext): Promise<{ folder: string; repository: string }> {
  const folder = join(newFolder(), "sample");
  await createSample(folder);
  return { folder, repository: join(folder, "repository.git") };
}

/** What git prints about a repository. */
export async function git(repository: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["--git-dir", repository, ...args]);
  return stdout;
}
