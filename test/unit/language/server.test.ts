import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { createConnection } from "vscode-languageserver/node.js";
import {
  createProtocolConnection,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node.js";
import { serve } from "../../../src/language/server";
import { project, stage } from "../../support/cursor";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A server and its client over streams, with a folder that holds these files. */
async function start(files: Readonly<Record<string, string>>, settings: unknown = null) {
  const folder = mkdtempSync(join(tmpdir(), "kargo-lsp-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const up = new PassThrough();
  const down = new PassThrough();
  serve(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)));
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const told: PublishDiagnosticsParams[] = [];
  const messages: string[] = [];
  client.onNotification("window/showMessage", ({ message }: { message: string }) => messages.push(message));
  const waiting: (() => void)[] = [];
  client.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    told.push(params);
    for (const check of waiting.splice(0)) check();
  });
  const configured = new Promise<void>((resolve) => {
    client.onRequest("workspace/configuration", () => {
      setTimeout(resolve, 20);
      return [settings];
    });
  });
  client.onRequest("client/registerCapability", () => null);
  client.listen();
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;
  const rulesOf = (name: string) =>
    told.findLast((one) => one.uri === uri(name))?.diagnostics.map(({ code }) => code);
  /** Resolves when the last word about a file is these rules. */
  const until = async (name: string, rules: readonly string[]) => {
    const deadline = Date.now() + 20_000;
    while (JSON.stringify(rulesOf(name)) !== JSON.stringify(rules)) {
      assert.ok(
        Date.now() < deadline,
        `${name}: ${JSON.stringify(rulesOf(name))}, not ${JSON.stringify(rules)}`,
      );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  };
  const { capabilities } = await client.sendRequest<{ capabilities: Record<string, unknown> }>("initialize", {
    processId: null,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "w" }],
    capabilities: { workspace: { configuration: true } },
  });
  await client.sendNotification("initialized", {});
  await configured;
  return { client, folder, uri, until, capabilities, told, messages };
}

async function stop(client: ProtocolConnection): Promise<void> {
  await client.sendRequest("shutdown");
  client.dispose();
}

const open = (uri: string, text: string) => ({ textDocument: { uri, languageId: "yaml", version: 1, text } });

test("judges open texts before files, and files again when they are closed", async () => {
  const { client, uri, until } = await start({
    "project.yaml": project(stage("test")),
    "sub/uat.yaml": stage("uat", { from: ["tset"] }),
    "other.yaml": "apiVersion: v1\nkind: Pod\n",
  });
  await until("sub/uat.yaml", ["unresolved-reference"]);
  await client.sendNotification(
    "textDocument/didOpen",
    open(uri("sub/uat.yaml"), stage("uat", { from: ["test"] })),
  );
  await until("sub/uat.yaml", []);
  await client.sendNotification("textDocument/didChange", {
    textDocument: { uri: uri("sub/uat.yaml"), version: 2 },
    contentChanges: [
      { range: { start: { line: 3, character: 2 }, end: { line: 3, character: 6 } }, text: "nme" },
      { range: { start: { line: 3, character: 2 }, end: { line: 3, character: 5 } }, text: "name" },
      {
        range: { start: { line: 5, character: 0 }, end: { line: 5, character: 5 } },
        text: "spec:\n  shrd: x",
      },
    ],
  });
  await until("sub/uat.yaml", ["unknown-key"]);
  await client.sendNotification("textDocument/didClose", { textDocument: { uri: uri("sub/uat.yaml") } });
  await until("sub/uat.yaml", ["unresolved-reference"]);
  await stop(client);
});

test("an edit of one file is seen in another", async () => {
  const { client, uri, until } = await start({
    "project.yaml": project(),
    "uat.yaml": stage("uat", { from: ["test"] }),
  });
  await until("uat.yaml", ["unresolved-reference"]);
  await client.sendNotification("textDocument/didOpen", open(uri("new.yaml"), stage("test")));
  await until("uat.yaml", []);
  await stop(client);
});

