// Completions of values: words of the schema, kinds of steps, names and repositories of the workspace.
// Expressions are complete-expression.ts.
import { isObject } from "../base/json";
import {
  commercialStepKinds,
  knownKinds,
  type Path,
  type Reference,
  type Schema,
  type StepConfigs,
  type StringSchema,
  schemaAt,
  stepSchema,
} from "../model/schema/schema";
import { isStepKind, stepKinds } from "../model/schema/step-kinds";
import { stepSnippet, valueAt } from "./complete-fields";
import { type Completion, snippetText } from "./completion";
import type { CustomStep } from "./custom-step";
import { enumValueDoc, stepDoc } from "./schema-docs";
import type { Span } from "./source-file";
import { resourceSummary } from "./summary";
import { namespaceOf, type WorkspaceIndex } from "./workspace-index";

/** Where a value is completed. */
export interface ValueRequest {
  readonly schema: Schema;
  readonly configs: StepConfigs;
  readonly path: Path;
  readonly value: unknown;
  readonly span: Span;
  /** Column of the key the value belongs to. */
  readonly column: number;
  readonly quoted: boolean;
  readonly flow: boolean;
  readonly namespace: string | undefined;
  readonly index: WorkspaceIndex;
  /** The value that stands there now. */
  readonly written: string;
  readonly customSteps: ReadonlyMap<string, CustomStep>;
}

/** Completions of the value at the path. */
export function valueCompletions(request: ValueRequest): Completion[] {
  const located = schemaAt(request.schema, request.path, request.value, request.configs);
  if (located === undefined) return [];
  const { schema, templates } = located;
  const completions = schemas(schema).flatMap((one) => ofSchema(one, request));
  const takesTemplate = templates || (schema.type === "string" && schema.template !== undefined);
  if (takesTemplate && !(schema.type === "string" && schema.stepKind === true))
    completions.push(template(request));
  return completions;
}

function schemas(schema: Schema): readonly Schema[] {
  return schema.type === "union" ? schema.of : [schema];
}

function ofSchema(schema: Schema, request: ValueRequest): Completion[] {
  if (schema.type === "boolean") return ["true", "false"].map((word, index) => plain(word, index, request));
  if (schema.type !== "string") return [];
  if (schema.stepKind === true) return stepCompletions(request);
  const words = [...(schema.enum ?? []), ...(schema.suggestions ?? [])].filter((word) => word !== "");
  return [
    ...words.map((word, index) => ({
      ...plain(word, index, request),
      doc: enumValueDoc(schema, word),
      ...(word === schema.default ? { detail: "default" } : {}),
    })),
    ...(schema.reference === undefined ? [] : references(schema.reference, request)),
    ...(schema.repository === undefined ? [] : repositories([schema.repository], request)),
    ...(isVariable(request.path) ? repositories(["git", "image", "chart"], request) : []),
    ...(words.length === 0 ? defaults(schema, request) : []),
  ];
}

/** Variables mostly hold what steps and functions want to know of repositories. */
function isVariable(path: Path): boolean {
  return path.at(-1) === "value" && path.at(-3) === "vars";
}

function plain(word: string, rank: number, { span }: ValueRequest): Completion {
  return { ...span, label: word, kind: "value", insert: word, rank };
}

function defaults(schema: StringSchema, request: ValueRequest): Completion[] {
  if (typeof schema.default !== "string" || schema.default === "") return [];
  return [{ ...plain(schema.default, 0, request), detail: "default" }];
}

function template({ span, quoted, flow }: ValueRequest): Completion {
  const body = "\\${{ $1 }}";
  const insert = flow && !quoted ? `"${body}"` : body;
  return {
    ...span,
    label: "${{ }}",
    kind: "snippet",
    detail: "expression",
    doc: "An expression that Kargo evaluates when the step runs.",
    insert,
    snippet: true,
    rank: 8000,
    again: true,
  };
}

