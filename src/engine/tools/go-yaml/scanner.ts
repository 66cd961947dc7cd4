// Text to tokens: indentation, flow collections and simple keys, with go-yaml v3's faults and its way to hang comments.
// Builds no tree; parser.ts does.
import { isBlank, isBlankOrEnd, isBreak, isOneOf } from "./characters";
import {
  type Comment,
  Cursor,
  type Mark,
  makeToken,
  scannerError,
  type Token,
  type TokenType,
} from "./cursor";
import type { YamlInput } from "./reader";
import { scanComments, scanLineComment } from "./scan-comments";
import { scanAnchor, scanDirective, scanTag } from "./scan-properties";
import { isAtDocumentIndicator, scanBlockScalar, scanPlainScalar, scanQuotedScalar } from "./scan-scalars";

/** How deep blocks or flow collections may nest. */
const maxDepth = 10_000;

/** A simple key may not be longer. */
const maxSimpleKeyLength = 1024;

/** A token that turns out to be a key when a colon follows. */
interface SimpleKey {
  isPossible: boolean;
  readonly isRequired: boolean;
  readonly tokenNumber: number;
  readonly mark: Mark;
}

/** Reads one stream of tokens. Comments gather in `comments` until the parser hands them on. */
export class Scanner {
  readonly comments: Comment[] = [];
  readonly #cursor: Cursor;
  readonly #tokens: Token[] = [];
  /** How many tokens must be known beyond the next one before it is handed out. */
  readonly #lookAhead: number;
  /** Index of the next token to hand out; also how many were. */
  #head = 0;
  #isStarted = false;
  #indent = -1;
  readonly #indents: number[] = [];
  #flowLevel = 0;
  #isSimpleKeyAllowed = false;
  readonly #simpleKeys: SimpleKey[] = [];
  /**
   * Flow level of the key that begins at a token. Keys that are over leave their entry behind, and the level may have a
   * newer key by then; that only makes the scanner read further ahead, which go-yaml does, too.
   */
  readonly #levelByToken = new Map<number, number>();

  constructor(input: YamlInput, lookAhead = 2) {
    this.#cursor = new Cursor(input);
    this.#lookAhead = lookAhead;
  }

  /** The next token, which stays the next one until `advance`. */
  next(): Token {
    for (;;) {
      if (this.#head < this.#tokens.length - this.#lookAhead && !this.#mayBecomeKey()) break;
      this.#fetch();
    }
    const token = this.#tokens[this.#head];
    if (token === undefined) throw new Error("a fetched token must exist");
    return token;
  }

  advance(): void {
    this.#head++;
  }

  /** A colon further on may still put a key before the next token. */
  #mayBecomeKey(): boolean {
    const level = this.#levelByToken.get(this.#head);
    const key = level === undefined ? undefined : this.#simpleKeys[level];
    return key !== undefined && this.#isStillPossible(key);
  }