test("answers what it says it can", async () => {
  const { client, uri, until, capabilities } = await start({});
  const steps = "- uses: git-clear\n  config:\n    path: ${{ ctx.stage }}";
  const text = project(stage("test", { steps, vars: "- name: a\n  value: b" }));
  await client.sendNotification("textDocument/didOpen", open(uri("a.yaml"), text));
  await until("a.yaml", []);
  const lines = text.split("\n");
  const line = lines.findIndex((one) => one.includes("ctx.stage"));
  const at = {
    textDocument: { uri: uri("a.yaml") },
    position: { line, character: (lines[line] ?? "").indexOf("stage") + 2 },
  };
  const completion = await client.sendRequest<{ items: { label: string }[] }>("textDocument/completion", at);
  assert.ok(completion.items.some(({ label }) => label === "targetFreight"));
  const hover = await client.sendRequest<{ contents: { value: string } }>("textDocument/hover", at);
  assert.match(hover.contents.value, /Name of the Stage/);
  const inCall = open(
    uri("b.yaml"),
    stage("b", { steps: "- uses: git-clear\n  config:\n    path: ${{ quote(" }),
  );
  await client.sendNotification("textDocument/didOpen", inCall);
  const end = inCall.textDocument.text.split("\n").findIndex((one) => one.includes("quote("));
  const help = await client.sendRequest<{ signatures: unknown[]; activeParameter: number }>(
    "textDocument/signatureHelp",
    { textDocument: { uri: uri("b.yaml") }, position: { line: end, character: 1000 } },
  );
  assert.deepEqual([help.signatures.length, help.activeParameter], [1, 0]);
  const document = { textDocument: { uri: uri("a.yaml") } };
  const whole = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
  const answers: Record<string, unknown> = {
    "textDocument/definition": at,
    "textDocument/references": { ...at, context: { includeDeclaration: true } },
    "textDocument/documentSymbol": document,
    "textDocument/foldingRange": document,
    "textDocument/codeLens": document,
    "textDocument/inlayHint": { ...document, range: whole },
    "textDocument/semanticTokens/full": document,
    "textDocument/semanticTokens/range": { ...document, range: whole },
    "workspace/symbol": { query: "test" },
  };
  for (const [method, params] of Object.entries(answers)) {
    const answer = await client.sendRequest<unknown>(method, params);
    assert.ok(answer !== null, method);
  }
  assert.ok(capabilities.completionProvider !== undefined);
  const lenses = await client.sendRequest<{ command: { command: string; arguments: unknown[] } }[]>(
    "textDocument/codeLens",
    document,
  );
  assert.deepEqual(
    lenses.map(({ command }) => command.command),
    ["kargo.warehouse.refresh", "kargo.stage.promote"],
  );
  assert.deepEqual(lenses[1]?.command.arguments, [
    { ref: { kind: "Stage", name: "test", namespace: "demo" } },
  ]);
  await stop(client);
});

test("leaves to others what settings say", async () => {
  const settings = { features: { hover: false, diagnostics: false }, rules: { "unknown-key": "hint" } };
  const { client, uri, told } = await start({}, settings);
  await client.sendNotification(
    "textDocument/didOpen",
    open(uri("a.yaml"), stage("a").replace("name:", "nme:")),
  );
  const hover = await client.sendRequest("textDocument/hover", {
    textDocument: { uri: uri("a.yaml") },
    position: { line: 1, character: 7 },
  });
  assert.equal(hover, null);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(told.every(({ diagnostics }) => diagnostics.length === 0));
  await stop(client);
});

test("answers while a large folder is read, and keeps what is missing to itself until all is read", async () => {
  const steps = "- uses: git-clear\n  config:\n    path: ${{ ctx.stage }}\n".repeat(10);
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, n) => [`s${n}.yaml`, stage(`s${n}`, { steps, from: [`s${n + 1}`] })]),
  );
  const { client, uri, until, told } = await start({ ...files, "project.yaml": project() });
  await client.sendNotification("textDocument/didOpen", open(uri("s0.yaml"), files["s0.yaml"] ?? ""));
  const over = () =>
    told.some(({ uri: one, diagnostics }) => one !== uri("s0.yaml") && diagnostics.length > 0);
  let answered = 0;
  let namesKnown = false;
  for (; answered < 2000 && !over(); answered++) {
    const at = { textDocument: { uri: uri("s0.yaml") }, position: { line: 5, character: 2 } };
    const hover = await client.sendRequest("textDocument/hover", at);
    assert.notEqual(hover, null);
    const symbols = await client.sendRequest<unknown[]>("workspace/symbol", { query: "s399" });
    namesKnown ||= symbols.length === 1 && !over();
  }
  assert.ok(answered >= 5, `only ${answered} answers before the end of indexing`);
  assert.ok(namesKnown);
  await until("s399.yaml", ["unresolved-reference"]);
  // s0 takes from s1, which is read later: nobody may have been told that it is missing.
  assert.deepEqual(
    told
      .filter((one) => one.uri === uri("s0.yaml"))
      .flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)),
    [],
  );
  await stop(client);
});

test("reads schemas of custom steps, again when they change, and tells once what it cannot use", async () => {
  const steps = "- uses: deploy\n  config:\n    target: 5\n- uses: other\n  config: {}";
  const settings = { customSteps: { deploy: "schemas/deploy.json", other: "schemas/nowhere.json" } };
  const files = {
    "schemas/deploy.json": JSON.stringify({ properties: { target: { type: "string" } } }),
    "a.yaml": project(stage("a", { steps })),
  };
  const { client, folder, uri, until, told, messages } = await start(files, settings);
  await until("a.yaml", ["type"]);
  assert.deepEqual(messages, [
    "The schema of the step `other` (schemas/nowhere.json) cannot be used: there is no such file.",
  ]);
  const change = async (text: string) => {
    writeFileSync(join(folder, "schemas", "deploy.json"), text);
    const changes = [{ uri: uri("schemas/deploy.json"), type: 2 }];
    await client.sendNotification("workspace/didChangeWatchedFiles", { changes });
  };
  await change(JSON.stringify({ type: "obect" }));
  await until("a.yaml", []);
  const inSchema = told.findLast((one) => one.uri === uri("schemas/deploy.json"));
  assert.match(inSchema?.diagnostics[0]?.message ?? "", /#\/type is "obect"/);
  await change(files["schemas/deploy.json"]);
  await until("a.yaml", ["type"]);
  assert.deepEqual(told.findLast((one) => one.uri === uri("schemas/deploy.json"))?.diagnostics, []);
  assert.equal(messages.length, 1);
  await stop(client);
});
