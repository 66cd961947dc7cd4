// Merges two lists whose elements are told apart by keys, as kyaml does (walk/associative_sequence.go).
// How two elements are merged is the caller's business.
import { makeNode, type YamlNode } from "../go-yaml/node";
import { checkKind, fieldOf, findElement, isEmptyElement, isNothing, setElement, setField } from "./fields";

/** Merges one element of each list, of which one may be missing; undefined removes it. */
export type MergeElement = (
  base: YamlNode | undefined,
  overlay: YamlNode | undefined,
) => YamlNode | undefined;

/** Lays the elements of `overlay` over those of `target`, which is changed. Without keys the elements are texts. */
export function mergeElements(
  target: YamlNode,
  overlay: YamlNode | undefined,
  mergeKeys: readonly string[],
  merge: MergeElement,
): YamlNode | undefined {
  const sources = overlay === undefined ? [target] : [target, overlay];
  const keys = mergeKeys.length === 0 ? [""] : mergeKeys;
  const identities = mergeKeys.length === 0 ? textsOf(sources) : identitiesOf(sources, keys);
  if (keys.length > 1) unify(identities);
  const used = usedKeys(identities, keys);
  const merged = makeNode("sequence");
  for (const identity of identities) {
    const values = identity.filter((_, i) => used.includes(keys[i] ?? ""));
    const own = usedKeys([values], used);
    const ownValues = values.filter((_, i) => own.includes(used[i] ?? ""));
    const element = merge(
      findElement(target, own, ownValues),
      overlay && findElement(overlay, own, ownValues),
    );
    if (element === undefined || isEmptyElement(element)) {
      setElement(target, undefined, used, values);
      continue;
    }
    for (const [i, key] of used.entries()) nameElement(element, key, values[i] ?? "");
    setElement(merged, element, used, values);
  }
  if (identities.length > 0) appendAll(target, merged, used);
  return isNothing(target) ? undefined : target;
}

/** Makes sure that an element can be found by its key again. */
function nameElement(element: YamlNode, key: string, value: string): void {
  if (value === "" || fieldOf(element, key) !== undefined) return;
  setField(element, key, makeNode("scalar", { value }));
}

/** The distinct values of every element under the keys, in order; empty where there is none. */
function identitiesOf(sources: readonly YamlNode[], keys: readonly string[]): string[][] {
  const found = new Map<string, string[]>();
  for (const element of sources.flatMap(({ content }) => content)) {
    const values = keys.map((key) => textAt(element, key));
    const id = JSON.stringify(values);
    if (!found.has(id)) found.set(id, values);
  }
  return [...found.values()];
}

function textAt(element: YamlNode, key: string): string {
  const value = fieldOf(element, key)?.value;
  const isEmpty = value === undefined || isEmptyElement(value) || isEmptyList(value);
  return isEmpty ? "" : value.value;
}

function isEmptyList({ kind, content }: YamlNode): boolean {
  return kind === "sequence" && content.length === 0;
}

/** The distinct texts of all elements, in order. */
function textsOf(sources: readonly YamlNode[]): string[][] {
  const texts = new Set(sources.flatMap(({ content }) => content).map(({ value }) => value));
  return [...texts].map((text) => [text]);
}

/** The keys that at least one element has a value for; all of them if none has. */
function usedKeys(identities: readonly (readonly string[])[], keys: readonly string[]): readonly string[] {
  const used = keys.filter((_, i) => identities.some((values) => (values[i] ?? "") !== ""));
  return used.length === 0 ? keys : used;
}

/** Elements count as the same when they agree in one value and one of them lacks the others. */
function unify(identities: string[][]): void {
  for (let i = 0; i < identities.length; i++) {
    const first = identities[i] ?? [];
    for (let k = 0; k < identities.length; k++) {
      const common = combine(first, identities[k] ?? []);
      if (common === undefined) continue;
      identities[i] = common;
      identities[k] = common;
    }
  }
}

function combine(first: readonly string[], second: readonly string[]): string[] | undefined {
  let agree = false;
  const common: string[] = [];
  for (const [i, value] of first.entries()) {
    const other = second[i] ?? "";
    if (value === other) agree = true;
    else if (value !== "" && other !== "") return undefined;
    common.push(value === "" ? other : value);
  }
  return agree ? common : undefined;
}

/** Puts each element in the place of the one with its values, or at the end. */
function appendAll(target: YamlNode, added: YamlNode, keys: readonly string[]): void {
  for (const element of added.content) {
    if (keys[0] === "") {
      setElement(target, element, [""], [element.value]);
      continue;
    }
    const values: string[] = [];
    for (const key of keys) {
      checkKind(element, "mapping");
      const value = fieldOf(element, key)?.value;
      if (value === undefined) target.content = [...target.content, element];
      else values.push(value.value);
    }
    // With several keys a replaced element would be kept as well.
    if (keys.length > 1) setElement(target, undefined, keys, values);
    setElement(target, element, keys, values);
  }
}
