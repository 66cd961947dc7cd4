// Every place where expressions of a resource read the outputs of a step, or ask for its status, by the step's alias.
// Judges none of them; analysis has done that.

import type { Path } from "../model/schema/schema";
import { inUnit } from "./check-expressions";
import { analyseExpression } from "./expression-analysis";
import { bareSpan } from "./expression-at";
import { expressionSites } from "./expression-sites";
import type { Span } from "./source-file";
import type { Unit } from "./unit";
import type { IndexedResource } from "./workspace-index";

/** One such place; the span is that of the alias without quotes, in the unit. */
export interface AliasUse extends Span {
  readonly file: string;
  readonly unit: Unit;
  readonly name: string;
  /** What it is read from. */
  readonly of: "outputs" | "task.outputs" | "stepMetas" | "status";
  /** Path of the text with the expression. */
  readonly path: Path;
}

const holders: Readonly<Record<string, AliasUse["of"]>> = {
  "`outputs`": "outputs",
  "`task.outputs`": "task.outputs",
  "`stepMetas`": "stepMetas",
};

/** The uses in the order of the text. */
export function aliasUses({ file, unit, facts }: IndexedResource): AliasUse[] {
  const resource = unit.tree.resources[facts.resource];
  if (resource === undefined) return [];
  const found: AliasUse[] = [];
  for (const site of expressionSites(unit, resource)) {
    for (const part of site.parts) {
      const { uses, calls } = analyseExpression(part.source, site.scope);
      const add = (name: string, of: AliasUse["of"], span: Span) => {
        const placed = inUnit(site, part, span);
        const bare = bareSpan(unit.text.slice(placed.start, placed.end), placed);
        found.push({ file, unit, name, of, path: site.path, ...bare });
      };
      for (const use of uses) {
        const of = use.kind === "member" ? holders[use.of?.what ?? ""] : undefined;
        if (of !== undefined) add(use.name, of, use);
      }
      for (const call of calls) {
        const argument = call.function.signatures[0]?.[0]?.names === "alias" ? call.args[0] : undefined;
        if (argument?.text !== undefined && argument.textSpan !== undefined)
          add(argument.text, "status", argument.textSpan);
      }
    }
  }
  return found;
}
