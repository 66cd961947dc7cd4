// Kargo's own schemas and an ordinary judge for them: the CRDs and step schemas that lie beside the checkout, read by ajv.
// Knows nothing of our table.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isDateTime, isEmail, isUri } from "../../src/model/schema/formats";
import type { RawSchema, Resolve } from "./json-schema-samples";

const data = "../shared/kargo-1.11.2";
const stepFolder = join(data, "step-schemas");
const crdFolder = join(data, "crds");
const present = existsSync(stepFolder) && existsSync(crdFolder);
if (!present) console.error(`SKIPPED: ${data} is not here, nothing is compared with Kargo's schemas.`);

/** Why tests that need the schemas are skipped; false when they are there. */
export const skip = present ? false : `${data} is absent`;

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

/** A judge that knows the formats and the CEL rules. */
export function newAjv(): Ajv {
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

/** Names of the files of step schemas. */
export const stepFiles = present ? readdirSync(stepFolder) : [];

/** The schemas of steps by file name, a judge that has them all, and the way from a reference to what it means. */
export function readSteps(): { ajv: Ajv; raw: Map<string, RawSchema>; resolve: Resolve } {
  const ajv = newAjv();
  const raw = new Map<string, RawSchema>();
  for (const file of stepFiles) {
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

/** Fields a CRD requires but users need not write, because Kargo fills them in before the CRD is looked at. */
export const filledIn: Readonly<Record<string, readonly string[]>> = {
  Warehouse: ["interval"],
  Promotion: ["steps"],
};

/** A custom resource definition, as far as it is read here. */
export interface Crd {
  readonly names: { readonly kind: string };
  readonly scope: string;
  readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: RawSchema } }[];
}

/** Kargo's CRDs. */
export const crds: readonly Crd[] = present
  ? readdirSync(crdFolder).map((file) => parse(readFileSync(join(crdFolder, file), "utf8")).spec)
  : [];

/** The API server drops fields that are null before a CRD is looked at (PruneNonNullableNullsWithoutDefaults). */
export function withoutNulls(value: unknown, schema: RawSchema): unknown {
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

/** A structural schema as JSON schema: sets are unique lists, descriptions are dropped. */
export function toJsonSchema(schema: RawSchema, optional: readonly string[]): RawSchema {
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
