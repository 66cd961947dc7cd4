// Source text → tokens, with expr-lang's rules and its sentences about what is no token (parser/lexer of expr-lang).
// Stops at the first mistake, keeping the tokens in front of it; knows no grammar.

import { goQuoteBytes } from "../base/go-text";
import { isAlphanumeric, isSpace } from "./characters";
import { type Unescaped, unescapeBytes, unescapeString } from "./string-literal";

export type TokenKind = "Identifier" | "Number" | "String" | "Bytes" | "Operator" | "Bracket" | "EOF";

/** One token; offsets in UTF-16 units. `value` of a literal is its meaning, without quotes and escapes. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A mistake of the text; offset in UTF-16 units. */
export interface LexProblem {
  readonly message: string;
  readonly start: number;
}

/** Tokens up to the end (then the last is EOF) or up to the first mistake. */
export interface Tokens {
  readonly tokens: readonly Token[];
  readonly problem?: LexProblem;
}

const wordOperators = new Set([
  "in",
  "or",
  "and",
  "matches",
  "contains",
  "startsWith",
  "endsWith",
  "let",
  "if",
  "else",
]);
const negatable = new Set(["in", "matches", "contains", "startsWith", "endsWith"]);
const eof = -1;

/** How expr-lang names a token in its sentences. */
export function tokenText(token: Token): string {
  return token.value === "" ? token.kind : `${token.kind}(${goQuoteBytes(token.value)})`;
}

