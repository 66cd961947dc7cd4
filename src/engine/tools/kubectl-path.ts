// Finds values in JSON data by a template of kubectl's `-o jsonpath` (k8s.io/client-go util/jsonpath).
// Numbers of the data are floats, as encoding/json reads them; maps keep their order, where upstream's is random.
import { isObject } from "../../base/json";
import { type PathBound, type PathList, type PathNode, parsePath } from "./kubectl-path-parser";

/** A whole number written in the template: comparing it with a number of the data is an error, as in Go. */
class WholeNumber {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof WholeNumber);
}

/** More values than any template is meant to visit. */
const maxVisits = 1_000_000;

/**
 * The values that the template finds, one list for each of its parts. Throws an Error in client-go's words for a
 * template that cannot be read, a missing key, an index out of bounds.
 */
export function findByPath(template: string, data: unknown): readonly (readonly unknown[])[] {
  const lists = new PathWalk().find(parsePath(template).nodes, data);
  return lists.map((values) =>
    values.map((value) => (value instanceof WholeNumber ? value.value : (value ?? null))),
  );
}

/** Walks a template. The state is that of nested `{range}` and `{end}`. */
class PathWalk {
  #beginRange = 0;
  #inRange = 0;
  #endRange = 0;
  #lastEnd: PathNode | undefined;
  #visits = 0;

  find(nodes: readonly PathNode[], data: unknown): unknown[][] {
    const found: unknown[][] = [];
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as PathNode;
      const results = this.#walk([data], node);
      if (this.#endRange > 0 && this.#endRange <= this.#inRange) {
        this.#endRange--;
        this.#lastEnd = node;
        break;
      }
      if (this.#beginRange === 0) {
        found.push(results);
        continue;
      }
      this.#beginRange--;
      this.#inRange++;
      const rest = nodes.slice(i + 1);
      for (const value of results) found.push(...this.find(rest, value));
      // Without anything to range over, the way to the end is still walked, so that the end is known.
      if (results.length === 0) this.find(rest, null);
      this.#inRange--;
      const end = nodes.findIndex((other, at) => at > i && other === this.#lastEnd);
      if (end > 0) i = end;
    }
    return found;
  }

