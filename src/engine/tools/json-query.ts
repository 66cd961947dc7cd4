// Looking up a path in JSON text with wildcards, queries and pipes, as github.com/tidwall/gjson 1.14.2 does.
// Modifiers (`@pretty`) and selections (`[a,b]`) make new texts, which have no place to write to: they find nothing.
import { parseGoBool, parseGoFloat } from "../../base/go-number";
import {
  type ArrayPart,
  isCalculated,
  matchesWildcard,
  parseArrayPart,
  parseObjectPart,
  splitAtPipe,
  withoutSelection,
} from "./json-query-path";
import {
  type Cut,
  cut,
  doesExist,
  endOfString,
  type JsonValue,
  makeValue,
  mayBeginValue,
  nextValue,
  nothing,
  placeOf,
  scanValue,
  unescapeJson,
  wholeText,
} from "./json-scan";

/** The value at a path. Places are those within the cut (gjson.Get). */
export function queryJson(whole: Cut, text: string): JsonValue {
  if (isCalculated(text)) return text === "@this" ? parsedWhole(whole) : makeValue("json", wholeText("?"));
  const path = withoutSelection(text);
  const search = new Search(whole);
  if (path.startsWith("..")) {
    search.array(0, path.slice(2));
  } else {
    const start = whole.text.search(/[{[]/);
    if (start >= 0) search.collection(start, path);
  }
  if (search.pipe !== undefined) return { ...queryWithin(search.value, search.pipe), index: 0 };
  const { value } = search;
  if (value.raw.text === "" || search.isCount) return value;
  return { ...value, index: placeOf(value.raw, whole) };
}

/** Goes on from a value that was found; places are then those of the text the value's own place counts in. */
function queryWithin(value: JsonValue, path: string): JsonValue {
  const found = queryJson(value.raw, path);
  if (found.indexes === undefined) return { ...found, index: found.index + value.index };
  return { ...found, indexes: found.indexes.map((index) => index + value.index) };
}

/** The text as one value, from its first character that is no blank (gjson.Parse). */
function parsedWhole(whole: Cut): JsonValue {
  const start = whole.text.search(/[^\0- ]/);
  if (start < 0 || !mayBeginValue(whole.text[start])) return nothing;
  const value = scanValue(whole, start)?.value ?? nothing;
  return {
    ...value,
    raw: value.type === "json" ? cut(whole, start, whole.text.length) : value.raw,
    index: start,
  };
}

/** Where a collection ended, and whether the value was found in it. */
interface Visit {
  readonly end: number;
  readonly isHit: boolean;
}

class Search {
  value: JsonValue = nothing;
  /** What is left of the path behind a pipe. */
  pipe: string | undefined;
  /** True for the length of an array, which has no place. */
  isCount = false;
  readonly #whole: Cut;

  constructor(whole: Cut) {
    this.#whole = whole;
  }

  /** Searches the object or array whose bracket is at `start`. */
  collection(start: number, path: string): Visit {
    return this.#whole.text[start] === "{" ? this.#object(start + 1, path) : this.array(start + 1, path);
  }

  #object(start: number, path: string): Visit {
    const { text } = this.#whole;
    const part = parseObjectPart(path);
    if (!part.hasMore && part.pipe !== undefined) this.pipe = part.pipe;
    for (let i = start; i < text.length; ) {
      while (i < text.length && text[i] !== '"' && text[i] !== "}") i++;
      if (text[i] === "}") return { end: i + 1, isHit: false };
      if (i >= text.length) break;
      const keyEnd = endOfString(text, i + 1);
      if (keyEnd === undefined) return { end: text.length, isHit: false };
      const key = unescapeJson(text.slice(i + 1, keyEnd - 1));
      const isMatch = part.isWild ? matchesWildcard(key, part.name) : part.name === key;
      i = keyEnd;
      while (i < text.length && !mayBeginValue(text[i])) i++;
      if (i >= text.length) break;
      const visit = this.#visit(i, isMatch, part.hasMore, part.rest);
      if (visit.isHit || visit.isBroken) return visit;
      i = visit.end;
    }
    return { end: text.length, isHit: false };
  }

  /** Takes the value at `start` when it is the one, goes into it when the path does, else passes over it. */
  #visit(
    start: number,
    isMatch: boolean,
    hasMore: boolean,
    rest: string,
  ): Visit & { readonly isBroken?: boolean } {
    const first = this.#whole.text[start];
    if (isMatch && hasMore && (first === "{" || first === "[")) return this.collection(start, rest);
    const scanned = scanValue(this.#whole, start);
    if (scanned === undefined) return { end: this.#whole.text.length, isHit: false, isBroken: true };
    const isHit = isMatch && !hasMore;
    if (isHit) this.value = scanned.value;
    return { end: scanned.end, isHit };
  }

  /** Searches an array whose first element may begin at `start`; the end of the text closes it, too. */
  array(start: number, path: string): Visit {
    const { text } = this.#whole;
    const part = parseArrayPart(path);
    if (!part.hasMore && part.pipe !== undefined) this.pipe = part.pipe;
    const wanted = part.isCount || !/^\d+$/.test(part.name) ? -1 : Number(part.name);
    const gathered = part.query === undefined ? undefined : new Gathered(this.#whole, part);
    const starts: number[] = [];
    for (let count = 0, i = start; i <= text.length; count++) {
      if (part.elementKey !== undefined) starts.push(i);
      while (i < text.length && text[i] !== "]" && !mayBeginValue(text[i])) i++;
      if (i >= text.length || text[i] === "]") return this.#endArray(part, count, starts, gathered, i + 1);
      if (gathered === undefined) {
        const visit = this.#visit(i, count === wanted, part.hasMore, part.rest);
        if (visit.isHit || visit.isBroken) return visit;
        i = visit.end;
        continue;
      }
      const scanned = scanValue(this.#whole, i);
      if (scanned === undefined) return { end: text.length, isHit: false };
      const found = gathered.add(scanned.value);
      this.pipe = gathered.pipe ?? this.pipe;
      i = scanned.end;
      if (found === undefined) continue;
      this.value = found;
      return { end: i, isHit: true };
    }
    return { end: text.length, isHit: false };
  }

  #endArray(
    part: ArrayPart,
    count: number,
    starts: readonly number[],
    gathered: Gathered | undefined,
    end: number,
  ): Visit {
    if (part.isCount && part.name === "#") {
      if (part.elementKey !== undefined) {
        this.value = this.#ofEveryElement(part.elementKey, starts);
        return { end, isHit: true };
      }
      this.isCount = true;
      this.value = makeValue("number", wholeText(String(count)), { number: count });
      return { end, isHit: true };
    }
    if (!doesExist(this.value) && gathered !== undefined) this.value = gathered.all() ?? this.value;
    return { end, isHit: false };
  }

  /** `#.key`: that value of every element that has it. */
  #ofEveryElement(elementKey: string, starts: readonly number[]): JsonValue {
    const split = splitAtPipe(elementKey);
    if (split !== undefined) this.pipe = split.right;
    const key = split?.left ?? elementKey;
    const found: JsonValue[] = [];
    for (const start of starts) {
      const { text } = this.#whole;
      let at = start;
      while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at++;
      if (at >= text.length || text[at] === "]") continue;
      const element = nextValue(this.#whole, at)?.value;
      if (element === undefined) continue;
      // Only collections know their place; the value of another kind has none and cannot be gone into.
      const index = element.type === "json" ? placeOf(element.raw, this.#whole) : 0;
      const value = queryWithin({ ...element, index }, key);
      if (doesExist(value)) found.push(value);
    }
    return gatheredValue(
      found,
      found.map(({ index }) => index),
    );
  }
}

/** Several values as an array that remembers where each of them is. */
function gatheredValue(values: readonly JsonValue[], indexes: readonly number[]): JsonValue {
  const text = `[${values.map(({ raw }) => raw.text).join(",")}]`;
  return makeValue("json", wholeText(text), { indexes });
}

/** What a query finds among the elements of an array. */
class Gathered {
  pipe: string | undefined;
  readonly #whole: Cut;
  readonly #part: ArrayPart;
  readonly #values: JsonValue[] = [];
  readonly #indexes: number[] = [];
  #rest: string;

  constructor(whole: Cut, part: ArrayPart) {
    this.#whole = whole;
    this.#part = part;
    this.#rest = part.rest;
  }

  /** Looks at an element; returns what was sought when the query wants only the first. */
  add(element: JsonValue): JsonValue | undefined {
    const { query } = this.#part;
    if (query === undefined) return undefined;
    if (element.type !== "json" && query.path !== "") return undefined;
    const asked = element.type === "json" ? queryWithin(element, query.path) : element;
    if (!answers(asked, query.operator, query.value)) return undefined;
    let found = element;
    if (this.#part.hasMore) {
      const split = splitAtPipe(this.#rest);
      if (split !== undefined) {
        this.#rest = split.left;
        this.pipe = split.right;
      }
      found = queryWithin(element, this.#rest);
    }
    if (!query.isForAll) return found;
    if (found.raw.text !== "") {
      this.#values.push(found);
      this.#indexes.push(found.index + placeOf(element.raw, this.#whole));
    }
    return undefined;
  }

  /** All that was found, once the array has ended. */
  all(): JsonValue | undefined {
    if (!this.#part.query?.isForAll) return undefined;
    if (this.#values.length === 0) return makeValue("json", wholeText("[]"));
    return gatheredValue(this.#values, this.#indexes);
  }
}

/** Whether a value fulfils the condition of a query; an empty operator asks only whether it is there. */
function answers(asked: JsonValue, operator: string, wanted: string): boolean {
  const value = wanted.startsWith("~") ? makeValue(isTruthy(asked) ? "true" : "false", asked.raw) : asked;
  const operand = wanted.startsWith("~") ? wanted.slice(1) : wanted;
  if (!doesExist(value)) return false;
  if (operator === "") return true;
  switch (value.type) {
    case "string":
      if (operator === "%") return matchesWildcard(value.string, operand);
      if (operator === "!%") return !matchesWildcard(value.string, operand);
      return compares(value.string, operator, operand);
    case "number":
      return compares(value.number, operator, parseGoFloat(operand) ?? 0);
    case "true":
      if (operator === ">") return operand === "false";
      return operator === ">=" || compares("true", /^!?=$/.test(operator) ? operator : "", operand);
    case "false":
      if (operator === "<") return operand === "true";
      return operator === "<=" || compares("false", /^!?=$/.test(operator) ? operator : "", operand);
    default:
      return false;
  }
}

function compares<T extends string | number>(a: T, operator: string, b: T): boolean {
  switch (operator) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return false;
  }
}

function isTruthy({ type, string, number }: JsonValue): boolean {
  if (type === "string") return parseGoBool(string.toLowerCase()) === true;
  return type === "true" || (type === "number" && number !== 0);
}
