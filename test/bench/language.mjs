// Language servers side by side on the same files, driven by the same client over stdio: ours, and yaml-language-server
// with the CRD schemas of ../shared. Times from an edit to its diagnostics, of completion and hover; memory.
// usage: node test/bench/language.mjs [LINES...]   (default 6000 24000)
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse, parseAllDocuments } from "yaml";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const crds = join(root, "..", "shared", "kargo-1.11.2", "crds");
const work = mkdtempSync(join(tmpdir(), "kargo-bench-"));
const edits = 15;

/** A client that can ask, tell, and wait for what the server tells. */
class Client {
  constructor(name, command, args) {
    this.name = name;
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
    this.waiting = new Map();
    this.listeners = [];
    this.next = 1;
    this.buffer = Buffer.alloc(0);
    this.process.stdout.on("data", (data) => this.receive(data));
  }
  receive(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end === -1) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.subarray(0, end))[1]);
      if (this.buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(end + 4, end + 4 + length));
      this.buffer = this.buffer.subarray(end + 4 + length);
      this.handle(message);
    }
  }
  handle(message) {
    if (message.method === undefined) return this.waiting.get(message.id)?.(message);
    if (message.id !== undefined) {
      const result =
        message.method === "workspace/configuration"
          ? message.params.items.map((i) => this.configuration(i.section))
          : null;
      this.send({ id: message.id, result });
    }
    for (const listener of [...this.listeners]) listener(message);
  }
  configuration(section) {
    if (section === "yaml") return this.yaml;
    return section === "[yaml]" || section === "editor" || section === "files" ? {} : null;
  }
  send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.process.stdin.write(body);
  }
  tell(method, params) {
    this.send({ method, params });
  }
  ask(method, params) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name}: no answer to ${method}`)), 120_000);
      this.waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (error) reject(new Error(`${this.name}: ${error.message}`));
        else resolve(result);
      });
      this.send({ id, method, params });
    });
  }
  /** The next diagnostics of a file that fit. */
  diagnostics(uri, fits) {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.listeners = this.listeners.filter((one) => one !== listener);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`${this.name}: no diagnostics`));
      }, 120_000);
      const listener = ({ method, params }) => {
        if (method !== "textDocument/publishDiagnostics" || params.uri !== uri || !fits(params.diagnostics))
          return;
        done();
        resolve(params.diagnostics);
      };
      this.listeners.push(listener);
    });
  }
  async start(folder) {
    await this.ask("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "bench" }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
          hover: { contentFormat: ["markdown"] },
          publishDiagnostics: {},
        },
      },
    });
    this.tell("initialized", {});
  }
  memory() {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  }
  async stop() {
    await this.ask("shutdown").catch(() => {});
    this.tell("exit");
    this.process.kill();
  }
}

/** A pipeline of about that many lines: Warehouses, and Stages with five steps each. */
function pipeline(lines) {
  const documents = ["apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata:\n  name: demo\n"];
  for (let total = 4, n = 0; total < lines; n++) {
    const text = n % 10 === 0 ? warehouse(n / 10) : stage(n);
    documents.push(text);
    total += text.split("\n").length;
  }
  return documents.join("---\n");
}
const warehouse = (n) => `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata:
  name: app-${n}
  namespace: demo
spec:
  interval: 5m
  subscriptions:
  - image:
      repoURL: ghcr.io/example/app-${n}
      constraint: ^1.0.0
      discoveryLimit: 10
  - git:
      repoURL: https://github.com/example/app-${n}.git
      branch: main
`;
const stage = (n) => `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: stage-${n}
  namespace: demo
  labels:
    team: payments
