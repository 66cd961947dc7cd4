// Refactorings between Stages and PromotionTasks: steps become a task of their own, a task's steps come back into a Stage.
// Offered only where every expression still means the same afterwards.
import { isNode, isSeq, type Node, type YAMLSeq } from "yaml";
import { type AliasUse, aliasUses } from "./alias-uses";
import { factsOf } from "./check-unit";
import type { CodeAction, FileEdit, TextEdit } from "./code-action";
import { unitPlaceAt } from "./expression-at";
import { freeAlias } from "./free-names";
import { nameEdit, outputsBefore } from "./name-edits";
import type { PlacedUnit, Span } from "./source-file";
import { type StepFacts, type StepList, stepListOf } from "./step-lists";
import type { Unit, UnitResource } from "./unit";
import { appended, inFile } from "./unit-edits";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";
import { contentEnd, lineBreak, lineEnd, lineStart, scalarText } from "./yaml-edits";
import { nodeAt, spanOf } from "./yaml-nodes";

/** What is asked. */
interface Request {
  readonly file: string;
  readonly placed: PlacedUnit;
  /** The selection, in the unit. */
  readonly span: Span;
  readonly index: WorkspaceIndex;
}

/** A Stage and its steps. */
interface Steps {
  readonly owner: IndexedResource;
  readonly resource: UnitResource;
  readonly list: StepList;
  readonly node: YAMLSeq;
  readonly uses: readonly AliasUse[];
}

/** The refactorings for a selection. */
export function taskRefactorings(request: Request): CodeAction[] {
  const stage = stepsAround(request);
  if (stage === undefined) return [];
  return [...extraction(stage, request), ...inlining(stage, request)];
}

function stepsAround({ file, placed: { unit }, span }: Request): Steps | undefined {
  if (!unit.isKargo) return undefined;
  for (const [index, resource] of unit.tree.resources.entries()) {
    const own = spanOf(resource.node);
    const isHere = own !== undefined && span.start >= own.start && span.start <= own.end;
    const facts = factsOf(unit).resources[index];
    if (!isHere || resource.kind !== "Stage" || facts === undefined) continue;
    return stepsOf({ file, unit, facts }, resource);
  }
  return undefined;
}

function stepsOf(owner: IndexedResource, resource: UnitResource): Steps | undefined {
  const list = stepListOf(resource.kind, resource.value);
  const found = list === undefined ? undefined : nodeAt(resource.node, list.path, owner.unit.tree.document);
  if (list === undefined || found === undefined || found.shared || !isSeq(found.node)) return undefined;
  const node = found.node;
  // Anchors and flow style would not survive being moved as lines.
  if (node.flow === true || owner.unit.tree.document.errors.length > 0) return undefined;
  return { owner, resource, list, node, uses: aliasUses(owner) };
}

function textOf(unit: Unit, { start, end }: Span): string {
  return unit.text.slice(start, end);
}

/** The lines of an entry of the list, from its dash on. */
function entrySpan(unit: Unit, node: unknown): Span {
  const item = node as Node;
  const start = spanOf(item)?.start ?? 0;
  const dash = unit.text.lastIndexOf("-", start - 1);
  return { start: dash, end: lineEnd(unit, contentEnd(unit, item)) };
}

