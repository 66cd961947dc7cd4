// Finds every text of a resource that Kargo evaluates, with its scope and the way back to the source.
// Judges none; check-expressions.ts does.
import { isScalar, type Scalar } from "yaml";
import { type Located, type Path, type Schema, schemaAt } from "../model/schema/schema";
import { bareScope, type Locate, type Scope, templateScope } from "./expression-scope";
import { type SourceMap, sourceMap } from "./scalar-text";
import { isForeign, type TemplatePart, templateParts } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { forEachText, nodeAt, spanOf } from "./yaml-nodes";

/** A text with expressions in it. */
export interface ExpressionSite {
  readonly path: Path;
  readonly text: string;
  readonly scalar: Scalar<string>;
  readonly located: Located;
  /** A template has delimiters; a bare text is one expression. */
  readonly kind: "template" | "bare";
  readonly parts: readonly TemplatePart[];
  readonly scope: Scope;
  /** Offset in the text → offset in the unit. */
  readonly map: SourceMap;
}

/** The sites of a resource in the order they are written. */
export function expressionSites(unit: Unit, resource: UnitResource): ExpressionSite[] {
  const { schema, node, value } = resource;
  if (schema === undefined) return [];
  const locate = locator(unit, resource);
  const sites: ExpressionSite[] = [];
  forEachText(node, (scalar, path) => {
    const text = scalar.value;
    const isTemplate = text.includes("${{") || text.includes("${%");
    if (isForeign(text)) return;
    const located = locatedAt(schema.schema, path, value);
    if (located === undefined) return;
    const site = siteOf({ text, isTemplate, located, path, resource, locate });
    if (site !== undefined)
      sites.push({ ...site, path, text, scalar, located, map: sourceMap(scalar, unit.text) });
  });
  return sites;
}

/** The site at an offset of the unit. */
export function siteAt(
  unit: Unit,
  resource: UnitResource,
  path: Path,
  scalar: Scalar<string>,
): ExpressionSite | undefined {
  const { schema, value } = resource;
  if (schema === undefined || isForeign(scalar.value)) return undefined;
  const located = locatedAt(schema.schema, path, value);
  if (located === undefined) return undefined;
  const text = scalar.value;
  const isTemplate = text.includes("${{") || text.includes("${%");
  const site = siteOf({ text, isTemplate, located, path, resource, locate: locator(unit, resource) });
  return site === undefined
    ? undefined
    : { ...site, path, text, scalar, located, map: sourceMap(scalar, unit.text) };
}

const unknownConfig: Located = { schema: { type: "any", doc: "" }, templates: true };

function locatedAt(schema: Schema, path: Path, value: unknown): Located | undefined {
  return schemaAt(schema, path, value) ?? (inConfig(path) ? unknownConfig : undefined);
}

interface Candidate {
  readonly text: string;
  readonly isTemplate: boolean;
  readonly located: Located;
  readonly path: Path;
  readonly resource: UnitResource;
  readonly locate: Locate;
}

function siteOf(candidate: Candidate): Pick<ExpressionSite, "kind" | "parts" | "scope"> | undefined {
  const { text, isTemplate, located, path, resource, locate } = candidate;
  const { schema, templates } = located;
  const bare = schema.type === "string" ? schema.expression : undefined;
  if (isTemplate && (templates || isTemplated(located) || inConfig(path))) {
    const scope = templateScope(resource, path, locate);
    return scope === undefined ? undefined : { kind: "template", parts: templateParts(text), scope };
  }
  if (bare === undefined || isTemplate || text === "") return undefined;
  const scope = bareScope(bare.context, located);
  if (scope === undefined) return undefined;
  const part = { start: 0, end: text.length, source: text, sourceStart: 0, closed: true };
  return { kind: "bare", parts: [part], scope };
}

function isTemplated({ schema }: Located): boolean {
  return schema.type === "string" && schema.template !== undefined;
}

/** The configuration of a step nobody knows is evaluated all the same. */
function inConfig(path: Path): boolean {
  const steps = path.indexOf("steps");
  return steps !== -1 && path[steps + 2] === "config";
}

/** Where texts of the resource stand in the unit. */
export function locator(unit: Unit, resource: UnitResource): Locate {
  return (path) => {
    const found = nodeAt(resource.node, path, unit.tree.document);
    return isScalar(found?.node) ? spanOf(found.node) : undefined;
  };
}
