// @ts-check
// Small things about programs and files that the test scripts share. Uses Node alone: nothing need be installed yet.
import { spawn } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** So many characters at the end of a quiet program's output are worth showing. */
const keptOutput = 8_000;

/**
 * Runs a program and waits for its end; its output goes where ours goes.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} exit code; 127 when it could not be started
 */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.once("exit", (code, signal) => done(code ?? (signal === null ? 1 : 128)));
  });
}

/**
 * Runs a program and prints what it said only when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} exit code; 127 when it could not be started
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((done) => {
    let said = "";
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        said = (said + chunk).slice(-keptOutput);
      });
    }
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.once("close", (code) => {
      if (code !== 0) console.error(said);
      done(code ?? 128);
    });
  });
}

/**
 * Whether a program of this name can be started.
 * @param {string} program
 * @param {string} [path]
 */
export function isOnPath(program, path = process.env.PATH ?? "") {
  return whereIs(program, path) !== undefined;
}

/**
 * @param {string} program
 * @param {string} [path]
 * @returns {string | undefined} absolute path
 */
export function whereIs(program, path = process.env.PATH ?? "") {
  // /usr/sbin holds servers such as sshd and is not on every user's PATH.
  for (const dir of [...path.split(delimiter), "/usr/sbin"].filter((d) => d !== "")) {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return join(dir, program);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Files below a folder, as absolute paths in order; none when there is no such folder.
 * @param {string} dir
 * @param {string} ending
 */
export function listFiles(dir, ending) {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(ending))
      .sort()
      .map((path) => join(dir, path));
  } catch {
    return [];
  }
}
