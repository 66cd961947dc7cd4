// Red Hat's language server with the schema that our extension hands to its extension, by the same requests.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type Diagnostic,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node.js";
import { fitsSchema } from "../../src/ui/editor/doubles";
import { stage } from "../support/cursor";

const theirs = join(process.cwd(), "node_modules", "yaml-language-server", "bin", "yaml-language-server");
const bundle = join(process.cwd(), "dist", "yaml-schema.js");
const absent = [theirs, bundle].filter((path) => !existsSync(path));
const skip = absent.length > 0 ? `${absent.join(", ")} is absent` : false;
const valid = join(process.cwd(), "test", "fixtures", "language", "valid");
const schemaUri = "kargo-schema://schema/kinds.json";

/** Gives texts by name and takes what the server says of each; files without a Kargo kind get no schema, as in the editor. */
async function judge(texts: Readonly<Record<string, string>>): Promise<Map<string, readonly Diagnostic[]>> {
  const { schemaText } = createRequire(join(process.cwd(), "x.js"))(bundle) as { schemaText: () => string };
  const child = spawn(process.execPath, [theirs, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
  const reader = new StreamMessageReader(child.stdout);
  const client = createProtocolConnection(reader, new StreamMessageWriter(child.stdin));
  const yaml = { validate: true, schemas: {}, schemaStore: { enable: false }, yamlVersion: "1.1" };
  const told = new Map<string, readonly Diagnostic[]>();
  client.onNotification(
    "textDocument/publishDiagnostics",
    ({ uri, diagnostics }: { uri: string; diagnostics: Diagnostic[] }) => {
      told.set(uri, diagnostics);
    },
  );
  client.onRequest("workspace/configuration", ({ items }: { items: { section?: string }[] }) =>
    items.map(({ section }) => (section === "yaml" ? yaml : {})),
  );
  client.onRequest("client/registerCapability", () => null);
  let asked = 0;
  client.onRequest("custom/schema/request", (uri: string) => {
    const text = texts[decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1))] ?? "";
    return fitsSchema(text) ? [schemaUri] : [];
  });
  client.onRequest("custom/schema/content", (uri: string) => {
    assert.equal(uri, schemaUri);
    asked++;
    return schemaText();
  });
  client.listen();
  try {
    await client.sendRequest("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
    await client.sendNotification("initialized", {});
    await client.sendNotification("yaml/registerCustomSchemaRequest", {});
    await client.sendNotification("workspace/didChangeConfiguration", { settings: { yaml } });
    const deadline = Date.now() + 120_000;
    for (const [name, text] of Object.entries(texts)) {
      const uri = pathToFileURL(join(valid, name)).href;
      await client.sendNotification("textDocument/didOpen", {
        textDocument: { uri, languageId: "yaml", version: 1, text },
      });
      while (!told.has(uri)) {
        assert.ok(Date.now() < deadline, `nothing was said of ${name}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    assert.ok(asked > 0, "the schema was asked for");
    return new Map(
      Object.keys(texts).map((name) => [name, told.get(pathToFileURL(join(valid, name)).href) ?? []]),
    );
  } finally {
    client.dispose();
    child.kill();
  }
}

const ofSchema = (all: readonly Diagnostic[] | undefined) =>
  (all ?? []).map(({ range, message }) => `${range.start.line + 1} ${message}`);

test("the YAML server says what is wrong by our schema", { skip }, async () => {
  const found = await judge({
    "field.yaml": stage("test").replace("spec:", "spec:\n  shrd: x"),
    "config.yaml": stage("test", {
      steps: "- uses: git-push\n  config: {path: ./a, maxAttempts: many, forc: 1}",
    }),
    "other.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  shrd: x\n",
  });
  assert.match(ofSchema(found.get("field.yaml")).join("\n"), /^\d+ Property shrd is not allowed\.$/);
  const config = ofSchema(found.get("config.yaml")).join("\n");
  assert.match(config, /Property forc is not allowed/);
  assert.match(config, /This must be a whole number/);
  assert.deepEqual(ofSchema(found.get("other.yaml")), []);
});

test("the YAML server has nothing to say of valid files", { skip }, async () => {
  const all = readdirSync(valid).map((name) => [name, readFileSync(join(valid, name), "utf8")] as const);
  // Others are patches, which are parts of resources, or have a schema of their own.
  const judged = all.filter(
    ([name, text]) => fitsSchema(text) && !/patch/.test(name) && !/\$schema=/.test(text),
  );
  assert.ok(judged.length > 30, `${judged.length}`);
  const texts = Object.fromEntries(judged);
  const names = Object.keys(texts);
  const found = await judge(texts);
  const said = names.flatMap((name) => ofSchema(found.get(name)).map((one) => `${name}:${one}`));
  assert.deepEqual(said, []);
});
