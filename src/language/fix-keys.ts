// Quick fixes of keys: add what must be there, take out what must not, move what stands on the wrong level.
// Edits only; whether a key is right is the schema's business.
import { isMap, isScalar, type Scalar, type YAMLMap } from "yaml";
import { isObject } from "../base/json";
import { type ObjectSchema, type Path, type Schema, schemaAt } from "../model/schema/schema";
import type { QuickFix, TextEdit, Trouble } from "./code-action";
import { placeholderLines } from "./new-values";
import type { Unit } from "./unit";
import {
  addPair,
  asMap,
  columnOf,
  dedented,
  fillEmpty,
  indented,
  lineBreak,
  pairSpan,
  removeEntry,
  removePair,
} from "./yaml-edits";
import { keyText, nodeAt, pairOf, spanOf, target } from "./yaml-nodes";

/** Fixes about keys. */
export function keyFixes(trouble: Trouble): QuickFix[] {
  switch (trouble.diagnostic.rule) {
    case "required":
      return addMissing(trouble);
    case "choice":
      return trouble.diagnostic.fix?.missing === undefined ? removeOneOf(trouble) : addOneOf(trouble);
    case "unknown-key":
      return [...moveKey(trouble), ...removeKey(trouble, "remove-key")];
    case "rule":
      return removeContradiction(trouble);
    case "soak-on-direct":
      return removeSoak(trouble);
    case "unique":
      return removeTwin(trouble);
    case "admission":
      return /^(?:if|config)$/.test(String(trouble.path.at(-1))) ? removeKey(trouble, "remove-key") : [];
    default:
      return [];
  }
}

/** The map at a path, unless its text stands elsewhere. */
export function mapAt({ resource, unit }: Trouble, path: Path): YAMLMap | undefined {
  if (resource === undefined) return undefined;
  const found = nodeAt(resource.node, path, unit.tree.document);
  return found?.shared === true ? undefined : asMap(found?.node);
}

/** The object schema at a path. */
export function objectAt({ resource }: Trouble, path: Path): ObjectSchema | undefined {
  const root = resource?.schema;
  if (root === undefined) return undefined;
  const schema = schemaAt(root.schema, path, resource?.value)?.schema;
  return schema?.type === "object" ? schema : undefined;
}

/** An edit that gives the object at a path another key; also where the object is empty. */
export function addTo(trouble: Trouble, path: Path, lines: readonly string[]): TextEdit | undefined {
  const { resource, unit } = trouble;
  const map = mapAt(trouble, path);
  if (map !== undefined) return addPair(unit, map, lines);
  const at = resource === undefined ? undefined : nodeAt(resource.node, path, unit.tree.document);
  const isEmpty = at?.node === undefined || (isScalar(at.node) && at.node.value === null);
  return isEmpty && at?.key !== undefined && !at.shared ? fillEmpty(unit, at.key, lines) : undefined;
}

function addMissing(trouble: Trouble): QuickFix[] {
  const { diagnostic, path } = trouble;
  const name = diagnostic.fix?.missing;
  if (name === undefined) return [];
  const schema = objectAt(trouble, path);
  const one = addKeys(trouble, [name], `Add \`${name}\``, true);
  const value = valueAt(trouble, path);
  const missing = (schema?.required ?? []).filter((key) => !isObject(value) || value[key] === undefined);
  if (missing.length < 2) return one;
  return [...one, ...addKeys(trouble, missing, "Add all required keys", false)];
}

function addKeys(trouble: Trouble, names: readonly string[], title: string, preferred: boolean): QuickFix[] {
  const { path, unit } = trouble;
  const value = valueAt(trouble, path);
  const schema = objectAt(trouble, path);
  const map = mapAt(trouble, path);
  const edits: (TextEdit | undefined)[] = [];
  const added: string[] = [];
  for (const name of names) {
    const field = schema?.fields[name];
    const lines =
      field === undefined
        ? [`${name}: `]
        : placeholderLines(name, fieldFor(trouble, name, field, value), trouble);
    const key = map?.items.find((pair) => keyText(pair) === name)?.key;
    // The key may stand there already, without a value.
    if (isScalar(key)) edits.push(valueBehind(unit, key, lines, map?.flow === true));
    else added.push(...lines);
  }
  if (added.length > 0) edits.push(addTo(trouble, path, added));
  const whole = edits.filter((edit) => edit !== undefined);
  return whole.length < edits.length || whole.length === 0
    ? []
    : [{ title, id: "add-required", preferred, edits: whole }];
}

