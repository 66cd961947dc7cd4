// A place in a YAML text that moves forward, and the tokens and comments that are found on the way.
// Knows how far, in which line and column it is; knows no grammar.
import { isBlank, isBreak } from "./characters";
import type { YamlInput } from "./reader";

/** A place: characters from the start, line and column, all counted from 0. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** Where nothing is known; go-yaml uses the zero value and compares with it. */
export const noMark: Mark = { index: 0, line: 0, column: 0 };

/** Where a fault was found; lines count from 0, and 0 is also what is said when none is known. */
export interface FaultPlace {
  /** Where what is being read began. */
  readonly contextLine?: number;
  readonly problemLine?: number;
  /** Scanners tell the line itself, parsers the one before it, as they count from 0. */
  readonly isScanner?: boolean;
}

/** A YAML text that go-yaml would not read; the message is that of version 3. */
export class YamlError extends Error {
  /** The message of version 2, which looks at the places in another order. */
  readonly messageV2: string;

  constructor(problem: string, { contextLine = 0, problemLine = 0, isScanner = false }: FaultPlace = {}) {
    const step = isScanner ? 1 : 0;
    const line = contextLine || problemLine;
    super(yamlMessage(problem, line === 0 ? 0 : line + step));
    this.name = "YamlError";
    this.messageV2 = yamlMessage(problem, problemLine === 0 ? contextLine : problemLine + step);
  }
}

function yamlMessage(problem: string, line: number): string {
  return `yaml: ${line > 0 ? `line ${line}: ` : ""}${problem}`;
}

/** Reads a text from its beginning to its end. Past the end there are zeros. */
export class Cursor {
  readonly #text: string;
  readonly #limit: number;
  readonly #problem: string | undefined;
  #at = 0;
  #index = 0;
  #line = 0;
  #column = 0;
  /** Line breaks since the last character that is neither break nor blank. */
  newlines = 0;

  constructor(input: YamlInput) {
    this.#text = input.text;
    this.#limit = input.problem === undefined ? Number.POSITIVE_INFINITY : input.limit;
    this.#problem = input.problem;
  }

  get mark(): Mark {
    return { index: this.#index, line: this.#line, column: this.#column };
  }

  get index(): number {
    return this.#index;
  }

  get line(): number {
    return this.#line;
  }

  get column(): number {
    return this.#column;
  }

  /** Says that the next `count` characters are needed; throws when the text could not be decoded that far. */
  need(count: number): void {
    if (this.#at + count > this.#limit) throw new YamlError(this.#problem ?? "");
  }

  /** Code of the character that lies `ahead`. */
  peek(ahead = 0): number {
    const code = this.#text.charCodeAt(this.#at + ahead);
    return Number.isNaN(code) ? 0 : code;
  }

  /** True when `text` comes next. */
  isAt(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  /** Goes over `count` characters that are no breaks. */
  skip(count = 1): void {
    for (let i = 0; i < count; i++) this.read();
  }

  /** Goes over everything up to the character that lies `ahead`, breaks included. */
  skipTo(ahead: number): void {
    for (const end = this.#index + ahead; this.#index < end; ) {
      if (this.readBreak() === "") this.skip();
    }
  }

  /** Goes over one character and returns it. */
  read(): string {
    const code = this.peek();
    if (!isBlank(code)) this.newlines = 0;
    const width = code >= 0xd800 && code <= 0xdbff ? 2 : 1;
    const character = this.#text.slice(this.#at, this.#at + width);
    this.#at += width;
    this.#index++;
    this.#column++;
    return character;
  }

  /** Goes over one line break, if there is one, and returns what it stands for in a scalar. */
  readBreak(): string {
    const code = this.peek();
    if (!isBreak(code)) return "";
    const width = code === 0x0d && this.peek(1) === 0x0a ? 2 : 1;
    this.#at += width;
    this.#index += width;
    this.#column = 0;
    this.#line++;
    this.newlines++;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  /** Begins a new line without a break, as the end of the text does. */
  endLine(): void {
    if (this.#column === 0) return;
    this.#column = 0;
    this.#line++;
  }
}

/** What a token is. */
export type TokenType =
  | "stream-start"
  | "stream-end"
  | "version-directive"
  | "tag-directive"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

/** How a scalar is written. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/** One token. */
export interface Token {
  readonly type: TokenType;
  readonly start: Mark;
  readonly end: Mark;
  /** Text of a scalar, name of an anchor or alias, handle of a tag or a tag directive. */
  readonly value: string;
  /** Suffix of a tag, prefix of a tag directive, `major.minor` of a version directive. */
  readonly suffix: string;
  readonly style: ScalarStyle;
}

/** A token without anything but its place. */
export function makeToken(type: TokenType, start: Mark, end: Mark, parts: Partial<Token> = {}): Token {
  return { type, start, end, value: "", suffix: "", style: "plain", ...parts };
}

/** A comment, and where it belongs. Exactly one of the three texts is not empty until it was handed on. */
export interface Comment {
  /** Where the search began that found it. */
  scanMark: Mark;
  /** The first token from here on gets it. */
  tokenMark: Mark;
  startMark: Mark;
  endMark: Mark;
  head: string;
  line: string;
  foot: string;
}

/** A fault of scanning: `context` is where the token began, the cursor is where it broke. */
export function scannerError(cursor: Cursor, context: Mark, problem: string): YamlError {
  return new YamlError(problem, { contextLine: context.line, problemLine: cursor.line, isScanner: true });
}
