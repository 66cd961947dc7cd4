import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Document, parseAllDocuments } from "yaml";
import { LanguageService } from "../../../src/language/language-service";
import { knownKinds, type Schema, stepSchema } from "../../../src/model/schema/schema";
import { stepKinds } from "../../../src/model/schema/step-kinds";
import { project, serviceOf, stage, theFile } from "../../support/cursor";

const crdFolder = "../shared/kargo-1.11.2/crds";
const skip = existsSync(crdFolder) ? false : `${crdFolder} is absent`;
const folder = join(process.cwd(), "test", "fixtures", "language", "valid");

test("valid files have no findings, alone and together", () => {
  const together = new LanguageService();
  const files = readdirSync(folder);
  assert.ok(files.length > 30);
  for (const name of files) {
    const text = readFileSync(join(folder, name), "utf8");
    for (const service of [together, new LanguageService()]) {
      service.setText(name, text);
      const shown = service
        .diagnostics(name)
        .map(({ range, rule, message }) => `${name}:${range.start.line + 1} ${rule} ${message}`);
      assert.deepEqual(shown, []);
    }
  }
  for (const name of files) assert.deepEqual(together.diagnostics(name), []);
});

/** Documents as Kargo reads them (YAML 1.1 with merge keys); none for what only a template engine can read. */
function documentsOf(text: string): readonly Document[] {
  const documents = parseAllDocuments(text, { version: "1.1", merge: true });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return [];
  return documents.filter((document) => document.contents !== null);
}

/** Writes every document anew; a text that is no YAML stays as it is. */
function rewritten(write: (document: Document) => string): (text: string) => string {
  return (text) => {
    // A directive belongs to the first text only, and quoted merge keys would be ordinary keys.
    const documents = /^%|<<:/m.test(text) ? [] : documentsOf(text);
    return documents.length === 0 ? text : documents.map(write).join("\n---\n");
  };
}

function listOf(text: string): string {
  // A text that says which YAML it is means other values by the same words.
  const documents = text.startsWith("%") ? [] : documentsOf(text);
  if (documents.length === 0 || /kind: \w*List/.test(text)) return text;
  const items = documents.map((document) => document.toJS());
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, undefined, 2);
}

test("valid files have no findings in other styles of writing", (context) => {
  const styles: Record<string, (text: string) => string> = {
    CRLF: (text) => text.replace(/\r?\n/g, "\r\n"),
    "no newline at the end": (text) => text.trimEnd(),
    "a byte order mark": (text) => `\uFEFF${text}`,
    "blank lines everywhere": (text) => (/[|>]/.test(text) ? text : text.replace(/\n/g, "\n\n")),
    "comments behind documents": (text) => text.replace(/\n---\n/g, "\n# end\n--- # next\n"),
    JSON: rewritten((document) => JSON.stringify(document.toJS())),
    "double quotes": rewritten((document) => document.toString({ defaultStringType: "QUOTE_DOUBLE" })),
    "wide indentation": rewritten((document) => document.toString({ indent: 6 })),
    "one List": (text) => listOf(text),
    "tabs behind values": (text) => text.replace(/: (\w+)\n/g, ": $1\t\n"),
    "single quotes": rewritten((document) => document.toString({ defaultStringType: "QUOTE_SINGLE" })),
    "sequences at the margin": rewritten((document) => document.toString({ indentSeq: false, lineWidth: 0 })),
    "folded lines": rewritten((document) => document.toString({ lineWidth: 40, minContentWidth: 10 })),
    "flow style": rewritten((document) => flowOf(document)),
    "document ends": (text) => (/^%|\.\.\.$/m.test(text) ? text : text.replace(/\n---\n/g, "\n...\n---\n")),
    "empty documents between": (text) =>
      /^%/m.test(text) ? text : `---\n---\n${text}\n---\n# nothing\n---\n`,
    "null fields nobody needs": rewritten((document) => withNulls(document)),
  };
  let texts = 0;
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    for (const [style, change] of Object.entries(styles)) {
      const service = new LanguageService();
      service.setText(name, change(text));
      const shown = service
        .diagnostics(name)
        .map(({ range, rule, message }) => `${style} ${name}:${range.start.line + 1} ${rule} ${message}`);
      assert.deepEqual(shown, []);
      texts++;
    }
  }
  context.diagnostic(`${texts} texts`);
  assert.ok(texts > 900, `${texts}`);
});

/** Every collection of a document in brackets. */
function flowOf(document: Document): string {
  const value = document.toJS();
  return new Document(value, { version: "1.1" }).toString({ collectionStyle: "flow", lineWidth: 60 });
}

