// Where the emitter stands in its output: column, white space, indentation; and how single pieces are put there.
// Lines are never wrapped, as Kargo sets go-yaml up. Knows no nodes.
import { isBreak } from "./characters";

/** Characters that need no escape; a line feed counts as one of them. */
const printable = /^[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/;

/** True unless a character must be escaped. go-yaml deems nothing beyond U+FFFF printable. */
export function isPrintable(character: string): boolean {
  return printable.test(character);
}

/** True for a line break of any kind. */
export function isBreakCharacter(character: string): boolean {
  return isBreak(character.charCodeAt(0));
}

/** Collects the output. */
export class Writer {
  /** Columns of the current block; -1 before the first one. */
  indent = -1;
  /** Indentation below which a foot comment was written last, so that an empty line must follow; -1 for none. */
  footIndent = -1;
  /** True after white space, where no blank is needed before the next piece. */
  isAfterSpace = true;
  /** True when there is nothing but indentation and indicators on the line. */
  isAtIndentation = true;
  #column = 0;
  #output = "";

  get output(): string {
    return this.#output;
  }

  get column(): number {
    return this.#column;
  }

  /** Writes text without breaks. */
  put(text: string): void {
    this.#output += text;
    for (const _ of text) this.#column++;
  }

  putBreak(): void {
    this.writeBreak("\n");
  }

  /** Writes a break as it stands in a value. */
  writeBreak(character: string): void {
    this.#output += character;
    this.#column = 0;
    this.isAtIndentation = true;
  }

  /** A blank, unless there is one. */
  separate(): void {
    if (!this.isAfterSpace) this.put(" ");
  }

  /** Begins a line of the current block, unless it has just begun. */
  writeIndent(): void {
    const indent = Math.max(this.indent, 0);
    const isPast = this.#column > indent || (this.#column === indent && !this.isAfterSpace);
    if (!this.isAtIndentation || isPast) this.putBreak();
    if (this.footIndent === indent) this.putBreak();
    if (this.#column < indent) this.put(" ".repeat(indent - this.#column));
    this.isAfterSpace = true;
    this.footIndent = -1;
  }

  /**
   * Writes an indicator. `separated` puts a blank before it, `opens` lets what follows do without one, `indents` says
   * that the line still counts as indentation.
   */
  writeIndicator(
    indicator: string,
    { separated = false, opens = false, indents = false }: IndicatorOptions = {},
  ): void {
    if (separated) this.separate();
    this.put(indicator);
    this.isAfterSpace = opens;
    this.isAtIndentation = this.isAtIndentation && indents;
  }

  /** Ends a piece that is neither white space nor indentation. */
  endPiece(): void {
    this.isAfterSpace = false;
    this.isAtIndentation = false;
  }

  /** Writes a comment of one or more lines, each made to begin with `#`, and ends the line. */
  writeComment(comment: string): void {
    let isAfterBreak = false;
    let isInLine = false;
    for (const character of comment) {
      if (isBreakCharacter(character)) {
        this.writeBreak(character);
        isAfterBreak = true;
        isInLine = false;
        continue;
      }
      if (isAfterBreak) this.writeIndent();
      if (!isInLine && character !== "#") this.put("# ");
      isInLine = true;
      this.put(character);
      this.isAtIndentation = false;
      isAfterBreak = false;
    }
    if (!isAfterBreak) this.putBreak();
    this.isAfterSpace = true;
  }
}

/** What an indicator does to its surroundings. */
export interface IndicatorOptions {
  readonly separated?: boolean;
  readonly opens?: boolean;
  readonly indents?: boolean;
}
