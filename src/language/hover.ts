// What to say about the text under the cursor: fields, steps, words, names of resources, everything in expressions.
// The words come from the schema, the function table and the workspace.
import { isScalar } from "yaml";
import { isObject } from "../base/json";
import { type Located, type StepConfigs, schemaAt, stepSchema } from "../model/schema/schema";
import { builtinDoc } from "./builtin-docs";
import { inUnit } from "./check-expressions";
import { factsOf } from "./check-unit";
import { type CustomStep, configsOf } from "./custom-step";
import type { NameUse } from "./expression-analysis";
import { expressionAt, type UnitPlace, unitPlaceAt } from "./expression-at";
import { functionDoc } from "./function-docs";
import { customStepDoc, enumValueDoc, fieldDoc, outputWords, stepDoc } from "./schema-docs";
import { selectionAt, selectionText } from "./selection";
import type { Span } from "./source-file";
import { type StepFacts, stepListOf } from "./step-lists";
import { resourceSummary } from "./summary";
import type { Unit } from "./unit";
import { expressionsOf, type WorkspaceIndex } from "./workspace-index";
import { spanOf } from "./yaml-nodes";

/** Markdown and the text it is about. */
export interface Hover extends Span {
  readonly doc: string;
}

/** The hover at an offset of a unit. */
export function hoverAt(
  unit: Unit,
  offset: number,
  index: WorkspaceIndex,
  customSteps: ReadonlyMap<string, CustomStep>,
): Hover | undefined {
  const place = unitPlaceAt(unit, offset);
  if (place === undefined) return undefined;
  const inside = expressionAt(unit, place, offset);
  if (inside !== undefined) {
    const { use, site, part } = inside;
    if (use === undefined) return nameHover(unit, place, offset, index);
    const doc = useDoc(use);
    return doc === "" ? undefined : { doc, ...inUnit(site, part, use) };
  }
  const own =
    place.on === "key"
      ? keyHover(place, configsOf(customSteps))
      : (nameHover(unit, place, offset, index) ?? valueHover(place, customSteps));
  return withSelection(own, unit, place, offset, index);
}

/** In a selector, what it selects is what one wants to know. */
function withSelection(
  own: Hover | undefined,
  unit: Unit,
  { node }: UnitPlace,
  offset: number,
  index: WorkspaceIndex,
): Hover | undefined {
  const found = selectionAt(unit, offset, index);
  const span = own ?? spanOf(node);
  if (found === undefined || span === undefined) return own;
  const text = selectionText(found.selector, found.selection);
  const { start, end } = span;
  return { doc: own === undefined ? text : `${own.doc}\n\n${text}`, start, end };
}

function useDoc({ kind, name, member, function: declared }: NameUse): string {
  if (declared !== undefined) return functionDoc(declared);
  if (kind === "builtin") return builtinDoc(name);
  if (member === undefined) return "";
  const value = member.literal === undefined ? [] : [`Value: \`${member.literal}\``];
  const trouble = member.trouble === undefined ? [] : [member.trouble.message];
  return [`\`${name}\`: ${member.type}`, member.doc.split(" = ")[0] ?? "", ...value, ...trouble].join("\n\n");
}

function keyHover(place: UnitPlace, configs: StepConfigs): Hover | undefined {
  const { resource, path } = place;
  const span = spanOf(place.node);
  if (resource.schema === undefined || span === undefined) return undefined;
  const located = schemaAt(resource.schema.schema, path, resource.value, configs);
  if (located === undefined) return undefined;
  const name = String(path.at(-1));
  const required = located.parent?.required.includes(name) === true;
  const step = name === "config" ? stepOf(located) : [];
  return { doc: [`**${name}**`, fieldDoc(located.schema, { required }), ...step].join("\n\n"), ...span };
}

function stepOf({ step }: Located): string[] {
  return step === undefined ? [] : [`Configuration of the step \`${step}\`.`];
}

function valueHover(place: UnitPlace, customSteps: ReadonlyMap<string, CustomStep>): Hover | undefined {
  const { resource, path, node } = place;
  const span = spanOf(node);
  if (resource.schema === undefined || span === undefined || !isScalar(node)) return undefined;
  const value = String(node.value);
  if (path.at(-1) === "as") {
    const list = stepListOf(resource.kind, resource.value);
    const step = list?.steps.find(({ alias, named }) => named && alias === value);
    if (step !== undefined) return { doc: aliasDoc(step), ...span };
  }
  if (path.length === 1 && path[0] === "kind")
    return { doc: kindDoc(resource.schema.schema.doc, value), ...span };
  const located = schemaAt(resource.schema.schema, path, resource.value, configsOf(customSteps));
  const schema = located?.schema;
  if (schema?.type !== "string") return undefined;
  if (schema.stepKind === true) {
    const step = stepSchema(value);
    if (step !== undefined) return { doc: stepDoc(value, step), ...span };
    const custom = customSteps.get(value);
    return custom === undefined ? undefined : { doc: customStepDoc(value, custom), ...span };
  }
  const meaning = enumValueDoc(schema, value);
  return meaning === "" ? undefined : { doc: `\`${value}\`: ${meaning}`, ...span };
}

/** What later steps get from the step of that alias. */
function aliasDoc({ alias, uses, task }: StepFacts): string {
  const schema = uses === undefined ? undefined : stepSchema(uses);
  const what = task === undefined ? `step \`${uses ?? ""}\`` : `task \`${task.name}\``;
  const outputs = schema === undefined ? [] : outputWords(schema);
  return [`\`${alias}\`: alias of the ${what}.`, ...outputs].join("\n\n");
}

function kindDoc(doc: string, kind: string): string {
  return `**${kind}**\n\n${doc}`;
}

/** A name of a resource, here or where it is named. */
function nameHover(unit: Unit, place: UnitPlace, offset: number, index: WorkspaceIndex): Hover | undefined {
  const facts = factsOf(unit).resources[place.resourceIndex];
  if (facts === undefined) return undefined;
  const references = [...facts.references, ...expressionsOf({ unit, facts }).references];
  const reference = references.find(({ start, end }) => offset >= start && offset <= end);
  if (reference === undefined) return undefined;
  const metadata = isObject(place.resource.value.metadata) ? place.resource.value.metadata : {};
  const namespace = typeof metadata.namespace === "string" ? metadata.namespace : undefined;
  const found = reference.kinds.flatMap((kind) => index.find(kind, namespace, reference.name));
  if (found.length === 0) return undefined;
  return { doc: found.map(resourceSummary).join("\n\n---\n\n"), start: reference.start, end: reference.end };
}
