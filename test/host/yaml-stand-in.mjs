// @ts-check
// Red Hat's YAML extension cannot be downloaded everywhere, so this packs one of the same id around the same server:
// yaml-language-server from node_modules, with the extension's settings and its API for schemas of
// other extensions. Its menus and commands are not there.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { build } from "esbuild";
import { root } from "./paths.mjs";

const manifest = {
  name: "vscode-yaml",
  publisher: "redhat",
  version: "1.19.0",
  engines: { vscode: "^1.90.0" },
  main: "./extension.js",
  activationEvents: ["onLanguage:yaml"],
  contributes: {
    configuration: {
      properties: {
        "yaml.validate": { type: "boolean", default: true },
        "yaml.completion": { type: "boolean", default: true },
        "yaml.hover": { type: "boolean", default: true },
        "yaml.schemas": { type: "object", default: {} },
        "yaml.schemaStore.enable": { type: "boolean", default: false },
      },
    },
  },
};

const source = (/** @type {string} */ server) => `
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");
const { Uri, workspace } = require("vscode");
exports.activate = async () => {
  const server = { module: ${JSON.stringify(server)}, args: ["--node-ipc"], transport: TransportKind.ipc };
  const client = new LanguageClient("yaml", "YAML Support", server, {
    documentSelector: [{ language: "yaml" }],
    synchronize: { configurationSection: ["yaml"] },
    middleware: { workspace: { configuration: (params, token, next) => next(params, token) } },
  });
  const contributors = new Map();
  client.onRequest("custom/schema/request", (resource) =>
    [...contributors.values()].flatMap(({ requestSchema }) => requestSchema(resource) ?? []));
  client.onRequest("custom/schema/content", (uri) =>
    contributors.get(Uri.parse(uri).scheme)?.requestSchemaContent(uri));
  await client.start();
  await client.sendNotification("yaml/registerCustomSchemaRequest");
  await client.sendNotification("workspace/didChangeConfiguration", { settings: { yaml: workspace.getConfiguration("yaml") } });
  return {
    registerContributor(schema, requestSchema, requestSchemaContent, label) {
      if (contributors.has(schema)) return false;
      if (!requestSchema) throw new Error("Illegal parameter for requestSchema.");
      contributors.set(schema, { requestSchema, requestSchemaContent, label });
      return true;
    },
  };
};
exports.deactivate = () => {};
`;

/**
 * Packs the extension below the folder; its path.
 * @param {string} folder
 */
export async function packYamlStandIn(folder) {
  const place = join(folder, "yaml-stand-in");
  mkdirSync(place, { recursive: true });
  const server = join(root, "node_modules", "yaml-language-server", "out", "server", "src", "server.js");
  await build({
    stdin: { contents: source(server), resolveDir: root },
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
    outfile: join(place, "extension.js"),
  });
  writeFileSync(join(place, "package.json"), JSON.stringify(manifest));
  const vsix = join(folder, "vscode-yaml.vsix");
  const vsce = join(root, "node_modules", "@vscode", "vsce", "vsce");
  const options = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", vsix];
  await promisify(execFile)(process.execPath, [vsce, "package", ...options], { cwd: place });
  return vsix;
}
