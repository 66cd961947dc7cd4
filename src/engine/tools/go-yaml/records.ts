// Lists of records with text fields, between a YAML tree and values, as go-yaml v3 decodes and encodes Go structs.
// Knows no other types; what a field means is the caller's business.
import { goQuote } from "../../../base/go-text";
import { YamlError } from "./cursor";
import { defaultStyle, emitYaml } from "./emitter";
import { isIndicatedString, makeNode, nodeStyle, tagOf, toShortTag, type YamlNode } from "./node";
import { parseYamlDocument } from "./parser";
import { resolve } from "./resolve";

/** A record type: the names of its fields in their order, and what Go calls it in faults. */
export interface RecordType<Field extends string> {
  readonly goName: string;
  readonly fields: readonly Field[];
}

/** A record; a field that is empty is as good as absent. */
export type TextRecord<Field extends string> = Readonly<Partial<Record<Field, string>>>;

/** Decodes a node as a list of records. Null is no record; unknown fields are ignored. Throws YamlError (decode.go). */
export function decodeRecords<Field extends string>(
  node: YamlNode,
  type: RecordType<Field>,
): TextRecord<Field>[] {
  const decoder = new RecordDecoder(type);
  const records = decoder.list(node);
  if (decoder.problems.length > 0) {
    throw new YamlError(`unmarshal errors:\n  ${decoder.problems.join("\n  ")}`);
  }
  return records;
}

/** A tree for a list of records, with the styles go-yaml would give their values (Node.Encode). */
export function encodeRecords<Field extends string>(
  records: readonly TextRecord<Field>[],
  type: RecordType<Field>,
): YamlNode {
  const content = records.map((record) => {
    const fields = type.fields.filter((field) => record[field]);
    return makeNode("mapping", {
      content: fields.flatMap((field) => [textNode(field), textNode(record[field] ?? "")]),
    });
  });
  // Only writing and reading show which style a value really gets.
  const written = emitYaml(makeNode("sequence", { content }), defaultStyle);
  const node = parseYamlDocument(written)?.content[0];
  if (node === undefined) throw new Error("a written list must read back");
  return withoutPlaces(node);
}

/** A string as the encoder presents it (encode.go stringv). */
function textNode(value: string): YamlNode {
  if (value.includes("\n")) return makeNode("scalar", { value, tag: "!!str", style: nodeStyle.literal });
  const isPlain = resolve(value).tag === "!!str" && !isBase60(value) && !isOldBoolean(value);
  return makeNode("scalar", { value, tag: "!!str", style: isPlain ? 0 : nodeStyle.doubleQuoted });
}

/** Numbers of YAML 1.1 that count seconds and minutes: `1:30`. */
function isBase60(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
}

/** Booleans of YAML 1.1 that go-yaml no longer reads as such, but keeps others from doing so. */
function isOldBoolean(text: string): boolean {
  return /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text);
}

function withoutPlaces(node: YamlNode): YamlNode {
  return { ...node, line: 0, column: 0, content: node.content.map(withoutPlaces) };
}

class RecordDecoder<Field extends string> {
  readonly problems: string[] = [];
  readonly #type: RecordType<Field>;
  readonly #openAliases = new Set<YamlNode>();

  constructor(type: RecordType<Field>) {
    this.#type = type;
  }

  list(node: YamlNode): TextRecord<Field>[] {
    return this.#followed(node, (target) => {
      if (target.kind === "sequence") return target.content.flatMap((entry) => this.#record(entry));
      if (tagOf(target) === "!!null") return [];
      if (target.kind !== "mapping" || this.#hasUniqueKeys(target))
        this.#mismatch(target, `[]${this.#type.goName}`);
      return [];
    });
  }

