// Hints that stand in the text: the value of a variable beside its name, defaults that count because nothing is written.
// And lenses: what can be done with a resource.
import { isScalar } from "yaml";
import { isObject } from "../base/json";
import { stepConfigSchema } from "../model/schema/schema";
import { inUnit } from "./check-expressions";
import { factsOf } from "./check-unit";
import { analyseExpression } from "./expression-analysis";
import { expressionSites } from "./expression-sites";
import type { Span } from "./source-file";
import { stepListOf } from "./step-lists";
import type { Unit, UnitResource } from "./unit";
import { nodeAt, spanOf } from "./yaml-nodes";

/** A hint behind the text at an offset. */
export interface InlayHint {
  readonly offset: number;
  readonly label: string;
  readonly kind: "value" | "default";
}

/** Hints of a unit; computed once per text, whatever of it is shown. */
export function hintsOf(unit: Unit): readonly InlayHint[] {
  return unit.result(findHints);
}

function findHints(unit: Unit): readonly InlayHint[] {
  if (!unit.relevant) return [];
  const hints = unit.tree.resources.flatMap((resource) => [
    ...valueHints(unit, resource),
    ...defaultHints(unit, resource),
  ]);
  return hints.sort((a, b) => a.offset - b.offset);
}

const longestValue = 40;

function valueHints(unit: Unit, resource: UnitResource): InlayHint[] {
  return expressionSites(unit, resource).flatMap((site) =>
    site.parts.flatMap((part) =>
      analyseExpression(part.source, site.scope).uses.flatMap((use): InlayHint[] => {
        const literal = use.member?.literal;
        if (literal === undefined || literal === "") return [];
        const short = literal.length > longestValue ? `${literal.slice(0, longestValue - 1)}…` : literal;
        return [
          { offset: inUnit(site, part, use).end, label: ` = ${short.replace(/\s+/g, " ")}`, kind: "value" },
        ];
      }),
    ),
  );
}

/** Behind the kind of a step: constant defaults of what its configuration leaves out. */
function defaultHints(unit: Unit, resource: UnitResource): InlayHint[] {
  return (stepListOf(resource.kind, resource.value)?.steps ?? []).flatMap(({ path, uses, config }) => {
    const schema = uses === undefined ? undefined : stepConfigSchema(uses);
    const found = nodeAt(resource.node, [...path, "uses"], unit.tree.document);
    if (schema === undefined || !isScalar(found?.node) || found.shared) return [];
    const written = isObject(config) ? config : {};
    const defaults = Object.entries(schema.fields).flatMap(([name, field]) =>
      field.default === undefined || field.deprecated !== undefined || written[name] !== undefined
        ? []
        : [`${name}: ${typeof field.default === "string" ? field.default : JSON.stringify(field.default)}`],
    );
    const span = spanOf(found.node);
    if (defaults.length === 0 || span === undefined) return [];
    return [{ offset: span.end, label: ` (${defaults.join(", ")})`, kind: "default" as const }];
  });
}

/** Something to do with a resource, shown above it. */
export interface CodeLens extends Span {
  readonly action: "promote" | "refresh";
  readonly title: string;
  readonly resource: { readonly kind: string; readonly name: string; readonly namespace?: string };
}

/** The lenses of a unit. */
export function lensesOf(unit: Unit): readonly CodeLens[] {
  return factsOf(unit).resources.flatMap(({ kind, name, namespace, span }): CodeLens[] => {
    if (name === undefined || (kind !== "Stage" && kind !== "Warehouse")) return [];
    const action = kind === "Stage" ? "promote" : "refresh";
    const title = kind === "Stage" ? "Promote…" : "Refresh";
    const resource = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
    return [{ start: span.start, end: span.start, action, title, resource }];
  });
}
