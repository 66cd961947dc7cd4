// @ts-check
// Runs a test runner inside the extension host of code-server, watched through the workbench in a browser.
// Judges nothing but how the host ended.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { format } from "node:util";
import { openPage, startServer } from "./host.mjs";

/**
 * @typedef {object} SuiteRun
 * @property {string} extension folder of an extension under development
 * @property {string | undefined} vsix packed extension to install first
 * @property {import("./paths.mjs").HostVersion} version of VS Code
 * @property {string} runner JavaScript file that exports `run()`
 * @property {string} folder opened in the workbench
 * @property {Record<string, string>} env added to the extension host's environment
 * @property {number} timeoutMs
 * @property {boolean} verbose
 * @property {string} failureShot where a screenshot goes when the host does not end by itself
 */

/** What the built-in parts say on the test runner's console. */
const chatter = /^(Ignoring fetching|\[AccountPolicyGate|\[AgentHost|Updating additional)/;

/**
 * @param {SuiteRun} run
 * @returns {Promise<{ code: number, reason: string }>} code 96-99 when the host did not end by itself
 */
export async function runInCodeServer(run) {
  /** @type {import("./host.mjs").Server | undefined} */
  let server;
  /** @type {import("playwright-core").Browser | undefined} */
  let opened;
  try {
    const running = await startServer({
      runsTests: true,
      version: run.version,
      fewBuiltins: true,
      env: run.env,
      vsix: run.vsix === undefined ? [] : [run.vsix],
    });
    server = running;
    /** @type {(end: { code: number, reason: string }) => void} */
    let end = () => {};
    /** @type {Promise<{ code: number, reason: string }>} */
    const ended = new Promise((done) => {
      end = done;
    });
    const { browser, page } = await openPage(running, {
      folder: run.folder,
      verbose: run.verbose,
      payload: [
        ["extensionDevelopmentPath", running.remote(run.extension)],
        ["extensionTestsPath", running.remote(run.runner)],
        ["enableProposedApi", ""],
        ["skipWelcome", "true"],
        ["skipReleaseNotes", "true"],
      ],
      // Before the page opens: a short run can end before functions that are exposed later are there.
      beforeOpening: async (page, browser) => {
        await page.exposeFunction("codeAutomationLog", printer(run.verbose));
        await page.exposeFunction("codeAutomationExit", (/** @type {number} */ code) =>
          end({ code, reason: "" }),
        );
        page.on("crash", () => end({ code: 97, reason: "the page crashed" }));
        browser.on("disconnected", () => end({ code: 96, reason: "the browser went away" }));
      },
    });
    opened = browser;
    const timer = setTimeout(
      () => end({ code: 98, reason: `no result within ${run.timeoutMs / 1000} s` }),
      run.timeoutMs,
    );
    const outcome = await ended;
    clearTimeout(timer);
    if (outcome.code >= 96) {
      mkdirSync(dirname(run.failureShot), { recursive: true });
      await page.screenshot({ path: run.failureShot }).catch(() => {}); // the page may be gone
    }
    return outcome;
  } catch (error) {
    console.error(error);
    return { code: 99, reason: "the harness failed" };
  } finally {
    await opened?.close().catch(() => {});
    await server?.stop();
  }
}

/** Prints what the suites say, and errors of anyone. @param {boolean} verbose */
function printer(verbose) {
  let inSuites = false;
  return (/** @type {string} */ type, /** @type {unknown[]} */ args) => {
    const text = format(...args);
    if (text.includes("##suites begin##")) inSuites = true;
    else if (text.includes("##suites end##")) inSuites = false;
    else if (verbose || type === "error" || (inSuites && !chatter.test(text))) console.log(text);
  };
}