function stepCompletions(request: ValueRequest): Completion[] {
  const { span, column, flow, path, value, customSteps, index } = request;
  const holder = valueAt(value, path.slice(0, -1));
  const hasConfig = isObject(holder) && holder.config !== undefined;
  const kinds = [...stepKinds, ...commercialStepKinds];
  const known = kinds.map((kind, order): Completion => {
    const step = stepSchema(kind);
    const config = hasConfig || flow ? "" : stepSnippet(step?.config, column);
    return {
      ...span,
      label: kind,
      kind: "step",
      insert: `${snippetText(kind)}${config}`,
      snippet: true,
      rank: (isStepKind(kind) ? 0 : 1000) + order,
      ...(step === undefined ? {} : { doc: stepDoc(kind, step) }),
      ...(step?.edition === "commercial" ? { detail: "commercial platform" } : {}),
    };
  });
  const custom = [...customSteps].map(
    ([kind, { config, doc }]): Completion => ({
      ...span,
      label: kind,
      kind: "step",
      detail: "custom step",
      insert: `${snippetText(kind)}${hasConfig || flow ? "" : stepSnippet(config, column)}`,
      snippet: true,
      rank: 2000,
      ...(doc === "" ? {} : { doc }),
    }),
  );
  const declared = index.all("CustomPromotionStep", undefined).flatMap(({ facts }): Completion[] =>
    facts.name === undefined || customSteps.has(facts.name)
      ? []
      : [
          {
            ...span,
            label: facts.name,
            kind: "step",
            detail: "custom step",
            insert: facts.name,
            rank: 2000,
          },
        ],
  );
  return [...known, ...custom, ...declared];
}

function references(reference: Reference, request: ValueRequest): Completion[] {
  const { index, namespace, value, path, span } = request;
  const holder = valueAt(value, path.slice(0, -1));
  const chosen =
    reference.chosenBy !== undefined && isObject(holder) ? holder[reference.chosenBy] : undefined;
  const given = reference.kinds.filter((kind) => kind === chosen);
  const kinds =
    given.length > 0
      ? given
      : reference.chosenBy === undefined
        ? reference.kinds
        : reference.kinds.slice(0, 1);
  const own = isObject(value) && isObject(value.metadata) ? value.metadata.name : undefined;
  const taken: readonly unknown[] = takenIn(value, path);
  return kinds.flatMap((kind) =>
    index.all(kind, namespace).flatMap((entry): Completion[] => {
      const { name } = entry.facts;
      const isSelf = name === own && isObject(value) && value.kind === kind;
      if (name === undefined || isSelf || taken.includes(name)) return [];
      const where = namespaceOf(entry.facts);
      const detail = where === "" || where === "?" ? kind : `${kind} of ${where}`;
      return [
        {
          ...span,
          label: name,
          kind: "reference",
          detail,
          doc: resourceSummary(entry),
          insert: name,
          rank: 100,
        },
      ];
    }),
  );
}

/** What a list of names holds already. */
function takenIn(value: unknown, path: Path): readonly unknown[] {
  if (typeof path.at(-1) !== "number") return [];
  const list = valueAt(value, path.slice(0, -1));
  return Array.isArray(list) ? list : [];
}

function repositories(
  types: readonly ("git" | "image" | "chart")[],
  { index, span, written }: ValueRequest,
): Completion[] {
  const urls = new Set<string>();
  for (const { facts } of index.everything()) {
    for (const one of facts.repositories) if (types.includes(one.type)) urls.add(one.url);
  }
  // What is being written here is no answer to itself.
  if (written !== "") urls.delete(written);
  return [...urls].map((url) => ({
    ...span,
    label: url,
    kind: "reference",
    detail: "known repository",
    insert: url,
    rank: 200,
  }));
}

/** Values of the two keys that say what a document is. */
export function identityCompletions(key: string, apiVersion: unknown, span: Span): Completion[] {
  if (key === "apiVersion") {
    const versions = [...new Set(knownKinds.map((kind) => kind.apiVersion))];
    return versions.map((version, rank) => ({
      ...span,
      label: version,
      kind: "value",
      insert: version,
      rank,
    }));
  }
  if (key !== "kind") return [];
  return knownKinds
    .filter((kind) => apiVersion === undefined || kind.apiVersion === apiVersion)
    .map(({ kind, schema }, rank) => ({
      ...span,
      label: kind,
      kind: "value",
      doc: schema.doc,
      insert: kind,
      rank,
    }));
}
