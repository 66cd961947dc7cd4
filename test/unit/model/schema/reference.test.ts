// The table against Kargo's own schemas, judged by ajv over documents made from those schemas with a seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import {
  kindSchema,
  type SchemaProblem,
  stepConfigError,
  stepConfigSchema,
  validate,
} from "../../../../src/model/schema/schema";
import { type StepKind, stepKinds } from "../../../../src/model/schema/step-kinds";
import { type RawSchema, type Resolve, randomFrom, sample } from "../../../support/json-schema-samples";
import {
  crds,
  filledIn,
  newAjv,
  readSteps,
  skip,
  stepFiles,
  toJsonSchema,
  withoutNulls,
} from "../../../support/kargo-schemas";

const faultRates = [0, 0.01, 0.05, 0.2];
const samplesPerSchema = 400;

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

test("every step schema of Kargo is in the table and no other", { skip }, () => {
  const files = stepFiles.filter((file) => file.endsWith("-config.json"));
  assert.deepEqual(files.map((file) => file.replace("-config.json", "")).sort(), [...stepKinds].sort());
});

for (const kind of stepKinds) {
  test(`configurations of ${kind} are judged as Kargo's schema judges them`, { skip }, () => {
    const { ajv, raw, resolve } = readSteps();
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

for (const crd of crds) {
  const kind: string = crd.names.kind;
  test(`${kind} is judged as its CRD judges it`, () => {
    const raw = toJsonSchema(crd.versions[0]?.schema.openAPIV3Schema ?? {}, filledIn[kind] ?? []);
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
