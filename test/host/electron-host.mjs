// @ts-check
// Runs a test runner inside desktop VS Code, downloaded by @vscode/test-electron, where that can be had.
// Decides which host is used; never waits long for a download that cannot come.
import { spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  downloadAndUnzipVSCode,
  resolveCliArgsFromVSCodeExecutablePath,
  runTests,
  TestRunFailedError,
} from "@vscode/test-electron";
import { cacheDir } from "./paths.mjs";
import { isOnPath } from "./processes.mjs";

const probeMs = 3_000;
/** No data for so long ends the download. */
const downloadIdleMs = 15_000;
/** `stable`, or an exact version: the lowest one that package.json claims, for instance. */
const version = process.env.HOST_VSCODE_VERSION ?? "stable";

/**
 * Picks the host: the asked one, else desktop VS Code where it can run, else code-server.
 * @param {string | undefined} asked
 * @returns {Promise<{ host: "electron" | "code-server", why: string }>}
 */
export async function chooseHost(asked = process.env.HOST_KIND) {
  if (asked === "electron" || asked === "code-server") return { host: asked, why: "asked for" };
  if (asked !== undefined) throw new Error(`there is no host "${asked}"; use electron or code-server`);
  const obstacle = await obstacleToElectron();
  return obstacle === undefined
    ? { host: "electron", why: `desktop VS Code ${version} by @vscode/test-electron` }
    : { host: "code-server", why: `VS Code served to a browser, because ${obstacle}` };
}

/** @returns {Promise<string | undefined>} why desktop VS Code cannot run here */
async function obstacleToElectron() {
  if (lacksDisplay() && !isOnPath("xvfb-run")) {
    return "desktop VS Code needs a display or xvfb-run";
  }
  const reachable = await Promise.race([
    lookup("update.code.visualstudio.com").then(
      () => true,
      () => false,
    ),
    new Promise((done) => setTimeout(() => done(false), probeMs).unref()),
  ]);
  if (!reachable) return "desktop VS Code cannot be downloaded here";
  try {
    await downloadVSCode();
    return undefined;
  } catch (error) {
    return `downloading desktop VS Code failed (${error instanceof Error ? error.message : String(error)})`;
  }
}

/**
 * @param {import("./code-server-host.mjs").SuiteRun} run
 * @returns {Promise<{ code: number, reason: string }>}
 */
export async function runInElectron(run) {
  // Its path becomes that of a socket, whose length is limited: the system's temporary folder is short.
  const dataDir = mkdtempSync(join(tmpdir(), "vscode-"));
  const dirs = ["--user-data-dir", join(dataDir, "user"), "--extensions-dir", join(dataDir, "extensions")];
  try {
    const executable = await downloadVSCode();
    if (run.vsix !== undefined) {
      const [cli, ...cliArgs] = resolveCliArgsFromVSCodeExecutablePath(executable, {
        reuseMachineInstall: true,
      });
      const install = spawnSync(cli ?? executable, [...cliArgs, ...dirs, "--install-extension", run.vsix], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        shell: process.platform === "win32",
      });
      if (install.status !== 0) return { code: 99, reason: `installing ${run.vsix}: ${install.stderr}` };
    }
    const code = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: run.extension,
      extensionTestsPath: run.runner,
      extensionTestsEnv: run.env,
      reuseMachineInstall: true, // the folders are given here
      launchArgs: [
        run.folder,
        ...dirs,
        "--disable-workspace-trust",
        "--disable-telemetry",
        "--skip-welcome",
        "--skip-release-notes",
      ],
    });
    return { code, reason: "" };
  } catch (error) {
    if (error instanceof TestRunFailedError) return { code: error.code ?? 99, reason: error.message };
    console.error(error);
    return { code: 99, reason: "the harness failed" };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function downloadVSCode() {
  return downloadAndUnzipVSCode({
    version,
    cachePath: join(cacheDir, "vscode"),
    timeout: downloadIdleMs,
  });
}

/** Whether a window needs a virtual display here. */
export function lacksDisplay() {
  return (
    process.platform === "linux" &&
    process.env.DISPLAY === undefined &&
    process.env.WAYLAND_DISPLAY === undefined
  );
}
