// @ts-check
// Runs VS Code (as code-server) on a free loopback port and opens its workbench in headless Chromium.
// Knows nothing of this extension; nothing is read from or written to the user's home, and all ends with this process.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { chromium } from "playwright-core";
import { chromiumPath, hostDir } from "./paths.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Browser} Browser */

/**
 * @typedef {object} ServerOptions
 * @property {Record<string, unknown>} [settings] user settings on top of the quiet ones
 * @property {Record<string, string>} [env] added to the extension host's environment
 * @property {import("./paths.mjs").HostVersion} [version] default: newest
 * @property {readonly string[]} [vsix] packed extensions to install first
 * @property {boolean} [runsTests] lets the page's payload name extensions under development and a test runner
 * @property {boolean} [fewBuiltins] only the built-in extensions that this project needs: quieter, and activation
 *   times are not those of others that start at the same moment
 * @property {boolean} [workspaceTrust] asks for trust as the desktop does; without it every folder is trusted
 * @property {number} [port] default: a free one
 */

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {string} dataDir removed by `stop`
 * @property {(path: string) => string} remote the vscode-remote URI of a path on this machine
 * @property {() => string} output what the server has printed
 * @property {() => Promise<void>} stop ends the server and all it started; removes its files
 * @property {Promise<number | null>} ended resolves when the server has ended
 */

const startTimeoutMs = 60_000;
const stopTimeoutMs = 4_000;

const fewBuiltins = ["theme-defaults", "theme-seti", "yaml", "json", "configuration-editing"];

const quietSettings = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "window.commandCenter": false,
  "git.openRepositoryInParentFolders": "never",
  "files.autoSave": "off",
  "workbench.reduceMotion": "on",
};

