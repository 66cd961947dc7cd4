// @ts-check
// Activation time of the packed extension in N fresh windows on the sample, as VS Code itself measures it (loading the
// code plus the call of activate). Measures with few built-in extensions, so that their queue is not counted as ours.
// usage: node test/host/perf.mjs [--n 5]   (after `npm run package`)
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openPage, startServer } from "./host.mjs";
import { openView, runCommand } from "./page.mjs";
import { vsixPath } from "./paths.mjs";
import { createSample } from "./sample.mjs";

const { values: args } = parseArgs({ options: { n: { type: "string", default: "5" } } });
const scratch = mkdtempSync(join(tmpdir(), "perf-"));
const folder = join(scratch, "sample");
/** @type {number[]} */
const activationMs = [];
try {
  await createSample(folder);
  const server = await startServer({ vsix: [vsixPath], fewBuiltins: true });
  try {
    for (let i = 0; i < Number(args.n); i++) activationMs.push(await measure(server));
  } finally {
    await server.stop();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const median = activationMs.toSorted((a, b) => a - b)[activationMs.length >> 1];
console.log(JSON.stringify({ activationMs, median }));

/** @param {import("./host.mjs").Server} server */
async function measure(server) {
  // Tall, because the list shows only the rows that fit.
  const { browser, page } = await openPage(server, { folder, viewport: { width: 1280, height: 3000 } });
  try {
    await openView(page, "Kargo");
    await runCommand(page, "Developer: Show Running Extensions");
    const row = page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Kargo Workbench" });
    const text = await row.textContent({ timeout: 30_000 });
    const ms = /Activation: (\d+)ms/.exec(text ?? "")?.[1];
    if (ms === undefined) throw new Error(`no activation time in "${text}"`);
    return Number(ms);
  } finally {
    await browser.close();
  }
}
