// Everything a document says about itself: findings from YAML, schema, admission rules and expressions, and the facts
// others need. Computed once per text of a document; nothing outside it is looked at.
import { isMap, isScalar, type Node } from "yaml";
import { documentProblems } from "../model/admission";
import {
  kindSchema,
  knownKinds,
  nearest,
  type Path,
  type SchemaProblem,
  type ValidateOptions,
} from "../model/schema/schema";
import { checkExpressions, type ExpressionFacts } from "./check-expressions";
import { patternFindings } from "./check-patterns";
import { type Finding, type FixHint, finding } from "./finding";
import { type ResourceFacts, resourceFacts } from "./resource-facts";
import type { RuleId } from "./rules";
import type { Span } from "./source-file";
import { holdsShellVariable, isForeign } from "./templates";
import { kargoVersion, Unit, type UnitPart, type UnitResource } from "./unit";
import { unquotedExpression } from "./unquoted-expressions";
import { keyText, nodeAt, spanOf } from "./yaml-nodes";

/** What a document tells others. */
export interface UnitFacts {
  readonly resources: readonly ResourceFacts[];
  /** Paths of other files that a kustomization applies as patches: they hold only parts of resources. */
  readonly patches: readonly string[];
}

/** All that is found in a document alone: plain data, which another thread can find as well. */
export interface Study {
  readonly facts: UnitFacts;
  readonly report: UnitReport;
}

/** What a document says about itself. */
export interface UnitReport {
  readonly findings: readonly Finding[];
  /** For each of its resources, what its expressions leave to others to confirm. */
  readonly expressions: readonly ExpressionFacts[];
}

/** Rules about what is not there. */
export const wholeness: ReadonlySet<RuleId> = new Set(["required", "choice", "items", "rule"]);

/** The facts of a unit. */
export function factsOf(unit: Unit): UnitFacts {
  return unit.result(study).facts;
}

/** The report about a unit. */
export function reportOf(unit: Unit): UnitReport {
  return unit.result(study).report;
}

/** Whether facts and report are at hand. */
export function isStudied(unit: Unit): boolean {
  return unit.has(study);
}

/** Takes what was found in the same text elsewhere. */
export function adoptStudy(unit: Unit, found: Study): void {
  unit.adopt(study, found);
}

/** What a text says, where it belongs to no file. */
export function studyText(text: string, part: UnitPart): Study {
  const unit = new Unit(text, part);
  const found = study(unit);
  unit.dropTree();
  return found;
}

/** Facts and report are made together, because both need the tree, and it is not kept. */
function study(unit: Unit): Study {
  return { facts: gather(unit), report: examine(unit) };
}

function gather(unit: Unit): UnitFacts {
  if (!unit.relevant || unit.tree.templated) return { resources: [], patches: [] };
  const resources = unit.tree.resources.map((resource, index) => resourceFacts(unit, resource, index));
  return { resources, patches: patchesOf(unit) };
}

function examine(unit: Unit): UnitReport {
  if (!unit.relevant || unit.tree.templated) return { findings: [], expressions: [] };
  const findings: Finding[] = unit.isKargo ? syntaxFindings(unit) : [];
  const expressions: ExpressionFacts[] = [];
  findings.push(...versionFindings(unit));
  for (const [index, resource] of unit.tree.resources.entries()) {
    const checked = checkExpressions(unit, resource, index);
    findings.push(...kindFindings(unit, resource), ...schemaFindings(unit, resource, index));
    findings.push(...patternFindings(unit, resource, index));
    findings.push(...checked.findings);
    const { references, repositories, variables } = checked;
    expressions.push({ references, repositories, variables });
  }
  return { findings: unique(trusted(unit, findings)), expressions };
}

/** Where YAML is broken, what stands behind is not what it seems, and nothing can be said to be missing. */
function trusted(unit: Unit, findings: readonly Finding[]): readonly Finding[] {
  const { errors } = unit.tree.document;
  if (errors.length === 0) return findings;
  // The parser does not always meet the first mistake first.
  const first = Math.min(...errors.map(({ pos }) => pos[0]));
  const { character } = unit.positionAt(first);
  const line = first - character;
  return findings.filter(
    ({ rule, end }) =>
      rule === "yaml-syntax" || (end <= line && rule !== "admission" && !wholeness.has(rule)),
  );
}

