// Writing a value to a path in JSON text, in place where there is one, else appended, as github.com/tidwall/sjson 1.2.5
// does. All other bytes stay, save those it drops itself. Does not check that the text is JSON.
import { goPlainFloat } from "../../base/go-text";
import { queryJson } from "./json-query";
import {
  type Cut,
  doesExist,
  type JsonValue,
  mayBeginValue,
  scanValue,
  toBytes,
  wholeText,
} from "./json-scan";

/** A value that can be written. */
export type JsonScalar = string | number | boolean;

/** An array is not filled up to more elements than this; upstream would run out of memory. */
const maxFill = 1_000_000;

/** The file with the value at the path. Throws Error in sjson's words. */
export function setJsonValue(bytes: Uint8Array, path: string, value: JsonScalar): Buffer {
  const text = Buffer.from(bytes).toString("latin1");
  return Buffer.from(setInText(text, toBytes(path), encodeScalar(value)), "latin1");
}

/** One part of a path. */
interface Part {
  /** The name it stands for. */
  readonly name: string;
  /** How a look-up has to be told it. */
  readonly query: string;
  /** It began with a colon: a number is a name. */
  readonly isName: boolean;
}

function setInText(text: string, path: string, raw: string): string {
  const parts = parseParts(path);
  return parts === undefined ? setByQuery(text, path, raw) : setByParts(wholeText(text), parts, raw);
}

/** The parts of a plain path; undefined when it holds a wildcard or the like. */
function parseParts(path: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let rest: string | undefined = path; rest !== undefined; ) {
    const isName = rest.startsWith(":");
    const text: string = isName ? rest.slice(1) : rest;
    let name = "";
    let query = "";
    rest = undefined;
    for (let i = 0; i < text.length; i++) {
      const character = text[i] ?? "";
      if (character === ".") {
        rest = text.slice(i + 1);
        break;
      }
      if ("|#@*?".includes(character)) return undefined;
      query += character;
      if (character !== "\\") {
        name += character;
      } else if (i + 1 < text.length) {
        name += text[++i];
        query += text[i];
      }
    }
    parts.push({ name, query, isName });
  }
  return parts;
}

/** Replaces what a query finds: one value, or every one of several, the last first. */
function setByQuery(text: string, path: string, raw: string): string {
  const found = queryJson(wholeText(text), path);
  if (!doesExist(found)) return text;
  let result = found.index === 0 ? text : replaced(text, found.index, found.raw.text.length, raw);
  const { indexes = [] } = found;
  if (indexes.length === 0) return result;
  const lengths = elementsOf(found.raw).map((element) => element.raw.text.length);
  if (lengths.length !== indexes.length) return text;
  const order = [...indexes.keys()].sort((a, b) => (indexes[b] ?? 0) - (indexes[a] ?? 0));
  for (const i of order) result = replaced(result, indexes[i] ?? 0, lengths[i] ?? 0, raw);
  return result;
}

function replaced(text: string, index: number, length: number, raw: string): string {
  return text.slice(0, index) + raw + text.slice(index + length);
}