  #walk(values: readonly unknown[], node: PathNode): unknown[] {
    this.#visits += values.length + 1;
    if (this.#visits > maxVisits) throw new Error("template visits too many values");
    switch (node.kind) {
      case "list":
        return this.#list(values, node);
      case "text":
        return [node.text];
      case "field":
        return field(values, node.name);
      case "array":
        return elementsOf(values, node.bounds);
      case "filter":
        return this.#filter(values, node);
      case "int":
        return values.map(() => new WholeNumber(node.value));
      case "float":
      case "bool":
        return values.map(() => node.value);
      case "wildcard":
        return values.flatMap(children);
      case "recursive":
        return values.flatMap((value) => this.#recursive(value));
      case "union":
        return node.lists.flatMap((list) => this.#list(values, list));
      case "identifier":
        return this.#identifier(values, node.name);
    }
  }

  #list(values: readonly unknown[], { nodes }: PathList): unknown[] {
    let current = [...values];
    for (const node of nodes) current = this.#walk(current, node);
    return current;
  }

  #identifier(values: readonly unknown[], name: string): unknown[] {
    if (name === "range") {
      this.#beginRange++;
      return [...values];
    }
    if (name !== "end") throw new Error(`unrecognized identifier ${name}`);
    if (this.#inRange === 0) throw new Error("not in range, nothing to end");
    this.#endRange++;
    return [];
  }

  #recursive(value: unknown): unknown[] {
    const below = children(value);
    this.#visits += below.length;
    if (this.#visits > maxVisits) throw new Error("template visits too many values");
    return below.length === 0 ? [] : [value, ...below.flatMap((child) => this.#recursive(child))];
  }

  #filter(values: readonly unknown[], node: Extract<PathNode, { kind: "filter" }>): unknown[] {
    return values.flatMap((value) => {
      if (!Array.isArray(value))
        throw new Error(`${shown(value)} is not array or slice and cannot be filtered`);
      return value.filter((item) => this.#passes(item, node));
    });
  }

  #passes(item: unknown, { left, right, operator }: Extract<PathNode, { kind: "filter" }>): boolean {
    if (operator === "exists") return this.#exists(item, left);
    const [a, b] = [this.#single(item, left), this.#single(item, right)];
    return a !== undefined && b !== undefined && compare(operator, a.value, b.value);
  }

  #exists(item: unknown, list: PathList): boolean {
    try {
      return this.#list([item], list).length > 0;
    } catch {
      return false;
    }
  }

  #single(item: unknown, list: PathList): { readonly value: unknown } | undefined {
    const found = this.#list([item], list);
    if (found.length > 1) throw new Error("can only compare one element at a time");
    return found.length === 0 ? undefined : { value: found[0] };
  }
}

function field(values: readonly unknown[], name: string): unknown[] {
  if (values.length === 0) return [];
  const found = values.flatMap((value) =>
    isObject(value) && Object.hasOwn(value, name) ? [value[name]] : [],
  );
  if (found.length === 0) throw new Error(`${name} is not found`);
  return found;
}

type Bounds = readonly [PathBound, PathBound, PathBound];

/** Where a list has nothing between the bounds, the lists behind it are not looked at any more; that is upstream's way. */
function elementsOf(values: readonly unknown[], bounds: Bounds): unknown[] {
  const found: unknown[] = [];
  for (const value of values) {
    if (value === null || value === undefined) continue;
    const own = elements(value, bounds);
    if (own === undefined) break;
    found.push(...own);
  }
  return found;
}

/** Undefined when the bounds are equal. */
function elements(value: unknown, [start, end, step]: Bounds): unknown[] | undefined {
  if (!Array.isArray(value)) throw new Error(`${goType(value)} is not array or slice`);
  const length = value.length;
  const from = !start.known ? 0 : start.value < 0 ? start.value + length : start.value;
  let to = end.known ? end.value : length;
  if (to < 0 || (to === 0 && end.derived === true)) to += length;
  if (from === to) return undefined;
  const outside = (index: number) => new Error(`array index out of bounds: index ${index}, length ${length}`);
  if (from >= length || from < 0) throw outside(from);
  if (to > length || to < 0) throw outside(to - 1);
  if (from > to) throw new Error(`starting index ${from} is greater than ending index ${to}`);
  if (step.known && step.value <= 0) throw new Error("step must be > 0");
  return value.slice(from, to).filter((_item, i) => i % (step.known ? step.value : 1) === 0);
}

/** What a wildcard means: members, elements, and the bytes of a text. */
function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (isMap(value)) return Object.values(value);
  return typeof value === "string" ? [...Buffer.from(value)].map((byte) => new WholeNumber(byte)) : [];
}

/** Go's text/template comparisons: values of different kinds cannot be compared. */
function compare(operator: string, left: unknown, right: unknown): boolean {
  const kind = basicKind(left);
  if (kind === undefined || basicKind(right) === undefined) throw new Error("invalid type for comparison");
  if (kind !== basicKind(right)) throw new Error("incompatible types for comparison");
  const [a, b] = [plain(left), plain(right)];
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  if (!["<", "<=", ">", ">="].includes(operator)) throw new Error(`unrecognized filter operator ${operator}`);
  if (typeof a === "boolean") throw new Error("invalid type for comparison");
  const order =
    typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : a - Number(b);

  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}

function basicKind(value: unknown): string | undefined {
  if (value instanceof WholeNumber) return "int";
  const type = typeof value;
  return type === "number" || type === "string" || type === "boolean" ? type : undefined;
}

function plain(value: unknown): number | string | boolean {
  return value instanceof WholeNumber ? value.value : (value as number | string | boolean);
}

function goType(value: unknown): string {
  if (value instanceof WholeNumber) return "int";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

/** Go's `%v`. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(shown).join(" ")}]`;
  if (!isMap(value)) return String(plain(value));
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${shown(value[key])}`).join(" ")}]`;
}
