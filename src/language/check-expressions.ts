// Findings in the expressions of a resource, and what other documents must be asked about them.
// Looks at this document alone; check-workspace.ts answers the questions.
import { changedBy, type TemplateTarget } from "./coercion";
import { analyseExpression, type ExpressionAnalysis, type ExpressionFinding } from "./expression-analysis";
import { type ExpressionSite, expressionSites } from "./expression-sites";
import { type Finding, type FixHint, finding } from "./finding";
import type { ReferenceFact } from "./resource-facts";
import type { Span } from "./source-file";
import { type TemplatePart, wholeExpression } from "./templates";
import type { Unit, UnitResource } from "./unit";
import { unquotedExpression } from "./unquoted-expressions";

/** What expressions of a resource say that only other documents can confirm. */
export interface ExpressionFacts {
  /** Names given to functions: `warehouse('app')`, `secret('api')`. */
  readonly references: readonly ReferenceFact[];
  /** Repositories looked for in the Freight. */
  readonly repositories: readonly RepositoryUse[];
  /** Variables read in a task that it does not set itself. */
  readonly variables: readonly ({ readonly name: string } & Span)[];
}

/** A call such as `imageFrom('ghcr.io/example/app')`. */
export interface RepositoryUse extends Span {
  readonly type: "git" | "image" | "chart";
  readonly url: string;
  /** A chart of a chart repository without its name: no subscription is like that. */
  readonly nameless?: boolean;
  /** The tag of it stands bare in a field. */
  readonly bareTag?: BareTag;
}

/** Where a tag stands without `quote()`: span and text of the expression, and what its field takes. */
export interface BareTag extends Span {
  readonly source: string;
  readonly target: TemplateTarget;
}

/** Findings and facts of a resource's expressions. */
export interface CheckedExpressions extends ExpressionFacts {
  readonly findings: readonly Finding[];
}

/** Checks every expression of a resource. */
export function checkExpressions(unit: Unit, resource: UnitResource, index: number): CheckedExpressions {
  const findings: Finding[] = [];
  const references: ReferenceFact[] = [];
  const repositories: RepositoryUse[] = [];
  const variables: ({ name: string } & Span)[] = [];
  for (const site of expressionSites(unit, resource)) {
    const fix = { resource: index, path: site.path };
    let last: ExpressionAnalysis | undefined;
    for (const part of site.parts) {
      if (part.source.trim() === "" || !part.closed) {
        if (part.source !== "" || !part.closed) findings.push(brokenPart(unit, site, part, fix));
        continue;
      }
      const analysis = analyseExpression(part.source, site.scope);
      last = analysis;
      const place = (span: Span): Span => inUnit(site, part, span);
      findings.push(...analysis.findings.map((one) => toFinding(one, place(one), fix)));
      references.push(...referencesIn(analysis, site, place));
      const uses = repositoriesIn(analysis, site, part, place);
      repositories.push(...uses);
      findings.push(...uses.filter(({ nameless }) => nameless).map((use) => namelessChart(use, fix)));
      if (site.scope.inheritsVariables) variables.push(...openVariables(analysis, place));
      findings.push(...lossyVariable(site, part, analysis, fix), ...objectForText(site, part, analysis, fix));
    }
    findings.push(...wrongResult(site, last, fix));
  }
  return { findings, references, repositories, variables };
}

/** The span in the unit of a span in the expression of a part; never empty where there is something to see. */
export function inUnit(site: ExpressionSite, part: TemplatePart, { start, end }: Span): Span {
  const from = site.map(part.sourceStart + start);
  const to = end > start ? site.map(part.sourceStart + end - 1) + 1 : from;
  // Behind the end of the text there may be nothing more: then its last character is shown.
  const last = Math.max(site.map(site.text.length), site.map(0) + 1);
  const shown = Math.min(Math.max(to, from + 1), last);
  return { start: Math.min(from, shown - 1), end: shown };
}

function toFinding(one: ExpressionFinding, span: Span, fix: FixHint): Finding {
  const { suggestion } = one;
  return finding(one.rule, span, one.message, suggestion === undefined ? fix : { ...fix, suggestion });
}