/** Values of an array or object text one after the other, keys left out (Result.ForEach). */
function elementsOf(raw: Cut): JsonValue[] {
  const values: JsonValue[] = [];
  for (let i = raw.text.search(/[{[]/) + 1; i > 0 && i < raw.text.length; i++) {
    while (i < raw.text.length && /[\0- ,:]/.test(raw.text[i] ?? "")) i++;
    while (i < raw.text.length && !mayBeginValue(raw.text[i])) i++;
    const scanned = i < raw.text.length ? scanValue(raw, i) : undefined;
    if (scanned === undefined) break;
    values.push(scanned.value);
    i = scanned.end;
  }
  return values;
}

function setByParts(whole: Cut, parts: readonly Part[], raw: string): string {
  const [part, ...rest] = parts;
  if (part === undefined) return raw;
  const found = queryJson(whole, part.query);
  if (found.index > 0) {
    const inner = rest.length > 0 ? setByParts(found.raw, rest, raw) : raw;
    return replaced(whole.text, found.index, found.raw.text.length, inner);
  }
  return append(whole.text, parts, raw);
}

/** Adds a member or an element that is not there yet. What stands around the outermost brackets gets lost. */
function append(text: string, parts: readonly Part[], raw: string): string {
  const part = parts[0] as Part;
  const index = indexOf(part);
  const container = containerOf(text) ?? (index === undefined ? "{}" : "[]");
  const isFilled = !/^.[\0- ]*(?:[}\]]|$)/s.test(container);
  if (container.startsWith("{")) {
    const end = Math.max(container.lastIndexOf("}"), 0);
    return `${container.slice(0, end)}${isFilled ? "," : ""}${build(parts, raw, false)}}`;
  }
  if (index === undefined) {
    if (part.name !== "-1" || part.isName) {
      throw new Error(`cannot set array element for non-numeric key '${fromBytes(part.name)}'`);
    }
    const open = container.replace(/[\0- ]+$/, "").replace(/\]$/, "");
    return `${open}${isFilled ? "," : ""}${build(parts, raw, true)}]`;
  }
  const elements = arrayElements(wholeText(container));
  const missing = index - elements.length;
  if (missing > maxFill) throw new Error(`array index ${index} is too large`);
  const filler = (elements.length === 0 ? "null," : ",null").repeat(Math.max(missing, 0));
  const comma = elements.length > 0 && isFilled ? "," : "";
  return `[${elements.join(",")}${filler}${comma}${build(parts, raw, true)}]`;
}

/** The object or array a text begins with; undefined for anything else (gjson.Parse). */
function containerOf(text: string): string | undefined {
  const start = text.search(/[^\0- ]/);
  return start >= 0 && /[{[]/.test(text[start] ?? "") ? text.slice(start) : undefined;
}

/** Texts of an array's elements (Result.Array). */
function arrayElements(container: Cut): string[] {
  const { text } = container;
  const elements: string[] = [];
  for (let i = 1; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "]" || character === "}") break;
    if (!'"{[ntf-0123456789'.includes(character)) continue;
    const element = elementAt(container, i);
    elements.push(element);
    i += element.length - 1;
  }
  return elements;
}

function elementAt(container: Cut, start: number): string {
  const { text } = container;
  const first = text[start] ?? "";
  if ("ntf".includes(first)) return /^.[a-z]*/s.exec(text.slice(start))?.[0] ?? "";
  if ("-0123456789".includes(first)) return /^.[^\0- ,\]}]*/s.exec(text.slice(start))?.[0] ?? "";
  return scanValue(container, start)?.value.raw.text ?? text.slice(start);
}

/** The value within everything its path needs: `"a":{"b":[null,value]}`. */
function build(parts: readonly Part[], raw: string, isElement: boolean): string {
  const [part, next] = parts;
  const key = isElement || part === undefined ? "" : `${encodeText(part.name)}:`;
  if (next === undefined) return key + raw;
  const index = indexOf(next);
  const rest = parts.slice(1);
  if (index === undefined && (next.isName || next.name !== "-1")) return `${key}{${build(rest, raw, false)}}`;
  if (index !== undefined && index > maxFill) throw new Error(`array index ${index} is too large`);
  return `${key}[${"null,".repeat(index ?? 0)}${build(rest, raw, true)}]`;
}

/** The array index a part stands for; an empty part is 0. */
function indexOf({ name, isName }: Part): number | undefined {
  return !isName && /^\d*$/.test(name) ? Number(name) : undefined;
}

function encodeScalar(value: JsonScalar): string {
  if (typeof value === "string") return encodeText(toBytes(value));
  return typeof value === "number" ? goPlainFloat(value) : String(value);
}

/** A text in quotes; only what needs it is escaped, and then `<`, `>` and `&` are as well. */
function encodeText(text: string): string {
  if (!/[^ -\x7f]|["\\]/.test(text)) return `"${text}"`;
  const json = JSON.stringify(fromBytes(text));
  const safe = json.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return toBytes(safe);
}

function fromBytes(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
