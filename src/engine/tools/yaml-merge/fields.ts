// Fields of mappings and elements of sequences: finding, setting, removing, as kyaml's filters do it (yaml/fns.go).
// Decides nothing about merging; merge.ts does.
import { emitYaml } from "../go-yaml/emitter";
import { makeNode, type NodeKind, nodeStyle, type YamlNode } from "../go-yaml/node";
import { isTextInYaml11 } from "../go-yaml/to-json";

/** A node of another kind than needed, in kyaml's words. */
export class NodeKindError extends Error {
  /** `shown` is what is told of the node: itself, or the document it is the root of. */
  constructor(expected: NodeKind, node: YamlNode, shown = node) {
    super(
      `wrong node kind: expected ${kindNames[expected]} but got ${kindNames[node.kind]}: ` +
        `node contents:\n${emitYaml(shown)}`,
    );
    this.name = "NodeKindError";
  }
}

const kindNames: Readonly<Record<NodeKind, string>> = {
  document: "DocumentNode",
  mapping: "MappingNode",
  sequence: "SequenceNode",
  scalar: "ScalarNode",
  alias: "AliasNode",
};

/** A key of a mapping and its value. */
export interface Field {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/** True for null and for what is not there. */
export function isNothing(node: YamlNode | undefined): boolean {
  return node === undefined || node.tag === "!!null";
}

/** Throws NodeKindError unless the node is of that kind, or null. */
export function checkKind(node: YamlNode | undefined, kind: NodeKind, shown = node): void {
  if (node !== undefined && !isNothing(node) && node.kind !== kind)
    throw new NodeKindError(kind, node, shown);
}

/** Every field of a mapping in its order. */
export function fieldsOf(node: YamlNode): Field[] {
  const found: Field[] = [];
  for (let i = 0; i + 1 < node.content.length; i += 2) {
    found.push({ key: node.content[i] as YamlNode, value: node.content[i + 1] as YamlNode });
  }
  return found;
}

/** The first field of that name, if the node is a mapping that has one. */
export function fieldOf(node: YamlNode | undefined, name: string): Field | undefined {
  if (node?.kind !== "mapping") return undefined;
  return fieldsOf(node).find(({ key }) => key.value === name);
}

/** Removes the first field of that name. */
export function clearField(node: YamlNode, name: string): void {
  checkKind(node, "mapping");
  const index = node.content.findIndex((part, i) => i % 2 === 0 && part.value === name);
  if (index >= 0) node.content = node.content.filter((_, i) => i !== index && i !== index + 1);
}

/** How a field is set. */
export interface SetFieldOptions {
  /** Null is written rather than taken as "remove". */
  readonly keepsNull?: boolean;
  /** Style of the key where it is new. */
  readonly keyStyle?: number;
}

/**
 * Sets a field; nothing and null remove it. An existing value keeps its style, and texts that YAML 1.1 would not read
 * as texts are quoted. Without a name it is the node itself, a scalar, that is set (yaml.FieldSetter).
 */
export function setField(
  node: YamlNode,
  name: string,
  value: YamlNode | undefined,
  { keepsNull = false, keyStyle = 0 }: SetFieldOptions = {},
): void {
  if (value !== undefined && isUnquotedText(value) && !isTextInYaml11(value.value)) {
    value.style = nodeStyle.doubleQuoted;
  }
  if (name === "") {
    checkKind(node, "scalar");
    if (value !== undefined && !isNothing(value)) replace(node, value);
    return;
  }
  if (value === undefined || (isNothing(value) && !keepsNull)) {
    clearField(node, name);
    return;
  }
  const existing = findField(node, name);
  if (existing !== undefined) replace(existing, value);
  else node.content = [...node.content, makeNode("scalar", { value: name, style: keyStyle }), value];
}

function isUnquotedText({ kind, tag, style }: YamlNode): boolean {
  return kind === "scalar" && style === 0 && (tag === "!!str" || tag === "");
}

/** Makes `target` what `source` is, but in the style it had. Both have that style then, as upstream. */
function replace(target: YamlNode, source: YamlNode): void {
  source.style = target.style;
  const { alias, isNonSpecific, ...rest } = source;
  Object.assign(target, rest);
  if (alias === undefined) delete target.alias;
  else target.alias = alias;
  if (isNonSpecific === undefined) delete target.isNonSpecific;
  else target.isNonSpecific = isNonSpecific;
}

/**
 * The value of a field, with that text if one is given; without a name the scalar itself. Throws NodeKindError for
 * nodes that cannot have one (yaml.FieldMatcher).
 */
function findField(node: YamlNode, name: string, text?: string): YamlNode | undefined {
  if (isNothing(node)) return undefined;
  if (name === "") {
    checkKind(node, "scalar");
    return node.value === (text ?? "") ? node : undefined;
  }
  checkKind(node, "mapping");
  const value = fieldOf(node, name)?.value;
  return text === undefined || value?.value === text ? value : undefined;
}

/**
 * Replaces, appends or, without an element, removes what has those values under those keys. Elements that are empty go,
 * too. An empty value stands for any (yaml.ElementSetter).
 */
export function setElement(
  sequence: YamlNode,
  element: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): void {
  checkKind(sequence, "sequence");
  const names = keys.length === 0 ? [""] : keys;
  const isForMappings = (keys[0] ?? "") !== "" && (values[0] ?? "") !== "";
  const content: YamlNode[] = [];
  let isFound = false;
  for (const entry of sequence.content) {
    if (isEmptyElement(entry)) continue;
    if (isForMappings && entry.kind !== "mapping") {
      content.push(entry);
    } else if (!hasValues(entry, names, values)) {
      if (values.length > 0) content.push(entry);
    } else {
      isFound = true;
      if (element !== undefined) content.push(element);
    }
  }
  sequence.content = content;
  if (element !== undefined && !isNothing(element) && !isFound) content.push(element);
}

/** True for null and for a mapping without fields. */
export function isEmptyElement(node: YamlNode): boolean {
  return isNothing(node) || (node.kind === "mapping" && node.content.length === 0);
}

function hasValues(entry: YamlNode, keys: readonly string[], values: readonly string[]): boolean {
  let found: YamlNode | undefined;
  for (const [i, key] of keys.entries()) {
    if (i < values.length) found = findField(entry, key, values[i] === "" ? undefined : values[i]);
    if (found === undefined) return false;
  }
  return true;
}

/** The first element with exactly those values, or the scalar with that text when there is no key to look under. */
export function findElement(
  sequence: YamlNode,
  keys: readonly string[],
  values: readonly string[],
): YamlNode | undefined {
  if (sequence.kind !== "sequence") return undefined;
  if ((keys[0] ?? "") === "") return sequence.content.find((entry) => entry.value === (values[0] ?? ""));
  if (keys.length !== values.length) return undefined;
  return sequence.content.find((entry) =>
    keys.every((key, i) => fieldOf(entry, key)?.value.value === values[i]),
  );
}
