// Every step that reaches a server, and every way a server can fail it: the step ends with a fault of its own within its
// time, and when it is stopped meanwhile nothing it has started stays. Pull requests have a table of their own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { dirname, join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Capabilities } from "../../src/engine/promotion/step";
import { StepError } from "../../src/engine/promotion/step";
import { stepRunners } from "../../src/engine/steps/registry";
import { findProgram } from "../../src/engine/tools/process";
import type { StepKind } from "../../src/model/schema/step-kinds";
import { serveGit } from "../support/git-http-server";
import { makeRemote, processesThatStay } from "../support/git-repos";
import { runStepIn } from "../support/step-context";
import { makeTempDir, tempDir } from "../support/temp";

type Fault =
  | "refused"
  | "reset in mid-body"
  | "silent"
  | "redirects in a circle"
  | "without an end"
  | "unknown certificate";

const faults: readonly Fault[] = [
  "refused",
  "reset in mid-body",
  "silent",
  "redirects in a circle",
  "without an end",
  "unknown certificate",
];

const helm = await findProgram("helm").catch(() => "");
const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is missing";
const certificates = makeTempDir();
after(() => certificates.remove());

function certificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const [key, cert] = [join(certificates.path, "key.pem"), join(certificates.path, "cert.pem")];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert];
  execFileSync("openssl", [...args, "-days", "1", "-subj", "/CN=127.0.0.1"], { stdio: "ignore" });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** A server that fails; `fail` may come later, until then it answers as `before` says. */
async function startServer(t: TestContext, fault: Fault, before?: RequestListener) {
  const state = { failing: before === undefined };
  const answer: RequestListener = (request, response) => {
    if (!state.failing) return before?.(request, response);
    if (fault === "redirects in a circle") {
      response.writeHead(302, { location: request.url ?? "/" }).end();
    } else if (fault === "without an end") {
      const chunk = Buffer.alloc(1024 * 1024, "x");
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    } else if (fault === "reset in mid-body") {
      response.writeHead(200, { "content-length": "1000", "content-type": "text/plain" });
      response.write("begun", () => response.socket?.resetAndDestroy());
    }
  };
  const isTls = fault === "unknown certificate";
  const server: Server = isTls ? createTlsServer(certificate(), answer) : createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    (server as ReturnType<typeof createServer>).closeAllConnections();
    server.close();
  };
  t.after(stop);
  const fail = (): void => {
    state.failing = true;
    if (fault === "refused") stop();
  };
  if (state.failing) fail();
  return { host: `127.0.0.1:${port}`, url: `${isTls ? "https" : "http"}://127.0.0.1:${port}`, fail };
}

/** A step and what it is to do with a server. */
interface Row {
  readonly kind: StepKind;
  readonly config: (server: { readonly url: string; readonly host: string }, work: string) => object;
  readonly before?: (root: string) => RequestListener;
  readonly prepare?: (url: string, work: string) => Promise<void>;
  /** Faults that do not reach the step. */
  readonly except?: readonly Fault[];
  readonly skip?: string | false;
}

const granted: Partial<Capabilities> = {
  git: { user: { name: "", email: "" }, paths: {} },
  programs: {},
  credentials: { find: async () => undefined },
  network: { fetch },
};

const rows: readonly Row[] = [
  { kind: "http", config: ({ url }) => ({ url, timeout: "20s" }) },
  { kind: "http-download", config: ({ url }) => ({ url: `${url}/f`, outPath: "f" }) },
  { kind: "oci-download", config: ({ host }) => ({ imageRef: `${host}/app:1`, outPath: "f" }) },
  { kind: "oci-push", config: ({ host }) => ({ srcRef: `${host}/app:1`, destRef: `${host}/app:2` }) },
  {
    kind: "git-clone",
    config: ({ url }) => ({ repoURL: `${url}/r.git`, checkout: [{ branch: "main", path: "src" }] }),
  },
  {
    kind: "git-push",
    // The clone would have met it before.
    except: ["unknown certificate"],
    before: (root) => (request, response) => serveGit(root, request, response),
    prepare: async (url, work) => {
      makeRemote(join(dirname(work), "r.git"), { a: "1" });
      const clone = { repoURL: `${url}/r.git`, checkout: [{ branch: "main", path: "src" }] };
      await runStepIn(stepRunners["git-clone"], work, clone, granted);
      writeFileSync(join(work, "src/a"), "2");
      await runStepIn(stepRunners["git-commit"], work, { path: "src", message: "m" }, granted);
    },
    config: () => ({ path: "src", maxAttempts: 1 }),
  },
  {
    kind: "helm-update-chart",
    skip: helm === "" && "helm is missing",
    prepare: async (url, work) => {
      const dependency = `dependencies:\n- name: lib\n  version: 1.0.0\n  repository: ${url}\n`;
      mkdirSync(join(work, "app"));
      writeFileSync(join(work, "app/Chart.yaml"), `apiVersion: v2\nname: app\nversion: 1.0.0\n${dependency}`);
    },
    config: () => ({ path: "app" }),
  },
];

/** Programs have no bound of their own for a body without an end, and none of these for silence: the step's timeout ends it. */
const stopAfterMs = 4_000;

for (const { kind, config, before, prepare, except = [], skip = false } of rows) {
  for (const fault of faults.filter((one) => !except.includes(one))) {
    const isSkipped = skip || (fault === "unknown certificate" && noOpenssl);
    test(`${kind}: ${fault}`, { skip: isSkipped }, async (t) => {
      const root = realpathSync(tempDir(t));
      const work = join(root, "work");
      mkdirSync(work);
      const server = await startServer(t, fault, before?.(root));
      await prepare?.(server.url, work);
      server.fail();
      const stop = new AbortController();
      const timer = fault === "silent" || fault === "without an end" ? stopAfterMs : 25_000;
      const timing = delay(timer, undefined, { signal: t.signal }).then(
        () => stop.abort(),
        () => {},
      );
      const run = runStepIn(stepRunners[kind], work, config(server, work), {
        ...granted,
        signal: stop.signal,
      });
      const end = await run.then(
        (result) => result.status,
        (error: unknown) => error,
      );
      if (stop.signal.aborted) {
        assert.ok(fault === "silent" || fault === "without an end", "it took too long");
        assert.equal((end as Error).name, "AbortError");
      } else {
        assert.notEqual(fault, "silent");
        const isMere = end instanceof StepError || (end instanceof Error && end.name === "Error");
        assert.ok(isMere, `ended ${String(end)}`);
        if (end instanceof StepError) assert.ok(["Errored", "Failed"].includes(end.status));
        if (fault === "unknown certificate")
          assert.match(end.message, /certificate|self-signed|x509|HTTPS client/i);
      }
      assert.deepEqual(await processesThatStay(root), [], "something it started is left");
      void timing;
    });
  }
}
