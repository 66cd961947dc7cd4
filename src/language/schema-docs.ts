// What the schema says about a field, a step or a value, as Markdown for hovers and completion.
// Looks nothing up; callers bring the schema.
import { stringify } from "yaml";
import type { Schema, StepSchema, StringSchema } from "../model/schema/schema";
import type { CustomStep } from "./custom-step";
import { schemaTypeText } from "./shapes";

/** The description of a field. */
export function fieldDoc(schema: Schema, options: { readonly required?: boolean } = {}): string {
  const facts = [
    `Type: ${schemaTypeText(schema)}`,
    ...(options.required === true ? ["required"] : []),
    ...defaultWords(schema),
    ...limitWords(schema),
  ];
  const parts = [schema.doc, ...deprecationWords(schema), facts.join(" · ")];
  if (schema.type === "string" && schema.enum !== undefined) parts.push(enumDoc(schema));
  if (schema.type === "string" && schema.expression !== undefined) {
    parts.push("An expression, without `${{ }}` around it.");
  }
  const example = exampleText(schema);
  if (example !== undefined) parts.push(`Example:\n\`\`\`yaml\n${example}\n\`\`\``);
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The description of a step, with what it takes and gives. */
export function stepDoc(kind: string, step: StepSchema): string {
  const since = step.since === undefined ? "" : ` since Kargo ${step.since}`;
  const edition =
    step.edition === "commercial" ? [`Only the commercial platform runs this step${since}.`] : [];
  const needed = step.config.required.map((name) => `\`${name}\``);
  const takes = needed.length === 0 ? [] : [`Needs ${needed.join(", ")}.`];
  const parts = [`**${kind}**: ${step.doc}`, ...edition, ...takes, ...outputWords(step)];
  if (step.caution !== undefined) parts.push(step.caution);
  return parts.join("\n\n");
}

/** The description of a step kind of the user's own. */
export function customStepDoc(kind: string, { doc, config }: CustomStep): string {
  const needed = (config?.required ?? []).map((name) => `\`${name}\``);
  const takes = needed.length === 0 ? [] : [`Needs ${needed.join(", ")}.`];
  return [`**${kind}**: ${doc === "" ? "a step of your own." : doc}`, ...takes].join("\n\n");
}

/** What a step gives to later ones. */
export function outputWords({ outputs }: StepSchema): string[] {
  switch (outputs.from) {
    case "none":
      return ["Gives no outputs."];
    case "fields": {
      const rows = Object.entries(outputs.fields).map(([name, field]) => `- \`${name}\`: ${field.doc}`);
      return [`Outputs:\n${rows.join("\n")}`];
    }
    case "list":
      return [`Each entry of \`${outputs.list}\` names one output.`];
    case "config":
      return ["Its configuration, evaluated, is its output."];
    default:
      return [];
  }
}

/** One value of an enumeration in words. */
export function enumValueDoc(schema: StringSchema, value: string): string {
  return schema.enumDocs?.[value] ?? "";
}

function enumDoc(schema: StringSchema): string {
  const rows = (schema.enum ?? [])
    .filter((value) => value !== "")
    .map((value) => {
      const doc = enumValueDoc(schema, value);
      return doc === "" ? `- \`${value}\`` : `- \`${value}\`: ${doc}`;
    });
  return rows.join("\n");
}

function defaultWords(schema: Schema): string[] {
  if (schema.defaultDoc !== undefined) return [`default: ${schema.defaultDoc}`];
  if (schema.default === undefined) return [];
  return [`default: \`${JSON.stringify(schema.default).replace(/^"|"$/g, "")}\``];
}

function limitWords(schema: Schema): string[] {
  if (schema.type === "integer" || schema.type === "number") {
    const { minimum, maximum } = schema;
    if (minimum !== undefined && maximum !== undefined) return [`${minimum} to ${maximum}`];
    if (minimum !== undefined) return [`${minimum} or more`];
    return maximum === undefined ? [] : [`${maximum} or less`];
  }
  return schema.type === "string" && schema.patternDoc !== undefined ? [schema.patternDoc] : [];
}

function deprecationWords({ deprecated }: Schema): string[] {
  if (deprecated === undefined) return [];
  const since = deprecated.since === undefined ? "" : ` since Kargo ${deprecated.since}`;
  return [`**Deprecated**${since}. ${deprecated.instead}`];
}

function exampleText(schema: Schema): string | undefined {
  if (schema.example === undefined) return undefined;
  return stringify(schema.example, { lineWidth: 0 }).trimEnd();
}
