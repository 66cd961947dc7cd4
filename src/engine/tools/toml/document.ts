// A whole TOML document as values: tables, arrays, texts, ints, floats, dates, as go-toml v2.2.4 decodes it.
// Keeps no places; edit.ts works on those.
import { TomlError, type TomlPair, type TomlValue } from "./node";
import { parseToml } from "./parser";
import { SeenKeys } from "./seen-keys";
import { decodeFloat, decodeInteger, decodeMoment, type TomlMoment } from "./values";

/** A value of a document; ints are bigint, floats number. */
export type TomlData = string | boolean | bigint | number | TomlMoment | TomlData[] | TomlTable;

/** A table by key. */
export type TomlTable = Map<string, TomlData>;

/** Decodes a document. Throws TomlError whose message begins with `toml: ` (toml.Unmarshal). */
export function decodeToml(bytes: Uint8Array): TomlTable {
  try {
    return decode(Buffer.from(bytes).toString("latin1"));
  } catch (error) {
    if (!(error instanceof TomlError) || error.message.startsWith("toml: ")) throw error;
    throw new TomlError(`toml: ${error.message}`);
  }
}

/**
 * Values are decoded in their order, so that the first fault of any kind is the one told; what follows a fault of the
 * grammar is not looked at.
 */
function decode(text: string): TomlTable {
  const root: TomlTable = new Map();
  const seen = new SeenKeys();
  let current = root;
  for (const expression of parseToml(text)) {
    seen.check(expression);
    if (expression.kind === "KeyValue") setPair(current, expression);
    else if (expression.kind === "Table") current = enterTable(root, expression.key);
    else current = addToArray(root, expression.key);
  }
  return root;
}

function setPair(table: TomlTable, { key, value }: TomlPair): void {
  const parent = enterTable(table, key.slice(0, -1));
  parent.set(shown(key.at(-1) ?? ""), dataOf(value));
}

/** The table at a path; of arrays of tables the last element is meant. */
function enterTable(root: TomlTable, key: readonly string[]): TomlTable {
  let table = root;
  for (const part of key) {
    const name = shown(part);
    let next = table.get(name);
    if (Array.isArray(next)) next = next.at(-1);
    if (!(next instanceof Map)) {
      next = new Map();
      table.set(name, next);
    }
    table = next;
  }
  return table;
}

function addToArray(root: TomlTable, key: readonly string[]): TomlTable {
  const parent = enterTable(root, key.slice(0, -1));
  const name = shown(key.at(-1) ?? "");
  const before = parent.get(name);
  const added: TomlTable = new Map();
  if (Array.isArray(before)) before.push(added);
  else parent.set(name, [added]);
  return added;
}

function dataOf(value: TomlValue): TomlData {
  switch (value.kind) {
    case "String":
      return shown(value.data);
    case "Bool":
      return value.data === "true";
    case "Integer":
      return decodeInteger(value);
    case "Float":
      return decodeFloat(value);
    case "Array":
      return value.elements.map(dataOf);
    case "InlineTable": {
      const table: TomlTable = new Map();
      for (const pair of value.pairs) setPair(table, pair);
      return table;
    }
    default:
      return decodeMoment(value);
  }
}

function shown(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
