// Our language server and Red Hat's (yaml-language-server, the one inside of its extension) on the same files, each over
// stdio: what both say or offer at the same place would be seen twice in an editor that has both.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  type CompletionItem,
  createProtocolConnection,
  type Diagnostic,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node.js";
import { withoutOffered, withoutTold } from "../../src/ui/editor/doubles";
import { crds } from "../support/kargo-schemas";

const ours = join(process.cwd(), "dist", "server.js");
const theirs = join(process.cwd(), "node_modules", "yaml-language-server", "bin", "yaml-language-server");
const absent = [ours, theirs].filter((path) => !existsSync(path));
const skip = absent.length > 0 ? `${absent.join(", ")} is absent` : false;
const folder = mkdtempSync(join(tmpdir(), "kargo-beside-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the extension sets when the user sets nothing, but for the catalogue of schemas, which is on the network. */
const theirDefaults = {
  validate: true,
  completion: true,
  hover: true,
  format: { enable: true },
  schemas: {},
  schemaStore: { enable: false },
  disableDefaultProperties: false,
  yamlVersion: "1.2",
};

/** A server with one file open. */
async function open(path: string, text: string, yaml: object) {
  const child = spawn(process.execPath, [path, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
  const client = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  after(() => void child.kill());
  const uri = pathToFileURL(join(folder, "stage.yaml")).href;
  let told: readonly Diagnostic[] | undefined;
  client.onNotification(
    "textDocument/publishDiagnostics",
    (params: { uri: string; diagnostics: Diagnostic[] }) => {
      if (params.uri === uri) told = params.diagnostics;
    },
  );
  client.onRequest("workspace/configuration", ({ items }: { items: { section?: string }[] }) =>
    items.map(({ section }) => (section === "yaml" ? yaml : {})),
  );
  client.onRequest("client/registerCapability", () => null);
  client.listen();
  await client.sendRequest("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "beside" }],
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: { completion: { completionItem: { snippetSupport: true } }, publishDiagnostics: {} },
    },
  });
  await client.sendNotification("initialized", {});
  await client.sendNotification("workspace/didChangeConfiguration", { settings: { yaml } });
  await client.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  const deadline = Date.now() + 30_000;
  while (told === undefined) {
    assert.ok(Date.now() < deadline, `${path} said nothing`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Another word may follow the first, when settings or the workspace have been read.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    diagnostics: () => told ?? [],
    complete: async (line: number, character: number): Promise<readonly CompletionItem[]> => {
      const answer: CompletionItem[] | { items: CompletionItem[] } | null = await client.sendRequest(
        "textDocument/completion",
        { textDocument: { uri }, position: { line, character } },
      );
      return answer === null ? [] : Array.isArray(answer) ? answer : answer.items;
    },
    symbols: async () =>
      (await client.sendRequest("textDocument/documentSymbol", { textDocument: { uri } })) as unknown[],
  };
}

const broken = `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: test
  namespace: demo
spec:
  shard: 5
  requestedFreight:
  - origin: {kind: Warehouse, name: app}
    sources:
      direct: maybe
  promotionTemplate:
    spec:
      steps:
      - uses: git-clone
        config:
          checkout: []
      - uses: git-push
        config: {path: ./src, forc: true}
      - as: x
`;
const noYaml = broken.replace("name: app}", "name: app");

/** The CRDs as a user gives them to the YAML extension. */
function mapped(): object {
  const kinds = crds.map(({ names: { kind }, versions }) => {
    const schema = versions[0]?.schema.openAPIV3Schema ?? {};
    const properties = { ...(schema.properties as object), metadata: { type: "object" } };
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    return { if: { properties: { kind: { const: kind } } }, then: { ...schema, properties } };
  });
  writeFileSync(join(folder, "kargo.json"), JSON.stringify({ allOf: kinds }));
  return { ...theirDefaults, schemas: { [pathToFileURL(join(folder, "kargo.json")).href]: "stage.yaml" } };
}

const isSame = (one: Diagnostic, other: Diagnostic) =>
  one.range.start.line === other.range.start.line &&
  one.range.start.character === other.range.start.character;

/** Places at which keys and values are asked for. */
const places = [
  [1, 6],
  [4, 2],
  [6, 2],
  [10, 6],
  [19, 8],
] as const;

for (const { name, text, yaml, told, offered } of [
  { name: "as they are installed", text: broken, yaml: theirDefaults, told: 0, offered: 0 },
  {
    name: "as they are installed, YAML that is broken",
    text: noYaml,
    yaml: theirDefaults,
    told: 0,
    offered: 0,
  },
  { name: "with the CRDs as schemas of the YAML server", text: broken, yaml: mapped(), told: 2, offered: 8 },
]) {
  const noCrds = crds.length === 0 && told > 0 ? "Kargo's CRDs are absent" : false;
  test(`nothing is said or offered twice: ${name}`, { skip: skip || noCrds }, async (context) => {
    writeFileSync(join(folder, "stage.yaml"), text);
    const our = await open(ours, text, {});
    const their = await open(theirs, text, yaml);
    const twice = (list: readonly Diagnostic[]) =>
      list.filter((one) => their.diagnostics().some((other) => isSame(one, other)));
    // As the client does when the extension is there.
    const rest = our.diagnostics().filter(({ code }) => code !== "yaml-syntax");
    const before = twice(rest);
    const shown = withoutTold(rest, their.diagnostics());
    assert.ok(before.length >= told, `${before.length}`);
    assert.deepEqual(twice(shown), []);
    if (text === broken) assert.ok(shown.length >= 3, "what only we know is told");
    let offeredTwice = 0;
    for (const [line, character] of places) {
      const own = await our.complete(line, character);
      const others = await their.complete(line, character);
      const labels = new Set(others.map(({ label }) => label));
      offeredTwice += own.filter(({ label }) => labels.has(label)).length;
      assert.deepEqual(
        withoutOffered(own, others).filter(({ label }) => labels.has(label)),
        [],
      );
    }
    assert.ok(offered === 0 ? offeredTwice === 0 : offeredTwice >= offered, `${offeredTwice}`);
    context.diagnostic(`told twice before: ${before.length}, offered twice before: ${offeredTwice}`);
  });
}
