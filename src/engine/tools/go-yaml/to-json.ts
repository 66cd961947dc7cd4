// YAML to JSON values as sigs.k8s.io/yaml makes them: with the types of go-yaml v2, so that `yes` and `on` are booleans.
// Reads the first document only; writes nothing.
import { goFloat, goQuote } from "../../../base/go-text";
import { compareBytewise } from "../../../base/text";
import { YamlError } from "./cursor";
import { nodeStyle, quotedStyles, toShortTag, type YamlNode } from "./node";
import { NodeParser } from "./parser";
import { resolve } from "./resolve";

/** A text that sigs.k8s.io/yaml does not convert; the message is its own. */
export class YamlConversionError extends Error {
  constructor(reason: string) {
    super(`error converting YAML to JSON: ${reason}`);
    this.name = "YamlConversionError";
  }
}

/** The first document as JSON values, null when there is none; all numbers are doubles (yaml.Unmarshal into any). */
export function yamlToJson(bytes: Uint8Array): unknown {
  try {
    const document = new NodeParser(bytes, 0).document();
    const root = document?.content[0];
    if (root === undefined) return null;
    const json = toJson(new Decoder().value(root));
    checkNumbers(json);
    return json;
  } catch (error) {
    throw error instanceof YamlError ? new YamlConversionError(error.messageV2) : error;
  }
}

/** False for a line that version 1.1 of YAML reads as a boolean, a number, null or a mapping (yaml.IsValueNonString). */
export function isTextInYaml11(line: string): boolean {
  if (line === "" || line.includes("\n")) return true;
  try {
    const root = new NodeParser(line, 0).document()?.content[0];
    return root !== undefined && typeof new Decoder().value(root) === "string";
  } catch (error) {
    if (error instanceof YamlError) return true;
    throw error;
  }
}

/** A value as go-yaml v2 decodes it: ints are bigint, mappings Maps, keys of any kind. */
type Decoded = null | boolean | bigint | number | string | readonly Decoded[] | ReadonlyMap<Decoded, Decoded>;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].map((text) => [text, true] as const),
  ...["n", "N", "no", "No", "NO", "off", "Off", "OFF"].map((text) => [text, false] as const),
]);

class Decoder {
  readonly #openAliases = new Set<YamlNode>();
  #count = 0;
  #aliasCount = 0;

  value(node: YamlNode): Decoded {
    this.#countNode();
    switch (node.kind) {
      case "alias":
        return this.#alias(node);
      case "sequence":
        return node.content.map((entry) => this.value(entry));
      case "mapping": {
        const map = new Map<Decoded, Decoded>();
        this.#fill(map, node);
        return map;
      }
      default:
        return scalarValue(node);
    }
  }