/** What the API server drops. */
function withNulls(document: Document): string {
  const value = document.toJS();
  const isOurs =
    String(value?.apiVersion).startsWith("kargo.akuity.io/") && !String(value.kind).endsWith("List");
  if (!isOurs) return document.toString();
  const metadata = {
    ...value.metadata,
    labels: value.metadata?.labels ?? null,
    annotations: null,
    uid: null,
  };
  return new Document({ ...value, metadata }, { version: "1.1" }).toString();
}

test("Kargo's own CRDs are left alone", { skip }, () => {
  const files = readdirSync(crdFolder);
  assert.equal(files.length, 9);
  for (const name of files) {
    const service = serviceOf(readFileSync(join(crdFolder, name), "utf8"));
    assert.deepEqual(service.diagnostics(theFile), [], name);
    assert.deepEqual(service.lenses(theFile), []);
  }
});

test("a file of thousands of documents is as clean as each of them", () => {
  const stages = Array.from({ length: 2000 }, (_, index) =>
    stage(`stage-${index}`, {
      from: index === 0 ? [] : [`stage-${index - 1}`],
      vars: `- {name: number, value: "${index}"}`,
      steps: `- uses: fail\n  if: \${{ vars.number == "${index}" && false }}\n  config: {message: "\${{ ctx.stage }}"}`,
    }),
  );
  const text = project(...stages);
  assert.ok(text.length > 700_000, `${text.length}`);
  assert.deepEqual(serviceOf(text).diagnostics(theFile), []);
});

/** A value as the schema's own examples say, required fields only. */
function sample(schema: Schema): unknown {
  if (schema.type === "object") {
    const names = schema.required.length > 0 ? schema.required : [];
    return Object.fromEntries(names.map((name) => [name, sample(schema.fields[name] as Schema)]));
  }
  if (schema.type === "array") return [sample(schema.items)];
  if (schema.example !== undefined) return schema.example;
  return schema.type === "boolean" ? true : schema.type === "string" ? (schema.enum?.[0] ?? "x") : 1;
}

for (const kind of stepKinds) {
  test(`the step ${kind} with all its fields as templates is taken`, () => {
    const config = stepSchema(kind)?.config;
    assert.ok(config !== undefined);
    const chosen = Object.entries(config.fields).filter(
      ([name, field]) => config.required.includes(name) && field.deprecated === undefined,
    );
    const written = Object.fromEntries(chosen.map(([name, field]) => [name, sample(field)]));
    const steps = `- uses: ${kind}\n  config: ${JSON.stringify(written)}`;
    const rules = serviceOf(project(stage("a", { steps })))
      .diagnostics(theFile)
      .filter(({ rule }) => rule === "type" || rule === "unknown-key");
    assert.deepEqual(rules, []);
  });
}

/** A value with every field that is not deprecated. */
function fullSample(schema: Schema): unknown {
  if (schema.type === "object") {
    const fields = Object.entries(schema.fields).filter(([, field]) => field.deprecated === undefined);
    // An object without fields of its own is a map.
    return fields.length === 0
      ? { note: "x" }
      : Object.fromEntries(fields.map(([name, field]) => [name, fullSample(field)]));
  }
  if (schema.type === "array") return schema.example ?? [fullSample(schema.items)];
  return sample(schema);
}

for (const kind of stepKinds) {
  test(`the step ${kind} with every optional field set is taken`, () => {
    const config = stepSchema(kind)?.config;
    assert.ok(config !== undefined);
    const steps = `- uses: ${kind}\n  config: ${JSON.stringify(fullSample(config))}`;
    // Fields that exclude each other are set together here, and examples name what no workspace has.
    const shape = new Set(["type", "unknown-key", "enum", "pattern", "format", "length", "range", "items"]);
    const shown = serviceOf(project(stage("a", { steps })))
      .diagnostics(theFile)
      .filter(({ rule }) => shape.has(rule))
      .map(({ rule, message }) => `${rule} ${message}`);
    assert.deepEqual(shown, []);
  });
}

test("every kind can be completed from nothing", () => {
  const service = serviceOf(project());
  for (const { kind, apiVersion } of knownKinds) {
    // Secrets and ConfigMaps become ours by a label only.
    if (apiVersion === "v1") continue;
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\n`;
    service.setText("b", text);
    assert.ok(
      service.complete("b", text.length).some(({ label }) => label === "metadata"),
      kind,
    );
  }
});
