// Every field of every kind and step, with everything that can be wrong with it: our verdict is that of an ordinary JSON
// schema validator on Kargo's own schemas, and one fault gives one error, at the very key or value.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { Document, isMap, isScalar, type Node, parseDocument } from "yaml";
import { LanguageService } from "../../../src/language/language-service";
import { kindSchema } from "../../../src/model/schema/schema";
import { stepKinds } from "../../../src/model/schema/step-kinds";
import {
  documentWith,
  type Mutant,
  mutantsAt,
  type Place,
  placeOf,
  type SchemaWay,
  type Source,
  schemaAtEnd,
  waysBelow,
} from "../../support/json-schema-mutants";
import { type RawSchema, type Resolve, randomFrom } from "../../support/json-schema-samples";
import {
  crds,
  filledIn,
  newAjv,
  readSteps,
  skip,
  toJsonSchema,
  withoutNulls,
} from "../../support/kargo-schemas";
import { subscriptionSchema } from "../../support/subscription-schemas";

/** A judge of documents that stand somewhere in a file. */
interface Subject {
  readonly name: string;
  readonly schema: RawSchema;
  readonly source: Source;
  /** What the reference says. */
  readonly fits: (value: unknown) => boolean;
  /** The whole resource around a value, and where the value is in it. */
  readonly wrap: (value: unknown) => { readonly resource: unknown; readonly at: Place };
}

/** Fields that no right document has. */
const neverRight: readonly [is: (name: string, way: SchemaWay) => boolean, reason: string][] = [
  [
    (name, way) => /Task$|^Promotion$/.test(name) && way.join(".").startsWith("spec.steps.0.task"),
    "a CEL rule forbids tasks in tasks",
  ],
];

/** Errors of ours that no schema of Kargo's has. */
const beyondSchemas: readonly [is: (one: Shown) => boolean, reason: string][] = [
  [({ rule }) => rule === "template", "a condition that is no template fails at run time"],
  [({ rule }) => rule.startsWith("expression-"), "the schema sees a text where an expression is asked for"],
  [({ message }) => message.includes("is no duration"), "Go reads durations when it decodes the object"],
  [({ message }) => message.startsWith("`alias` must be"), "an alias becomes a label"],
  [({ rule }) => rule === "admission", "a webhook refuses it, or has its own words for it"],
];

/** Texts for fields that are more than texts. */
const texts = {
  semverConstraint: "^1.0",
  constraint: "^1.0",
  platform: "linux/amd64",
  expression: "true",
  expressionFilter: "true",
  if: "${{ true }}",
  timeout: "5m0s",
  longestSoak: "1h0m0s",
  alias: "app",
  free: "x",
  whenExpression: "true",
};

interface Tally {
  fields: number;
  mutants: number;
  faulty: number;
  readonly troubles: string[];
}

const service = new LanguageService();

interface Shown {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly message: string;
}

function errorsOf(text: string): Shown[] {
  service.setText("f", text);
  return service.diagnostics("f").filter(({ severity }) => severity === "error");
}

const written = (resource: unknown) => new Document(resource).toString({ lineWidth: 0 });

/** The text that must be underlined for a fault at a place. */
function wantedSpan(text: string, place: Place, part: Mutant["part"]): readonly [start: number, end: number] {
  let node: Node | null | undefined = parseDocument(text).contents;
  let key: Node | undefined;
  for (const segment of place) {
    key = undefined;
    if (isMap(node)) {
      const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(segment));
      key = pair?.key as Node;
      node = pair?.value as Node | null;
    } else node = (node as unknown as { items: Node[] }).items[Number(segment)];
  }
  const first = isMap(node)
    ? (node.items.find(({ key }) => isScalar(key) && key.value === "kind") ?? node.items[0])
    : undefined;
  const shown = part === "value" && isScalar(node) ? node : (key ?? (first?.key as Node | undefined) ?? node);
  const [start, end] = shown?.range ?? assert.fail(`nothing at ${place.join(".")}`);
  return [start, Math.max(end, start + 1)];
}

