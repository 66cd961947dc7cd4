// Values of expressions as the YAML that go-yaml v3 writes for them (encode.go, sorter.go), for `asYAML`.
// Decides order, quoting and style of every scalar; how a tree of them is laid out is the emitter's.
import {
  FunctionValue,
  formatValue,
  isPlainMap,
  ListValue,
  mapEntries,
  PointerValue,
  Scalar,
  StructValue,
  TimeValue,
  TypedNil,
  typeName,
} from "../../expression/expression";
import { defaultStyle, emitYaml } from "../tools/go-yaml/emitter";
import { makeNode, nodeStyle, type YamlNode } from "../tools/go-yaml/node";
import { resolveTag } from "../tools/go-yaml/resolve";

/** The YAML of a value, with four columns a level and a line feed at the end. Throws for functions. */
export function toGoYaml(value: unknown): string {
  return emitYaml(toNode(value), defaultStyle);
}

function toNode(value: unknown): YamlNode {
  switch (typeof value) {
    case "string":
      return textNode(value);
    case "number":
      return plain(floatText(value));
    case "bigint":
    case "boolean":
      return plain(String(value));
    case "undefined":
      return plain("null");
    case "object":
      return value === null ? plain("null") : objectNode(value);
    default:
      throw new Error(`cannot marshal type: ${typeName(value)}`);
  }
}

function objectNode(value: object): YamlNode {
  if (value instanceof Uint8Array) return listNode([...value].map(BigInt));
  if (Array.isArray(value)) return listNode(value);
  if (value instanceof ListValue) return listNode(value.items);
  if (value instanceof Scalar) return scalarNode(value);
  if (value instanceof TypedNil) return nilNode(value);
  if (value instanceof TimeValue) return plain(timeText(value));
  if (value instanceof FunctionValue) throw new Error(`cannot marshal type: ${value.type.name}`);
  if (value instanceof PointerValue) return pointerNode(value);
  if (value instanceof StructValue) return structNode(value);
  return mapNode(mapEntries(value) ?? (isPlainMap(value) ? Object.entries(value) : []));
}

function timeText(time: TimeValue): string {
  return time.format("2006-01-02T15:04:05.999999999Z07:00");
}

function plain(value: string): YamlNode {
  return makeNode("scalar", { value });
}

/** Text stays unquoted only where it reads as nothing else, in YAML 1.1 as well. */
function textNode(text: string): YamlNode {
  const style = text.includes("\n")
    ? nodeStyle.literal
    : resolveTag(text) === "!!str" && !oldBoolean.test(text) && !base60.test(text)
      ? 0
      : nodeStyle.doubleQuoted;
  return makeNode("scalar", { value: text, style, tag: "!!str" });
}

const oldBoolean = /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

function floatText(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  return formatValue(value);
}

function scalarNode(scalar: Scalar): YamlNode {
  if (scalar.type.name === "time.Duration") return textNode(formatValue(scalar));
  const { value } = scalar;
  if (typeof value === "string") return textNode(value);
  return plain(typeof value === "number" ? floatText(value) : String(value));
}

function nilNode({ type }: TypedNil): YamlNode {
  if (type.kind === "map") return mapNode([]);
  return type.kind === "slice" ? listNode([]) : plain("null");
}

function pointerNode({ type, target }: PointerValue): YamlNode {
  // Kubernetes' times, which only stand behind pointers, are text to YAML.
  if (target instanceof TimeValue) return textNode(timeText(target));
  const own = type.methods.get("MarshalText")?.call(target);
  return own instanceof Uint8Array ? textNode(new TextDecoder().decode(own)) : toNode(target);
}

/** A struct prints its fields in their order under lower-cased Go names, empty ones included. */
function structNode(struct: StructValue): YamlNode {
  const own = struct.type.methods.get("MarshalText")?.call(struct);
  if (own instanceof Uint8Array) return textNode(new TextDecoder().decode(own));
  const content = struct.type.fields.flatMap(({ name }) => [
    textNode(name.toLowerCase()),
    toNode(struct.get(name)),
  ]);
  return makeNode("mapping", { content, style: content.length === 0 ? nodeStyle.flow : 0 });
}

function listNode(items: readonly unknown[]): YamlNode {
  const content = items.map(toNode);
  return makeNode("sequence", { content, style: content.length === 0 ? nodeStyle.flow : 0 });
}

function mapNode(entries: readonly (readonly [unknown, unknown])[]): YamlNode {
  const content = [...entries]
    .sort(([a], [b]) => compareKeys(a, b))
    .flatMap(([key, value]) => [toNode(key), toNode(value)]);
  return makeNode("mapping", { content, style: content.length === 0 ? nodeStyle.flow : 0 });
}

/** Numbers and booleans by value and before text; text in natural order. */
function compareKeys(a: unknown, b: unknown): number {
  const left = keyNumber(a);
  const right = keyNumber(b);
  if (left !== undefined && right !== undefined) return left - right;
  if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1;
  const first = [...keyText(a)];
  const second = [...keyText(b)];
  return isLess(first, second) ? -1 : isLess(second, first) ? 1 : 0;
}

function keyNumber(key: unknown): number | undefined {
  const value = key instanceof Scalar ? key.value : key;
  return typeof value === "string" || typeof value === "object" ? undefined : Number(value);
}

function keyText(key: unknown): string {
  return String(key instanceof Scalar ? key.value : key);
}

const letter = /^\p{L}$/u;
const digit = /^\p{Nd}$/u;

/** The order of go-yaml's sorter: runs of digits by value, symbols before letters unless a digit stands before. */
function isLess(a: readonly string[], b: readonly string[]): boolean {
  let afterDigit = false;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const left = a[i] ?? "";
    const right = b[i] ?? "";
    if (left === right) {
      afterDigit = digit.test(left);
      continue;
    }
    const isLeftLetter = letter.test(left);
    const isRightLetter = letter.test(right);
    if (isLeftLetter && isRightLetter) return rank(left) < rank(right);
    if (isLeftLetter || isRightLetter) return afterDigit ? isLeftLetter : isRightLetter;
    return isLessByNumber(a, b, i);
  }
  return a.length < b.length;
}

function isLessByNumber(a: readonly string[], b: readonly string[], at: number): boolean {
  const start = hasSignificantDigitBefore(a, b, at) ? 1n : 0n;
  const left = numberFrom(a, at, start);
  const right = numberFrom(b, at, start);
  if (left.value !== right.value) return left.value < right.value;
  if (left.end !== right.end) return left.end < right.end;
  return rank(a[at] ?? "") < rank(b[at] ?? "");
}

/** A zero counts only behind another digit: `10` comes after `1`, `01` before. */
function hasSignificantDigitBefore(a: readonly string[], b: readonly string[], at: number): boolean {
  if (a[at] !== "0" && b[at] !== "0") return false;
  for (let i = at - 1; i >= 0 && digit.test(a[i] ?? ""); i--) if (a[i] !== "0") return true;
  return false;
}

function numberFrom(
  text: readonly string[],
  at: number,
  start: bigint,
): { readonly value: bigint; readonly end: number } {
  let value = start;
  let end = at;
  for (; end < text.length && digit.test(text[end] ?? ""); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt(rank(text[end] ?? "") - 48));
  }
  return { value, end };
}

function rank(character: string): number {
  return character.codePointAt(0) ?? 0;
}
