// TOML text to expressions, with go-toml v2.2.4's grammar and faults. Each value knows its place in the text.
// Decodes no numbers and dates, and does not mind what is defined twice; document.ts does.
import { goCharacter } from "../../../base/go-text";
import { TomlError, type TomlExpression, type TomlPair, type TomlValue, type TomlValueKind } from "./node";
import { scanLineString, scanString, validWidth } from "./strings";

/** What a parser is to do beyond the grammar. */
export interface TomlParserOptions {
  /** Comments within arrays become elements. */
  readonly keepsComments?: boolean;
}

/** The expressions of a document, one byte a character, as they come. Throws TomlError (unstable.Parser). */
export function parseToml(text: string, options: TomlParserOptions = {}): Iterable<TomlExpression> {
  return new TomlParser(text, options).expressions();
}

class TomlParser {
  readonly #text: string;
  readonly #keepsComments: boolean;
  #at = 0;

  constructor(text: string, { keepsComments = false }: TomlParserOptions) {
    this.#text = text;
    this.#keepsComments = keepsComments;
  }

  *expressions(): Generator<TomlExpression> {
    for (let isFirst = true; !this.#isAtEnd; isFirst = false) {
      if (!isFirst) this.#newline();
      if (this.#isAtEnd) break;
      const expression = this.#expression();
      if (expression !== undefined) yield expression;
    }
  }

  #expression(): TomlExpression | undefined {
    this.#blanks();
    if (this.#isAtEnd || this.#next === "\n" || this.#next === "\r") return undefined;
    if (this.#next === "#") {
      this.#comment();
      return undefined;
    }
    const expression: TomlExpression =
      this.#next === "[" ? this.#table() : { kind: "KeyValue", ...this.#pair() };
    this.#blanks();
    if (this.#next === "#") this.#comment();
    return expression;
  }

  #table(): TomlExpression {
    const isArray = this.#text[this.#at + 1] === "[";
    this.#at += isArray ? 2 : 1;
    this.#blanks();
    const key = this.#key();
    this.#blanks();
    this.#expect("]");
    if (isArray) this.#expect("]");
    return { kind: isArray ? "ArrayTable" : "Table", key };
  }

  #pair(): TomlPair {
    const key = this.#key();
    this.#blanks();
    if (this.#isAtEnd) throw new TomlError("expected = after a key, but the document ends there");
    this.#expect("=");
    this.#blanks();
    return { key, value: this.#value() };
  }

  #key(): string[] {
    const parts = [this.#simpleKey()];
    for (;;) {
      this.#blanks();
      if (this.#next !== ".") return parts;
      this.#at++;
      this.#blanks();
      parts.push(this.#simpleKey());
    }
  }

  #simpleKey(): string {
    if (this.#isAtEnd) throw new TomlError("expected key but found none");
    if (this.#next === '"' || this.#next === "'") {
      const { data, end } = scanLineString(this.#text, this.#at);
      this.#at = end;
      return data;
    }
    const [bare = ""] = /^[\w-]*/.exec(this.#text.slice(this.#at, this.#at + 1024)) ?? [];
    if (bare === "") throw new TomlError(`invalid character at start of key: ${this.#next}`);
    let end = this.#at + bare.length;
    while (/[\w-]/.test(this.#text[end] ?? "")) end++;
    const key = this.#text.slice(this.#at, end);
    this.#at = end;
    return key;
  }

  #value(): TomlValue {
    const start = this.#at;
    switch (this.#next) {
      case "":
        throw new TomlError("expected value, not eof");
      case '"':
      case "'": {
        const { data, end } = scanString(this.#text, start);
        this.#at = end;
        return this.#made("String", start, { data });
      }
      case "t":
        return this.#word("Bool", "true");
      case "f":
        return this.#word("Bool", "false");
      case "i":
        return this.#word("Float", "inf");
      case "n":
        return this.#word("Float", "nan");
      case "[":
        return this.#array();
      case "{":
        return this.#inlineTable();
      default:
        return this.#startsDateTime() ? this.#dateTime() : this.#number();
    }
  }

  #word(kind: TomlValueKind, word: string): TomlValue {
    const start = this.#at;
    if (!this.#text.startsWith(word, start)) throw new TomlError(`expected '${word}'`);
    this.#at += word.length;
    return this.#made(kind, start);
  }

  #made(kind: TomlValueKind, start: number, parts: Partial<TomlValue> = {}): TomlValue {
    const end = this.#at;
    return { kind, start, end, data: this.#text.slice(start, end), elements: [], pairs: [], ...parts };
  }

  #inlineTable(): TomlValue {
    const start = this.#at++;
    const pairs: TomlPair[] = [];
    while (!this.#isAtEnd) {
      this.#blanks();
      if (this.#isAtEnd) throw new TomlError("inline table is incomplete");
      if (this.#next === "}") break;
      if (pairs.length > 0) {
        this.#expect(",");
        this.#blanks();
      }
      pairs.push(this.#pair());
    }
    this.#expect("}");
    return this.#made("InlineTable", start, { pairs });
  }

  #array(): TomlValue {
    const start = this.#at++;
    const elements: TomlValue[] = [];
    const gap = (): void => {
      const comment = this.#gap();
      if (comment !== undefined && this.#keepsComments) elements.push(comment);
    };
    for (let isFirst = true; !this.#isAtEnd; isFirst = false) {
      gap();
      if (this.#isAtEnd) throw new TomlError("array is incomplete");
      if (this.#next === "]") break;
      if (this.#next === ",") {
        if (isFirst) throw new TomlError("array cannot start with comma");
        this.#at++;
        gap();
      } else if (!isFirst) {
        throw new TomlError("array elements must be separated by commas");
      }
      if (this.#next === "]") break;
      elements.push(this.#value());
      gap();
    }
    this.#expect("]");
    return this.#made("Array", start, { elements });
  }

  /** Blanks, breaks and comments of an array; all comments in a row are one. */
  #gap(): TomlValue | undefined {
    let comment: TomlValue | undefined;
    while (!this.#isAtEnd) {
      this.#blanks();
      if (this.#next === "#") {
        const start = this.#at;
        this.#comment();
        comment ??= this.#made("Comment", start);
      }
      if (this.#next !== "\n" && this.#next !== "\r") break;
      this.#newline();
    }
    return comment;
  }

  /** A date begins with four digits and a dash, a time with two and a colon. */
  #startsDateTime(): boolean {
    return /^(?:\d\d:|\d{4}-)/.test(this.#text.slice(this.#at, this.#at + 5));
  }

  /** Takes everything that may belong to a date or time; decoding it shows whether it is one. */
  #dateTime(): TomlValue {
    const start = this.#at;
    let [hasDate, hasTime, hasZone, hasSpace] = [false, false, false, false];
    for (; !this.#isAtEnd; this.#at++) {
      const character = this.#next;
      if (character === "-") {
        hasDate = true;
        if (this.#at - start >= 8) hasZone = true;
      } else if (/[Tt:.]/.test(character)) {
        hasTime = true;
      } else if (/[+Zz]/.test(character)) {
        hasZone = true;
      } else if (character === " " && !hasSpace && /\d/.test(this.#text[this.#at + 1] ?? "")) {
        this.#at += this.#at + 2 >= this.#text.length ? 1 : 2;
        hasSpace = true;
        hasTime = true;
      } else if (!/\d/.test(character)) {
        break;
      }
    }
    if (!hasTime) return this.#made("LocalDate", start);
    if (!hasDate) return this.#made("LocalTime", start);
    return this.#made(hasZone ? "DateTime" : "LocalDateTime", start);
  }

  #number(): TomlValue {
    const start = this.#at;
    const rest = this.#text.slice(start, start + 3);
    if (rest.length > 2 && /^0[^.eE]/s.test(rest)) {
      this.#take(prefixedDigits[rest[1] ?? ""] ?? /^0/);
      return this.#made("Integer", start);
    }
    let isFloat = false;
    for (; !this.#isAtEnd; this.#at++) {
      const character = this.#next;
      if (/[.eE]/.test(character)) {
        isFloat = true;
      } else if (character === "i" || character === "n") {
        const word = character === "i" ? "inf" : "nan";
        if (!this.#text.startsWith(word, this.#at)) {
          throw new TomlError(`unexpected character '${character}' while scanning for a number`);
        }
        this.#at += 3;
        return this.#made("Float", start);
      } else if (!/[\d+\-_]/.test(character)) {
        break;
      }
    }
    if (this.#at === start) throw new TomlError("incomplete number");
    return this.#made(isFloat ? "Float" : "Integer", start);
  }

  #take(pattern: RegExp): void {
    let width = 256;
    let length: number;
    do {
      width *= 4;
      length = pattern.exec(this.#text.slice(this.#at, this.#at + width))?.[0].length ?? 0;
    } while (length === width);
    this.#at += length;
  }

  #comment(): void {
    for (this.#at++; !this.#isAtEnd; ) {
      if (this.#next === "\n") return;
      if (this.#next === "\r" && this.#text[this.#at + 1] === "\n") {
        // The carriage return counts as part of the comment.
        this.#at++;
        return;
      }
      const width = this.#next === "\r" ? 0 : validWidth(this.#text, this.#at);
      if (width === 0) throw new TomlError("invalid character in comment");
      this.#at += width;
    }
  }

  #newline(): void {
    if (this.#next === "\r") {
      const following = this.#text[this.#at + 1];
      if (following === undefined) throw new TomlError("windows new line expected");
      if (following !== "\n") throw new TomlError("windows new line should be \\r\\n");
      this.#at++;
    }
    if (this.#next !== "\n") throw new TomlError(`expected newline but got ${goCharacter(this.#next)}`);
    this.#at++;
  }

  #blanks(): void {
    while (this.#next === " " || this.#next === "\t") this.#at++;
  }

  #expect(character: string): void {
    if (this.#isAtEnd) throw new TomlError(`expected character ${character} but the document ended here`);
    if (this.#next !== character) throw new TomlError(`expected character ${character}`);
    this.#at++;
  }

  /** The character at hand; empty at the end. */
  get #next(): string {
    return this.#text[this.#at] ?? "";
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }
}

const prefixedDigits: Readonly<Record<string, RegExp>> = {
  x: /^0x[\da-fA-F_]*/,
  o: /^0o[0-7_]*/,
  b: /^0b[01_]*/,
};
