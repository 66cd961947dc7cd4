// Colours for what only this service understands: names, functions and texts in expressions, kinds of steps.
// The delimiters themselves are coloured by the grammar in syntaxes/.
import { isScalar } from "yaml";
import { schemaAt } from "../model/schema/schema";
import { analyseExpression, type NameUse } from "./expression-analysis";
import { type ExpressionSite, expressionSites } from "./expression-sites";
import type { Span } from "./source-file";
import { stepListOf } from "./step-lists";
import type { TemplatePart } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { nodeAt, spanOf } from "./yaml-nodes";

/** Kinds of tokens; names are LSP's own. */
export const tokenTypes = [
  "variable",
  "property",
  "function",
  "method",
  "string",
  "number",
  "operator",
  "keyword",
  "type",
] as const;

/** One kind of token. */
export type TokenType = (typeof tokenTypes)[number];

/** A coloured text; never more than one line. */
export interface SemanticToken extends Span {
  readonly type: TokenType;
  /** Part of expr-lang or Kargo itself. */
  readonly builtin: boolean;
}

/** The tokens of a unit in the order of its text; computed once per text. */
export function tokensOf(unit: Unit): readonly SemanticToken[] {
  return unit.result(findTokens);
}

function findTokens(unit: Unit): readonly SemanticToken[] {
  if (!unit.relevant) return [];
  const tokens = unit.tree.resources.flatMap((resource) => [
    ...stepTokens(unit, resource),
    ...expressionSites(unit, resource).flatMap((site) =>
      site.parts.flatMap((part) => partTokens(site, part)),
    ),
  ]);
  return tokens
    .filter(({ start, end }) => end > start && !unit.text.slice(start, end).includes("\n"))
    .sort((a, b) => a.start - b.start);
}

function stepTokens(unit: Unit, resource: UnitResource): SemanticToken[] {
  const list = stepListOf(resource.kind, resource.value);
  return (list?.steps ?? []).flatMap(({ path, uses }) => {
    const node = nodeAt(resource.node, [...path, "uses"], unit.tree.document);
    const span = isScalar(node?.node) && node.shared === false ? spanOf(node.node) : undefined;
    if (span === undefined || uses === undefined) return [];
    const isKnown =
      resource.schema !== undefined && schemaAt(resource.schema.schema, path, resource.value) !== undefined;
    return isKnown ? [{ ...span, type: "type" as const, builtin: false }] : [];
  });
}

const words = new Set([
  "let",
  "if",
  "else",
  "not",
  "in",
  "and",
  "or",
  "nil",
  "true",
  "false",
  "matches",
  "contains",
  "startsWith",
  "endsWith",
]);

function partTokens(site: ExpressionSite, part: TemplatePart): SemanticToken[] {
  const { parsed, uses } = analyseExpression(part.source, site.scope);
  const byStart = new Map(uses.map((use) => [use.start, use]));
  return parsed.tokens.flatMap((token): SemanticToken[] => {
    const type = typeOf(token.kind, token.value, byStart.get(token.start));
    if (type === undefined) return [];
    const start = site.map(part.sourceStart + token.start);
    const end = site.map(part.sourceStart + token.end - 1) + 1;
    return [{ start, end, type, builtin: byStart.get(token.start)?.kind === "builtin" }];
  });
}

function typeOf(kind: string, value: unknown, use: NameUse | undefined): TokenType | undefined {
  switch (kind) {
    case "String":
    case "Bytes":
      return "string";
    case "Number":
      return "number";
    case "Operator":
      return words.has(String(value))
        ? "keyword"
        : value === "." || value === "?." || value === ","
          ? undefined
          : "operator";
    case "Identifier":
      if (words.has(String(value))) return "keyword";
      if (use?.kind === "function" || use?.kind === "builtin") return "function";
      if (use?.kind === "member") return use.member?.type.startsWith("(") === true ? "method" : "property";
      return "variable";
    default:
      return undefined;
  }
}
