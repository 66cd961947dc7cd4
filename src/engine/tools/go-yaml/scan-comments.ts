// Which comments belong to which token, by go-yaml v3's rules: above a line, at its end, below it.
// Reads comments only; the scanner says when to look for them.
import { isBlank, isBreak, isBreakOrEnd } from "./characters";
import { type Comment, type Cursor, type Mark, noMark, type Token } from "./cursor";

/** go-yaml looks no further than this for the next comment. */
const horizon = 512;

const hash = 0x23;

/** What the search has to know of the scanner. */
export interface CommentScope {
  readonly cursor: Cursor;
  readonly comments: Comment[];
  /** Every token found so far. */
  readonly tokens: readonly Token[];
  readonly indent: number;
  readonly flowLevel: number;
}

/** Takes a comment at the end of the current line for the token at `tokenMark` (yaml_parser_scan_line_comment). */
export function scanLineComment({ cursor, comments }: CommentScope, tokenMark: Mark): void {
  if (cursor.newlines > 0) return;
  let ahead = 0;
  for (; ahead < horizon; ahead++) {
    cursor.need(ahead + 1);
    if (!isBlank(cursor.peek(ahead))) break;
  }
  if (ahead === horizon || cursor.peek(ahead) !== hash) return;
  cursor.skip(ahead);
  const startMark = cursor.mark;
  comments.push({
    scanMark: noMark,
    tokenMark,
    startMark,
    endMark: noMark,
    head: "",
    line: readToLineEnd(cursor),
    foot: "",
  });
}

/** Takes the comments from here to the next token, parted into feet and a head (yaml_parser_scan_comments). */
export function scanComments(scope: CommentScope, scanMark: Mark): void {
  new CommentSearch(scope, scanMark).run();
}

class CommentSearch {
  readonly #scope: CommentScope;
  readonly #cursor: Cursor;
  readonly #isAfterValue: boolean;
  /** The line in which a comment counts as being at the foot of what came before. */
  readonly #footLine: number;
  #scanMark: Mark;
  #tokenMark: Mark;
  /** Column counts from 1 here. */
  #startMark = noMark;
  #text = "";
  /** Place of the character that is being looked at; its column counts from 1. */
  #ahead = 0;
  #line: number;
  #column: number;
  #isFirstGapOpen: boolean;
  #isAfterEmptyLine = false;
  #isWithinBreak = false;

  constructor(scope: CommentScope, scanMark: Mark) {
    const { cursor, tokens } = scope;
    const last = tokens.at(-1);
    const token = last?.type === "flow-entry" && tokens.length > 1 ? tokens.at(-2) : last;
    this.#scope = scope;
    this.#cursor = cursor;
    this.#scanMark = scanMark;
    this.#tokenMark = token?.start ?? noMark;
    this.#isAfterValue = token?.type === "value";
    this.#line = cursor.line;
    this.#column = cursor.column;
    this.#isFirstGapOpen = cursor.newlines <= 1;
    const isIndented = cursor.newlines === 0 && cursor.column > 1;
    this.#footLine = scanMark.line > 0 ? cursor.line - cursor.newlines + 1 + (isIndented ? 1 : 0) : -1;
  }

  run(): void {
    const cursor = this.#cursor;
    for (; this.#ahead < horizon; this.#ahead++) {
      cursor.need(this.#ahead + 1);
      this.#column++;
      const code = this.#codeAhead();
      if (isBlank(code)) continue;
      const closesFlow = this.#scope.flowLevel > 0 && (code === 0x5d || code === 0x7d);
      if (closesFlow || isBreakOrEnd(code)) {
        this.#endLine(closesFlow, code);
        if (!isBreak(code)) break;
        this.#isFirstGapOpen = false;
        this.#isAfterEmptyLine = true;
        this.#column = 0;
        this.#line++;
        this.#isWithinBreak = code >= 0x80;
        continue;
      }
      const isDedented = this.#column - 1 < this.#indent() && this.#column !== this.#startMark.column;
      if (this.#text !== "" && isDedented) this.#addFoot();
      if (code !== hash) break;
      this.#readComment();
    }
    if (this.#text !== "") this.#addHead();
  }

  /** go-yaml counts bytes here, and behind a break beyond ASCII it meets the rest of the break: no blank, no comment. */
  #codeAhead(): number {
    return this.#isWithinBreak ? 0xfffd : this.#cursor.peek(this.#ahead);
  }

  /** A break, the end of the text or of a flow collection: what was gathered may be the foot of what came before. */
  #endLine(closesFlow: boolean, code: number): void {
    if (!closesFlow && this.#isAfterEmptyLine) return;
    const isOutside = this.#startMark.column - 1 < this.#indent();
    const isFoot = this.#startMark.line === this.#footLine && !this.#isAfterValue;
    if (closesFlow || (this.#isFirstGapOpen && (isFoot || isOutside))) {
      if (this.#text === "") return;
      if (isOutside) this.#tokenMark = this.#startMark;
      this.#addFoot();
    } else if (this.#text !== "" && code !== 0) {
      this.#text += "\n";
    }
  }

  #readComment(): void {
    if (this.#text === "") this.#startMark = this.#here();
    else this.#text += "\n";
    this.#isAfterEmptyLine = false;
    this.#cursor.skipTo(this.#ahead);
    this.#text += readToLineEnd(this.#cursor);
    // The loop steps over the break itself; after CR LF it thus meets an empty line, as go-yaml does.
    this.#ahead = 0;
    this.#column = 0;
    this.#line = this.#cursor.line;
    this.#isWithinBreak = this.#cursor.peek() >= 0x80;
  }

  #addFoot(): void {
    this.#scope.comments.push({
      scanMark: this.#scanMark,
      tokenMark: this.#tokenMark,
      startMark: this.#startMark,
      endMark: this.#here(),
      head: "",
      line: "",
      foot: this.#text,
    });
    this.#scanMark = this.#here();
    this.#tokenMark = this.#scanMark;
    this.#text = "";
  }

  #addHead(): void {
    this.#scope.comments.push({
      scanMark: this.#scanMark,
      tokenMark: this.#startMark,
      startMark: this.#startMark,
      endMark: { ...this.#here(), index: this.#here().index - 1 },
      head: this.#text,
      line: "",
      foot: "",
    });
  }

  #here(): Mark {
    return { index: this.#cursor.index + this.#ahead, line: this.#line, column: this.#column };
  }

  #indent(): number {
    return Math.max(this.#scope.indent, 0);
  }
}

function readToLineEnd(cursor: Cursor): string {
  let text = "";
  for (;;) {
    cursor.need(1);
    if (isBreakOrEnd(cursor.peek())) return text;
    text += cursor.read();
  }
}