/** The keys beside a place, and that of the object around them. */
function keysAround(text: string, place: Place): (readonly [start: number, end: number])[] {
  const holder = place.slice(0, -1);
  const value = parseDocument(text).getIn(holder, true);
  const keys = isMap(value) ? value.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  return [
    wantedSpan(text, holder, "holder"),
    ...keys.map((key) => wantedSpan(text, [...holder, key], "key")),
  ];
}

/** A document that holds the field and that both find right; the smaller, the better. */
function rightDocument(subject: Subject, way: SchemaWay): unknown {
  for (let attempt = 0; attempt < 400; attempt++) {
    const value = documentWith(subject.schema, way, subject.source, (attempt % 13) / 20);
    if (!subject.fits(value)) continue;
    if (errorsOf(written(subject.wrap(value).resource)).length === 0) return value;
  }
  return undefined;
}

function examine(subject: Subject): Tally {
  const tally: Tally = { fields: 0, mutants: 0, faulty: 0, troubles: [] };
  const unreached: string[] = [];
  for (const way of [[], ...waysBelow(subject.schema, subject.source)]) {
    if (neverRight.some(([is]) => is(subject.name, way))) continue;
    const right = rightDocument(subject, way);
    if (right === undefined) {
      unreached.push(way.join("."));
      continue;
    }
    tally.fields++;
    const schema = schemaAtEnd(subject.schema, way, subject.source);
    for (const mutant of mutantsAt(right, placeOf(way), schema, subject.source)) {
      if (way.length === 0 && mutant.part === "value") continue;
      tally.mutants++;
      const fits = subject.fits(mutant.value);
      if (!fits) tally.faulty++;
      const { resource, at } = subject.wrap(mutant.value);
      const trouble = troubleWith(mutant, fits, written(resource), at);
      if (trouble !== undefined)
        tally.troubles.push(`${subject.name} ${way.join(".")}: ${mutant.fault}: ${trouble}`);
    }
  }
  if (unreached.length > 0)
    tally.troubles.push(`${subject.name}: no right document with ${unreached.join(", ")}`);
  return tally;
}

function troubleWith(mutant: Mutant, fits: boolean, text: string, above: Place): string | undefined {
  const all = errorsOf(text);
  const errors = fits ? all.filter((one) => !beyondSchemas.some(([is]) => is(one))) : [...all];
  const shown = errors.map(({ rule, message }) => `${rule} ${message}`).join(" | ");
  // What was added may have faults of its own; only then they count.
  if (mutant.fault.startsWith("with ")) {
    const value = parseDocument(text).getIn([...above, ...mutant.at], true) as Node;
    const [from, to] = value.range ?? assert.fail("nothing was added");
    const outside = errors.filter(({ start, end }) => start < from || end > to);
    if (outside.length === 0 && errors.length > 0 && !fits) return undefined;
    if (outside.length > 0) errors.splice(0, errors.length, ...outside.slice(0, 1));
  }
  if (fits !== (errors.length === 0)) return fits ? `false alarm ${shown}` : "missed";
  if (fits) return undefined;
  if (errors.length !== 1) return `told ${errors.length} times: ${shown}`;
  const [start, end] = wantedSpan(text, [...above, ...mutant.at], mutant.part);
  const [one] = errors;
  if (one?.start === start && one.end === end) return undefined;
  // What contradicts itself may be told at any of the keys that do, or at the object; what is dropped, at its key.
  const isContradiction = one?.rule === "choice" || one?.rule === "rule";
  const around = isContradiction ? keysAround(text, [...above, ...mutant.at]) : [];
  if (around.some(([from, to]) => from === one?.start && to === one.end)) return undefined;
  return `at ${JSON.stringify(text.slice(one?.start, one?.end))}, not ${JSON.stringify(text.slice(start, end))}: ${shown}`;
}

