// What a name stands for (a resource, a variable, a step's alias) and everywhere it is written. Definitions, references and
// renames are all made of this.
import { type Path, type ReferenceKind, schemaAt } from "../model/schema/schema";
import { normGit } from "../model/urls";
import { inUnit } from "./check-expressions";
import { factsOf } from "./check-unit";
import { namespaceFor } from "./check-workspace";
import { analyseExpression, type NameUse } from "./expression-analysis";
import { bareSpan, expressionAt, unitPlaceAt } from "./expression-at";
import { expressionSites, locator } from "./expression-sites";
import type { ReferenceFact } from "./resource-facts";
import type { Span } from "./source-file";
import { stepListOf } from "./step-lists";
import type { Unit, UnitResource } from "./unit";
import { expressionsOf, type IndexedResource, namespaceOf, type WorkspaceIndex } from "./workspace-index";

/** What a name stands for. */
export type NamedThing =
  | {
      readonly kind: "resource";
      readonly kinds: readonly string[];
      readonly namespace: string | undefined;
      readonly name: string;
    }
  | { readonly kind: "variable" | "alias"; readonly owner: IndexedResource; readonly name: string }
  | {
      readonly kind: "repository";
      readonly type: string;
      readonly url: string;
      readonly namespace: string | undefined;
    };

/** The thing under the cursor and the text that names it. */
export interface NamedAt extends Span {
  readonly thing: NamedThing;
}

/** A place where a thing is named; offsets are those of the unit. */
export interface Occurrence extends Span {
  readonly file: string;
  readonly unit: Unit;
  readonly role: "definition" | "reference";
}

/** What the text at an offset of a unit names. */
export function namedAt(file: string, unit: Unit, offset: number): NamedAt | undefined {
  const place = unitPlaceAt(unit, offset);
  const facts = place === undefined ? undefined : factsOf(unit).resources[place.resourceIndex];
  if (place === undefined || facts === undefined) return undefined;
  const owner: IndexedResource = { file, unit, facts };
  const namespace = namespaceFor(owner);
  const holds = ({ start, end }: Span) => offset >= start && offset <= end;
  const reference = [...facts.references, ...expressionsOf(owner).references].find(holds);
  if (reference !== undefined) {
    const { kinds, name, start, end } = reference;
    const where = kinds[0] === "Project" ? undefined : namespace;
    return { thing: { kind: "resource", kinds, namespace: where, name }, start, end };
  }
  if (facts.nameSpan !== undefined && holds(facts.nameSpan) && facts.name !== undefined) {
    const thing: NamedThing = { kind: "resource", kinds: [facts.kind], namespace, name: facts.name };
    return { thing, ...bareSpan(textOf(unit, facts.nameSpan), facts.nameSpan) };
  }
  const inside = expressionAt(unit, place, offset);
  if (inside !== undefined) {
    const { site, part, use, analysis, at } = inside;
    const named = use === undefined ? undefined : nameOfUse(use);
    if (use !== undefined && named !== undefined) {
      const span = inUnit(site, part, use);
      return { thing: { ...named, owner }, ...bareSpan(textOf(unit, span), span) };
    }
    const alias = aliasArguments(analysis.calls).find(({ start, end }) => at >= start && at <= end);
    if (alias !== undefined)
      return { thing: { kind: "alias", owner, name: alias.text }, ...inUnit(site, part, alias) };
    const repository = expressionsOf(owner).repositories.find(holds);
    if (repository === undefined) return undefined;
    const { type, url, start, end } = repository;
    return { thing: { kind: "repository", type, url, namespace }, start, end };
  }
  return definitionAt(unit, place.resource, place.path, owner);
}

function textOf(unit: Unit, { start, end }: Span): string {
  return unit.text.slice(start, end);
}

/** The name of a variable or step where it is given. */
function definitionAt(
  unit: Unit,
  resource: UnitResource,
  path: Path,
  owner: IndexedResource,
): NamedAt | undefined {
  const list = stepListOf(resource.kind, resource.value);
  const last = path.at(-1);
  if (list === undefined || (last !== "name" && last !== "as")) return undefined;
  const parent = path.slice(0, -1);
  const span = locator(unit, resource)(path);
  if (span === undefined) return undefined;
  const place = bareSpan(textOf(unit, span), span);
  const step = list.steps.find((one) => same(one.path, parent));
  if (last === "as" && step !== undefined)
    return { thing: { kind: "alias", owner, name: step.alias }, ...place };
  const variable = [...list.vars, ...list.steps.flatMap(({ vars }) => vars)].find((one) =>
    same(one.path, parent),
  );
  if (last !== "name" || variable === undefined) return undefined;
  return { thing: { kind: "variable", owner, name: variable.name }, ...place };
}

