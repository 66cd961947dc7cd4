// What a TOML document has defined so far, so that nothing is defined twice, by go-toml v2.2.4's rules and in its words.
// Holds no values.
import { TomlError, type TomlExpression, type TomlPair, type TomlValue } from "./node";

type KeyKind = "value" | "table" | "array table";

interface Entry {
  kind: KeyKind;
  /** It has a header of its own. */
  isExplicit: boolean;
  /** It came from a dotted key of the table that is being read. */
  isFromPair: boolean;
  children: Map<string, Entry>;
}

/** Checks expressions in their order; throws TomlError (internal/tracker/seen.go). */
export class SeenKeys {
  readonly #root = makeEntry("table");
  #current = this.#root;

  check(expression: TomlExpression): void {
    if (expression.kind === "KeyValue") this.#checkPair(expression);
    else if (expression.kind === "Table") this.#checkTable(expression.key);
    else this.#checkArrayTable(expression.key);
  }

  #checkTable(key: readonly string[]): void {
    const { parent, name } = this.#enter(key);
    let entry = parent.children.get(name);
    if (entry === undefined) {
      entry = addEntry(parent, name, "table");
    } else if (entry.kind !== "table") {
      throw new TomlError(`toml: key ${shown(name)} should be a table, not a ${entry.kind}`);
    } else if (entry.isExplicit) {
      throw new TomlError(`toml: table ${shown(name)} already exists`);
    }
    entry.isExplicit = true;
    this.#current = entry;
  }

  #checkArrayTable(key: readonly string[]): void {
    const { parent, name } = this.#enter(key);
    let entry = parent.children.get(name);
    if (entry === undefined) {
      entry = addEntry(parent, name, "array table");
      entry.isExplicit = true;
    } else if (entry.kind !== "array table") {
      // The two are in this order upstream.
      throw new TomlError(
        `toml: key ${entry.kind} already exists as a ${shown(name)},  but should be an array table`,
      );
    } else {
      entry.children.clear();
    }
    this.#current = entry;
  }

  /** Goes to the table that holds the last name of a header. */
  #enter(key: readonly string[]): { readonly parent: Entry; readonly name: string } {
    makeExplicit(this.#current);
    let parent = this.#root;
    for (const name of key.slice(0, -1)) {
      const entry = parent.children.get(name) ?? addEntry(parent, name, "table");
      if (entry.kind === "value") {
        throw new TomlError(`toml: expected ${shown(name)} to be a table, not a ${entry.kind}`);
      }
      parent = entry;
    }
    return { parent, name: key.at(-1) ?? "" };
  }

  #checkPair({ key, value }: TomlPair): void {
    let parent = this.#current;
    for (const [i, name] of key.entries()) {
      let entry = parent.children.get(name);
      if (entry === undefined) {
        entry = addEntry(parent, name, "table");
        entry.isFromPair = true;
      } else if (i === key.length - 1) {
        throw new TomlError(`toml: key ${shown(name)} is already defined`);
      } else if (entry.kind !== "table") {
        throw new TomlError(`toml: expected ${shown(name)} to be a table, not a ${entry.kind}`);
      } else if (entry.isExplicit) {
        throw new TomlError(
          `toml: cannot redefine table ${shown(name)} that has already been explicitly defined`,
        );
      }
      parent = entry;
    }
    parent.kind = "value";
    checkInline(value);
  }

  /** The pairs of an inline table. */
  static checkPairs(pairs: readonly TomlPair[]): void {
    const seen = new SeenKeys();
    for (const pair of pairs) seen.#checkPair(pair);
  }
}

function checkInline({ kind, elements, pairs }: TomlValue): void {
  if (kind === "InlineTable") SeenKeys.checkPairs(pairs);
  else for (const element of elements) checkInline(element);
}

function makeEntry(kind: KeyKind): Entry {
  return { kind, isExplicit: false, isFromPair: false, children: new Map() };
}

function addEntry(parent: Entry, name: string, kind: KeyKind): Entry {
  const entry = makeEntry(kind);
  parent.children.set(name, entry);
  return entry;
}

/** Once another header follows, tables that dotted keys made can no longer be added to. */
function makeExplicit({ children }: Entry): void {
  for (const entry of children.values()) {
    if (entry.isFromPair) {
      entry.isExplicit = true;
      entry.isFromPair = false;
    }
    makeExplicit(entry);
  }
}

function shown(name: string): string {
  return Buffer.from(name, "latin1").toString("utf8");
}