  #fetch(): void {
    const cursor = this.#cursor;
    cursor.need(1);
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#simpleKeys.push({ isPossible: false, isRequired: false, tokenNumber: 0, mark: cursor.mark });
      this.#isSimpleKeyAllowed = true;
      this.#push(makeToken("stream-start", cursor.mark, cursor.mark));
      return;
    }
    const scanMark = cursor.mark;
    this.#skipToToken(scanMark);
    this.#unrollIndent(cursor.column, scanMark);
    cursor.need(4);
    if (cursor.peek() === 0) this.#fetchStreamEnd();
    else if (cursor.column === 0 && cursor.peek() === 0x25) this.#fetchDirective();
    else if (isAtDocumentIndicator(cursor)) this.#fetchDocumentIndicator();
    else this.#fetchContent();
  }

  #fetchContent(): void {
    const commentMark = this.#lineCommentMark();
    this.#fetchByCharacter(String.fromCharCode(this.#cursor.peek()));
    if (this.#tokens.at(-1)?.type !== "block-entry") scanLineComment(this.#commentScope(), commentMark);
  }

  /** After `key:` or `item,` a comment at the end of the line goes to the token before the punctuation. */
  #lineCommentMark(): Mark {
    const code = this.#cursor.peek();
    const last = this.#tokens.at(-1);
    const isPunctuation = this.#flowLevel === 0 ? code === 0x3a : code === 0x2c;
    return isPunctuation && last !== undefined ? last.start : this.#cursor.mark;
  }

  #fetchByCharacter(character: string): void {
    const isInFlow = this.#flowLevel > 0;
    const next = this.#cursor.peek(1);
    if (character === "[") this.#fetchFlowStart("flow-sequence-start");
    else if (character === "{") this.#fetchFlowStart("flow-mapping-start");
    else if (character === "]") this.#fetchFlowEnd("flow-sequence-end");
    else if (character === "}") this.#fetchFlowEnd("flow-mapping-end");
    else if (character === ",") this.#fetchFlowEntry();
    else if (character === "-" && isBlankOrEnd(next)) this.#fetchBlockEntry();
    else if (character === "?" && (isInFlow || isBlankOrEnd(next))) this.#fetchKey();
    else if (character === ":" && (isInFlow || isBlankOrEnd(next))) this.#fetchValue();
    else if (character === "*") this.#fetchNodePart(() => scanAnchor(this.#cursor, "alias"));
    else if (character === "&") this.#fetchNodePart(() => scanAnchor(this.#cursor, "anchor"));
    else if (character === "!") this.#fetchNodePart(() => scanTag(this.#cursor));
    else if (character === "|" && !isInFlow) this.#fetchBlockScalar("literal");
    else if (character === ">" && !isInFlow) this.#fetchBlockScalar("folded");
    else if (character === "'") this.#fetchNodePart(() => scanQuotedScalar(this.#cursor, "single"));
    else if (character === '"') this.#fetchNodePart(() => scanQuotedScalar(this.#cursor, "double"));
    else if (this.#mayBeginPlainScalar(character)) this.#fetchPlainScalar();
    else {
      const problem = "found character that cannot start any token";
      throw scannerError(this.#cursor, this.#cursor.mark, problem);
    }
  }

  #mayBeginPlainScalar(character: string): boolean {
    const next = this.#cursor.peek(1);
    if (character === "-") return !isBlank(next);
    if (character === "?" || character === ":") return this.#flowLevel === 0 && !isBlankOrEnd(next);
    return !isBlankOrEnd(this.#cursor.peek()) && !isOneOf(this.#cursor.peek(), ",[]{}#&*!|>'\"%@`");
  }

  /** Passes over blanks, breaks and comments. */
  #skipToToken(scanMark: Mark): void {
    const cursor = this.#cursor;
    for (;;) {
      cursor.need(1);
      const isTabAllowed = this.#flowLevel > 0 || !this.#isSimpleKeyAllowed;
      while (cursor.peek() === 0x20 || (isTabAllowed && cursor.peek() === 0x09)) {
        cursor.skip();
        cursor.need(1);
      }
      this.#liftCommentOfFirstEntry();
      if (cursor.peek() === 0x23) scanComments(this.#commentScope(), scanMark);
      if (!isBreak(cursor.peek())) return;
      cursor.need(2);
      cursor.readBreak();
      if (this.#flowLevel === 0) this.#isSimpleKeyAllowed = true;
    }
  }

  /** A comment right behind the first dash of a sequence belongs above what follows the dash. */
  #liftCommentOfFirstEntry(): void {
    const comment = this.comments.at(-1);
    if (comment === undefined || comment.line === "" || isBreak(this.#cursor.peek())) return;
    const [before, last] = this.#tokens.slice(-2);
    if (before?.type !== "block-sequence-start" || last?.type !== "block-entry") return;
    comment.head = comment.line;
    comment.line = "";
    if (comment.startMark.line === this.#cursor.line - 1) comment.tokenMark = this.#cursor.mark;
  }

  #commentScope() {
    return {
      cursor: this.#cursor,
      comments: this.comments,
      tokens: this.#tokens,
      indent: this.#indent,
      flowLevel: this.#flowLevel,
    };
  }

  // --- Indentation -------------------------------------------------------------------------------------------------

  /** Opens a block collection when the column lies deeper; its token goes before the one numbered `tokenNumber`. */
  #rollIndent(column: number, tokenNumber: number | undefined, type: TokenType, mark: Mark): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > maxDepth) {
      throw scannerError(this.#cursor, this.#lastKey().mark, `exceeded max depth of ${maxDepth}`);
    }
    const token = makeToken(type, mark, mark);
    if (tokenNumber === undefined) this.#push(token);
    else this.#tokens.splice(tokenNumber, 0, token);
  }

  /** Closes block collections that lie deeper than the column. Their end goes before comments that are indented as they are. */
  #unrollIndent(column: number, scanMark: Mark): void {
    if (this.#flowLevel > 0) return;
    let mark: Mark = { ...scanMark, index: scanMark.index - 1 };
    while (this.#indent > column) {
      let stop = mark.index;
      for (let i = this.comments.length - 1; i >= 0; i--) {
        const comment = this.comments[i];
        if (comment === undefined || comment.endMark.index < stop) break;
        if (comment.startMark.column === this.#indent + 1) mark = comment.startMark;
        stop = comment.scanMark.index;
      }
      this.#push(makeToken("block-end", mark, mark));
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  // --- Simple keys -------------------------------------------------------------------------------------------------

  #lastKey(): SimpleKey {
    const key = this.#simpleKeys.at(-1);
    if (key === undefined) throw new Error("there is a simple key for every flow level");
    return key;
  }

  /** A simple key ends with its line. */
  #isStillPossible(key: SimpleKey): boolean {
    if (!key.isPossible) return false;
    const isOver =
      key.mark.line < this.#cursor.line || key.mark.index + maxSimpleKeyLength < this.#cursor.index;
    if (!isOver) return true;
    if (key.isRequired) throw scannerError(this.#cursor, key.mark, "could not find expected ':'");
    key.isPossible = false;
    return false;
  }

  #saveSimpleKey(): void {
    if (!this.#isSimpleKeyAllowed) return;
    this.#removeSimpleKey();
    const key: SimpleKey = {
      isPossible: true,
      isRequired: this.#flowLevel === 0 && this.#indent === this.#cursor.column,
      tokenNumber: this.#tokens.length,
      mark: this.#cursor.mark,
    };
    this.#simpleKeys[this.#simpleKeys.length - 1] = key;
    this.#levelByToken.set(key.tokenNumber, this.#simpleKeys.length - 1);
  }

  #removeSimpleKey(): void {
    const key = this.#lastKey();
    if (!key.isPossible) return;
    if (key.isRequired) throw scannerError(this.#cursor, key.mark, "could not find expected ':'");
    key.isPossible = false;
    this.#levelByToken.delete(key.tokenNumber);
  }

  // --- Tokens ------------------------------------------------------------------------------------------------------

  #push(token: Token): void {
    this.#tokens.push(token);
  }

  /** Passes over an indicator and makes it a token. */
  #pushIndicator(type: TokenType, width = 1): void {
    const start = this.#cursor.mark;
    this.#cursor.skip(width);
    this.#push(makeToken(type, start, this.#cursor.mark));
  }

  #fetchStreamEnd(): void {
    const cursor = this.#cursor;
    cursor.endLine();
    this.#unrollIndent(-1, cursor.mark);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#push(makeToken("stream-end", cursor.mark, cursor.mark));
  }

  #fetchDirective(): void {
    this.#unrollIndent(-1, this.#cursor.mark);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#push(scanDirective(this.#cursor));
  }

  #fetchDocumentIndicator(): void {
    this.#unrollIndent(-1, this.#cursor.mark);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#pushIndicator(this.#cursor.isAt("-") ? "document-start" : "document-end", 3);
  }

  #fetchFlowStart(type: "flow-sequence-start" | "flow-mapping-start"): void {
    this.#saveSimpleKey();
    const { mark } = this.#cursor;
    this.#simpleKeys.push({ isPossible: false, isRequired: false, tokenNumber: this.#tokens.length, mark });
    if (++this.#flowLevel > maxDepth) {
      throw scannerError(this.#cursor, mark, `exceeded max depth of ${maxDepth}`);
    }
    this.#isSimpleKeyAllowed = true;
    this.#pushIndicator(type);
  }

  #fetchFlowEnd(type: "flow-sequence-end" | "flow-mapping-end"): void {
    this.#removeSimpleKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      this.#levelByToken.delete(this.#lastKey().tokenNumber);
      this.#simpleKeys.pop();
    }
    this.#isSimpleKeyAllowed = false;
    this.#pushIndicator(type);
  }

  #fetchFlowEntry(): void {
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    this.#pushIndicator("flow-entry");
  }

  #fetchBlockEntry(): void {
    const { mark } = this.#cursor;
    if (this.#flowLevel === 0) {
      if (!this.#isSimpleKeyAllowed) {
        throw scannerError(this.#cursor, mark, "block sequence entries are not allowed in this context");
      }
      this.#rollIndent(mark.column, undefined, "block-sequence-start", mark);
    }
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    this.#pushIndicator("block-entry");
  }

  #fetchKey(): void {
    const { mark } = this.#cursor;
    if (this.#flowLevel === 0) {
      if (!this.#isSimpleKeyAllowed) {
        throw scannerError(this.#cursor, mark, "mapping keys are not allowed in this context");
      }
      this.#rollIndent(mark.column, undefined, "block-mapping-start", mark);
    }
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = this.#flowLevel === 0;
    this.#pushIndicator("key");
  }

  #fetchValue(): void {
    const key = this.#lastKey();
    if (this.#isStillPossible(key)) {
      this.#tokens.splice(key.tokenNumber, 0, makeToken("key", key.mark, key.mark));
      this.#rollIndent(key.mark.column, key.tokenNumber, "block-mapping-start", key.mark);
      key.isPossible = false;
      this.#levelByToken.delete(key.tokenNumber);
      this.#isSimpleKeyAllowed = false;
    } else {
      const { mark } = this.#cursor;
      if (this.#flowLevel === 0) {
        if (!this.#isSimpleKeyAllowed) {
          throw scannerError(this.#cursor, mark, "mapping values are not allowed in this context");
        }
        this.#rollIndent(mark.column, undefined, "block-mapping-start", mark);
      }
      this.#isSimpleKeyAllowed = this.#flowLevel === 0;
    }
    this.#pushIndicator("value");
  }

  #fetchNodePart(scan: () => Token): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#push(scan());
  }

  #fetchBlockScalar(style: "literal" | "folded"): void {
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    const onComment = (start: Mark): void => scanLineComment(this.#commentScope(), start);
    this.#push(scanBlockScalar(this.#cursor, style, this.#indent, onComment));
  }

  #fetchPlainScalar(): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const { token, endsLine } = scanPlainScalar(this.#cursor, this.#indent, this.#flowLevel > 0);
    this.#push(token);
    if (endsLine) this.#isSimpleKeyAllowed = true;
  }
}