function same(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}

/** What a member in an expression names, when that is a variable or a step. */
function nameOfUse(use: NameUse): { readonly kind: "variable" | "alias"; readonly name: string } | undefined {
  if (use.kind !== "member") return undefined;
  switch (use.of?.what) {
    case "`vars`":
      return { kind: "variable", name: use.name };
    case "`outputs`":
    case "`task.outputs`":
    case "`stepMetas`":
      return { kind: "alias", name: use.name };
    default:
      return undefined;
  }
}

/** Texts that name steps: `status('push')`. */
function aliasArguments(
  calls: ReturnType<typeof analyseExpression>["calls"],
): readonly ({ readonly text: string } & Span)[] {
  return calls.flatMap((call) =>
    call.args.flatMap(({ text, textSpan }, index) => {
      const names = call.function.signatures[0]?.[index]?.names;
      return names === "alias" && text !== undefined && textSpan !== undefined ? [{ text, ...textSpan }] : [];
    }),
  );
}

/** Every place where the thing is named. */
export function occurrencesOf(thing: NamedThing, index: WorkspaceIndex): Occurrence[] {
  switch (thing.kind) {
    case "resource":
      return resourceOccurrences(thing, index);
    case "variable":
      return variableOccurrences(thing, index);
    case "alias":
      return within(thing.owner, thing.kind, thing.name);
    case "repository":
      return repositoryOccurrences(thing, index);
  }
}

function resourceOccurrences(
  thing: Extract<NamedThing, { kind: "resource" }>,
  index: WorkspaceIndex,
): Occurrence[] {
  const { kinds, name, namespace } = thing;
  const found: Occurrence[] = [];
  for (const entry of index.everything()) {
    const { file, unit, facts } = entry;
    const isOwn = kinds.includes(facts.kind) && facts.name === name;
    if (isOwn && facts.nameSpan !== undefined && inNamespace(facts.kind, facts.namespace, namespace)) {
      const span = bareSpan(textOf(unit, facts.nameSpan), facts.nameSpan);
      found.push({ file, unit, role: "definition", ...span });
    }
    for (const reference of [...facts.references, ...expressionReferences(entry, name)]) {
      if (reference.name !== name || !reference.kinds.some((kind) => kinds.includes(kind))) continue;
      if (!reference.kinds.some((kind) => inNamespace(kind, facts.namespace, namespace))) continue;
      const { start, end } = reference;
      found.push({ file, unit, role: "reference", start, end });
    }
  }
  return found;
}

/** Only documents that hold the name at all are looked at closely. */
function expressionReferences(entry: IndexedResource, name: string): readonly ReferenceFact[] {
  return entry.unit.text.includes(name) ? expressionsOf(entry).references : [];
}

function inNamespace(
  kind: ReferenceKind | string,
  own: string | undefined,
  wanted: string | undefined,
): boolean {
  const key = (namespace: string | undefined) =>
    namespaceOf({ kind, ...(namespace === undefined ? {} : { namespace }) });
  return key(own) === key(wanted);
}

/** A variable is named in its resource, in the steps that give a task its value, and in the tasks that see a Stage's. */
function variableOccurrences(
  { owner, name }: { readonly owner: IndexedResource; readonly name: string },
  index: WorkspaceIndex,
): Occurrence[] {
  const found = within(owner, "variable", name);
  const { facts } = owner;
  const isTask = /PromotionTask$/.test(facts.kind);
  for (const other of index.everything()) {
    if (other.facts.kind === facts.kind && other.facts.name === facts.name && other.unit === owner.unit)
      continue;
    if (isTask && other.facts.kind === "Stage") found.push(...inputsOf(other, facts, name));
    if (
      !isTask &&
      facts.tasks.some((task) => task.kind === other.facts.kind && task.name === other.facts.name)
    ) {
      const inSame = other.facts.kind === "ClusterPromotionTask" || other.facts.namespace === facts.namespace;
      if (inSame && !setsItself(other, name)) found.push(...within(other, "variable", name));
    }
  }
  return found;
}

