// Kargo's editor for TOML: replaces existing scalars in place and keeps every other byte.
// Creates nothing; knows neither files nor steps (pkg/toml/toml.go of Kargo).
import { goPlainFloat, goValue } from "../../../base/go-text";
import { splitKey } from "../key-path";
import { TomlError, type TomlPair, type TomlValue } from "./node";
import { parseToml } from "./parser";

/** A value to write, and where. */
export interface TomlUpdate {
  readonly key: string;
  readonly value: unknown;
}

/**
 * The file with new values. Every key must exist already and address a scalar; all are looked up in the original text.
 * Throws Error in Kargo's words.
 */
export function setTomlValues(bytes: Uint8Array, updates: readonly TomlUpdate[]): Buffer {
  const text = Buffer.from(bytes).toString("latin1");
  const index = indexOrThrow(text);
  const changes = new Map<string, { readonly value: TomlValue; readonly replacement: string }>();
  for (const { key, value } of updates) {
    const path = pathOf(key);
    const target = index.get(path);
    if (target === undefined) throw new Error(`error finding key ${key}: key path not found`);
    if (typeof target === "string") {
      throw new Error(`error finding key ${key}: key path addresses ${target} instead of a scalar node`);
    }
    const replacement = formatToml(value);
    if (replacement === undefined) {
      throw new Error(`error formatting value for key ${key}: value is not a TOML scalar type`);
    }
    changes.set(path, { value: target, replacement: toBytes(replacement) });
  }
  let edited = text;
  for (const { value, replacement } of [...changes.values()].sort((a, b) => b.value.start - a.value.start)) {
    edited = edited.slice(0, value.start) + replacement + edited.slice(value.end);
  }
  return Buffer.from(edited, "latin1");
}

/** A value as TOML; undefined when it is no scalar. Numbers are always floats, texts literal strings if they can. */
export function formatToml(value: unknown): string | undefined {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return formatFloat(value);
  if (typeof value === "bigint") return formatFloat(Number(value));
  return typeof value === "string" ? formatString(value) : undefined;
}

/** As formatToml, but shows what cannot be written as Go would. */
export function showToml(value: unknown): string {
  return formatToml(value) ?? goValue(value);
}

function formatFloat(value: number): string {
  const text = goPlainFloat(value);
  return text.includes(".") ? text : `${text}.0`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function formatString(text: string): string {
  if (!/['\x7f]|[^\t -\uffff]/.test(text)) return `'${text}'`;
  const escaped = Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (shortEscapes[character] !== undefined) return shortEscapes[character];
    return code < 0x20 || code === 0x7f
      ? `\\u00${code.toString(16).toUpperCase().padStart(2, "0")}`
      : character;
  });
  return `"${escaped.join("")}"`;
}

function indexOrThrow(text: string): TomlIndex {
  try {
    return indexOf(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new Error(`error parsing input: ${error.message}`, { cause: error });
  }
}

function pathOf(key: string): string {
  try {
    return encodePath(splitKey(key).map(toBytes));
  } catch (error) {
    throw new Error(`error splitting key ${key}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Scalars by path; of everything else only its kind. */
type TomlIndex = Map<string, TomlValue | string>;

/**
 * Paths of all values. Elements of arrays of tables are numbered through the whole file by the name of the array, and
 * headers below them are not numbered at all. A scalar stays what it is even when the path is used for a table later.
 */
function indexOf(text: string): TomlIndex {
  const index: TomlIndex = new Map();
  const counts = new Map<string, number>();
  let current: readonly string[] = [];
  for (const expression of parseToml(text, { keepsComments: true })) {
    if (expression.kind === "KeyValue") {
      addPair(index, current, expression);
      continue;
    }
    current = expression.key;
    addKind(index, current, expression.kind);
    if (expression.kind === "Table") continue;
    const path = encodePath(current);
    const count = counts.get(path) ?? 0;
    counts.set(path, count + 1);
    current = [...current, String(count)];
    addKind(index, current, expression.kind);
  }
  return index;
}

function addPair(index: TomlIndex, parent: readonly string[], { key, value }: TomlPair): void {
  addValue(index, [...parent, ...key], value);
}

function addValue(index: TomlIndex, path: readonly string[], value: TomlValue): void {
  if (value.kind === "Array" || value.kind === "InlineTable" || value.kind === "Comment") {
    addKind(index, path, value.kind);
    for (const [i, element] of value.elements.entries()) addValue(index, [...path, String(i)], element);
    for (const pair of value.pairs) addPair(index, path, pair);
  } else {
    index.set(encodePath(path), value);
  }
}

function addKind(index: TomlIndex, path: readonly string[], kind: string): void {
  const encoded = encodePath(path);
  const known = index.get(encoded);
  if (known === undefined || typeof known === "string") index.set(encoded, kind);
}

function encodePath(path: readonly string[]): string {
  return JSON.stringify(path);
}

function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
