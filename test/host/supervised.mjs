// @ts-check
// Runs a command as a process group with a time limit and a log file, and finds what it left running.
// Knows nothing of tests.
import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/**
 * @typedef {object} SupervisedRun
 * @property {string} logFile takes all output
 * @property {boolean} echo also prints it
 * @property {number} timeoutMs
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cwd
 */

/** Groups that run now, to be ended with this process. @type {Set<number>} */
const groups = new Set();
process.on("exit", () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {SupervisedRun} options
 * @returns {Promise<{ code: number, timedOut: boolean }>}
 */
export function runSupervised(command, args, { logFile, echo, timeoutMs, env, cwd }) {
  return new Promise((done) => {
    const log = createWriteStream(logFile);
    const windows = process.platform === "win32";
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: !windows,
      shell: windows,
    });
    const pid = child.pid ?? 0;
    if (pid > 0 && !windows) groups.add(pid);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        log.write(chunk);
        if (echo) process.stdout.write(chunk);
      });
    }
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      signalGroup(pid, "SIGTERM");
      setTimeout(() => signalGroup(pid, "SIGKILL"), 5_000).unref();
    }, timeoutMs);
    /** @param {number} code */
    const end = (code) => {
      clearTimeout(timer);
      groups.delete(pid);
      log.end(() => done({ code, timedOut }));
    };
    child.once("error", (error) => {
      log.write(`${command}: ${error.message}\n`);
      end(127);
    });
    child.once("exit", (code) => end(code ?? 128));
  });
}

/**
 * Processes that still carry this variable in their environment, after a grace for those that are just ending.
 * Linux only; elsewhere it finds none.
 * @param {string} name
 * @param {string} value
 * @returns {Promise<{ pid: number, command: string }[]>}
 */
export async function findLeftovers(name, value) {
  const until = Date.now() + 5_000;
  for (;;) {
    const found = processesWith(`${name}=${value}`);
    if (found.length === 0 || Date.now() > until) return found;
    await new Promise((again) => setTimeout(again, 250));
  }
}

/** @param {string} variable */
function processesWith(variable) {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => readProc(pid, "environ").split("\0").includes(variable))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

/**
 * @param {string} pid
 * @param {string} file
 */
function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it has ended, or belongs to somebody else
  }
}

/**
 * @param {number} pid leader of the group
 * @param {"SIGTERM" | "SIGKILL"} signal
 */
function signalGroup(pid, signal) {
  if (pid <= 0) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // The group is gone already.
  }
}
