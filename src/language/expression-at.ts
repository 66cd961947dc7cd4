// The expression under the cursor, and which name in it.
// Explains nothing; hover and navigation do.
import { isScalar, type Scalar } from "yaml";
import { analyseExpression, type ExpressionAnalysis, type NameUse } from "./expression-analysis";
import { type ExpressionSite, siteAt } from "./expression-sites";
import type { Span } from "./source-file";
import type { TemplatePart } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { type PlaceInTree, placeAt } from "./yaml-nodes";

/** A place in a unit: the resource and the innermost key or value. */
export interface UnitPlace extends PlaceInTree {
  readonly resource: UnitResource;
  /** Which resource of the document. */
  readonly resourceIndex: number;
}

/** The place at an offset of the unit; undefined between keys and values, and outside of resources. */
export function unitPlaceAt(unit: Unit, offset: number): UnitPlace | undefined {
  if (!unit.relevant) return undefined;
  for (const [resourceIndex, resource] of unit.tree.resources.entries()) {
    const place = placeAt(resource.node, offset);
    if (place !== undefined) return { ...place, resource, resourceIndex };
  }
  return undefined;
}

/** An expression with the cursor in it. */
export interface ExpressionAt {
  readonly site: ExpressionSite;
  readonly part: TemplatePart;
  readonly analysis: ExpressionAnalysis;
  /** The cursor as an offset of the expression's source. */
  readonly at: number;
  readonly use?: NameUse;
}

/** The expression at an offset of the unit. */
export function expressionAt(unit: Unit, place: UnitPlace, offset: number): ExpressionAt | undefined {
  const { node, resource } = place;
  if (place.on !== "value" || !isScalar(node) || typeof node.value !== "string") return undefined;
  const site = siteAt(unit, resource, node as Scalar<string>);
  if (site === undefined) return undefined;
  const at = textOffset(site, offset);
  const part = site.parts.find((one) => at >= one.start && at <= one.end);
  if (part === undefined || part.source.trim() === "") return undefined;
  const analysis = analyseExpression(part.source, site.scope);
  const inSource = at - part.sourceStart;
  const use = analysis.uses.findLast(({ start, end }) => inSource >= start && inSource <= end);
  return { site, part, analysis, at: inSource, ...(use === undefined ? {} : { use }) };
}

/** The offset in the text of an offset in the unit: the way back of the source map, which only grows. */
function textOffset({ map, text }: ExpressionSite, offset: number): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (map(middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The span of a name without the quotes it may stand in. */
export function bareSpan(text: string, { start, end }: Span): Span {
  return /^["'`]/.test(text) && end - start >= 2 ? { start: start + 1, end: end - 1 } : { start, end };
}