/** Several mistakes of YAML often have one cause: those that begin on the same line count once. */
function syntaxFindings(unit: Unit): Finding[] {
  const lines = new Set<number>();
  const { document, failure } = unit.tree;
  if (failure !== undefined && document.errors.length === 0) {
    return [finding("yaml-syntax", failure, `${failure.message}.`)];
  }
  let isUnquoted = false;
  return document.errors.flatMap(({ pos, message }) => {
    const { line } = unit.positionAt(pos[0]);
    if (lines.has(line)) return [];
    lines.add(line);
    const unquoted = unquotedExpression("yaml-syntax", unit.text, pos[0]);
    if (unquoted !== undefined) {
      isUnquoted = true;
      return [unquoted];
    }
    // The parser stumbles over what follows as well.
    if (isUnquoted) return [];
    const start = Math.min(pos[0], Math.max(unit.text.length - 1, 0));
    const span = { start, end: Math.min(Math.max(pos[1], start + 1), Math.max(unit.text.length, start)) };
    return [finding("yaml-syntax", span, message)];
  });
}

/** A kind of Kargo's under a version its API never had: the API server has nothing to make of it. */
function versionFindings(unit: Unit): Finding[] {
  const { contents } = unit.tree.document;
  if (!isMap(contents)) return [];
  const kind: unknown = contents.get("kind");
  const version: unknown = contents.get("apiVersion", true);
  if (typeof kind !== "string" || kindSchema(kind)?.apiVersion !== kargoVersion) return [];
  const written = isScalar(version) ? version.value : undefined;
  const span = spanOf(isScalar(version) ? version : undefined);
  if (typeof written !== "string" || written === kargoVersion || span === undefined) return [];
  if (!written.startsWith("kargo.akuity.io/") || isForeign(written) || holdsShellVariable(written)) return [];
  const message = `Kargo's kinds exist in \`${kargoVersion}\` only, not in \`${written}\`.`;
  return [{ ...finding("unknown-kind", span, message, { suggestion: kargoVersion }), severity: "warning" }];
}

function kindFindings(unit: Unit, resource: UnitResource): Finding[] {
  if (resource.schema !== undefined || isForeign(resource.kind)) return [];
  if (resource.value.apiVersion !== kargoVersion) return [];
  if (kindSchema(resource.kind)?.apiVersion === kargoVersion) return [];
  const span = spanOf(nodeAt(resource.node, ["kind"], unit.tree.document)?.node);
  if (span === undefined) return [];
  const kinds = knownKinds.filter(({ apiVersion }) => apiVersion === resource.value.apiVersion);
  const suggestion = nearest(
    resource.kind,
    kinds.map(({ kind }) => kind),
  );
  const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
  const message = `Kargo has no kind \`${resource.kind}\`.${hint}`;
  return [finding("unknown-kind", span, message, suggestion === undefined ? undefined : { suggestion })];
}