/** Reads all tokens of a source. Never throws. */
export function tokenize(source: string): Tokens {
  return new Lexer(source).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private start = 0;
  private end = 0;
  /** The last `next` met the end of the text. */
  private atEnd = false;
  private problem: LexProblem | undefined;

  constructor(source: string) {
    this.source = source;
  }

  run(): Tokens {
    while (this.problem === undefined && this.readToken()) {}
    return this.problem === undefined
      ? { tokens: this.tokens }
      : { tokens: this.tokens, problem: this.problem };
  }

  /** Reads one token or skips space; false at the end of the text. */
  private readToken(): boolean {
    const code = this.next();
    const char = code === eof ? "" : String.fromCodePoint(code);
    if (code === eof) {
      this.emitEnd();
      return false;
    }
    if (isSpace(code)) this.start = this.end;
    else if (char === "'" || char === '"') this.quoted("String", code, 0, unescapeString);
    else if (char === "`") this.rawString();
    else if ((char === "b" || char === "B") && /^['"]/.test(this.source.slice(this.end))) {
      this.quoted("Bytes", this.next(), 1, unescapeBytes);
    } else if (code >= 48 && code <= 57) {
      this.end = this.start;
      this.number();
    } else if (char === "/") this.slash();
    else if (char === "#") this.pointer();
    else if (char === ".") this.dot();
    else if ("([{)]}".includes(char)) this.emit("Bracket");
    else if (",;%+-^".includes(char)) this.emit("Operator");
    else if ("?|:&!=*<>".includes(char)) {
      this.accept(char === "?" ? ".?" : char === "|" || char === ":" ? char : "&=*");
      this.emit("Operator");
    } else if (isAlphanumeric(code)) this.word();
    else this.fail(`unrecognized character: ${unicodeName(code)}`);
    return true;
  }

  private next(): number {
    const code = this.source.codePointAt(this.end);
    if (code === undefined) {
      this.atEnd = true;
      return eof;
    }
    this.end += code > 0xffff ? 2 : 1;
    return code;
  }

  private accept(valid: string): boolean {
    const char = this.source[this.end];
    if (char === undefined || !valid.includes(char)) return false;
    this.end++;
    return true;
  }

  private acceptRun(valid: string): void {
    while (this.accept(valid)) {}
  }

  private get text(): string {
    return this.source.slice(this.start, this.end);
  }

  private emit(kind: TokenKind, value = this.text): void {
    this.tokens.push({ kind, value, start: this.start, end: this.end });
    this.start = this.end;
  }

  private emitEnd(): void {
    const last = this.source.charCodeAt(this.end - 1);
    const back = last >= 0xdc00 && last <= 0xdfff && this.end > 1 ? 2 : 1;
    this.tokens.push({ kind: "EOF", value: "", start: Math.max(0, this.end - back), end: this.end });
  }

  /** Only the first mistake counts. It is at the last character read, or behind the text when that was the end. */
  private fail(message: string): void {
    if (this.problem !== undefined) return;
    const last = this.source.charCodeAt(this.end - 1);
    const back = this.atEnd ? 0 : last >= 0xdc00 && last <= 0xdfff && this.end > 1 ? 2 : 1;
    this.problem = { message, start: Math.max(0, this.end - back) };
  }

  private quoted(kind: TokenKind, quote: number, prefix: number, read: (literal: string) => Unescaped): void {
    for (let code = this.next(); code !== quote; ) {
      if (code === 10 || code === eof) this.fail("literal not terminated");
      if (this.problem !== undefined) return;
      code = code === 92 ? this.escape(quote) : this.next();
      if (this.problem !== undefined) return;
    }
    const unescaped = read(this.text.slice(prefix));
    if (unescaped.value === undefined) this.fail(unescaped.problem);
    else this.emit(kind, unescaped.value);
  }

  /** Reads an escape behind its backslash and returns the character behind it. */
  private escape(quote: number): number {
    const code = this.next();
    const char = code === eof ? "" : String.fromCodePoint(code);
    if (code === quote || (char !== "" && "abfnrtv\\".includes(char))) return this.next();
    if (/^[0-7]$/.test(char)) return this.digits(code, 8, 3);
    if (char === "x") return this.digits(this.next(), 16, 2);
    if (char === "U") return this.digits(this.next(), 16, 8);
    if (char === "u")
      return this.source[this.end] === "{" ? this.bracedEscape() : this.digits(this.next(), 16, 4);
    this.fail("invalid char escape");
    return code;
  }

  private digits(first: number, base: number, count: number): number {
    let code = first;
    let left = count;
    for (; left > 0 && digitValue(code) < base; left--) code = this.next();
    if (left > 0) this.fail("invalid char escape");
    return code;
  }

  private bracedEscape(): number {
    this.next();
    let digits = 0;
    for (; digits <= 6 && this.source[this.end] !== "}"; digits++) {
      if (digits === 6 || digitValue(this.source.charCodeAt(this.end)) >= 16) return this.failEscape();
      this.next();
    }
    if (digits === 0) return this.failEscape();
    this.next();
    return this.next();
  }

  private failEscape(): number {
    this.fail("invalid char escape");
    return eof;
  }

  private rawString(): void {
    for (let code = this.next(); ; code = this.next()) {
      while (code === 96 && this.source[this.end] === "`") {
        this.next();
        code = this.next();
      }
      if (code === 96) break;
      if (code === eof) {
        this.fail("literal not terminated");
        return;
      }
    }
    this.emit("String", this.text.slice(1, -1).replaceAll("``", "`"));
  }

  private number(): void {
    if (this.scanNumber()) this.emit("Number");
    else this.fail(`bad number syntax: ${goQuoteBytes(this.text)}`);
  }

  private scanNumber(): boolean {
    let digits = "0123456789_";
    if (this.accept("0")) {
      if (this.accept("xX")) digits = "0123456789abcdefABCDEF_";
      else if (this.accept("oO")) digits = "01234567_";
      else if (this.accept("bB")) digits = "01_";
    }
    this.acceptRun(digits);
    if (this.accept(".")) {
      if (this.source[this.end] === ".") {
        this.end--;
        return true;
      }
      this.acceptRun(digits);
    }
    if (this.accept("eE")) {
      this.accept("+-");
      this.acceptRun(digits);
    }
    const behind = this.source.codePointAt(this.end);
    if (behind === undefined || !isAlphanumeric(behind)) return true;
    this.next();
    return false;
  }

  private dot(): void {
    if (/^[0-9]/.test(this.source.slice(this.end, this.end + 1))) this.number();
    else {
      this.accept(".");
      this.emit("Operator");
    }
  }

  private skipWord(): void {
    for (let code = this.source.codePointAt(this.end); code !== undefined && isAlphanumeric(code); ) {
      this.end += code > 0xffff ? 2 : 1;
      code = this.source.codePointAt(this.end);
    }
  }

  private word(): void {
    this.skipWord();
    if (this.text === "not") this.not();
    else this.emit(wordOperators.has(this.text) ? "Operator" : "Identifier");
  }

  /** `not`, and the operator it may negate: only spaces, no other white space, may stand between them. */
  private not(): void {
    this.emit("Operator");
    this.acceptRun(" ");
    this.start = this.end;
    const end = this.end;
    this.skipWord();
    if (negatable.has(this.text)) this.emit("Operator");
    else this.end = end;
  }

  private slash(): void {
    if (this.accept("/")) {
      const lineEnd = this.source.indexOf("\n", this.end);
      this.end = lineEnd < 0 ? this.source.length : lineEnd + 1;
      this.start = this.end;
    } else if (this.accept("*")) {
      const close = this.source.indexOf("*/", this.end);
      this.end = close < 0 ? this.source.length : close + 2;
      this.start = this.end;
      if (close < 0) {
        this.atEnd = true;
        this.fail("unclosed comment");
      }
    } else this.emit("Operator");
  }

  private pointer(): void {
    this.accept("#");
    this.emit("Operator");
    this.skipWord();
    if (this.text !== "") this.emit("Identifier");
  }
}

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}

/** Go's `%#U`: `U+0040 '@'`. */
function unicodeName(code: number): string {
  const hex = code.toString(16).toUpperCase().padStart(4, "0");
  const char = String.fromCodePoint(code);
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}
