// The table against Kargo's own schemas, judged by ajv over documents made from those schemas with a seed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isDateTime, isEmail, isUri } from "../../../../src/model/schema/formats";
import {
  kindSchema,
  type SchemaProblem,
  stepConfigError,
  stepConfigSchema,
  validate,
} from "../../../../src/model/schema/schema";
import { type StepKind, stepKinds } from "../../../../src/model/schema/step-kinds";
import { type RawSchema, type Resolve, randomFrom, sample } from "../../../support/json-schema-samples";

const data = "../shared/kargo-1.11.2";
const stepFolder = join(data, "step-schemas");
const crdFolder = join(data, "crds");
const present = existsSync(stepFolder) && existsSync(crdFolder);
if (!present) console.error(`SKIPPED: ${data} is not here, the schemas are not compared with Kargo's.`);
const skip = present ? false : `${data} is absent`;

const faultRates = [0, 0.01, 0.05, 0.2];
const samplesPerSchema = 400;

/** What Kargo's CEL rules say, written anew. A rule that is not here fails the test. */
const celRules: Readonly<Record<string, (self: never) => boolean>> = {
  "has(self.uses) && !has(self.task)": (self: RawSchema) => "uses" in self && !("task" in self),
  "(has(self.uses) ? !has(self.task) : has(self.task))": (self: RawSchema) =>
    "uses" in self !== "task" in self,
  "!has(self.task) || !has(self.continueOnError)": (self: RawSchema) =>
    !("task" in self && "continueOnError" in self),
  "!has(self.task) || !has(self.retry)": (self: RawSchema) => !("task" in self && "retry" in self),
  "has(self.freight) != has(self.origin)": (self: RawSchema) => "freight" in self !== "origin" in self,
  "has(self.stage) ? !has(self.stageSelector) : has(self.stageSelector)": (self: RawSchema) =>
    "stage" in self !== "stageSelector" in self,
  "self.size() == 0 || self[0] == 'Failed' || self[0] == 'Errored'": (self: string[]) =>
    self.length === 0 || self[0] === "Failed" || self[0] === "Errored",
  "self.size() <= 1 || self[1] == 'Failed' || self[1] == 'Errored'": (self: string[]) =>
    self.length <= 1 || self[1] === "Failed" || self[1] === "Errored",
  "self.size() == 0 || self[0] == 'Failed' || self[0] == 'Error'": (self: string[]) =>
    self.length === 0 || self[0] === "Failed" || self[0] === "Error",
  "self.size() <= 1 || self[1] == 'Failed' || self[1] == 'Error'": (self: string[]) =>
    self.length <= 1 || self[1] === "Failed" || self[1] === "Error",
};

function newAjv(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  ajv.addFormat("uri", isUri);
  ajv.addFormat("email", isEmail);
  ajv.addFormat("date-time", isDateTime);
  for (const format of ["int32", "int64"]) ajv.addFormat(format, true);
  ajv.addKeyword({
    keyword: "x-kubernetes-validations",
    errors: false,
    validate: (rules: readonly { rule: string }[], value: unknown) =>
      typeof value !== "object" ||
      value === null ||
      rules.every(({ rule }) => {
        const holds = celRules[rule];
        assert.ok(holds, `unknown CEL rule: ${rule}`);
        return Array.isArray(value) !== rule.startsWith("self.size") || holds(value as never);
      }),
  });
  return ajv;
}

const pathOf = (error: ErrorObject): string => {
  const key = error.keyword === "additionalProperties" ? `/${error.params.additionalProperty}` : "";
  return `${error.instancePath.replaceAll("~1", "/")}${key}`;
};
/**
 * What ajv blames although Kargo's validators do not look any more: members of a value whose type is wrong, and rules
 * on lists whose entries are wrong. Equal entries are left to rows of their own: ajv does not look for them among wrong ones.
 */
function isMoot(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const at = error.instancePath;
  if (error.keyword === "uniqueItems") return true;
  const isEntry = (path: string) => path.startsWith(`${at}/`) && /^\d/.test(path.slice(at.length + 1));
  if (error.keyword === "x-kubernetes-validations") return errors.some((e) => isEntry(e.instancePath));
  return errors.some(
    (e) =>
      e !== error && e.keyword === "type" && (e.instancePath === at || at.startsWith(`${e.instancePath}/`)),
  );
}
const inBranch = (error: ErrorObject) => /\/(oneOf|anyOf)\//.test(error.schemaPath);