  /** The record, or nothing for a node that is none. */
  #record(node: YamlNode): TextRecord<Field>[] {
    return this.#followed(node, (target) => {
      if (tagOf(target) === "!!null") return [];
      if (target.kind === "mapping") {
        const record: Partial<Record<Field, string>> = {};
        return this.#fill(record, target, undefined) ? [record] : [];
      }
      this.#mismatch(target, this.#type.goName);
      return [];
    });
  }

  /** Sets fields from a mapping; `taken` holds the keys that were set before a merge and grows with it. */
  #fill(record: Partial<Record<Field, string>>, node: YamlNode, taken: Set<string> | undefined): boolean {
    if (!this.#hasUniqueKeys(node)) return false;
    let merge: YamlNode | undefined;
    const done = new Set<string>();
    for (let i = 0; i + 1 < node.content.length; i += 2) {
      const keyNode = node.content[i] as YamlNode;
      const valueNode = node.content[i + 1] as YamlNode;
      if (isMerge(keyNode)) {
        merge = valueNode;
        continue;
      }
      const key = this.#text(keyNode);
      if (key === undefined || taken?.has(key)) continue;
      taken?.add(key);
      const field = this.#type.fields.find((name) => name === key);
      if (field === undefined) continue;
      if (done.has(field)) {
        const { goName } = this.#type;
        this.problems.push(`line ${keyNode.line}: field ${field} already set in type ${goName}`);
        continue;
      }
      done.add(field);
      const text = this.#text(valueNode);
      if (text !== undefined) record[field] = text;
    }
    if (merge !== undefined) this.#merge(record, node, merge, taken);
    return true;
  }

  /** `<<` adds what is not there yet; of several mappings the first one wins. */
  #merge(
    record: Partial<Record<Field, string>>,
    parent: YamlNode,
    merge: YamlNode,
    takenBefore: Set<string> | undefined,
  ): void {
    const taken =
      takenBefore ?? new Set(parent.content.filter((_, i) => i % 2 === 0).map(({ value }) => value));
    for (const source of merge.kind === "sequence" ? merge.content : [merge]) {
      const target = source.kind === "alias" ? source.alias : source;
      if (target?.kind !== "mapping") {
        throw new YamlError("map merge requires map or sequence of maps as the value");
      }
      this.#followed(source, (mapping) => this.#fill(record, mapping, taken));
    }
  }

  /** Text of a scalar whatever it reads as; nothing for null. */
  #text(node: YamlNode): string | undefined {
    return this.#followed(node, (target) => {
      if (target.kind !== "scalar") {
        if (target.kind !== "mapping" || this.#hasUniqueKeys(target)) this.#mismatch(target, "string");
        return undefined;
      }
      if (isIndicatedString(target)) return target.value;
      const tag = checkedTag(target);
      if (tag === "!!null") return undefined;
      return tag === "!!binary" ? decodedBinary(target.value) : target.value;
    });
  }

  #followed<T>(node: YamlNode, act: (target: YamlNode) => T): T {
    if (node.kind !== "alias" || node.alias === undefined) return act(node);
    if (this.#openAliases.has(node)) throw new YamlError(`anchor '${node.value}' value contains itself`);
    this.#openAliases.add(node);
    const result = this.#followed(node.alias, act);
    this.#openAliases.delete(node);
    return result;
  }

  #hasUniqueKeys({ content }: YamlNode): boolean {
    const before = this.problems.length;
    const keys = content.filter((_, i) => i % 2 === 0);
    for (const [i, first] of keys.entries()) {
      for (const later of keys.slice(i + 1)) {
        if (first.kind !== later.kind || first.value !== later.value) continue;
        const key = goQuote(later.value);
        this.problems.push(`line ${later.line}: mapping key ${key} already defined at line ${first.line}`);
      }
    }
    return this.problems.length === before;
  }

  #mismatch(node: YamlNode, goName: string): void {
    const tag = tagOf(node);
    const bytes = Buffer.from(node.value);
    const text = bytes.length > 10 ? `${bytes.subarray(0, 7)}...` : node.value;
    const shown = tag === "!!seq" || tag === "!!map" ? node.value : ` \`${text}\``;
    this.problems.push(`line ${node.line}: cannot unmarshal ${tag}${shown} into ${goName}`);
  }
}

/** The tag of a scalar; throws when it is given one that its text cannot have (resolve.go). */
function checkedTag(node: YamlNode): string {
  const tag = toShortTag(node.tag);
  const resolvable = ["", "!", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"];
  if (!resolvable.includes(tag)) return tag;
  const found = resolve(node.value).tag;
  if (tag === "" || tag === "!" || tag === found || (tag === "!!float" && found === "!!int")) return found;
  throw new YamlError(`cannot decode ${found} \`${node.value}\` as a ${tag}`);
}

function decodedBinary(text: string): string {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text.replace(/[\r\n]/g, "")) {
    throw new YamlError("!!binary value contains invalid base64 data");
  }
  return bytes.toString("utf8");
}

function isMerge(node: YamlNode): boolean {
  const tag = toShortTag(node.tag);
  return node.kind === "scalar" && node.value === "<<" && (tag === "" || tag === "!" || tag === "!!merge");
}