function hasAnchors(text: string): boolean {
  return /(?:^|[\s[{,])[&*][A-Za-z_]/.test(text);
}

/** Names Kargo gives by position change when steps move. */
function readsDefaultAlias(uses: readonly AliasUse[]): boolean {
  return uses.some(({ name }) => /^(?:step|task)-\d+(?:::|$)/.test(name));
}

function stepIndexOf(use: AliasUse, { list }: Steps): number | undefined {
  const at = use.path[list.path.length];
  const isStep = list.path.every((segment, index) => use.path[index] === segment);
  return isStep && typeof at === "number" ? at : undefined;
}

// Extraction

function chosenSteps({ list, node, owner }: Steps, { span }: Request): readonly StepFacts[] {
  const { unit } = owner;
  if (span.start === span.end) {
    const place = unitPlaceAt(unit, span.start);
    const isKey = place?.on === "key" && place.path.join() === list.path.join();
    return isKey ? list.steps : [];
  }
  return list.steps.filter(({ index }) => {
    const entry = entrySpan(unit, node.items[index]);
    return entry.start < span.end && entry.end > span.start;
  });
}

function extraction(stage: Steps, request: Request): CodeAction[] {
  const { unit } = stage.owner;
  const chosen = chosenSteps(stage, request);
  const [first] = chosen;
  const last = chosen.at(-1);
  if (first === undefined || last === undefined || chosen.some(({ task }) => task !== undefined)) return [];
  const whole = {
    start: entrySpan(unit, stage.node.items[first.index]).start,
    end: entrySpan(unit, stage.node.items[last.index]).end,
  };
  if (hasAnchors(textOf(unit, whole)) || !survivesExtraction(stage, first.index, last.index)) return [];
  const { namespace, name = "stage" } = stage.owner.facts;
  const taken = new Set(request.index.all("PromotionTask", namespace).map(({ facts }) => facts.name ?? ""));
  const task = freeAlias(`${name}-steps`, taken);
  const alias = freeAlias(task, new Set(stage.list.steps.map((step) => step.alias)));
  const moved = new Set(chosen.map((step) => step.alias));
  const document = taskDocument(stage, { task, whole, moved });
  const edits = [
    { ...whole, text: taskStep(unit, whole, task, alias) },
    ...laterReads(stage, last.index, moved, alias),
  ];
  const { file, placed, index } = request;
  const all: FileEdit[] = [...inFile(edits, placed), appended(file, document, index)];
  const title = `Extract ${chosen.length === 1 ? "the step" : `${chosen.length} steps`} to a PromotionTask`;
  return [{ title, kind: "refactor.extract.kargo.task", edits: new Map([[file, all]]) }];
}

/** `status()` sees only steps of its own level, and aliases given by position would change. */
function survivesExtraction(stage: Steps, first: number, last: number): boolean {
  if (readsDefaultAlias(stage.uses)) return false;
  const inside = (index: number | undefined) => index !== undefined && index >= first && index <= last;
  return stage.uses.every((use) => {
    if (use.of === "outputs") return true;
    const target = stage.list.steps.find(({ alias }) => alias === use.name);
    return use.of === "status" && inside(stepIndexOf(use, stage)) === inside(target?.index);
  });
}

function taskDocument(
  stage: Steps,
  {
    task,
    whole,
    moved,
  }: { readonly task: string; readonly whole: Span; readonly moved: ReadonlySet<string> },
): string {
  const { unit, facts } = stage.owner;
  const inserts = stage.uses
    .filter((use) => use.of === "outputs" && moved.has(use.name) && isWithin(use, whole))
    .flatMap((use) => outputsBefore(unit, use) ?? []);
  let text = textOf(unit, whole);
  for (const at of inserts.sort((a, b) => b - a))
    text = `${text.slice(0, at - whole.start)}task.${text.slice(at - whole.start)}`;
  const column = whole.start - lineStart(unit, whole.start);
  const namespace = facts.namespace === undefined ? "" : `  namespace: ${scalarText(facts.namespace)}\n`;
  return `apiVersion: kargo.akuity.io/v1alpha1\nkind: PromotionTask\nmetadata:\n  name: ${task}\n${namespace}spec:\n  steps:\n    ${moveLines(text, column, 4).trimEnd()}\n`;
}

function isWithin(span: Span, whole: Span): boolean {
  return span.start >= whole.start && span.end <= whole.end;
}

/** Lines whose margin was `from` columns wide, with one of `to`; the first line has none. */
function moveLines(text: string, from: number, to: number): string {
  return text
    .split(/\r?\n/)
    .map((line, index) => {
      if (index === 0 || line.trim() === "") return line.trimEnd();
      const margin = /^ */.exec(line)?.[0].length ?? 0;
      return " ".repeat(Math.max(margin - from, 0) + to) + line.slice(margin);
    })
    .join("\n");
}

function taskStep(unit: Unit, whole: Span, task: string, alias: string): string {
  const margin = " ".repeat(whole.start - lineStart(unit, whole.start) + 2);
  const eol = lineBreak(unit);
  return `- task:${eol}${margin}  name: ${task}${eol}${margin}as: ${alias}`;
}

/** Steps behind read what the task's steps gave by both aliases. */
function laterReads(stage: Steps, last: number, moved: ReadonlySet<string>, alias: string): TextEdit[] {
  return stage.uses
    .filter((use) => use.of === "outputs" && moved.has(use.name) && (stepIndexOf(use, stage) ?? -1) > last)
    .map((use) => nameEdit(stage.owner.unit, use, `${alias}::${use.name}`));
}

// Inlining

function inlining(stage: Steps, request: Request): CodeAction[] {
  const { unit } = stage.owner;
  const step = stage.list.steps.find(({ index, task }) => {
    const entry = entrySpan(unit, stage.node.items[index]);
    return task !== undefined && request.span.start >= entry.start && request.span.start <= entry.end;
  });
  if (step?.task === undefined) return [];
  const found = request.index.find(step.task.kind, stage.owner.facts.namespace, step.task.name);
  const [entry] = found;
  const resource = entry?.unit.tree.resources[entry.facts.resource];
  if (entry === undefined || resource === undefined || found.length > 1) return [];
  const task = stepsOf(entry, resource);
  if (task === undefined || !survivesInlining(stage, step, task)) return [];
  const lines = inlinedLines(stage, step, task);
  if (lines === undefined) return [];
  const whole = entrySpan(unit, stage.node.items[step.index]);
  const prefix = `${step.alias}::`;
  const reads = stage.uses
    .filter(({ name }) => name.startsWith(prefix))
    .map((use) => nameEdit(unit, use, use.name.slice(prefix.length)));
  const edits = inFile([{ ...whole, text: lines }, ...reads], request.placed);
  const title = `Replace the task by the steps of \`${step.task.name}\``;
  return [{ title, kind: "refactor.inline.kargo.task", edits: new Map([[request.file, edits]]) }];
}

function survivesInlining(stage: Steps, step: StepFacts, task: Steps): boolean {
  const text = textOf(task.owner.unit, spanOf(task.node) ?? { start: 0, end: 0 });
  if (hasAnchors(text) || readsDefaultAlias(stage.uses) || readsDefaultAlias(task.uses)) return false;
  // What `compose-output` hands to the Stage under the task's alias would have no owner any more.
  if (stage.uses.some(({ name }) => name === step.alias)) return false;
  if (task.uses.some(({ of }) => of === "stepMetas")) return false;
  const own = new Set(stage.list.steps.filter((one) => one !== step && one.named).map(({ alias }) => alias));
  return !task.list.steps.some(({ alias, named }) => named && own.has(alias));
}

/** The task's steps at the column of the Stage's, each with the variables it reads. */
function inlinedLines(stage: Steps, step: StepFacts, task: Steps): string | undefined {
  const { unit } = task.owner;
  const column = columnOfEntries(stage);
  const eol = lineBreak(stage.owner.unit);
  const variables = inlinedVariables(stage, step, task);
  const parts: string[] = [];
  for (const { index } of task.list.steps) {
    const span = entrySpan(unit, task.node.items[index]);
    const edits = task.uses
      .filter((use) => use.of === "task.outputs" && isWithin(use, span))
      .flatMap((use) => taskOutputsBefore(unit, use));
    let text = textOf(unit, span);
    for (const at of edits.sort((a, b) => b - a))
      text = text.slice(0, at - span.start) + text.slice(at - span.start + "task.".length);
    const moved = moveLines(text, columnOfEntries(task), column);
    const needed = /\bvars\b/.test(text) ? variables : [];
    const complete = needed.length === 0 ? moved : withVariables(moved, column, needed);
    if (complete === undefined) return undefined;
    parts.push(complete);
  }
  return parts.length === 0 ? undefined : parts.join(`\n${" ".repeat(column)}`).replaceAll("\n", eol);
}

function columnOfEntries({ node, owner: { unit } }: Steps): number {
  const [first] = node.items;
  return isNode(first) ? unit.positionAt(entrySpan(unit, first).start).character : 0;
}

function taskOutputsBefore(unit: Unit, span: Span): number[] {
  const match = /(?<![\w.])task\.outputs\s*(?:\??\.|\[\s*["']?)\s*$/.exec(unit.text.slice(0, span.start));
  return match === null ? [] : [match.index];
}

/** A task's own values count only where the Stage sets none; those of the step that names it come last. */
function inlinedVariables(stage: Steps, step: StepFacts, task: Steps): string[] {
  const set = new Set(stage.list.vars.filter(({ value }) => value !== "").map(({ name }) => name));
  const given = new Set(step.vars.map(({ name }) => name));
  const own = task.list.vars.filter(
    ({ name, value }) => !set.has(name) && !given.has(name) && value !== undefined,
  );
  const line = (name: string, value: unknown) => [
    `- name: ${scalarText(name)}`,
    `  value: ${valueText(value)}`,
  ];
  return [...own, ...step.vars].flatMap(({ name, value }) => line(name, value ?? ""));
}

function valueText(value: unknown): string {
  const text = String(value);
  return /^[\w./:-]+$/.test(text) ? scalarText(text) : JSON.stringify(text);
}

/** Variables in front of those the step has; undefined where they cannot be put. */
function withVariables(step: string, column: number, lines: readonly string[]): string | undefined {
  const margin = " ".repeat(column + 2);
  const block = lines.map((line) => `\n${margin}${line}`).join("");
  const own = new RegExp(`^(?:- | {${column + 2}})vars:[ \\t]*$`, "m").exec(step);
  if (own !== null) {
    const at = own.index + own[0].length;
    const deeper = /^\n( +)- /.exec(step.slice(at))?.[1]?.length ?? column + 2;
    const fitted = lines.map((line) => `\n${" ".repeat(deeper)}${line}`).join("");
    return step.slice(0, at) + fitted + step.slice(at);
  }
  if (/^(?:- |\s+)vars:/m.test(step)) return undefined;
  return `${step}\n${margin}vars:${block}`;
}