spec:
  vars:
  - name: repo
    value: https://github.com/example/deploy-${n}.git
  - name: image
    value: ghcr.io/example/app-${Math.floor(n / 10)}
  requestedFreight:
  - origin:
      kind: Warehouse
      name: app-${Math.floor(n / 10)}
    sources:
      ${n % 10 === 1 ? "direct: true" : `stages:\n      - stage-${n - 1}`}
  promotionTemplate:
    spec:
      steps:
      - uses: git-clone
        config:
          repoURL: \${{ vars.repo }}
          checkout:
          - branch: main
            path: ./src
          - branch: stage/\${{ ctx.stage }}
            create: true
            path: ./out
      - uses: git-clear
        config:
          path: ./out
      - uses: kustomize-set-image
        as: set-image
        config:
          path: ./src/base
          images:
          - image: \${{ vars.image }}
            tag: \${{ imageFrom(vars.image).Tag }}
      - uses: kustomize-build
        config:
          path: ./src/stages/\${{ ctx.stage }}
          outPath: ./out
      - uses: git-commit
        as: commit
        if: \${{ success() && vars.repo != '' }}
        config:
          path: ./out
          message: \${{ outputs['set-image'].commitMessage }}
      - uses: git-push
        config:
          path: ./out
          targetBranch: stage/\${{ ctx.stage }}
      - uses: argocd-update
        config:
          apps:
          - name: app-\${{ ctx.stage }}
            sources:
            - repoURL: \${{ vars.repo }}
              desiredRevision: \${{ outputs.commit.commit }}