function brokenPart(unit: Unit, site: ExpressionSite, part: TemplatePart, fix: FixHint): Finding {
  const span = { start: site.map(part.start), end: site.map(part.start + 2) + 1 };
  const cutOff = part.closed ? undefined : unquotedExpression("expression-syntax", unit.text, span.start);
  if (cutOff !== undefined) return cutOff;
  const closer = site.text.startsWith("${%", part.start) ? "%}" : "}}";
  const message = part.closed ? "The expression is empty." : `The expression is not closed by \`${closer}\`.`;
  return finding("expression-syntax", span, message, fix);
}

const referenceKinds = {
  warehouse: "Warehouse",
  secret: "Secret",
  configMap: "ConfigMap",
  stage: "Stage",
} as const;

function referencesIn(
  analysis: ExpressionAnalysis,
  site: ExpressionSite,
  place: (span: Span) => Span,
): ReferenceFact[] {
  const found: ReferenceFact[] = [];
  for (const call of analysis.calls) {
    for (const [index, arg] of call.args.entries()) {
      const names = call.function.signatures.find((params) => params.length >= call.args.length)?.[index]
        ?.names;
      if (names === undefined || arg.text === undefined || arg.textSpan === undefined || arg.text === "")
        continue;
      if (!(names in referenceKinds)) continue;
      const kind = referenceKinds[names as keyof typeof referenceKinds];
      found.push({ kinds: [kind], name: arg.text, path: site.path, ...place(arg.textSpan) });
    }
  }
  return found;
}

function repositoriesIn(
  analysis: ExpressionAnalysis,
  site: ExpressionSite,
  part: TemplatePart,
  place: (span: Span) => Span,
): RepositoryUse[] {
  const whole = wholeExpression(site.text);
  return analysis.calls.flatMap((call) => {
    const type = call.function.signatures[0]?.[0]?.names;
    const arg = call.args[0];
    if ((type !== "git" && type !== "image" && type !== "chart") || !arg?.text) return [];
    const isBareTag =
      whole !== undefined && wantsText(site) && analysis.memberOf === call && analysis.member?.name === "Tag";
    const bareTag = isBareTag ? bareTagOf(site, part, place) : undefined;
    const nameless = type === "chart" && call.args.length === 1 && /^https?:\/\//.test(arg.text);
    const span = place(arg.textSpan ?? arg);
    return [
      {
        type,
        url: arg.text,
        ...span,
        ...(nameless ? { nameless } : {}),
        ...(bareTag === undefined ? {} : { bareTag }),
      },
    ];
  });
}

/** Subscriptions to chart repositories name a chart, and `chartFrom` compares the name as well. */
function namelessChart(use: RepositoryUse, fix: FixHint): Finding {
  const message = `A chart of the chart repository \`${use.url}\` is found by its name too: \`chartFrom('${use.url}', '…')\`. Only charts at \`oci://\` have none.`;
  return finding("unknown-repository", use, message, fix);
}

function bareTagOf(site: ExpressionSite, part: TemplatePart, place: (span: Span) => Span): BareTag {
  return { ...place(trimmed(part.source)), source: part.source.trim(), target: targetOf(site) };
}

function targetOf({ located: { step, schema } }: ExpressionSite): TemplateTarget {
  if (schema.type === "string") return "text";
  return step === "yaml-update" ? "yaml-value" : "value";
}

function trimmed(source: string): Span {
  const start = source.length - source.trimStart().length;
  return { start, end: start + source.trim().length };
}

function openVariables(
  analysis: ExpressionAnalysis,
  place: (span: Span) => Span,
): ({ name: string } & Span)[] {
  return analysis.uses
    .filter((use) => use.kind === "member" && use.member === undefined && use.of?.what === "`vars`")
    .map((use) => ({ name: use.name, ...place(use) }));
}

/** The value ends in the configuration of a step, not in a variable that is evaluated again. */
function isFinal({ located, scope }: ExpressionSite): boolean {
  return located.templates && scope.names.has("outputs");
}

/** Text and nothing else, or anything a step writes down: there a tag must stay what it is. */
function wantsText(site: ExpressionSite): boolean {
  const { type } = site.located.schema;
  return isFinal(site) && (type === "string" || type === "any" || type === "union");
}

