// @ts-check
// Packs the extension and drives it in a real workbench: the tests of test/e2e, with a browser.
// usage: node test/host/run-e2e.mjs [PATTERN]   (PATTERN: part of a test file's path)
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./paths.mjs";
import { run } from "./processes.mjs";
import { editorPrograms, ensureHost, ensurePrograms } from "./programs.mjs";

const obstacles = [...(await ensurePrograms([...editorPrograms, "git"])), await ensureHost("newest")];
for (const obstacle of obstacles) if (obstacle !== undefined) console.error(`[e2e] ${obstacle}`);
if (obstacles.some((obstacle) => obstacle !== undefined)) process.exit(3);

const pattern = process.argv.slice(2);
if (pattern.length === 0) rmSync(join(root, "out", "screenshots"), { recursive: true, force: true });
const packed = await run("npm", ["run", "--silent", "package"], { cwd: root });
if (packed !== 0) process.exit(packed);
process.exit(await run(process.execPath, ["test/run-node-tests.mjs", "e2e", ...pattern], { cwd: root }));