`;

/** The same as one document: a List. */
function list(lines) {
  const items = pipeline(lines).split("---\n");
  return `apiVersion: v1\nkind: List\nitems:\n${items.map((one) => `- ${one.trimEnd().replaceAll("\n", "\n  ")}\n`).join("")}`;
}

/** JSON Schema of all kinds, as a user of yaml-language-server would have it. */
function crdSchema() {
  const kinds = readdirSync(crds).map((file) => {
    const { spec } = parse(readFileSync(join(crds, file), "utf8"));
    const schema = spec.versions.find((version) => version.name === "v1alpha1").schema.openAPIV3Schema;
    const { kind } = spec.names;
    return {
      if: { properties: { kind: { const: kind } }, required: ["kind"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { ...schema, properties: { ...schema.properties, metadata: { type: "object" } } },
    };
  });
  return { $schema: "http://json-schema.org/draft-07/schema#", allOf: kinds };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(client, file, text) {
  const uri = pathToFileURL(file).href;
  await client.start(dirname(file));
  client.tell("workspace/didChangeConfiguration", { settings: { yaml: client.yaml } });
  const lines = text.split("\n");
  const opened = performance.now();
  const first = client.diagnostics(uri, () => true);
  client.tell("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  await first;
  const open = performance.now() - opened;
  // A Stage in the middle: its label becomes a number, which is wrong, and text again.
  const line = lines.findIndex((one, i) => i > lines.length / 2 && one.trim() === "team: payments");
  const column = lines[line].indexOf("payments");
  const times = [];
  for (let i = 0, version = 2; i < edits; i++) {
    for (const [end, value, wrong] of [
      [column + 8, "payment: [", true],
      [column + 10, "payments", false],
    ]) {
      const start = performance.now();
      const answer = client.diagnostics(uri, (all) => all.some((d) => d.severity === 1) === wrong);
      client.tell("textDocument/didChange", {
        textDocument: { uri, version: version++ },
        contentChanges: [
          { range: { start: { line, character: column }, end: { line, character: end } }, text: value },
        ],
      });
      await answer;
      times.push(performance.now() - start);
    }
  }
  const completions = [];
  const hovers = [];
  const spec = lines.findIndex((one, i) => i > line && one.trim() === "spec:");
  const inner = lines[spec].indexOf("spec:") + 2;
  for (let i = 0; i < edits; i++) {
    let start = performance.now();
    await client.ask("textDocument/completion", {
      textDocument: { uri },
      position: { line: spec + 1, character: inner },
    });
    completions.push(performance.now() - start);
    start = performance.now();
    await client.ask("textDocument/hover", {
      textDocument: { uri },
      position: { line: spec + 1, character: inner + 1 },
    });
    hovers.push(performance.now() - start);
  }
  const memory = client.memory();
  await client.stop();
  return { open, edit: median(times), completion: median(completions), hover: median(hovers), memory };
}

/** 1,000 files: when their names are known, when all are judged, how long requests of an editor wait meanwhile. */
async function indexing(server) {
  const folder = mkdtempSync(join(work, "many-"));
  const wrong = new Set();
  const texts = Array.from({ length: 1000 }, (_, i) => `${warehouse(i)}---\n${stage(i * 10 + 1)}`);
  for (const [i, text] of texts.entries()) {
    const file = join(folder, `s${i}.yaml`);
    const isWrong = i % 10 === 0;
    if (isWrong) wrong.add(pathToFileURL(file).href);
    writeFileSync(file, isWrong ? text.replace("direct: true", "direct: maybe") : text);
  }
  const raw = performance.now();
  for (const text of texts) parseAllDocuments(text);
  const parsing = performance.now() - raw;
  const client = new Client("ours", process.execPath, [server, "--stdio"]);
  const start = performance.now();
  let judged = 0;
  client.listeners.push(({ method, params }) => {
    if (method !== "textDocument/publishDiagnostics" || params.diagnostics.length === 0) return;
    if (wrong.delete(params.uri) && wrong.size === 0) judged = performance.now() - start;
  });
  await client.start(folder);
  const started = performance.now() - start;
  const uri = pathToFileURL(join(folder, "open.yaml")).href;
  const text = stage(11);
  client.tell("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
  let names = 0;
  let longest = 0;
  let answers = 0;
  while (judged === 0) {
    if (performance.now() - start > 60_000) throw new Error("indexing does not end");
    for (const method of ["completion", "hover"]) {
      const asked = performance.now();
      await client.ask(`textDocument/${method}`, {
        textDocument: { uri },
        position: { line: 9, character: 3 },
      });
      longest = Math.max(longest, performance.now() - asked);
      answers++;
    }
    if (names > 0 || answers % 6 > 0) continue;
    const found = await client.ask("workspace/symbol", { query: "Stage" });
    if (found.length > 1000) names = performance.now() - start;
  }
  const memory = client.memory();
  await client.stop();
  return { parsing, started, names, judged, longest, answers, memory };
}

const round = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
try {
  if (!existsSync(join(root, "dist", "server.js"))) throw new Error("run `node esbuild.mjs --minify` first");
  const schema = join(work, "kargo.json");
  const hasPeer = existsSync(crds);
  if (hasPeer) writeFileSync(schema, JSON.stringify(crdSchema()));
  else console.log("SKIPPED: yaml-language-server, because ../shared/kargo-1.11.2 is absent");
  const sizes = process.argv.slice(2).map(Number);
  const texts = (sizes.length > 0 ? sizes : [6000, 24000]).flatMap((lines) => [
    ["documents", pipeline(lines)],
    ["one List", list(lines)],
  ]);
  for (const [what, text] of texts) {
    const folder = mkdtempSync(join(work, "one-"));
    const file = join(folder, "pipeline.yaml");
    writeFileSync(file, text);
    const ours = await measure(
      new Client("ours", process.execPath, [join(root, "dist", "server.js"), "--stdio"]),
      file,
      text,
    );
    const rows = [["ours", ours]];
    if (hasPeer) {
      const peer = new Client("yaml-language-server", process.execPath, [
        join(root, "node_modules", "yaml-language-server", "bin", "yaml-language-server"),
        "--stdio",
      ]);
      const schemas = { [pathToFileURL(schema).href]: "*.yaml" };
      peer.yaml = {
        validate: true,
        completion: true,
        hover: true,
        schemas,
        schemaStore: { enable: false },
        kubernetesCRDStore: { enable: false },
      };
      rows.push(["yaml-language-server", await measure(peer, file, text)]);
    }
    console.log(`\n${text.split("\n").length} lines, ${what}`);
    for (const [name, r] of rows) {
      console.log(
        `  ${name.padEnd(22)} open ${round(r.open)} ms · edit ${round(r.edit)} ms · completion ${round(r.completion)} ms · hover ${round(r.hover)} ms · ${round(r.memory)} MiB`,
      );
    }
    const [, other] = rows[1] ?? [];
    if (other) {
      const ratio = (name) => `${name} ${round(other[name] / ours[name])}×`;
      console.log(`  ratios: ${["open", "edit", "completion", "hover", "memory"].map(ratio).join(" · ")}`);
    }
  }
  const many = await indexing(join(root, "dist", "server.js"));
  console.log(
    `\n1,000 files: names known after ${round(many.names)} ms, all judged after ${round(many.judged)} ms (the process starts in ${round(many.started)} ms;` +
      ` \`yaml\` alone parses the files in ${round(many.parsing)} ms); ${many.answers} requests meanwhile, the slowest answered in ${round(many.longest)} ms; ${round(many.memory)} MiB`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
