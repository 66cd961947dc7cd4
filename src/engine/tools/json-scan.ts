// Finding the ends of JSON values in a text that need not be valid JSON, the way github.com/tidwall/gjson 1.14 does.
// A text is one byte a character (latin1), so that places are bytes. Looks up no paths.

/** A stretch of a text. `base` says which text it is cut from; places compare only within one. */
export interface Cut {
  readonly text: string;
  readonly base: object;
  /** Where it begins in its base. */
  readonly at: number;
}

/** What a value is; `none` is null or nothing at all. */
export type JsonType = "none" | "false" | "number" | "string" | "true" | "json";

/** A value found. */
export interface JsonValue {
  readonly type: JsonType;
  readonly raw: Cut;
  /** Decoded text of a string. */
  readonly string: string;
  readonly number: number;
  /** Place in the text that was searched; 0 when it has none. */
  readonly index: number;
  /** Places of the elements when several values were gathered. */
  readonly indexes?: readonly number[];
}

/** A whole text as a cut of itself. */
export function wholeText(text: string): Cut {
  return { text, base: {}, at: 0 };
}

/** Part of a cut. */
export function cut({ text, base, at }: Cut, start: number, end: number): Cut {
  return { text: text.slice(start, end), base, at: at + start };
}

/** A value of a cut that is a string only in its outer form. */
export function makeValue(type: JsonType, raw: Cut, parts: Partial<JsonValue> = {}): JsonValue {
  return { type, raw, string: "", number: 0, index: 0, ...parts };
}

/** No value. */
export const nothing: JsonValue = makeValue("none", wholeText(""));

/** True for everything but nothing; null exists. */
export function doesExist({ type, raw }: JsonValue): boolean {
  return type !== "none" || raw.text !== "";
}

/** Where `raw` begins in `whole`; 0 when it lies elsewhere. */
export function placeOf(raw: Cut, whole: Cut): number {
  const index = raw.at - whole.at;
  return raw.base === whole.base && index >= 0 && index < whole.text.length ? index : 0;
}

/** A value and where what follows it begins; undefined for a string without an end. */
export interface Scanned {
  readonly value: JsonValue;
  readonly end: number;
}

/** True when a value of some kind may begin with the character. */
export function mayBeginValue(character: string | undefined): boolean {
  return character !== undefined && character !== "" && '"{[ntf+-0123456789iIN'.includes(character);
}

/** Reads the value that begins at `start`, which mayBeginValue. */
export function scanValue(whole: Cut, start: number): Scanned | undefined {
  const { text } = whole;
  const first = text[start] ?? "";
  if (first === '"') {
    const end = endOfString(text, start + 1);
    if (end === undefined) return undefined;
    const string = unescapeJson(text.slice(start + 1, end - 1));
    return { value: makeValue("string", cut(whole, start, end), { string }), end };
  }
  if (first === "{" || first === "[") {
    const end = endOfBrackets(text, start);
    return { value: makeValue("json", cut(whole, start, end)), end };
  }
  if (first === "t" || first === "f" || (first === "n" && (text[start + 1] ?? "u") === "u")) {
    const end = endOfLiteral(text, start);
    const type = first === "t" ? "true" : first === "f" ? "false" : "none";
    return { value: makeValue(type, cut(whole, start, end)), end };
  }
  const end = endOfNumber(text, start);
  const raw = cut(whole, start, end);
  return { value: makeValue("number", raw, { number: Number(raw.text) || 0 }), end };
}

/** The next value from `start` on, whatever stands before it; undefined when there is none (parseAny). */
export function nextValue(whole: Cut, start: number): Scanned | undefined {
  for (let i = start; i < whole.text.length; i++) {
    if (mayBeginValue(whole.text[i])) return scanValue(whole, i);
  }
  return undefined;
}

/** Index behind the quote that ends a string whose content begins at `start`. */
export function endOfString(text: string, start: number): number | undefined {
  for (let i = start; i < text.length; i++) {
    if (text[i] === '"' && !isEscaped(text, i, start)) return i + 1;
  }
  return undefined;
}

/** Index behind the bracket that closes the one at `start`; brackets of all kinds count alike. */
export function endOfBrackets(text: string, start: number): number {
  let depth = 1;
  for (let i = start + 1; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === '"') {
      i = (endOfString(text, i + 1) ?? text.length + 1) - 1;
    } else if ("{[(".includes(character)) {
      depth++;
    } else if ("}])".includes(character) && --depth === 0) {
      return i + 1;
    }
  }
  return text.length;
}

function endOfLiteral(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && /[a-z]/.test(text[end] ?? "")) end++;
  return end;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !/[\0- ,\]}]/.test(text[end] ?? "")) end++;
  return end;
}

/** True when an odd number of backslashes stands before `at`. */
function isEscaped(text: string, at: number, start: number): boolean {
  let count = 0;
  while (at - count - 1 >= start && text[at - count - 1] === "\\") count++;
  return count % 2 === 1;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
};

/** Decodes the escapes of a string's content; stops at what is no escape and at control characters. */
export function unescapeJson(text: string): string {
  if (!text.includes("\\")) return text;
  let decoded = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character < " ") break;
    if (character !== "\\") {
      decoded += character;
      continue;
    }
    const letter = text[++i] ?? "";
    if (letter !== "u") {
      const short = shortEscapes[letter];
      if (short === undefined) break;
      decoded += short;
      continue;
    }
    if (i + 5 > text.length) break;
    let units = String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 5), 16) || 0);
    i += 4;
    if (/[\ud800-\udfff]/.test(units) && text.startsWith("\\u", i + 1) && text.length >= i + 7) {
      units += String.fromCharCode(Number.parseInt(text.slice(i + 3, i + 7), 16) || 0);
      i += 6;
    }
    decoded += toBytes(units);
  }
  return decoded;
}

/** A text as UTF-8, one byte a character. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