function schemaFindings(unit: Unit, resource: UnitResource, index: number): Finding[] {
  if (resource.schema === undefined) return [];
  const written: ValidateOptions["written"] = (path) => {
    const node = nodeAt(resource.node, path, unit.tree.document)?.node;
    return isScalar(node) && node.type === "PLAIN" ? node.source : undefined;
  };
  return documentProblems(resource.value, { written }).flatMap((problem) => {
    if (isUncertain(resource.value, problem)) return [];
    const local = localRepository(resource, problem);
    const span = problemSpan(unit, resource, problem);
    if (span === undefined) return [];
    // In broken YAML, something may have become a key that is none.
    const { document } = unit.tree;
    if (document.errors.length > 0 && nodeAt(resource.node, problem.path, document) === undefined) return [];
    if (local !== undefined) return [finding("local-repository", span, local)];
    const rule: RuleId = problem.code;
    const { severity, message, path, missing, suggestion } = problem;
    const fix: FixHint = {
      resource: index,
      path,
      ...(missing === undefined ? {} : { missing }),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
    return [{ rule, severity, message, ...span, fix }];
  });
}

/** A text that another template engine fills in may be anything. */
function isUncertain(value: unknown, { path, at: part }: SchemaProblem): boolean {
  if (part === "key") return false;
  let at: unknown = value;
  for (const segment of path) {
    at =
      typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[segment] : undefined;
  }
  return typeof at === "string" && (isForeign(at) || holdsShellVariable(at));
}

/** Repositories in the file system are read here and by no Kargo server. */
function localRepository({ value }: UnitResource, { path }: SchemaProblem): string | undefined {
  if (path.at(-1) !== "repoURL") return undefined;
  let at: unknown = value;
  for (const segment of path) at = (at as Record<string | number, unknown> | undefined)?.[segment];
  if (typeof at !== "string" || !/^file:\/\//.test(at)) return undefined;
  return "Only the embedded engine reads a repository by a file URL; a Kargo server refuses it.";
}

/** The text to underline: the key or value at the path, or the nearest thing around it that has any. */
export function problemSpan(
  unit: Unit,
  resource: UnitResource,
  problem: Pick<SchemaProblem, "path" | "at">,
): Span | undefined {
  const { document } = unit.tree;
  for (let path: Path = problem.path; ; path = path.slice(0, -1)) {
    const found = nodeAt(resource.node, path, document);
    if (found === undefined) {
      if (path.length === 0) return undefined;
      continue;
    }
    const exact = path.length === problem.path.length;
    if (exact && problem.at === "value" && isScalar(found.node)) return scalarSpan(unit, found.node);
    const key = found.key === undefined ? firstKey(found.node) : spanOf(found.key);
    const span = key ?? spanOf(found.node);
    if (span !== undefined) return span;
    if (path.length === 0) return undefined;
  }
}

/** Entries of lists, and documents, have no key of their own: their first key stands for them. */
function firstKey(node: Node | undefined): Span | undefined {
  if (!isMap(node)) return undefined;
  const kind = node.items.find((pair) => keyText(pair) === "kind" && isMap(node) && node.has("apiVersion"));
  const pair = kind ?? node.items[0];
  return isScalar(pair?.key) ? spanOf(pair.key) : undefined;
}

/** A long text is underlined on its first line only. */
function scalarSpan(unit: Unit, scalar: Node): Span | undefined {
  const span = spanOf(scalar);
  if (span === undefined) return undefined;
  if (span.end > span.start) return { start: span.start, end: span.end };
  return unit.text.length > span.start ? { start: span.start, end: span.start + 1 } : span;
}

/** What an anchor holds is judged in every place it stands in, but told once. */
function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ start, end, rule, message }) => {
    const key = `${start} ${end} ${rule} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function patchesOf(unit: Unit): string[] {
  if (!unit.text.includes("patches")) return [];
  const kustomization = unit.tree.value as
    | { apiVersion?: unknown; kind?: unknown; patches?: unknown; patchesStrategicMerge?: unknown }
    | undefined;
  if (kustomization === undefined || kustomization === null) return [];
  const { apiVersion, kind = "Kustomization", patches, patchesStrategicMerge } = kustomization;
  // Kustomize takes a file without both for a kustomization; kinds of others may be called the same.
  if (kind !== "Kustomization" && kind !== "Component") return [];
  if (apiVersion !== undefined && !String(apiVersion).startsWith("kustomize.config.k8s.io/")) return [];
  const named = Array.isArray(patches)
    ? patches.map((patch: unknown) => (patch as { path?: unknown } | null)?.path)
    : [];
  const merged: readonly unknown[] = Array.isArray(patchesStrategicMerge) ? patchesStrategicMerge : [];
  return [...named, ...merged].filter(
    (path): path is string => typeof path === "string" && !path.includes("\n"),
  );
}