function steps(): { ajv: Ajv; raw: Map<string, RawSchema>; resolve: Resolve } {
  const ajv = newAjv();
  const raw = new Map<string, RawSchema>();
  for (const file of readdirSync(stepFolder)) {
    const { $schema, ...schema } = JSON.parse(readFileSync(join(stepFolder, file), "utf8"));
    raw.set(file, { ...schema, $id: file });
    ajv.addSchema({ ...schema, $id: file });
  }
  const resolve: Resolve = (ref, root) => {
    const [file, pointer = ""] = ref.split("#");
    const target = file ? (raw.get(file) as RawSchema) : root;
    const schema = pointer
      .split("/")
      .filter(Boolean)
      .reduce((at: RawSchema, key) => at[key] as RawSchema, target);
    return { schema, root: target };
  };
  return { ajv, raw, resolve };
}

test("every step schema of Kargo is in the table and no other", { skip }, () => {
  const files = readdirSync(stepFolder).filter((file) => file.endsWith("-config.json"));
  assert.deepEqual(files.map((file) => file.replace("-config.json", "")).sort(), [...stepKinds].sort());
});

for (const kind of stepKinds) {
  test(`configurations of ${kind} are judged as Kargo's schema judges them`, { skip }, () => {
    const { ajv, raw, resolve } = steps();
    const file = `${kind}-config.json`;
    const judge = ajv.getSchema(file) as ValidateFunction;
    const schema = raw.get(file) as RawSchema;
    const random = randomFrom(stepKinds.indexOf(kind) + 1);
    let valid = 0;
    for (let count = 0; count < samplesPerSchema; count++) {
      const value = sample(schema, schema, resolve, random, faultRates[count % 4] ?? 0);
      const fits: boolean = judge(value);
      if (fits) valid++;
      compareRunTime(kind, value, fits, judge.errors ?? []);
      compareEditor(kind, value, fits);
    }
    assert.ok(
      valid > samplesPerSchema / 20 && valid < samplesPerSchema,
      `${valid} of ${samplesPerSchema} fit`,
    );
  });
}

/** Verdict, and the places: what ajv blames outside alternatives we blame, and nothing that ajv does not blame at all. */
function compareRunTime(kind: StepKind, value: unknown, fits: boolean, errors: readonly ErrorObject[]): void {
  const message = stepConfigError(kind, value);
  assert.equal(message === undefined, fits, `${JSON.stringify(value)}\n${message}`);
  const body = (message ?? "").slice(`invalid ${kind} config: `.length);
  const ours = new Set(
    body.split("\n").flatMap((line) => {
      if (line.endsWith("must be unique")) return [];
      const field = line.slice(0, line.indexOf(": "));
      const extra = /Additional property (.*) is not allowed$/.exec(line)?.[1];
      const at = field === "(root)" ? "" : `/${field.replaceAll(".", "/")}`;
      return line === "" ? [] : [extra === undefined ? at : `${at}/${extra}`];
    }),
  );
  const all = new Set(errors.map(pathOf));
  const certain = new Set(errors.filter((error) => !inBranch(error) && !isMoot(error, errors)).map(pathOf));
  assert.deepEqual(
    [...certain].filter((path) => !ours.has(path)),
    [],
    `missed in ${JSON.stringify(value)}\n${message}`,
  );
  assert.deepEqual(
    [...ours].filter((path) => !all.has(path)),
    [],
    `invented in ${JSON.stringify(value)}\n${message}`,
  );
}

/**
 * Differences of the editor's check that are meant: it reads durations as Go does at run time, where the schema's
 * pattern is searched and lets more through; and it warns of what is deprecated.
 */
function compareEditor(kind: StepKind, value: unknown, fits: boolean): void {
  const schema = stepConfigSchema(kind);
  assert.ok(schema);
  const problems = validate(value, schema).filter(
    (problem) => problem.severity === "error" && !problem.message.includes("is no duration"),
  );
  assert.equal(problems.length === 0, fits, `${JSON.stringify(value)}\n${JSON.stringify(problems)}`);
}

/** Fields a CRD requires but users need not write, because Kargo fills them in before the CRD is looked at. */
const filledIn: Readonly<Record<string, readonly string[]>> = {
  Warehouse: ["interval"],
  Promotion: ["steps"],
};

/** Problems of ours that the CRD cannot have, each with its reason. */
const beyondCrd: readonly [reason: string, (problem: SchemaProblem) => boolean][] = [
  ["the API server prunes unknown fields", (p) => p.code === "unknown-key"],
  ["metadata is checked by the API server, not by the CRD", (p) => p.path[0] === "metadata"],
  [
    "subscriptions are opaque to the CRD; admission checks them",
    (p) => p.path[1] === "subscriptions" && p.path.length > 2,
  ],
  [
    "configurations of steps are opaque to the CRD",
    (p) => p.path.includes("config") || p.missing === "config",
  ],
  [
    "an alias must fit a label, which the API server checks",
    (p) => p.path[0] === "alias" && p.code !== "type",
  ],
  ["durations are read by Go when the object is decoded", (p) => p.message.includes("is no duration")],
  ["a condition that is no template fails at run time", (p) => p.code === "template"],
];

