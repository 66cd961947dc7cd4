// Completions of keys: the fields an object can still take, each with what must be in it.
// Knows the schema only; names of the workspace are complete-values.ts.
import { isObject } from "../base/json";
import {
  type ObjectSchema,
  offeredFields,
  type Path,
  type Schema,
  type StepConfigs,
  schemaAt,
} from "../model/schema/schema";
import { placeholder } from "./complete-context";
import { type Completion, snippetText } from "./completion";
import { fieldDoc } from "./schema-docs";
import { schemaTypeText } from "./shapes";
import type { Span } from "./source-file";

/** Where keys are completed. */
export interface KeyRequest {
  readonly schema: Schema;
  readonly configs: StepConfigs;
  readonly path: Path;
  readonly value: unknown;
  readonly span: Span;
  readonly column: number;
  readonly hasColon: boolean;
  readonly flow: boolean;
}

/** Completions of the keys of the object at the path. */
export function fieldCompletions(request: KeyRequest): Completion[] {
  const located = schemaAt(request.schema, request.path, request.value, request.configs)?.schema;
  if (located === undefined) return [];
  if (located.type === "array")
    return located.items.type === "object" ? entryCompletions(located.items, request) : [];
  if (located.type !== "object") return [];
  const holder = without(valueAt(request.value, request.path));
  const fields = offeredFields(located, holder).map((field, index) => fieldCompletion(field, index, request));
  return [...fields, ...entriesOfKeyAbove(request)];
}

/** A list may stand in the column of its key: `steps:` and below it, not indented, `- uses`. */
function entriesOfKeyAbove(request: KeyRequest): Completion[] {
  const holder = valueAt(request.value, request.path);
  const names = isObject(holder) ? Object.keys(holder) : [];
  const above = names[names.findIndex((name) => name.includes(placeholder)) - 1];
  if (above === undefined || !isObject(holder) || holder[above] !== null) return [];
  const list = schemaAt(request.schema, [...request.path, above], request.value, request.configs)?.schema;
  return list?.type === "array" && list.items.type === "object" ? entryCompletions(list.items, request) : [];
}

function fieldCompletion(
  { name, schema, required }: { readonly name: string; readonly schema: Schema; readonly required: boolean },
  index: number,
  request: KeyRequest,
): Completion {
  const { span, column, hasColon, flow } = request;
  const insert = hasColon
    ? snippetText(name)
    : `${snippetText(name)}:${valueSnippet(schema, column, flow, new Counter())}`;
  const kind =
    schema.type === "string" &&
    (schema.enum !== undefined || schema.reference !== undefined || schema.stepKind);
  return {
    ...span,
    label: name,
    kind: "field",
    detail: `${schemaTypeText(schema)}${required ? ", required" : ""}`,
    doc: fieldDoc(schema, { required }),
    insert,
    snippet: true,
    rank: (required ? 0 : 1000) + index + (schema.deprecated === undefined ? 0 : 5000),
    ...(schema.deprecated === undefined ? {} : { deprecated: true }),
    ...(!hasColon && (kind || schema.type === "boolean") ? { again: true } : {}),
  };
}

/** Under the key of a list: whole entries, which begin with a dash. */
function entryCompletions(items: ObjectSchema, request: KeyRequest): Completion[] {
  if (request.flow || request.hasColon) return [];
  return offeredFields(items, {}).map(({ name, schema, required }, index) => ({
    ...request.span,
    label: `- ${name}`,
    filter: name,
    kind: "field",
    detail: schemaTypeText(schema),
    doc: fieldDoc(schema, { required }),
    insert: `- ${snippetText(name)}:${valueSnippet(schema, request.column + 2, false, new Counter())}`,
    snippet: true,
    rank: (required ? 0 : 1000) + index,
  }));
}

/** Numbers the places to fill in. */
class Counter {
  private count = 0;
  next(): number {
    this.count++;
    return this.count;
  }
}

/** What follows the colon of a key in that column: a place to write, or the fields that must be there. */
function valueSnippet(schema: Schema, column: number, flow: boolean, counter: Counter): string {
  if (flow) return ` $${counter.next()}`;
  if (schema.type === "object") return objectSnippet(schema, column + 2, counter);
  if (schema.type === "array") {
    const dash = `\n${" ".repeat(column)}- `;
    return `${dash}${entrySnippet(schema.items, column + 2, counter)}`;
  }
  return ` $${counter.next()}`;
}

function objectSnippet(schema: ObjectSchema, column: number, counter: Counter): string {
  const lead = `\n${" ".repeat(column)}`;
  const lines = requiredLines(schema, column, counter);
  return lines.length === 0 ? `${lead}$${counter.next()}` : lines.map((line) => `${lead}${line}`).join("");
}

function entrySnippet(schema: Schema, column: number, counter: Counter): string {
  if (schema.type !== "object") return `$${counter.next()}`;
  const lines = requiredLines(schema, column, counter);
  if (lines.length === 0) return `$${counter.next()}`;
  return lines.join(`\n${" ".repeat(column)}`);
}

/** The lines of the fields an object must have; one that can only have one value has it. */
export function requiredLines(
  schema: ObjectSchema,
  column: number,
  counter: Counter = new Counter(),
): string[] {
  return schema.required.flatMap((name) => {
    const field = schema.fields[name];
    if (field === undefined) return [];
    const only = field.type === "string" && field.enum?.length === 1 ? field.enum[0] : undefined;
    const rest = only === undefined ? valueSnippet(field, column, false, counter) : ` ${snippetText(only)}`;
    return [`${snippetText(name)}:${rest}`];
  });
}

/** The lines that follow `uses: <kind>` in that column: the configuration with what must be in it. */
export function stepSnippet(config: ObjectSchema | undefined, column: number): string {
  if (config === undefined || config.required.length === 0) return "";
  const lead = `\n${" ".repeat(column)}`;
  return [`${lead}config:`, ...requiredLines(config, column + 2).map((line) => `${lead}  ${line}`)].join("");
}

/** The value at the path, undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const segment of path) {
    if (Array.isArray(at)) at = at[Number(segment)];
    else if (isObject(at)) at = at[segment];
    else return undefined;
  }
  return at;
}

function without(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.includes(placeholder)));
}
