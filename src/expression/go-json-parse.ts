// JSON text → values, with Go's rules and sentences (encoding/json Unmarshal into any): numbers are floats.
// Reads only; writing is in go-json.ts.

import { goQuoteBytes } from "../base/go-text";
import type { JsonValue } from "../base/json";
import { toValid } from "./go-text";
import { setKey } from "./values";

/** What a text holds, or Go's sentence about why it holds nothing. */
export type JsonResult =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

const maxDepth = 10_000;

/** Reads a JSON text. Never throws. */
export function parseJson(text: string): JsonResult {
  let value: unknown;
  try {
    value = JSON.parse(toValid(text));
  } catch {
    return { problem: new Scanner(text).problem() };
  }
  const large = tooLarge(text);
  if (large === undefined) return settle(value);
  return { problem: `json: cannot unmarshal number ${large} into Go value of type float64` };
}

/** The first number of a well-formed text that no float can hold. */
function tooLarge(text: string): string | undefined {
  if (!/\d{300}|[eE]\+?0*[1-9]\d\d/.test(text)) return undefined;
  const parts = text.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g) ?? [];
  return parts.find((part) => !part.startsWith('"') && !Number.isFinite(Number(part)));
}

/** JSON data as values of expressions; numbers are floats, which is what JavaScript numbers are here. */
export function fromJsonValue(json: JsonValue): unknown {
  return json;
}

/** Replaces half characters as Go does, and refuses what is nested too deep. */
function settle(root: unknown): JsonResult {
  if (typeof root === "string") return { value: toValid(root) };
  if (typeof root !== "object" || root === null) return { value: root };
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return { problem: "exceeded max depth" };
    const next: object[] = [];
    for (const holder of level) settleOne(holder, next);
    level = next;
  }
  return { value: root };
}

/** Settles the direct content of a list or map and notes the holders in it. */
function settleOne(holder: object, next: object[]): void {
  const target = holder as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const value = target[key];
    if (typeof value === "object" && value !== null) next.push(value);
    const validKey = Array.isArray(holder) ? key : toValid(key);
    const validValue = typeof value === "string" ? toValid(value) : value;
    if (validKey !== key) delete target[key];
    if (validKey !== key || validValue !== value) setKey(target, validKey, validValue);
  }
}

/** Walks a text that is no JSON to the first character that does not fit, for Go's sentence about it. */
class Scanner {
  private readonly text: string;
  private at = 0;
  private fault: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  problem(): string {
    this.space();
    this.value("looking for beginning of value");
    this.space();
    if (this.fault === undefined && this.at < this.text.length) this.bad("after top-level value");
    return this.fault ?? "unexpected end of JSON input";
  }

  private peek(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  private space(): void {
    while (/^[ \t\r\n]$/.test(this.peek())) this.at++;
  }

  /** Notes a mistake. In the middle of a literal, Go takes the end of the text for a space that does not fit. */
  private bad(where: string): false {
    const char =
      this.peek() === "" && /literal (true|false|null)|numeric literal|escape/.test(where)
        ? " "
        : this.peek();
    this.fault ??=
      char === "" ? "unexpected end of JSON input" : `invalid character ${quoteChar(char)} ${where}`;
    return false;
  }

  /** Reads a value; on a mistake `fault` is set and nothing more is read. */
  private value(where: string): void {
    // Containers are kept on a stack of closers, so that deep texts cannot exhaust the call stack.
    const closers: string[] = [];
    let expected = where;
    for (;;) {
      const opened = this.scalarOrOpen(expected);
      if (this.fault !== undefined) return;
      if (opened !== "") {
        closers.push(opened);
        if (closers.length > maxDepth) {
          this.fault = "exceeded max depth";
          return;
        }
        this.space();
        if (this.peek() !== opened) {
          if (opened === "}") this.key("looking for beginning of object key string");
          expected = "looking for beginning of value";
          if (this.fault !== undefined) return;
          continue;
        }
      }
      if (!this.closeAndContinue(closers)) return;
      expected = "looking for beginning of value";
    }
  }

  /** Behind a value: closes what ends here; true when another value follows. */
  private closeAndContinue(closers: string[]): boolean {
    for (;;) {
      const closer = closers.at(-1);
      if (closer === undefined) return false;
      this.space();
      if (this.peek() === closer) {
        closers.pop();
        this.at++;
      } else if (this.peek() === ",") {
        this.at++;
        this.space();
        if (closer === "}") this.key("looking for beginning of object key string");
        return this.fault === undefined;
      } else {
        this.bad(closer === "}" ? "after object key:value pair" : "after array element");
        return false;
      }
    }
  }

  /** Reads a simple value, or opens a container and gives its closer. */
  private scalarOrOpen(where: string): string {
    this.space();
    const char = this.peek();
    if (char === "{" || char === "[") {
      this.at++;
      return char === "{" ? "}" : "]";
    }
    if (char === '"') this.string();
    else if (char === "-" || /^[0-9]$/.test(char)) this.number();
    else if (char === "t") this.word("true");
    else if (char === "f") this.word("false");
    else if (char === "n") this.word("null");
    else this.bad(where);
    return "";
  }

  private key(where: string): boolean {
    if (this.peek() !== '"') return this.bad(where);
    if (!this.string()) return false;
    this.space();
    if (this.peek() !== ":") return this.bad("after object key");
    this.at++;
    this.space();
    return true;
  }

  private string(): boolean {
    this.at++;
    while (this.peek() !== '"') {
      const char = this.peek();
      if (char === "" || char < " ") return this.bad("in string literal");
      this.at += char.length;
      if (char === "\\" && !this.escaped()) return false;
    }
    this.at++;
    return true;
  }

  private escaped(): boolean {
    const kind = this.peek();
    if (kind === "" || !'"\\/bfnrtu'.includes(kind)) return this.bad("in string escape code");
    this.at++;
    for (let i = 0; kind === "u" && i < 4; i++) {
      if (!/^[0-9a-fA-F]$/.test(this.peek())) return this.bad("in \\u hexadecimal character escape");
      this.at++;
    }
    return true;
  }

  private digits(where: string): boolean {
    if (!/^[0-9]$/.test(this.peek())) return this.bad(where);
    while (/^[0-9]$/.test(this.peek())) this.at++;
    return true;
  }

  private number(): boolean {
    if (this.peek() === "-") this.at++;
    if (this.peek() === "0") this.at++;
    else if (!this.digits("in numeric literal")) return false;
    if (this.peek() === ".") {
      this.at++;
      if (!this.digits("after decimal point in numeric literal")) return false;
    }
    if (!/^[eE]$/.test(this.peek())) return true;
    this.at++;
    if (/^[+-]$/.test(this.peek())) this.at++;
    return this.digits("in exponent of numeric literal");
  }

  private word(word: string): boolean {
    for (const letter of word) {
      if (this.peek() !== letter) return this.bad(`in literal ${word} (expecting ${quoteChar(letter)})`);
      this.at++;
    }
    return true;
  }
}

function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  const code = char.charCodeAt(0);
  if (code >= 0xdc80 && code <= 0xdcff) return `'${String.fromCharCode(code - 0xdc00)}'`;
  // Go looks at single bytes here.
  const bytes = new TextEncoder().encode(char);
  const first = bytes.length > 1 ? String.fromCodePoint(bytes[0] ?? 0) : char;
  return `'${goQuoteBytes(first).slice(1, -1)}'`;
}
