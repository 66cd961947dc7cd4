import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import {
  type CodeAction,
  createConnection,
  createProtocolConnection,
  type Range,
  StreamMessageReader,
  StreamMessageWriter,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { serve } from "../../../src/language/server";
import { project, stage, theFile } from "../../support/cursor";

/** A client of a server in this process, with one file open. */
async function clientOf(t: TestContext, text: string) {
  const [up, down] = [new PassThrough(), new PassThrough()];
  serve(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)));
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  client.listen();
  t.after(async () => {
    await client.sendRequest("shutdown");
    client.dispose();
  });
  const { capabilities } = await client.sendRequest<{ capabilities: Record<string, unknown> }>("initialize", {
    processId: null,
    rootUri: null,
    capabilities: {},
  });
  await client.sendNotification("initialized", {});
  const textDocument = { uri: theFile, languageId: "yaml", version: 1, text };
  await client.sendNotification("textDocument/didOpen", { textDocument });
  return { client, capabilities };
}

const everything: Range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
const textDocument = { uri: theFile };
const wrong = project(stage("test"), stage("uat", { from: ["tset"] }));
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split("\n").length - 1;

test("serves code actions with their diagnostics and edits", async (t) => {
  const { client, capabilities } = await clientOf(t, wrong);
  assert.deepEqual(capabilities.codeActionProvider, {
    codeActionKinds: ["quickfix", "refactor.extract", "refactor.inline"],
  });
  const actions = await client.sendRequest<CodeAction[]>("textDocument/codeAction", {
    textDocument,
    range: everything,
    context: { diagnostics: [] },
  });
  const change = actions.find(({ title }) => title === "Change to `test`");
  assert.equal(change?.kind, "quickfix.kargo.did-you-mean");
  assert.equal(change?.isPreferred, true);
  assert.equal(change?.diagnostics?.[0]?.code, "unresolved-reference");
  const line = lineOf(wrong, "tset");
  assert.deepEqual(change?.edit?.changes?.[theFile], [
    { range: { start: { line, character: 15 }, end: { line, character: 19 } }, newText: "test" },
  ]);
});

test("serves only the kinds that are asked for", async (t) => {
  const { client } = await clientOf(t, wrong);
  const ask = (only: string[]) =>
    client.sendRequest<CodeAction[]>("textDocument/codeAction", {
      textDocument,
      range: everything,
      context: { diagnostics: [], only },
    });
  assert.deepEqual(await ask(["refactor"]), []);
  assert.ok((await ask(["quickfix"])).length > 1);
  assert.ok((await ask(["quickfix.kargo.did-you-mean"])).every(({ title }) => title === "Change to `test`"));
});

test("serves renames, and refuses in a sentence", async (t) => {
  const text = project(stage("test"), stage("uat", { from: ["test"] }));
  const { client } = await clientOf(t, text);
  const position = { line: lineOf(text, "name: test"), character: 10 };
  const target = await client.sendRequest("textDocument/prepareRename", { textDocument, position });
  const { line } = position;
  assert.deepEqual(target, {
    range: { start: { line, character: 8 }, end: { line, character: 12 } },
    placeholder: "test",
  });
  const rename = (newName: string) =>
    client.sendRequest<WorkspaceEdit>("textDocument/rename", { textDocument, position, newName });
  assert.equal((await rename("dev")).changes?.[theFile]?.length, 2);
  await assert.rejects(rename("uat"), /There is a Stage `uat` in the Project `demo` already\./);
  const nowhere = client.sendRequest("textDocument/prepareRename", {
    textDocument,
    position: { line: 0, character: 3 },
  });
  await assert.rejects(nowhere, /there is none of them here/);
});