/** `${{ vars.version }}` where the variable is `1.10`: the step would get 1.1. */
function lossyVariable(
  site: ExpressionSite,
  part: TemplatePart,
  { member }: ExpressionAnalysis,
  fix: FixHint,
): Finding[] {
  if (wholeExpression(site.text) === undefined || !wantsText(site) || member?.literal === undefined)
    return [];
  const changed = changedBy(member.literal, targetOf(site));
  if (changed === undefined) return [];
  const source = part.source.trim();
  return [
    finding(
      "lossy-conversion",
      inUnit(site, part, trimmed(part.source)),
      `The value \`${member.literal}\` comes out as ${changed}; \`quote(${source})\` keeps it.`,
      { ...fix, replacement: { title: "Wrap in quote()", text: `quote(${source})` } },
    ),
  ];
}

/** Results that are never of the type the field asks for. */
function wrongResult(
  site: ExpressionSite,
  analysis: ExpressionAnalysis | undefined,
  fix: FixHint,
): Finding[] {
  const { schema } = site.located;
  if (schema.type !== "string" || site.parts.some(({ closed }) => !closed)) return [];
  const wanted = site.kind === "bare" ? schema.expression?.yields : schema.template?.yields;
  if (wanted !== "bool" && wanted !== "string") return [];
  const part = site.parts[0];
  if (part === undefined) return [];
  const outside = site.kind === "bare" ? "" : outsideText(site);
  const label = `\`${String(site.path.findLast((segment) => typeof segment === "string") ?? "value")}\``;
  if (outside !== "" || site.parts.length > 1) {
    if (wanted !== "bool") return [];
    const message = `${label} must come out true or false; several parts together are always text. Use one expression.`;
    return [
      finding(
        "expression-type",
        { start: site.map(part.start), end: site.map(site.text.trimEnd().length) },
        message,
        fix,
      ),
    ];
  }
  const type = analysis?.type;
  if (type === undefined) return [];
  const span = inUnit(site, part, trimmed(part.source));
  const source = part.source.trim();
  if (wanted === "bool" && !["bool", "interface", "string"].includes(type.kind)) {
    const message = `${label} must come out true or false; this comes out as ${typeWords(type.kind)}.`;
    return [finding("expression-type", span, message, fix)];
  }
  if (wanted === "string" && /^(?:bool|u?int\d*|float\d+)$/.test(type.kind)) {
    const message = `${label} must come out as text; this comes out as ${typeWords(type.kind)}. \`quote(${source})\` makes it text.`;
    const replacement = { title: "Wrap in quote()", text: `quote(${source})` };
    return [finding("expression-type", span, message, { ...fix, replacement })];
  }
  return [];
}

/** The member of an artifact that people mean when they name none. */
const usualMember: Readonly<Record<string, string>> = {
  "v1alpha1.GitCommit": "ID",
  "v1alpha1.Image": "Tag",
  "v1alpha1.Chart": "Version",
};

/** A whole artifact in a step's text field: it comes out as an object, which the step refuses. */
function objectForText(
  site: ExpressionSite,
  part: TemplatePart,
  { type }: ExpressionAnalysis,
  fix: FixHint,
): Finding[] {
  const { schema } = site.located;
  const member = type?.kind === "struct" ? usualMember[type.name] : undefined;
  const isText = schema.type === "string" && schema.template === undefined;
  if (member === undefined || !isText || site.kind !== "template" || outsideText(site) !== "") return [];
  const source = part.source.trim();
  const label = String(site.path.findLast((segment) => typeof segment === "string") ?? "value");
  const message = `\`${label}\` must be text; this comes out as an object. Its \`${member}\` is text.`;
  const replacement = { title: `Read its \`${member}\``, text: `${source}.${member}` };
  return [
    finding("expression-type", inUnit(site, part, trimmed(part.source)), message, { ...fix, replacement }),
  ];
}

function outsideText(site: ExpressionSite): string {
  let rest = site.text;
  for (const part of [...site.parts].reverse()) rest = rest.slice(0, part.start) + rest.slice(part.end);
  return rest.trim();
}

function typeWords(kind: string): string {
  if (kind === "bool") return "true or false";
  if (kind === "string") return "text";
  if (kind === "slice" || kind === "array") return "a list";
  return /^(?:u?int\d*|float\d+)$/.test(kind) ? "a number" : "an object";
}
