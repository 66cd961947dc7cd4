// @ts-check
// Reads what a test runner reported into counts and names. Judges nothing.
import { existsSync, readFileSync } from "node:fs";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped each skipped test, with its reason when it gave one
 */

/**
 * Node's test runner, TAP.
 * @param {string} path
 * @returns {Counts}
 */
export function readTapReport(path) {
  const lines = readLines(path);
  /** @param {string} what */
  const total = (what) => Number(lines.findLast((line) => line.startsWith(`# ${what} `))?.split(" ")[2] ?? 0);
  return {
    passed: total("pass"),
    failed: total("fail") + total("cancelled"),
    skipped: lines.flatMap((line) => {
      const match = /^\s*ok \d+ - (.*?) # (?:SKIP|TODO)\s*(.*)$/.exec(line);
      return match === null ? [] : [nameAndReason(match[1], match[2])];
    }),
  };
}

/**
 * What test/integration/runner.ts writes.
 * @param {string} path
 * @returns {Counts}
 */
export function readMochaReport(path) {
  /** @type {{ title: string, state: string }[]} */
  const results = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  /** @param {string} state */
  const titles = (state) => results.filter((r) => r.state === state).map((r) => r.title);
  return { passed: titles("pass").length, failed: titles("fail").length, skipped: titles("skip") };
}

/** @param {string} path */
function readLines(path) {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
}

/**
 * @param {string | undefined} name
 * @param {string | undefined} reason
 */
function nameAndReason(name = "", reason = "") {
  return reason === "" ? name : `${name} (${reason})`;
}