function setsItself({ unit, facts }: IndexedResource, name: string): boolean {
  const resource = unit.tree.resources[facts.resource];
  const list = resource === undefined ? undefined : stepListOf(resource.kind, resource.value);
  return list?.vars.some((variable) => variable.name === name) === true;
}

/** Where steps of a Stage that stand for a task set the variable. */
function inputsOf(stage: IndexedResource, task: IndexedResource["facts"], name: string): Occurrence[] {
  if (!stage.facts.tasks.some((one) => one.kind === task.kind && one.name === task.name)) return [];
  if (task.kind === "PromotionTask" && stage.facts.namespace !== task.namespace) return [];
  const { unit, file } = stage;
  const resource = unit.tree.resources[stage.facts.resource];
  const list = resource === undefined ? undefined : stepListOf(resource.kind, resource.value);
  if (resource === undefined || list === undefined) return [];
  const locate = locator(unit, resource);
  return list.steps
    .filter((step) => step.task?.name === task.name && step.task?.kind === task.kind)
    .flatMap(({ vars }) => vars.filter((variable) => variable.name === name))
    .flatMap(({ path }) => {
      const span = locate([...path, "name"]);
      return span === undefined
        ? []
        : [{ file, unit, role: "reference" as const, ...bareSpan(textOf(unit, span), span) }];
    });
}

/** Where a resource names one of its variables or steps. */
function within(
  { file, unit, facts }: IndexedResource,
  kind: "variable" | "alias",
  name: string,
): Occurrence[] {
  const resource = unit.tree.resources[facts.resource];
  const list = resource === undefined ? undefined : stepListOf(resource.kind, resource.value);
  if (resource === undefined || list === undefined) return [];
  const locate = locator(unit, resource);
  const definitions =
    kind === "alias"
      ? list.steps
          .filter((step) => step.alias === name)
          .map(({ path, named }) => [...path, named ? "as" : "uses"])
      : [...list.vars, ...list.steps.filter(({ task }) => task === undefined).flatMap(({ vars }) => vars)]
          .filter((variable) => variable.name === name)
          .map(({ path }) => [...path, "name"]);
  const found = definitions.flatMap((path): Occurrence[] => {
    const span = locate(path);
    return span === undefined
      ? []
      : [{ file, unit, role: "definition", ...bareSpan(textOf(unit, span), span) }];
  });
  for (const site of expressionSites(unit, resource)) {
    for (const part of site.parts) {
      if (!part.source.includes(name)) continue;
      const analysis = analyseExpression(part.source, site.scope);
      const spans: Span[] = analysis.uses.filter((use) => {
        const named = nameOfUse(use);
        return named?.kind === kind && named.name === name;
      });
      if (kind === "alias") spans.push(...aliasArguments(analysis.calls).filter(({ text }) => text === name));
      for (const span of spans) {
        const placed = inUnit(site, part, span);
        found.push({ file, unit, role: "reference", ...bareSpan(textOf(unit, placed), placed) });
      }
    }
  }
  return found;
}

/** Subscriptions to a repository are its definitions. */
function repositoryOccurrences(
  { type, url, namespace }: Extract<NamedThing, { kind: "repository" }>,
  index: WorkspaceIndex,
): Occurrence[] {
  const isSame = (other: string) => (type === "git" ? normGit(other) === normGit(url) : other === url);
  return index.all("Warehouse", namespace).flatMap(({ file, unit, facts }) => {
    const resource = unit.tree.resources[facts.resource];
    if (resource?.schema === undefined) return [];
    return expressionlessRepositories(unit, resource, type)
      .filter((one) => isSame(one.url))
      .map(({ start, end }) => ({ file, unit, role: "definition" as const, start, end }));
  });
}

function expressionlessRepositories(
  unit: Unit,
  resource: UnitResource,
  type: string,
): readonly ({ readonly url: string } & Span)[] {
  const { value, schema } = resource;
  const spec = value.spec as { readonly subscriptions?: unknown } | undefined;
  const list = Array.isArray(spec?.subscriptions) ? spec.subscriptions : [];
  return list.flatMap((_, at) => {
    const path = ["spec", "subscriptions", at, type, "repoURL"];
    const span = locator(unit, resource)(path);
    const known = schema === undefined ? undefined : schemaAt(schema.schema, path, value);
    if (span === undefined || known === undefined) return [];
    const inner = bareSpan(textOf(unit, span), span);
    return [{ url: textOf(unit, inner), ...inner }];
  });
}
