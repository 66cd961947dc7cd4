// The table itself: total, described, and consistent with what it says of itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind } from "../../../../src/model/resources";
import { goPattern } from "../../../../src/model/schema/formats";
import { kindSchemas } from "../../../../src/model/schema/kinds";
import {
  commercialStepKinds,
  knownKinds,
  type Schema,
  type StepSchema,
  stepConfigSchema,
  stepSchema,
  validate,
} from "../../../../src/model/schema/schema";
import { stepKinds } from "../../../../src/model/schema/step-kinds";

// Does not compile when a kind that can be written has no schema, or the other way round.
type WrittenKind = Exclude<Kind, "AnalysisRun">;
const names: Record<WrittenKind, string> = kindSchemas satisfies Record<
  WrittenKind,
  { kind: string }
> as never;

const roots: readonly (readonly [string, Schema, boolean])[] = [
  ...knownKinds.map((known) => [known.kind, known.schema, false] as const),
  ...[...stepKinds, ...commercialStepKinds].map(
    (kind) => [kind, stepConfigSchema(kind) as Schema, true] as const,
  ),
];

/** Every schema below `root`, with its path. */
function* walk(schema: Schema, path: string): Generator<readonly [string, Schema]> {
  yield [path, schema];
  if (schema.type === "array") yield* walk(schema.items, `${path}[]`);
  if (schema.type === "union") for (const branch of schema.of) yield* walk(branch, `${path}|`);
  if (schema.type !== "object") return;
  for (const [name, field] of Object.entries(schema.fields)) yield* walk(field, `${path}.${name}`);
  if (schema.additional !== undefined) yield* walk(schema.additional, `${path}.*`);
}

test("every kind and every step has a schema", () => {
  assert.equal(Object.keys(names).length, knownKinds.length);
  assert.equal(commercialStepKinds.length, 21);
  assert.ok([...stepKinds, ...commercialStepKinds].every((kind) => stepSchema(kind) !== undefined));
  assert.equal(stepSchema("constructor"), undefined);
});

test("every value has one sentence of its own words", () => {
  for (const [name, root] of roots) {
    for (const [path, schema] of walk(root, name)) {
      assert.match(schema.doc, /^[A-Z`][^\n]*[.…]$/, `${path}: ${schema.doc}`);
      assert.ok(schema.doc.length <= 130, `${path} is not one sentence: ${schema.doc}`);
    }
  }
});

test("every text and number has an example, and it fits", () => {
  for (const [name, root, templates] of roots) {
    for (const [path, schema] of walk(root, name)) {
      if (schema.type === "string" || schema.type === "integer" || schema.type === "number") {
        assert.notEqual(schema.example, undefined, `${path} has no example`);
      }
      if (schema.example === undefined) continue;
      const faults = validate(schema.example, schema, { templates }).filter((p) => p.severity === "error");
      assert.deepEqual(faults, [], path);
    }
  }
});

test("every constant default fits", () => {
  for (const [name, root] of roots) {
    for (const [path, schema] of walk(root, name)) {
      if (schema.default !== undefined) assert.deepEqual(validate(schema.default, schema), [], path);
    }
  }
});

test("required fields, choices and rules name fields that exist, patterns compile and are explained", () => {
  for (const [name, root] of roots) {
    for (const [path, schema] of walk(root, name)) {
      if (schema.type === "object") {
        const fields = Object.keys(schema.fields);
        const named = [
          ...schema.required,
          ...(schema.choices ?? []).flatMap((choice) => choice.fields),
          ...(schema.rules ?? []).flatMap((rule) => rule.field ?? []),
        ];
        assert.deepEqual(
          named.filter((field) => !fields.includes(field)),
          [],
          path,
        );
        assert.deepEqual(
          Object.keys(schema.gone ?? {}).filter((field) => fields.includes(field)),
          [],
          path,
        );
      }
      if (schema.type === "string" && schema.pattern !== undefined) {
        assert.ok(goPattern(schema.pattern), path);
        assert.ok(
          schema.patternDoc !== undefined || schema.readOnly === true || path.includes(".status."),
          path,
        );
      }
      if (schema.type === "string" && schema.enumDocs !== undefined) {
        assert.deepEqual(Object.keys(schema.enumDocs).sort(), [...(schema.enum ?? [])].sort(), path);
      }
    }
  }
});

test("references choose their kind by a sibling that offers just these kinds", () => {
  for (const [name, root] of roots) {
    for (const [path, schema] of walk(root, name)) {
      if (schema.type !== "object") continue;
      for (const field of Object.values(schema.fields)) {
        if (field.type !== "string" || field.reference?.chosenBy === undefined) continue;
        const chooser: Schema | undefined = schema.fields[field.reference.chosenBy];
        assert.ok(chooser?.type === "string", path);
        assert.deepEqual([...(chooser.enum ?? [])].sort(), [...field.reference.kinds].sort(), path);
      }
    }
  }
});

test("outputs are described too", () => {
  for (const kind of [...stepKinds, ...commercialStepKinds]) {
    const { doc, outputs } = stepSchema(kind) as StepSchema;
    assert.match(doc, /^[A-Z].*\.$/, kind);
    if (outputs.from === "fields") {
      for (const [name, schema] of Object.entries(outputs.fields)) {
        for (const [path, inner] of walk(schema, `${kind}:${name}`))
          assert.match(inner.doc, /^[A-Z].*\.$/, path);
      }
    }
    if (outputs.from === "list") {
      const list = stepConfigSchema(kind)?.fields[outputs.list];
      assert.ok(
        list?.type === "array" && list.items.type === "object" && outputs.name in list.items.fields,
        kind,
      );
    }
  }
});