const crds = present
  ? readdirSync(crdFolder).map((file) => parse(readFileSync(join(crdFolder, file), "utf8")).spec)
  : [];

for (const crd of crds) {
  const kind: string = crd.names.kind;
  test(`${kind} is judged as its CRD judges it`, () => {
    const raw = toJsonSchema(crd.versions[0].schema.openAPIV3Schema, filledIn[kind] ?? []);
    const judge = newAjv().compile(raw);
    const known = kindSchema(kind);
    assert.ok(known);
    assert.equal(known.namespaced, crd.scope === "Namespaced");
    const random = randomFrom(kind.length);
    const resolve: Resolve = () => assert.fail("CRDs have no references");
    let valid = 0;
    for (let count = 0; count < samplesPerSchema; count++) {
      const made: RawSchema = sample(
        raw,
        raw,
        resolve,
        random,
        (faultRates[count % 4] ?? 0) / 4,
      ) as RawSchema;
      const value: Record<string, unknown> = {
        ...made,
        apiVersion: known.apiVersion,
        kind,
        metadata: { name: "a", namespace: "b" },
      };
      const fits: boolean = judge(withoutNulls(value, raw));
      if (fits) valid++;
      const problems: SchemaProblem[] = validate(value, known.schema, { unknownSteps: "ignore" }).filter(
        (problem) =>
          problem.severity === "error" &&
          problem.code !== "unique" &&
          !beyondCrd.some(([, is]) => is(problem)),
      );
      const errors = judge.errors ?? [];
      const theirs = [...new Set(errors.filter((error) => !isMoot(error, errors)).map(pathOf))].sort();
      assert.deepEqual(crdPaths(problems), theirs, JSON.stringify({ value, problems }));
    }
    assert.ok(
      valid > samplesPerSchema / 20 && valid < samplesPerSchema,
      `${valid} of ${samplesPerSchema} fit`,
    );
  });
}

/** The API server drops fields that are null before a CRD is looked at (PruneNonNullableNullsWithoutDefaults). */
function withoutNulls(value: unknown, schema: RawSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, (schema.items ?? {}) as RawSchema));
  if (typeof value !== "object" || value === null) return value;
  const { properties = {}, additionalProperties = {} } = schema as Record<string, RawSchema>;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
      const known = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      if (inner === null && Object.keys(known as RawSchema).length > 0) return [];
      return [[key, withoutNulls(inner, known as RawSchema)]];
    }),
  );
}

/** Where a CRD blames what we blame: rules on the whole object or list, and on lists only when their entries are right. */
function crdPaths(problems: readonly SchemaProblem[]): string[] {
  const text = (path: readonly (string | number)[]) => path.map((segment) => `/${segment}`).join("");
  const isListRule = ({ code, path }: SchemaProblem) => code === "enum" && typeof path.at(-1) === "number";
  const plain = problems.filter((problem) => !isListRule(problem));
  // A required field without a value counts as missing.
  const isEmpty = ({ code, message, path }: SchemaProblem) =>
    code === "type" && message.includes("has no value") && typeof path.at(-1) === "string";
  const isOfHolder = (one: SchemaProblem) => (one.at === "key" && one.code === "rule") || isEmpty(one);
  const paths = plain.map((one) => text(isOfHolder(one) ? one.path.slice(0, -1) : one.path));
  const lists = problems.filter(isListRule).map(({ path }) => text(path.slice(0, -1)));
  const moot = (list: string) => paths.some((path) => path.startsWith(`${list}/`));
  return [...new Set([...paths, ...lists.filter((list) => !moot(list))])].sort();
}

/** A structural schema as JSON schema: sets are unique lists, descriptions are dropped. */
function toJsonSchema(schema: RawSchema, optional: readonly string[]): RawSchema {
  const inner = (value: unknown) => toJsonSchema(value as RawSchema, optional);
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (keyword === "description" && typeof value === "string") return [];
    if (keyword === "required")
      return [[keyword, (value as string[]).filter((name) => !optional.includes(name))]];
    if (keyword === "x-kubernetes-list-type" && value === "set") return [["uniqueItems", true]];
    if (keyword === "properties") {
      return [
        [keyword, Object.fromEntries(Object.entries(value as RawSchema).map(([k, v]) => [k, inner(v)]))],
      ];
    }
    if (keyword === "items" || keyword === "additionalProperties") return [[keyword, inner(value)]];
    return [[keyword, value]];
  });
  return Object.fromEntries(entries);
}
