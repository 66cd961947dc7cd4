// How a scalar may be written, and writing it: plain, quoted or as a block, with go-yaml's choices and escapes.
// Decides no tags.
import type { ScalarStyle } from "./cursor";
import { isBreakCharacter, isPrintable, type Writer } from "./writer";

/** Which styles can carry a value (yaml_emitter_analyze_scalar). */
export interface ScalarShape {
  readonly isMultiline: boolean;
  readonly isFlowPlain: boolean;
  readonly isBlockPlain: boolean;
  readonly isSingleQuoted: boolean;
  readonly isBlock: boolean;
}

/** Looks at a value before it is written. */
export function shapeOf(value: string): ScalarShape {
  if (value === "") {
    return {
      isMultiline: false,
      isFlowPlain: false,
      isBlockPlain: true,
      isSingleQuoted: true,
      isBlock: false,
    };
  }
  const indicators = findIndicators(value);
  const spaces = findSpaces(value);
  const isUnusual = spaces.beforeBreak || spaces.hasTab || spaces.isSpecial;
  const isPlain = !spaces.isEdge && !spaces.afterBreak && !isUnusual && !spaces.hasBreak;
  return {
    isMultiline: spaces.hasBreak,
    isFlowPlain: isPlain && !indicators.inFlow,
    isBlockPlain: isPlain && !indicators.inBlock,
    isSingleQuoted: !spaces.afterBreak && !isUnusual,
    isBlock: !spaces.endsInSpace && !spaces.beforeBreak && !spaces.isSpecial,
  };
}