/** Gives a key the value of `lines`, whose first begins with the same key. */
function valueBehind(unit: Unit, key: Scalar, lines: readonly string[], flow: boolean): TextEdit | undefined {
  const [head = "", ...below] = lines;
  if (below.length > 0)
    return flow
      ? undefined
      : fillEmpty(
          unit,
          key,
          below.map((line) => line.replace(/^ {2}/, "")),
        );
  const end = spanOf(key)?.end;
  if (end === undefined || !unit.text.startsWith(":", end)) return undefined;
  const text = ` ${head.slice(head.indexOf(":") + 1).trim()}`;
  return { start: end + 1, end: end + 1, text };
}

/** A step's `config` is described by its `uses`. */
function fieldFor(trouble: Trouble, name: string, field: Schema, holder: unknown): Schema {
  const { resource, path } = trouble;
  if (field.type !== "any" || resource?.schema === undefined || !isObject(holder)) return field;
  return schemaAt(resource.schema.schema, [...path, name], resource.value)?.schema ?? field;
}

/** The value at a path of the resource. */
export function valueAt({ resource }: Trouble, path: Path): unknown {
  return path.reduce<unknown>((at, segment) => {
    if (Array.isArray(at)) return at[Number(segment)];
    return isObject(at) ? at[segment] : undefined;
  }, resource?.value);
}

function addOneOf(trouble: Trouble): QuickFix[] {
  const first = trouble.diagnostic.fix?.missing ?? "";
  const choice = objectAt(trouble, trouble.path)?.choices?.find(({ fields }) => fields[0] === first);
  const fields = choice?.fields ?? [first];
  return fields.flatMap((name) =>
    addKeys(trouble, [name], `Add \`${name}\``, false).map((fix) => ({ ...fix, id: "add-choice" })),
  );
}

function removeOneOf(trouble: Trouble): QuickFix[] {
  const holder = trouble.path.slice(0, -1);
  const blamed = String(trouble.path.at(-1));
  const choice = objectAt(trouble, holder)?.choices?.find(({ fields }) => fields.includes(blamed));
  const value = valueAt(trouble, holder);
  const present = (choice?.fields ?? []).filter((name) => isObject(value) && Object.hasOwn(value, name));
  return present.flatMap((name) => removal(trouble, [...holder, name], "remove-exclusive"));
}

/** Keys of an object whose fields contradict each other, each of which makes it right when it goes. */
function removeContradiction(trouble: Trouble): QuickFix[] {
  const { path, diagnostic } = trouble;
  for (const holder of [path, path.slice(0, -1)]) {
    const schema = objectAt(trouble, holder);
    const rule = schema?.rules?.find(({ message }) => message === diagnostic.message);
    const value = valueAt(trouble, holder);
    if (schema === undefined || rule === undefined || !isObject(value)) continue;
    const names = Object.keys(value).filter((name) => {
      const { [name]: _removed, ...rest } = value;
      return !schema.required.includes(name) && rule.holds(rest);
    });
    return names.flatMap((name) => removal(trouble, [...holder, name], "remove-exclusive"));
  }
  return [];
}

function removeKey(trouble: Trouble, id: string): QuickFix[] {
  return removal(trouble, trouble.path, id);
}

/** A fix that takes out the key at a path. */
export function removal(trouble: Trouble, path: Path, id: string): QuickFix[] {
  const name = path.at(-1);
  const map = mapAt(trouble, path.slice(0, -1));
  const edit =
    map === undefined || typeof name !== "string" ? undefined : removePair(trouble.unit, map, name);
  return edit === undefined ? [] : [{ title: `Remove \`${name}\``, id, edits: [edit] }];
}