/** Servers to end with this process, whatever ends it. @type {Set<{ pid: number, dataDir: string }>} */
const live = new Set();
process.on("exit", () => {
  for (const { pid, dataDir } of live) {
    killGroup(pid, "SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/**
 * Starts the server and waits until it answers.
 * @param {ServerOptions} [options]
 * @returns {Promise<Server>}
 */
export async function startServer(options = {}) {
  const installed = hostDir(options.version ?? "newest");
  const codeServer = join(installed, "node_modules", "code-server");
  const dataDir = prepareDataDir(options, codeServer);
  const env = serverEnv(dataDir, options.env ?? {});
  let output = "";
  const log = createWriteStream(join(dataDir, "server.log"));
  /** @param {readonly string[]} args */
  const run = (args) => {
    const child = spawn(
      join(installed, "bin", "node"),
      [join(codeServer, "out/node/entry.js"), ...homeArgs(dataDir), ...args],
      {
        env,
        stdio: ["ignore", "pipe", "pipe"],
        detached: true, // a process group of its own, so that it can be ended as a whole
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
        log.write(chunk);
      });
    }
    /** @type {Promise<number | null>} */
    const ended = new Promise((done) => {
      child.once("exit", done);
      child.once("error", (error) => {
        output += String(error);
        done(null);
      });
    });
    const entry = { pid: child.pid ?? 0, dataDir };
    if (entry.pid > 0) live.add(entry);
    return { ended, entry };
  };

  for (const vsix of options.vsix ?? []) {
    const install = run(["--install-extension", resolve(vsix), "--force"]);
    const code = await install.ended;
    live.delete(install.entry);
    if (code !== 0) {
      rmSync(dataDir, { recursive: true, force: true });
      throw new Error(`installing ${vsix} gave exit code ${code}: ${output}`);
    }
  }
  const port = options.port ?? (await freePort());
  const server = run(serverArgs(dataDir, port, options));
  let exited = false;
  void server.ended.then(() => {
    exited = true;
  });

  const stop = async () => {
    killGroup(server.entry.pid, "SIGTERM");
    await Promise.race([server.ended, sleep(stopTimeoutMs)]);
    killGroup(server.entry.pid, "SIGKILL");
    live.delete(server.entry);
    log.end();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + startTimeoutMs;
  while (!(await answers(`${url}/healthz`))) {
    if (exited || Date.now() > until) {
      await stop();
      throw new Error(`code-server ${exited ? "ended" : "did not answer"}: ${output}`);
    }
    await sleep(100);
  }
  return {
    url,
    dataDir,
    stop,
    ended: server.ended,
    output: () => output,
    remote: (path) => `vscode-remote://127.0.0.1:${port}${resolve(path)}`,
  };
}

/**
 * @typedef {object} PageOptions
 * @property {string} [folder]
 * @property {string} [workspace] a .code-workspace file, in place of a folder
 * @property {readonly (readonly [string, string])[]} [payload] what VS Code's own test harness passes in the URL
 * @property {{ width: number, height: number }} [viewport]
 * @property {boolean} [verbose] prints the browser's console
 * @property {(page: Page, browser: Browser) => Promise<void>} [beforeOpening]
 */

/**
 * Opens the workbench in a browser of its own.
 * @param {Server} server
 * @param {PageOptions} [options]
 */
export async function openPage(server, options = {}) {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    headless: !process.env.HOST_HEADED,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    const page = await browser.newPage({ viewport: options.viewport ?? { width: 1280, height: 800 } });
    if (options.verbose) {
      page.on("console", (m) => console.error("[console]", m.type(), m.text().slice(0, 400)));
      page.on("pageerror", (e) => console.error("[page error]", String(e).slice(0, 400)));
    }
    await options.beforeOpening?.(page, browser);
    const query = new URLSearchParams();
    if (options.workspace) query.set("workspace", resolve(options.workspace));
    else if (options.folder) query.set("folder", resolve(options.folder));
    else query.set("ew", "true");
    if (options.payload) query.set("payload", JSON.stringify(options.payload));
    await page.goto(`${server.url}/?${query}`);
    return { browser, page };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * @param {ServerOptions} options
 * @param {string} codeServer
 */
function prepareDataDir(options, codeServer) {
  const dataDir = mkdtempSync(join(tmpdir(), "host-"));
  for (const dir of ["user/User", "extensions", "home", "tmp"]) {
    mkdirSync(join(dataDir, dir), { recursive: true });
  }
  writeFileSync(join(dataDir, "config.yaml"), "");
  const settings = { ...quietSettings, ...options.settings };
  writeFileSync(join(dataDir, "user/User/settings.json"), JSON.stringify(settings, undefined, 2));
  if (options.fewBuiltins) {
    mkdirSync(join(dataDir, "builtin"));
    for (const name of fewBuiltins) {
      symlinkSync(join(codeServer, "lib/vscode/extensions", name), join(dataDir, "builtin", name));
    }
  }
  return dataDir;
}

/**
 * @param {string} dataDir
 * @param {Record<string, string>} extra
 */
function serverEnv(dataDir, extra) {
  // Variables of an editor or of npm around this process would change how the server behaves.
  const foreign = /^(VSCODE_|CODE_SERVER_|CS_|npm_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|PORT$|PASSWORD$)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(own),
    HOME: join(dataDir, "home"),
    XDG_CONFIG_HOME: join(dataDir, "home/.config"),
    XDG_DATA_HOME: join(dataDir, "home/.local/share"),
    XDG_RUNTIME_DIR: join(dataDir, "tmp"),
    TMPDIR: join(dataDir, "tmp"),
    EXTENSIONS_GALLERY: "{}", // no gallery, so no calls to one
    ...extra,
  };
}

/** @param {string} dataDir */
function homeArgs(dataDir) {
  return [
    "--config",
    join(dataDir, "config.yaml"),
    "--user-data-dir",
    join(dataDir, "user"),
    "--extensions-dir",
    join(dataDir, "extensions"),
  ];
}

/**
 * @param {string} dataDir
 * @param {number} port
 * @param {ServerOptions} options
 */
function serverArgs(dataDir, port, options) {
  return [
    "--auth",
    "none",
    "--bind-addr",
    `127.0.0.1:${port}`,
    "--session-socket",
    join(dataDir, "tmp/s.sock"),
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--disable-proxy",
    "--ignore-last-opened",
    ...(options.workspaceTrust ? [] : ["--disable-workspace-trust"]),
    ...(options.runsTests && options.version !== "oldest" // needs no leave, and does not know the option
      ? ["--vscode-option", "enable-smoke-test-driver"]
      : []),
    ...(options.fewBuiltins ? ["--builtin-extensions-dir", join(dataDir, "builtin")] : []),
  ];
}

/**
 * @param {number} pid leader of the group
 * @param {"SIGTERM" | "SIGKILL"} signal
 */
function killGroup(pid, signal) {
  if (pid <= 0) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer().once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => done(port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
