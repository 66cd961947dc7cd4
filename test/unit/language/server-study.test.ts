import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LanguageService, studyText } from "../../../src/language/language-service";
import { Studies } from "../../../src/language/server-study";
import { project, stage } from "../../support/cursor";
import { randomFrom } from "../../support/json-schema-samples";

const folder = mkdtempSync(join(tmpdir(), "kargo-study-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const valid = join(process.cwd(), "test", "fixtures", "language", "valid");
const corpus = readdirSync(valid).map((name) => readFileSync(join(valid, name), "utf8"));

test("what is found elsewhere and handed over is what would have been found here", () => {
  const random = randomFrom(11);
  const broken = corpus.flatMap((text) =>
    Array.from({ length: 4 }, () => {
      const lines = text.split("\n");
      lines.splice(Math.floor(random() * lines.length), 1);
      return lines.join("\n").replace(/: true|: \d+/, ": [maybe");
    }),
  );
  const here = new LanguageService();
  const other = new LanguageService();
  let found = 0;
  for (const [index, text] of [...corpus, ...broken].entries()) {
    const name = `${index}.yaml`;
    here.indexText(name, text);
    other.indexText(name, text);
    here.study(name);
    const { parts, take } = other.handOut(name);
    take(structuredClone(structuredClone(parts).map(([one, part]) => studyText(one, part))));
    assert.deepEqual(other.handOut(name).parts, []);
    assert.deepEqual(other.diagnostics(name), here.diagnostics(name));
    found += here.diagnostics(name).length;
  }
  assert.deepEqual(other.symbols(""), here.symbols(""));
  assert.ok(found > 100, `${found} findings`);
});

const programs: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  "one that is not there": join(folder, "absent.cjs"),
  "one that ends at once": program("ends", "process.exit(0)"),
  "one that fails at its first task": program("first", "port.on('message', () => { throw new Error('no') })"),
  "one that ends in the middle": program(
    "middle",
    "let n = 0; port.on('message', (all) => n++ < 3 ? port.postMessage(all.map(() => undefined)) : process.exit(1))",
  ),
  "one that cannot read anything": program(
    "unable",
    "port.on('message', (all) => port.postMessage(all.map(() => undefined)))",
  ),
};

function program(name: string, code: string): string {
  const file = join(folder, `${name}.cjs`);
  writeFileSync(file, `const { parentPort: port } = require("node:worker_threads");\n${code};\n`);
  return file;
}

for (const [name, file] of Object.entries(programs)) {
  test(`everything is read with the help of this program: ${name}`, async () => {
    const service = new LanguageService();
    const studies = new Studies(service, file);
    const names = Array.from({ length: 300 }, (_, n) => `${n}.yaml`);
    for (const one of names) {
      service.indexText(one, project(stage(`s${one.replace(".yaml", "")}`, { from: ["nowhere"] })));
      studies.add(one);
    }
    await studies.finish(new AbortController().signal);
    for (const one of names) assert.deepEqual(service.handOut(one).parts, [], one);
  });
}

test("reading ends when it is told to, whatever the thread does", async () => {
  const service = new LanguageService();
  const studies = new Studies(service, program("silent", "port.on('message', () => {})"));
  for (let n = 0; n < 110; n++) {
    service.indexText(`${n}.yaml`, stage("test"));
    studies.add(`${n}.yaml`);
  }
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  await studies.finish(stop.signal);
  assert.ok(service.handOut("0.yaml").parts.length > 0);
});
