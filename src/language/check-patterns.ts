// Regular expressions written in a resource, by the dialect Go reads. A Warehouse with one that cannot be compiled fails
// at every discovery. Judges no text with something in it that is filled in later.
import { regexProblem } from "../expression/expression";
import { describedTexts } from "./described-texts";
import { type Finding, finding } from "./finding";
import { holdsShellVariable, isForeign } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { spanOf } from "./yaml-nodes";

/** What is wrong with the patterns of a resource. */
export function patternFindings(unit: Unit, resource: UnitResource, index: number): Finding[] {
  return describedTexts(resource).flatMap(({ scalar, path, located }) => {
    const schema = located?.schema;
    if (schema?.type !== "string" || schema.format !== "regex" || schema.deprecated !== undefined) return [];
    const { value } = scalar;
    if (value.includes("${{") || isForeign(value) || holdsShellVariable(value)) return [];
    const problem = regexProblem(value);
    const span = spanOf(scalar);
    if (problem === undefined || span === undefined || span.end > unit.text.length) return [];
    const around = /\(\?<?[=!]/.test(value) ? " Go's have no looking ahead or back." : "";
    const message = `This is no regular expression of Go: ${problem.replace(/^error parsing regexp: /, "")}.${around}`;
    return [finding("format", span, message, { resource: index, path })];
  });
}