  /** A document whose values come mostly from aliases is a bomb (decode.go allowedAliasRatio). */
  #countNode(): void {
    this.#count++;
    if (this.#openAliases.size > 0) this.#aliasCount++;
    if (this.#aliasCount <= 100 || this.#count <= 1000) return;
    const scale = Math.min(Math.max((this.#count - 400_000) / 3_600_000, 0), 1);
    if (this.#aliasCount / this.#count > 0.99 - 0.89 * scale) {
      throw new YamlError("document contains excessive aliasing");
    }
  }

  #alias(node: YamlNode): Decoded {
    if (node.alias === undefined) return null;
    this.#enter(node);
    const value = this.value(node.alias);
    this.#openAliases.delete(node);
    return value;
  }

  #enter(node: YamlNode): void {
    if (this.#openAliases.has(node)) throw new YamlError(`anchor '${node.value}' value contains itself`);
    this.#openAliases.add(node);
  }

  /** Later keys win, and a merge wins over the keys before it. */
  #fill(map: Map<Decoded, Decoded>, node: YamlNode): void {
    for (let i = 0; i + 1 < node.content.length; i += 2) {
      const keyNode = node.content[i] as YamlNode;
      const valueNode = node.content[i + 1] as YamlNode;
      if (isMerge(keyNode)) {
        this.#merge(map, valueNode);
        continue;
      }
      const key = this.value(keyNode);
      if (key instanceof Map || Array.isArray(key)) throw new YamlError(`invalid map key: ${goSyntax(key)}`);
      map.set(key, this.value(valueNode));
    }
  }

  #merge(map: Map<Decoded, Decoded>, node: YamlNode): void {
    const sources = node.kind === "sequence" ? [...node.content].reverse() : [node];
    for (const source of sources) {
      const target = source.kind === "alias" ? source.alias : source;
      if (target?.kind !== "mapping") {
        throw new YamlError("map merge requires map or sequence of maps as the value");
      }
      this.#countNode();
      if (source.kind === "alias") this.#enter(source);
      this.#fill(map, target);
      this.#openAliases.delete(source);
    }
  }
}

function isMerge(node: YamlNode): boolean {
  if (node.kind !== "scalar" || node.value !== "<<") return false;
  const isPlain = (node.style & (quotedStyles | nodeStyle.tagged)) === 0;
  return isPlain || node.isNonSpecific === true || toShortTag(node.tag) === "!!merge";
}

function scalarValue(node: YamlNode): Decoded {
  const { style, value } = node;
  const hasTag = (style & nodeStyle.tagged) !== 0;
  if (node.isNonSpecific || (!hasTag && (style & quotedStyles) !== 0)) return value;
  const tag = hasTag ? toShortTag(node.tag) : "";
  if (tag === "!!binary") return decodedBinary(value);
  if (!["", "!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"].includes(tag)) return value;
  const found = tag === "!!str" ? { tag, value } : resolveV2(value, tag);
  if (tag === "" || tag === found.tag) return found.value;
  if (tag === "!!float" && found.tag === "!!int") return Number(found.value);
  throw new YamlError(`cannot decode ${found.tag} \`${value}\` as a ${tag}`);
}

function resolveV2(text: string, tag: string): { readonly tag: string; readonly value: Decoded } {
  const boolean = booleans.get(text);
  if (boolean !== undefined) return { tag: "!!bool", value: boolean };
  const found = resolve(text);
  // Dates stay text here, and behind a tag of another kind they are not even looked for.
  if (found.tag === "!!timestamp")
    return { tag: tag === "" || tag === found.tag ? found.tag : "!!str", value: text };
  return found;
}

function decodedBinary(text: string): string {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text.replace(/[\r\n]/g, "")) {
    throw new YamlError("!!binary value contains invalid base64 data");
  }
  return bytes.toString("utf8");
}

/** Makes keys texts and numbers doubles. */
function toJson(value: Decoded): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, member]) => [keyText(key, member), toJson(member)]));
}

/** JSON has neither infinities nor NaN. */
function checkNumbers(json: unknown): void {
  if (typeof json === "number" && !Number.isFinite(json)) {
    throw new YamlConversionError(`json: unsupported value: ${goFloat(json)}`);
  }
  if (typeof json === "object" && json !== null) Object.values(json).forEach(checkNumbers);
}

function keyText(key: Decoded, value: Decoded): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return String(key);
  if (typeof key === "bigint" && key < 2n ** 63n) return String(key);
  if (typeof key === "number") return floatKey(key);
  const type = key === null ? "%!s(<nil>)" : "uint64";
  const shown = plusSyntax(key);
  throw new YamlConversionError(
    `unsupported map key of type: ${type}, key: ${shown}, value: ${plusSyntax(value)}`,
  );
}

/** A float in the fewest digits that tell it from other floats of 32 bits. */
function floatKey(key: number): string {
  const single = Math.fround(key);
  if (Number.isNaN(single)) return ".nan";
  if (!Number.isFinite(single)) return single > 0 ? ".inf" : "-.inf";
  for (let digits = 1; digits < 9; digits++) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return goFloat(Number(text));
  }
  return goFloat(Number(single.toPrecision(9)));
}

/** A value as `%+#v` prints it, where a lone nil is `<nil>`. */
function plusSyntax(value: Decoded): string {
  return value === null ? "<nil>" : goSyntax(value);
}

/** A value in Go's own syntax (`%#v`). */
function goSyntax(value: Decoded): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return goFloat(value);
  // What does not fit an int64 is unsigned, and those are shown in hexadecimal.
  if (typeof value === "bigint" && value >= 2n ** 63n) return `0x${value.toString(16)}`;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  const members = [...(value as ReadonlyMap<Decoded, Decoded>)].map(
    ([key, member]) => `${goSyntax(key)}:${goSyntax(member)}`,
  );
  return `map[interface {}]interface {}{${members.sort(compareBytewise).join(", ")}}`;
}
