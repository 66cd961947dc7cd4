// Completion at a place of a file: decides what stands there and asks the right file for what fits.
// Makes no completion itself.
import { isObject } from "../base/json";
import { knownKinds, schemaAt } from "../model/schema/schema";
import { bareExpression, type CursorContext, cursorContext, placeholder } from "./complete-context";
import { expressionCompletions } from "./complete-expression";
import { fieldCompletions } from "./complete-fields";
import { identityCompletions, valueCompletions } from "./complete-values";
import type { Completion } from "./completion";
import { type CustomStep, configsOf } from "./custom-step";
import { bareScope, type Scope, templateScope } from "./expression-scope";
import { documentSnippets } from "./snippets";
import type { Unit, UnitResource } from "./unit";
import type { WorkspaceIndex } from "./workspace-index";

/** What completion may look at besides the text. */
export interface CompletionWorld {
  readonly index: WorkspaceIndex;
  readonly customSteps: ReadonlyMap<string, CustomStep>;
}

/** Completions at an offset of a unit's text. */
export function completionsAt(unit: Unit, offset: number, world: CompletionWorld): Completion[] {
  const { text } = unit;
  if (isBlank(text)) return isKargoWorkspace(world.index) ? documentSnippets(offset, text) : [];
  const context = cursorContext(unit, offset);
  if (context === undefined) return [];
  const { resource } = context.place;
  if (context.kind === "expression")
    return resource === undefined ? [] : inExpression(context, resource, world);
  if (resource?.schema === undefined) {
    return isKargoWorkspace(world.index) || unit.isKargo ? ofUnknown(context, text, offset) : [];
  }
  const { namespace } = metadataOf(resource);
  const schema = resource.schema.schema;
  const configs = configsOf(world.customSteps);
  if (context.kind === "key") {
    // `- wo|` may be the beginning of an object or a word.
    const isObjectKey = schemaAt(schema, context.path, resource.value, configs)?.schema.type !== "string";
    if (isObjectKey || context.hasColon)
      return fieldCompletions({ ...context, schema, configs, value: resource.value });
    return valueCompletions({
      ...context,
      quoted: false,
      schema,
      configs,
      value: resource.value,
      namespace,
      written: "",
      ...world,
    });
  }
  if (context.path.length === 1 && isIdentity(context.path[0])) {
    return identityCompletions(String(context.path[0]), otherVersion(resource), context.span);
  }
  const located = schemaAt(schema, context.path, resource.value, configs);
  const bare = located?.schema.type === "string" ? located.schema.expression : undefined;
  if (located !== undefined && bare !== undefined) {
    const scope = bareScope(bare.context, located);
    if (scope !== undefined) return complete(bareExpression(context, text, offset), scope, resource, world);
  }
  if (context.wordy === true) return [];
  const written = text.slice(context.span.start, context.span.end);
  return valueCompletions({
    ...context,
    schema,
    configs,
    value: resource.value,
    namespace,
    written,
    ...world,
  });
}

/** The expression an offset is in, with its scope; undefined outside of expressions. */
export function expressionPlaceAt(
  unit: Unit,
  offset: number,
  { customSteps }: CompletionWorld,
): { readonly source: string; readonly at: number; readonly scope: Scope } | undefined {
  const context = unit.relevant ? cursorContext(unit, offset) : undefined;
  const resource = context?.place.resource;
  if (context === undefined || resource?.schema === undefined || context.kind === "key") return undefined;
  if (context.kind === "expression") {
    const scope = templateScope(resource, context.path);
    return scope === undefined ? undefined : { source: context.source, at: context.at, scope };
  }
  const { schema } = resource.schema;
  const located = schemaAt(schema, context.path, resource.value, configsOf(customSteps));
  const bare = located?.schema.type === "string" ? located.schema.expression : undefined;
  const scope = located === undefined || bare === undefined ? undefined : bareScope(bare.context, located);
  return scope === undefined ? undefined : { ...bareExpression(context, unit.text, offset), scope };
}

/** Elsewhere nobody wants to hear of Kargo. */
function isKargoWorkspace(index: WorkspaceIndex): boolean {
  for (const _ of index.everything()) return true;
  return false;
}

function isIdentity(segment: string | number | undefined): boolean {
  return segment === "apiVersion" || segment === "kind";
}

function otherVersion({ value }: UnitResource): unknown {
  const { apiVersion } = value;
  return typeof apiVersion === "string" && !apiVersion.includes(placeholder) ? apiVersion : undefined;
}

function metadataOf({ value }: UnitResource): { readonly namespace: string | undefined } {
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const { namespace } = metadata;
  return {
    namespace: typeof namespace === "string" && !namespace.includes(placeholder) ? namespace : undefined,
  };
}

function inExpression(
  context: Extract<CursorContext, { kind: "expression" }>,
  resource: UnitResource,
  world: CompletionWorld,
): Completion[] {
  const scope = templateScope(resource, context.path);
  return scope === undefined ? [] : complete(context, scope, resource, world);
}

function complete(
  expression: { readonly source: string; readonly at: number; readonly start: number },
  scope: Scope,
  resource: UnitResource,
  { index }: CompletionWorld,
): Completion[] {
  const { namespace } = metadataOf(resource);
  const { source, at, start } = expression;
  return expressionCompletions({ source, at, start, scope, index, namespace });
}

/** A document that does not say yet what it is. */
function ofUnknown(
  context: Exclude<CursorContext, { kind: "expression" }>,
  text: string,
  offset: number,
): Completion[] {
  const { value } = context.place.tree;
  const root = isObject(value) ? value : {};
  if (context.kind === "value") {
    const [key] = context.path;
    if (context.path.length !== 1 || !isIdentity(key)) return [];
    return identityCompletions(String(key), key === "kind" ? root.apiVersion : undefined, context.span);
  }
  if (context.path.length > 0 || (typeof root.apiVersion === "string") === (typeof root.kind === "string")) {
    return context.path.length === 0 && Object.keys(root).length <= 1 ? documentSnippets(offset, text) : [];
  }
  const known = knownKinds[0]?.schema.fields ?? {};
  return ["apiVersion", "kind"]
    .filter((name) => root[name] === undefined)
    .map((name, rank) => ({
      ...context.span,
      label: name,
      kind: "field",
      doc: known[name]?.doc ?? "",
      insert: `${name}: `,
      rank,
      again: true,
    }));
}

/** Nothing but blanks, comments and the mark that begins a document. */
function isBlank(text: string): boolean {
  return !/^\s*[^\s#-]/m.test(text.replace(/^---.*$/m, ""));
}