function stepSubject(kind: string): Subject {
  const { ajv, raw, resolve } = readSteps();
  const file = `${kind}-config.json`;
  const judge = ajv.getSchema(file) as ValidateFunction;
  const schema = raw.get(file) as RawSchema;
  const spec = (config: unknown) => ({
    requestedFreight: [{ origin: { kind: "Warehouse", name: "a" }, sources: { direct: true } }],
    promotionTemplate: { spec: { steps: [{ uses: kind, config }] } },
  });
  return {
    name: kind,
    schema,
    source: { root: schema, resolve, random: randomFrom(kind.length), texts },
    fits: (value) => judge(value) === true,
    wrap: (value) => ({
      resource: {
        apiVersion: "kargo.akuity.io/v1alpha1",
        kind: "Stage",
        metadata: { name: "a", namespace: "b" },
        spec: spec(value),
      },
      at: ["spec", "promotionTemplate", "spec", "steps", 0, "config"],
    }),
  };
}

/** With strict field validation, which kubectl asks for, the API server refuses unknown fields. */
function strict(schema: RawSchema): RawSchema {
  const inner = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === "properties") {
      const fields = Object.entries(value as Record<string, RawSchema>);
      return [keyword, Object.fromEntries(fields.map(([name, field]) => [name, strict(field)]))];
    }
    return [
      keyword,
      keyword === "items" || keyword === "additionalProperties" ? strict(value as RawSchema) : value,
    ];
  });
  const isClosed =
    schema.properties !== undefined &&
    schema.additionalProperties === undefined &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true;
  return { ...Object.fromEntries(inner), ...(isClosed ? { additionalProperties: false } : {}) };
}

function kindSubject(crd: (typeof crds)[number]): Subject {
  const { kind } = crd.names;
  const known = kindSchema(kind) ?? assert.fail(kind);
  const whole = strict(toJsonSchema(crd.versions[0]?.schema.openAPIV3Schema ?? {}, filledIn[kind] ?? []));
  const {
    metadata: _m,
    apiVersion: _a,
    kind: _k,
    ...properties
  } = whole.properties as Record<string, RawSchema>;
  const schema: RawSchema =
    kind === "Warehouse" ? withSubscriptions({ ...whole, properties }) : { ...whole, properties };
  const judge = newAjv().compile(schema);
  const resolve: Resolve = () => assert.fail("CRDs have no references");
  const metadata = {
    name: kind === "ClusterConfig" ? "cluster" : "a",
    ...(known.namespaced ? { namespace: "a" } : {}),
  };
  return {
    name: kind,
    schema,
    source: { root: schema, resolve, random: randomFrom(kind.length), texts },
    fits: (value) => judge(withoutNulls(value, schema)) === true,
    wrap: (value) => ({
      resource: { apiVersion: known.apiVersion, kind, metadata, ...(value as object) },
      at: [],
    }),
  };
}

/** The CRD says nothing of what a subscription is. */
function withSubscriptions(schema: RawSchema): RawSchema {
  const properties = schema.properties as Record<string, RawSchema>;
  const fields = properties.spec?.properties as Record<string, RawSchema>;
  const subscriptions = { ...fields.subscriptions, items: subscriptionSchema };
  return {
    ...schema,
    properties: { ...properties, spec: { ...properties.spec, properties: { ...fields, subscriptions } } },
  };
}

const total = { fields: 0, mutants: 0, faulty: 0 };

for (const name of [...stepKinds, ...crds.map(({ names }) => names.kind)]) {
  test(`each fault in each field of ${name} is told once, where it is`, { skip }, () => {
    const crd = crds.find(({ names }) => names.kind === name);
    const { troubles, ...counts } = examine(crd === undefined ? stepSubject(name) : kindSubject(crd));
    for (const count of ["fields", "mutants", "faulty"] as const) total[count] += counts[count];
    assert.deepEqual(troubles, []);
  });
}

test("every field was tried", { skip }, (context) => {
  context.diagnostic(`${total.fields} fields, ${total.mutants} changes, ${total.faulty} of them faults`);
  assert.ok(total.fields > 1200 && total.mutants > 9000 && total.faulty > 6000);
});
