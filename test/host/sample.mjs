// @ts-check
// Makes the sample workspace with the built terminal program. Builds nothing; knows nothing of what the sample holds.
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { root } from "./paths.mjs";

/**
 * Creates the sample in a new or empty folder.
 * @param {string} dir
 */
export async function createSample(dir) {
  await promisify(execFile)(process.execPath, [join(root, "dist", "cli.js"), "sample", dir]);
}
