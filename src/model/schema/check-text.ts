// Judges a text: its words, length, pattern and format.
// Formats that need more than the text itself (version constraints, Go regular expressions) are admission's.
import { goPattern, isDateTime, isDuration, isEmail, isUri } from "./formats";
import { stepSchema } from "./lookup";
import type { Fault, Place } from "./problem";
import { isTemplate, label, nearest } from "./problem-words";
import { stepKinds } from "./step-kinds";
import { commercialStepSchemas, otherStepNames } from "./steps";
import type { StringSchema } from "./types";

/** What is wrong with a text, undefined when nothing is; a template is taken for whatever it must be. */
export function textFault(value: string, schema: StringSchema, place: Place): Fault | undefined {
  if ((place.templates || schema.template !== undefined) && isTemplate(value)) return undefined;
  if (schema.stepKind === true && value !== "") return stepKindFault(value, place);
  if (value === "" && schema.emptyIsUnset === true) return undefined;
  const name = label(place.path);
  if (schema.enum !== undefined && !schema.enum.includes(value)) return enumFault(value, schema.enum, name);
  if (schema.minLength !== undefined && length(value) < schema.minLength) {
    return { code: "length", message: `${name} must not be empty.` };
  }
  if (schema.maxLength !== undefined && length(value) > schema.maxLength) {
    const message = `${name} has ${length(value)} characters; ${schema.maxLength} are allowed.`;
    return { code: "length", message };
  }
  if (schema.pattern !== undefined && goPattern(schema.pattern)?.test(value) === false) {
    const wanted = schema.patternDoc ?? `text that matches ${schema.pattern}`;
    return { code: "pattern", message: `${name} must be ${wanted}.` };
  }
  const problem = formatProblem(value, schema);
  if (problem !== undefined) return { code: "format", message: `${name} ${problem}` };
  if (schema.template?.yields === "bool" && value !== "") {
    const message = `${name} must be a template such as \`\${{ … }}\` that comes out true or false; plain text never does.`;
    return { code: "template", message };
  }
  return schema.repository === "git" && isSshUrl(value) ? sshDeprecated : undefined;
}

const sshDeprecated: Fault = {
  code: "deprecated",
  severity: "warning",
  message:
    "SSH URLs of repositories are deprecated since Kargo 1.10 and will be removed in 1.13. Use an https URL.",
};

function stepKindFault(kind: string, place: Place): Fault | undefined {
  if (stepSchema(kind) !== undefined || place.unknownSteps === "ignore") return undefined;
  const note = Object.hasOwn(otherStepNames, kind) ? otherStepNames[kind] : undefined;
  const suggestion = nearest(kind, [...stepKinds, ...Object.keys(commercialStepSchemas)]);
  const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
  const message = note ?? `Kargo 1.11 has no step \`${kind}\`.${hint}`;
  const fault: Fault = { code: "unknown-step", message, severity: place.unknownSteps };
  return suggestion === undefined ? fault : { ...fault, suggestion };
}

function enumFault(value: string, allowed: readonly string[], name: string): Fault {
  const suggestion = nearest(value, allowed);
  const words = allowed.filter((word) => word !== "").map((word) => `\`${word}\``);
  const message = `${name} must be ${words.length === 1 ? "" : "one of "}${words.join(", ")}.`;
  return suggestion === undefined ? { code: "enum", message } : { code: "enum", message, suggestion };
}

function formatProblem(value: string, schema: StringSchema): string | undefined {
  if (schema.format === "duration" && !isDuration(value))
    return "is no duration; write it like `30s` or `1h30m`.";
  if (schema.format === "date-time" && !isDateTime(value))
    return "is no time; write it like `2026-01-31T12:00:00Z`.";
  if (schema.format === "email" && !isEmail(value)) return "is no e-mail address.";
  if (schema.format === "uri" && !isUri(value)) {
    return "must be an absolute URL such as `https://github.com/example/deploy.git`.";
  }
  return undefined;
}

function isSshUrl(url: string): boolean {
  return url.startsWith("ssh://") || /^[\w.-]+@[\w.-]+:/.test(url);
}

/** Characters as Go counts them: code points. */
function length(text: string): number {
  return [...text].length;
}