/** Characters that would mean something in a plain scalar. */
function findIndicators(value: string): { readonly inFlow: boolean; readonly inBlock: boolean } {
  const isMarker = /^(?:---|\.\.\.)/.test(value);
  const begins = /^[#,[\]{}&*!|>'"%@`]/.test(value);
  // A blank or the end behind these makes them indicators of blocks, too.
  const isKeyLike =
    /^[?:](?:[ \t]|$)/.test(value) || /^-(?:[ \t]|$)/.test(value) || /:(?:[ \t]|$)/.test(value.slice(1));
  const isComment = /[\0 \t\n\r\x85\u2028\u2029]#/.test(value);
  const inBlock = isMarker || begins || isKeyLike || isComment;
  return { inBlock, inFlow: inBlock || /^[?:]/.test(value) || /[,?[\]{}:]/.test(value.slice(1)) };
}

/** White space at places where a style would lose it, and characters that only an escape can carry. */
function findSpaces(value: string) {
  let [hasBreak, beforeBreak, afterBreak, isSpecial] = [false, false, false, false];
  let before = "";
  for (const character of value) {
    if (character !== "\t" && !isPrintable(character)) isSpecial = true;
    const kind = character === " " ? "space" : isBreakCharacter(character) ? "break" : "";
    if (kind === "space" && before === "break") afterBreak = true;
    if (kind === "break") {
      hasBreak = true;
      if (before === "space") beforeBreak = true;
    }
    before = kind;
  }
  const first = value[0] ?? "";
  const isEdge = first === " " || isBreakCharacter(first) || before !== "";
  const endsInSpace = before === "space";
  return { hasBreak, beforeBreak, afterBreak, isSpecial, isEdge, endsInSpace, hasTab: value.includes("\t") };
}

/** Where a scalar stands. */
export interface ScalarPlace {
  readonly isInFlow: boolean;
  readonly isSimpleKey: boolean;
}

/** The wished style, or the nearest that can carry the value there (yaml_emitter_select_scalar_style). */
export function chooseStyle(
  wished: ScalarStyle,
  value: string,
  shape: ScalarShape,
  place: ScalarPlace,
): ScalarStyle {
  let style = place.isSimpleKey && shape.isMultiline ? "double" : wished;
  if (style === "plain") {
    const isAllowed = place.isInFlow ? shape.isFlowPlain : shape.isBlockPlain;
    if (!isAllowed || (value === "" && (place.isInFlow || place.isSimpleKey))) style = "single";
  }
  if (style === "single" && !shape.isSingleQuoted) style = "double";
  const isBlockStyle = style === "literal" || style === "folded";
  if (isBlockStyle && (!shape.isBlock || place.isInFlow || place.isSimpleKey)) style = "double";
  return style;
}

/** Writes a value in a style; `endHeader` ends the first line of a block scalar with its comment. */
export function writeScalar(
  writer: Writer,
  value: string,
  style: ScalarStyle,
  blockIndent: number,
  endHeader: () => void,
): void {
  if (style === "plain") writePlain(writer, value);
  else if (style === "single") writeSingleQuoted(writer, value);
  else if (style === "double") writeDoubleQuoted(writer, value);
  else {
    writer.writeIndicator(style === "literal" ? "|" : ">", { separated: true });
    writeBlockHints(writer, value, blockIndent);
    endHeader();
    writer.isAfterSpace = true;
    if (style === "literal") writeLiteral(writer, value);
    else writeFolded(writer, value);
  }
}

function writePlain(writer: Writer, value: string): void {
  if (value !== "") {
    writer.separate();
    writer.put(value);
    writer.isAfterSpace = false;
  }
  writer.isAtIndentation = false;
}

function writeSingleQuoted(writer: Writer, value: string): void {
  writer.writeIndicator("'", { separated: true });
  let isAfterBreak = false;
  for (const character of value) {
    if (isBreakCharacter(character)) {
      // The first line feed is folded to a blank when it is read, so it is written twice.
      if (!isAfterBreak && character === "\n") writer.putBreak();
      writer.writeBreak(character);
      isAfterBreak = true;
    } else if (character === " ") {
      writer.put(character);
    } else {
      if (isAfterBreak) writer.writeIndent();
      writer.put(character === "'" ? "''" : character);
      writer.isAtIndentation = false;
      isAfterBreak = false;
    }
  }
  writer.writeIndicator("'");
  writer.endPiece();
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\xa0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function writeDoubleQuoted(writer: Writer, value: string): void {
  writer.writeIndicator('"', { separated: true });
  // go-yaml looks for a byte order mark at the start of the value each time, and so escapes all of such a value.
  const escapesAll = value.startsWith("\ufeff");
  for (const character of value) {
    const mustEscape =
      escapesAll || !isPrintable(character) || isBreakCharacter(character) || /["\\]/.test(character);
    writer.put(mustEscape ? escaped(character) : character);
  }
  writer.writeIndicator('"');
  writer.endPiece();
}

function escaped(character: string): string {
  const short = escapes[character];
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(Number(width), "0")}`;
}

function writeBlockHints(writer: Writer, value: string, blockIndent: number): void {
  const characters = Array.from(value);
  const first = characters[0] ?? "";
  if (first === " " || isBreakCharacter(first)) writer.writeIndicator(String(blockIndent));
  const last = characters.at(-1) ?? "";
  const beforeLast = characters.at(-2);
  if (!isBreakCharacter(last)) writer.writeIndicator("-");
  else if (beforeLast === undefined || isBreakCharacter(beforeLast)) writer.writeIndicator("+");
}

function writeLiteral(writer: Writer, value: string): void {
  let isAfterBreak = true;
  for (const character of value) {
    if (isBreakCharacter(character)) {
      writer.writeBreak(character);
      isAfterBreak = true;
      continue;
    }
    if (isAfterBreak) writer.writeIndent();
    writer.put(character);
    writer.isAtIndentation = false;
    isAfterBreak = false;
  }
}

function writeFolded(writer: Writer, value: string): void {
  // go-yaml means the line after the break, but looks at the one after the value's leading breaks.
  const isFirstLineFilled = /^[\n\r\x85\u2028\u2029]*[^\n\r\x85\u2028\u2029 \t]/.test(value);
  let isAfterBreak = true;
  let isIndented = true;
  for (const character of value) {
    if (isBreakCharacter(character)) {
      if (!isAfterBreak && !isIndented && character === "\n" && isFirstLineFilled) writer.putBreak();
      writer.writeBreak(character);
      isAfterBreak = true;
      continue;
    }
    if (isAfterBreak) {
      writer.writeIndent();
      isIndented = character === " " || character === "\t";
    }
    writer.put(character);
    writer.isAtIndentation = false;
    isAfterBreak = false;
  }
}
