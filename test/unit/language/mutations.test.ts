import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import { LanguageService } from "../../../src/language/language-service";
import { kindSchema, type Path, type Schema, schemaAt } from "../../../src/model/schema/schema";

const text = readFileSync(
  join(process.cwd(), "test", "fixtures", "language", "valid", "image-updater.yaml"),
  "utf8",
);

/** A key of the file with its value, and what the schema says about both. */
interface Pair {
  readonly path: Path;
  readonly key: readonly [start: number, end: number];
  readonly value: readonly [start: number, end: number] | undefined;
  readonly holder: Schema;
  readonly schema: Schema | undefined;
  readonly scalar: boolean;
}

function pairs(): Pair[] {
  const found: Pair[] = [];
  for (const document of parseAllDocuments(text)) {
    if (!("contents" in document)) continue;
    const value = document.toJS() as { kind: string };
    const schema = kindSchema(value.kind)?.schema;
    if (schema === undefined) continue;
    const walk = (node: unknown, path: Path): void => {
      if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
      if (!isMap(node)) return;
      const holder = schemaAt(schema, path, value)?.schema;
      for (const pair of node.items) {
        if (!isScalar(pair.key) || !pair.key.range || holder === undefined) continue;
        const inner = [...path, String(pair.key.value)];
        const valueNode =
          isScalar(pair.value) || isMap(pair.value) || isSeq(pair.value) ? pair.value : undefined;
        const range = valueNode?.range;
        const at = schemaAt(schema, inner, value)?.schema;
        found.push({
          path: inner,
          key: [pair.key.range[0], pair.key.range[1]],
          value: range ? [range[0], range[1]] : undefined,
          holder,
          schema: at,
          scalar: isScalar(pair.value),
        });
        walk(pair.value, inner);
      }
    };
    walk(document.contents, []);
  }
  return found;
}

const service = new LanguageService();
service.setText("f", text);
const all = pairs();

/** The findings of the file with that part replaced, as rule and place. */
function after(start: number, end: number, insert: string): string[] {
  service.setText("f", text.slice(0, start) + insert + text.slice(end));
  const findings = service.diagnostics("f").map((one) => `${one.rule} ${one.start}-${one.end}`);
  service.setText("f", text);
  return findings;
}

const isRoot = (path: Path) => path.length === 1 && (path[0] === "kind" || path[0] === "apiVersion");

test("a key that does not exist is told at exactly that key", () => {
  let tried = 0;
  for (const { key, path, holder } of all) {
    if (holder.type !== "object" || holder.additional !== undefined || isRoot(path)) continue;
    const [start, end] = key;
    const findings = after(start, end, `${text.slice(start, end)}Zz`);
    assert.ok(
      findings.includes(`unknown-key ${start}-${end + 2}`),
      `${path.join(".")}: ${findings.join(", ")}`,
    );
    tried++;
  }
  assert.ok(tried > 150, String(tried));
});

test("a value of the wrong type is told at exactly that value", () => {
  let tried = 0;
  for (const { value, path, schema, scalar } of all) {
    if (schema === undefined || !scalar || value === undefined || isRoot(path)) continue;
    const wrong = schema.type === "integer" || schema.type === "boolean" ? "zz" : "12345";
    if (schema.type === "any" || schema.type === "union") continue;
    const [start] = value;
    const source = text.slice(...value);
    // Block scalars are replaced with their line breaks.
    const findings = after(start, value[1], source.endsWith("\n") ? `${wrong}\n` : wrong);
    assert.ok(
      findings.includes(`type ${start}-${start + wrong.length}`),
      `${path.join(".")}: ${findings.join(", ")}`,
    );
    tried++;
  }
  assert.ok(tried > 100, String(tried));
});

test("a missing field is told", () => {
  let tried = 0;
  for (const { key, path, holder } of all) {
    const name = String(path.at(-1));
    if (holder.type !== "object" || !holder.required.includes(name) || isRoot(path)) continue;
    const [start, end] = key;
    // A comment in its place would take the value along, so the key becomes another one.
    const findings = after(start, end, `x${text.slice(start, end)}`);
    assert.ok(
      findings.some((one) => one.startsWith("required ")),
      `${path.join(".")}: ${findings.join(", ")}`,
    );
    tried++;
  }
  assert.ok(tried > 40, String(tried));
});
