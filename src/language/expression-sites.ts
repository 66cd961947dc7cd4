// Finds every text of a resource that Kargo evaluates, with its scope and the way back to the source.
// Judges none; check-expressions.ts does.

import { isScalar, type Scalar } from "yaml";
import { Attached } from "../base/attached";
import type { Located, Path } from "../model/schema/schema";
import { type DescribedText, describedTexts } from "./described-texts";
import { bareScope, type Scope, templateScope } from "./expression-scope";
import { type SourceMap, sourceMap } from "./scalar-text";
import type { Span } from "./source-file";
import { isForeign, type TemplatePart, templateParts } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { nodeAt, spanOf } from "./yaml-nodes";

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

const known = new Attached<UnitResource, readonly ExpressionSite[]>();

/** The sites of a resource in the order they are written. */
export function expressionSites(unit: Unit, resource: UnitResource): readonly ExpressionSite[] {
  let sites = known.get(resource);
  if (sites === undefined) {
    sites = describedTexts(resource).flatMap((text) => siteOf(unit, resource, text) ?? []);
    known.set(resource, sites);
  }
  return sites;
}

/** The site of a text. */
export function siteAt(
  unit: Unit,
  resource: UnitResource,
  scalar: Scalar<string>,
): ExpressionSite | undefined {
  return expressionSites(unit, resource).find((site) => site.scalar === scalar);
}

const unknownConfig: Located = { schema: { type: "any", doc: "" }, templates: true };

function siteOf(unit: Unit, resource: UnitResource, described: DescribedText): ExpressionSite | undefined {
  const { scalar, path } = described;
  const text = scalar.value;
  const located = described.located ?? (inConfig(path) ? unknownConfig : undefined);
  if (located === undefined || isForeign(text)) return undefined;
  const isTemplate = text.includes("${{") || text.includes("${%");
  const { schema } = located;
  const base = { path, text, scalar, located, map: lazyMap(scalar, unit) };
  const bare = schema.type === "string" ? schema.expression : undefined;
  if (isTemplate && (located.templates || isTemplated(located) || inConfig(path))) {
    const scope = templateScope(resource, path);
    return scope === undefined ? undefined : { ...base, kind: "template", parts: templateParts(text), scope };
  }
  if (bare === undefined || isTemplate || text === "") return undefined;
  const scope = bareScope(bare.context, located);
  if (scope === undefined) return undefined;
  const part = { start: 0, end: text.length, source: text, sourceStart: 0, closed: true };
  return { ...base, kind: "bare", parts: [part], scope };
}

/** Most texts have no findings, so the way back to the source is made when it is first asked for. */
function lazyMap(scalar: Scalar<string>, unit: Unit): SourceMap {
  let map: SourceMap | undefined;
  return (offset) => {
    map ??= sourceMap(scalar, unit.text);
    return map(offset);
  };
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
export function locator(unit: Unit, resource: UnitResource): (path: Path) => Span | undefined {
  return (path) => {
    const found = nodeAt(resource.node, path, unit.tree.document);
    return isScalar(found?.node) ? spanOf(found.node) : undefined;
  };
}