function removeSoak(trouble: Trouble): QuickFix[] {
  const { unit, span } = trouble;
  for (const resource of unit.tree.resources) {
    const requests = valueAt({ ...trouble, resource }, ["spec", "requestedFreight"]);
    if (!Array.isArray(requests)) continue;
    for (const index of requests.keys()) {
      const path = ["spec", "requestedFreight", index, "sources", "requiredSoakTime"];
      const at = nodeAt(resource.node, path, unit.tree.document);
      if (at?.node?.range?.[0] === span.start) return removal({ ...trouble, resource }, path, "remove-soak");
    }
  }
  return [];
}

function removeTwin(trouble: Trouble): QuickFix[] {
  const { resource, unit, path } = trouble;
  const index = path.at(-1);
  const at =
    resource === undefined ? undefined : nodeAt(resource.node, path.slice(0, -1), unit.tree.document);
  const list = target(at?.node, unit.tree.document);
  if (typeof index !== "number" || at?.shared === true || !isSeqLike(list)) return [];
  const edit = removeEntry(unit, list, index);
  return edit === undefined
    ? []
    : [{ title: "Remove this entry", id: "remove-twin", preferred: true, edits: [edit] }];
}

function isSeqLike(node: unknown): node is Parameters<typeof removeEntry>[1] {
  return typeof node === "object" && node !== null && "items" in node && !isMap(node);
}

/** Into the object it belongs to, or out of the one it is in. */
function moveKey(trouble: Trouble): QuickFix[] {
  const holder = trouble.path.slice(0, -1);
  const name = String(trouble.path.at(-1));
  const schema = objectAt(trouble, holder);
  const home = Object.entries(schema?.fields ?? {}).find(
    ([, field]) => field.type === "object" && Object.hasOwn(field.fields, name),
  );
  if (home !== undefined) return moveDown(trouble, holder, name, home[0]);
  const above = holder.slice(0, -1);
  const outer = objectAt(trouble, above);
  const outerValue = valueAt(trouble, above);
  const isFree = isObject(outerValue) && !Object.hasOwn(outerValue, name);
  if (outer === undefined || !Object.hasOwn(outer.fields, name) || !isFree) return [];
  return moveUp(trouble, holder, above, name);
}

function moveDown(trouble: Trouble, holder: Path, name: string, home: string): QuickFix[] {
  const { unit } = trouble;
  const map = mapAt(trouble, holder);
  const found = map === undefined ? undefined : pairOf(map, name, unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  if (map === undefined || span === undefined || map.flow === true) return [];
  const lines = dedented(unit, span);
  const fix = { title: `Move \`${name}\` under \`${home}\``, id: "move-key", preferred: true };
  const value = valueAt(trouble, holder);
  if (!isObject(value) || !Object.hasOwn(value, home)) {
    const column = columnOf(unit, map);
    const nested = [`${home}:`, ...lines.map((line) => `  ${line}`)];
    return [{ ...fix, edits: [{ ...span, text: indented(nested, column, lineBreak(unit)) }] }];
  }
  return withBoth(trouble, fix, [removePair(unit, map, name), addTo(trouble, [...holder, home], lines)]);
}

function moveUp(trouble: Trouble, holder: Path, above: Path, name: string): QuickFix[] {
  const { unit } = trouble;
  const map = mapAt(trouble, holder);
  const outer = mapAt(trouble, above);
  const found = map === undefined ? undefined : pairOf(map, name, unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  if (map === undefined || outer === undefined || span === undefined || outer.flow === true) return [];
  const fix = { title: `Move \`${name}\` one level up`, id: "move-key", preferred: true };
  return withBoth(trouble, fix, [removePair(unit, map, name), addPair(unit, outer, dedented(unit, span))]);
}

/** The taking out and the putting in may meet; then they are one edit. */
function withBoth(
  { unit }: Trouble,
  fix: Omit<QuickFix, "edits">,
  [taken, added]: readonly [taken: TextEdit | undefined, added: TextEdit | undefined],
): QuickFix[] {
  if (taken === undefined || added === undefined) return [];
  const meets = added.start > taken.start && added.start <= taken.end;
  if (!meets) return [{ ...fix, edits: [taken, added] }];
  // What is added begins with a line break; what is taken may have ended with one.
  const endsLine = taken.end > added.start;
  const text = endsLine ? added.text.replace(/^\r?\n/, "") + lineBreak(unit) : added.text;
  return [{ ...fix, edits: [{ start: taken.start, end: taken.end, text: taken.text + text }] }];
}
