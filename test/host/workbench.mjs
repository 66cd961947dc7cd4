// @ts-check
// `npm run workbench [-- FOLDER]`: opens a folder, or a new sample, in a real workbench with this extension: desktop VS
// Code when there is one, else VS Code in the browser. Changes nothing in the editor that is installed here.
import { mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { root, vsixPath } from "./paths.mjs";
import { isOnPath, run } from "./processes.mjs";
import { ensureHost, ensureNodeModules, ensurePrograms } from "./programs.mjs";

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    browser: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log("usage: npm run workbench -- [FOLDER] [--browser] [--port N]");
  process.exit(0);
}
stopAt([await ensureNodeModules(), ...(await ensurePrograms(["git"]))]);
const built = await run(process.execPath, ["esbuild.mjs"], { cwd: root });
if (built !== 0) stopAt(["the build failed"]);
const folder = positionals[0] === undefined ? await newSample() : resolve(positionals[0]);
const desktop = args.browser ? undefined : desktopEditor();
if (desktop === undefined) await openInBrowser();
else await openOnDesktop(desktop);

/** The editor's command on this machine. Desktop VS Code refuses root. */
function desktopEditor() {
  if (process.platform === "linux") {
    const display = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
    if (display === undefined || process.getuid?.() === 0) return undefined;
  }
  const names = process.platform === "win32" ? ["code.cmd"] : ["code", "code-insiders", "codium"];
  return names.find((name) => isOnPath(name));
}

/** @param {string} editor */
async function openOnDesktop(editor) {
  console.log(`Opening ${folder} in ${editor}, with the extension of this checkout.`);
  const shell = process.platform === "win32";
  const code = await run(editor, ["--new-window", `--extensionDevelopmentPath=${root}`, folder], { shell });
  process.exitCode = code;
}

async function openInBrowser() {
  stopAt([...(await ensurePrograms(["g++", "make", "python3"])), await ensureHost("newest")]);
  const packed = await run("npm", ["run", "--silent", "package"], { cwd: root });
  if (packed !== 0) stopAt([`packaging the extension gave exit code ${packed}`]);
  const { startServer } = await import("./host.mjs");
  const server = await startServer({
    vsix: [vsixPath],
    ...(args.port === "0" ? {} : { port: Number(args.port) }),
    // A person's own Git identity and credentials, as in their terminal.
    env: {
      HOME: homedir(),
      XDG_CONFIG_HOME: process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"),
    },
  });
  console.log(`\nVS Code with Kargo Workbench is at  ${server.url}/?folder=${encodeURIComponent(folder)}`);
  console.log(`It shows ${folder}. Ctrl+C ends it; the folder stays.`);
  await server.ended;
  console.log(server.output());
  process.exitCode = 1;
}

async function newSample() {
  const { createSample } = await import("./sample.mjs");
  const dir = join(mkdtempSync(join(tmpdir(), "kargo-workbench-")), "sample");
  await createSample(dir);
  return dir;
}

/** @param {readonly (string | undefined)[]} obstacles */
function stopAt(obstacles) {
  const met = obstacles.filter((each) => each !== undefined);
  for (const obstacle of met) console.error(obstacle);
  if (met.length > 0) process.exit(1);
}
