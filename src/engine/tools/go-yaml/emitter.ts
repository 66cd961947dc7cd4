// A tree of nodes to text, byte for byte as go-yaml v3 writes it, comments included.
// Reads nothing; lines are never wrapped.
import type { ScalarStyle } from "./cursor";
import { chooseStyle, shapeOf, writeScalar } from "./emit-scalars";
import { nodeStyle, quotedStyles, toLongTag, toShortTag, type YamlNode } from "./node";
import { resolveTag } from "./resolve";
import { Writer } from "./writer";

/** How an encoder is set up. */
export interface EmitOptions {
  /** Columns of one level of blocks. */
  readonly indent: number;
  /** Whether sequences stand as far left as the key they belong to. */
  readonly hasCompactSequences: boolean;
}

/** As kustomize writes files (kyaml/yaml/alias.go). */
export const kustomizeStyle: EmitOptions = { indent: 2, hasCompactSequences: true };

/** As go-yaml writes unless told otherwise. */
export const defaultStyle: EmitOptions = { indent: 4, hasCompactSequences: false };

/** The text of a document, or of a node taken as one. */
export function emitYaml(node: YamlNode, options: EmitOptions = kustomizeStyle): string {
  return new Emitter(options).document(node);
}

/** Longest text, in bytes and with anchor and tag, that may be a key without a question mark. */
const maxSimpleKeyLength = 128;

/** What a node is to the one that holds it. */
interface Context {
  readonly isMappingPart?: boolean;
  readonly isSimpleKey?: boolean;
  readonly isBlockEntry?: boolean;
}

/** Comments that an event brings along. */
interface EventComments {
  readonly headComment?: string;
  readonly lineComment?: string;
  readonly footComment?: string;
  readonly tailComment?: string;
}

/** A tag in two parts: `!!` and `str`; without a handle it is written as `!<…>`. */
interface TagParts {
  readonly handle: string;
  readonly suffix: string;
}

class Emitter {
  readonly #options: EmitOptions;
  readonly #writer = new Writer();
  readonly #indents: number[] = [];
  #flowLevel = 0;
  // Comments wait here from the event that brings them to the place where they are written.
  #head = "";
  #line = "";
  #foot = "";
  #tail = "";
  #keyLine = "";

  constructor(options: EmitOptions) {
    this.#options = options;
  }

  document(node: YamlNode): string {
    const isDocument = node.kind === "document";
    if (isDocument) this.#take({ headComment: node.headComment });
    if (this.#head !== "") {
      this.#writeHead();
      this.#writer.putBreak();
    }
    for (const root of isDocument ? node.content : [node]) {
      this.#takeStart(root, "");
      this.#writeHead();
      this.#start(root, {});
      this.#writeLine();
      this.#writeFoot();
      this.#children(root, {});
    }
    if (isDocument) this.#take({ footComment: node.footComment });
    this.#writer.footIndent = 0;
    this.#writeFoot();
    this.#writer.footIndent = -1;
    this.#writer.writeIndent();
    return this.#writer.output;
  }

  // --- Nodes -------------------------------------------------------------------------------------------------------

  /** Writes all of a scalar or alias; of a collection what stands before its first entry. */
  #start(node: YamlNode, context: Context): void {
    if (node.kind === "alias") {
      this.#writeAnchor("*", node.value);
      return;
    }
    this.#writeAnchor("&", node.anchor);
    const tag = presentedTag(node);
    if (node.kind !== "scalar") {
      this.#writeTag(tag);
      return;
    }
    const shape = shapeOf(node.value);
    const place = { isInFlow: this.#flowLevel > 0, isSimpleKey: context.isSimpleKey === true };
    const style = chooseStyle(wishedStyle(node), node.value, shape, place);
    this.#writeTag(tag);
    this.#increaseIndent({ isFlow: true, isBlockEntry: context.isBlockEntry });
    writeScalar(this.#writer, node.value, style, this.#options.indent, () => this.#endBlockHeader());
    this.#decreaseIndent();
  }

  /** Writes the entries of a collection. */
  #children(node: YamlNode, context: Context): void {
    if (node.kind !== "sequence" && node.kind !== "mapping") return;
    const isFlow = this.#flowLevel > 0 || (node.style & nodeStyle.flow) !== 0 || node.content.length === 0;
    if (node.kind === "sequence") {
      if (isFlow) this.#flowSequence(node, context);
      else this.#blockSequence(node, context);
    } else if (isFlow) this.#flowMapping(node, context);
    else this.#blockMapping(node, context);
  }

  #blockSequence(node: YamlNode, context: Context): void {
    const isBehindKey = this.#writer.column === 0 || !this.#writer.isAtIndentation;
    const isCompact = context.isMappingPart === true && isBehindKey && this.#options.hasCompactSequences;
    for (const [i, entry] of node.content.entries()) {
      this.#takeStart(entry, "");
      if (i === 0) this.#increaseIndent({ isBlockEntry: context.isBlockEntry, isCompact });
      this.#writeHead();
      this.#writer.writeIndent();
      this.#writer.writeIndicator("-", { separated: true, indents: true });
      this.#start(entry, { isBlockEntry: true });
      this.#writeLine();
      this.#writeFoot();
      this.#children(entry, { isBlockEntry: true });
    }
    this.#take(endComments(node));
    this.#decreaseIndent();
  }

  #blockMapping(node: YamlNode, context: Context): void {
    let tail = "";
    for (let i = 0; i + 1 < node.content.length; i += 2) {
      const key = node.content[i] as YamlNode;
      const value = node.content[i + 1] as YamlNode;
      this.#takeStart(key, tail, { withoutFoot: true });
      tail = key.footComment;
      if (i === 0) this.#increaseIndent({ isBlockEntry: context.isBlockEntry });
      const isSimple = this.#blockKey(key);
      this.#takeStart(value, "");
      this.#blockValue(value, isSimple);
    }
    this.#take({ ...endComments(node), tailComment: tail });
    this.#writeHead();
    this.#decreaseIndent();
  }

  #blockKey(key: YamlNode): boolean {
    this.#writeHead();
    this.#writer.writeIndent();
    if (this.#line !== "") {
      // A comment behind a key comes after its colon.
      this.#keyLine = this.#line;
      this.#line = "";
    }
    const isSimple = isSimpleKey(key);
    if (!isSimple) this.#writer.writeIndicator("?", { separated: true, indents: true });
    const context = { isMappingPart: true, isSimpleKey: isSimple };
    this.#start(key, context);
    this.#children(key, context);
    return isSimple;
  }

  #blockValue(value: YamlNode, isSimple: boolean): void {
    if (isSimple) {
      this.#writer.writeIndicator(":");
    } else {
      this.#writer.writeIndent();
      this.#writer.writeIndicator(":", { separated: true, indents: true });
    }
    if (this.#keyLine !== "") this.#placeKeyComment(value);
    this.#start(value, { isMappingPart: true });
    this.#writeLine();
    this.#writeFoot();
    this.#children(value, { isMappingPart: true });
  }

  /** Behind a scalar the key's comment becomes its comment; a block collection gets it behind the colon. */
  #placeKeyComment(value: YamlNode): void {
    if (value.kind === "scalar") {
      if (this.#line !== "") return;
      this.#line = this.#keyLine;
      this.#keyLine = "";
    } else if (value.kind !== "alias" && (value.style & nodeStyle.flow) === 0) {
      [this.#line, this.#keyLine] = [this.#keyLine, this.#line];
      this.#writeLine();
      [this.#line, this.#keyLine] = [this.#keyLine, this.#line];
    }
  }

  #flowSequence(node: YamlNode, context: Context): void {
    let hasComma = true;
    for (const [i, entry] of node.content.entries()) {
      this.#takeStart(entry, "");
      if (i === 0) this.#openFlow("[", context);
      if (!hasComma) this.#writer.writeIndicator(",");
      this.#writeHead();
      if (this.#writer.column === 0) this.#writer.writeIndent();
      hasComma = this.#hasTrailingComments();
      this.#start(entry, {});
      if (this.#hasTrailingComments()) this.#writer.writeIndicator(",");
      this.#writeLine();
      this.#writeFoot();
      this.#children(entry, {});
    }
    this.#take(endComments(node));
    if (node.content.length === 0) this.#openFlow("[", context);
    this.#flowLevel--;
    this.#decreaseIndent();
    if (this.#writer.column === 0) this.#writer.writeIndent();
    this.#closeFlow("]");
  }

  #flowMapping(node: YamlNode, context: Context): void {
    let hasComma = true;
    let tail = "";
    for (let i = 0; i + 1 < node.content.length; i += 2) {
      const key = node.content[i] as YamlNode;
      const value = node.content[i + 1] as YamlNode;
      this.#takeStart(key, tail, { withoutFoot: true });
      tail = key.footComment;
      if (i === 0) this.#openFlow("{", context);
      if (!hasComma) this.#writer.writeIndicator(",");
      this.#flowKey(key);
      this.#takeStart(value, "");
      hasComma = this.#flowValue(value, isSimpleKey(key));
    }
    this.#take({ ...endComments(node), tailComment: tail });
    if (node.content.length === 0) this.#openFlow("{", context);
    if (!hasComma && this.#head + this.#foot + this.#tail !== "") this.#writer.writeIndicator(",");
    this.#writeHead();
    this.#flowLevel--;
    this.#decreaseIndent();
    this.#closeFlow("}");
  }

  #flowKey(key: YamlNode): void {
    this.#writeHead();
    if (this.#writer.column === 0) this.#writer.writeIndent();
    const isSimple = isSimpleKey(key);
    if (!isSimple) this.#writer.writeIndicator("?", { separated: true });
    const context = { isMappingPart: true, isSimpleKey: isSimple };
    this.#start(key, context);
    this.#children(key, context);
  }

  /** Writes the value and tells whether its comments made the comma come first. */
  #flowValue(value: YamlNode, isSimple: boolean): boolean {
    this.#writer.writeIndicator(":", { separated: !isSimple });
    const hasComma = this.#hasTrailingComments();
    this.#start(value, { isMappingPart: true });
    if (this.#hasTrailingComments()) this.#writer.writeIndicator(",");
    this.#writeLine();
    this.#writeFoot();
    this.#children(value, { isMappingPart: true });
    return hasComma;
  }

  #openFlow(indicator: string, context: Context): void {
    this.#writer.writeIndicator(indicator, { separated: true, opens: true });
    this.#increaseIndent({ isFlow: true, isBlockEntry: context.isBlockEntry });
    this.#flowLevel++;
  }

  #closeFlow(indicator: string): void {
    this.#writer.writeIndicator(indicator);
    this.#writeLine();
    this.#writeFoot();
  }

  // --- Indentation -------------------------------------------------------------------------------------------------

  #increaseIndent({ isFlow, isBlockEntry, isCompact }: IndentOptions): void {
    const writer = this.#writer;
    const { indent } = this.#options;
    this.#indents.push(writer.indent);
    if (writer.indent < 0) {
      writer.indent = isFlow ? indent : 0;
    } else if (isBlockEntry) {
      // The first line of an entry begins behind `- `, and so do the others.
      writer.indent += 2;
    } else {
      writer.indent = indent * Math.floor((writer.indent + indent) / indent) - (isCompact ? 2 : 0);
    }
  }

  #decreaseIndent(): void {
    this.#writer.indent = this.#indents.pop() ?? -1;
  }

  // --- Comments ----------------------------------------------------------------------------------------------------

  /** Takes over the comments of an event; those that still wait are lost when it brings some of the same kind. */
  #take({ headComment, lineComment, footComment, tailComment }: EventComments): void {
    this.#head = headComment || this.#head;
    this.#line = lineComment || this.#line;
    this.#foot = footComment || this.#foot;
    this.#tail = tailComment || this.#tail;
  }

  /** Takes over the comments that come with the beginning of a node. */
  #takeStart(node: YamlNode, tail: string, { withoutFoot = false } = {}): void {
    const { headComment, lineComment } = node;
    const footComment = withoutFoot ? "" : node.footComment;
    if (node.kind === "scalar") this.#take({ headComment, lineComment, footComment, tailComment: tail });
    else if (node.kind === "alias") this.#take({ headComment, lineComment, footComment });
    else if (node.kind === "mapping") this.#take({ headComment, tailComment: tail });
    else this.#take({ headComment });
  }

  #hasTrailingComments(): boolean {
    return this.#line + this.#foot + this.#tail !== "";
  }

  #writeHead(): void {
    const writer = this.#writer;
    if (this.#tail !== "") {
      writer.writeIndent();
      writer.writeComment(this.#tail);
      this.#tail = "";
      writer.footIndent = Math.max(writer.indent, 0);
    }
    if (this.#head === "") return;
    writer.writeIndent();
    writer.writeComment(this.#head);
    this.#head = "";
  }

  #writeLine(): void {
    if (this.#line === "") return;
    this.#writer.separate();
    this.#writer.writeComment(this.#line);
    this.#line = "";
  }

  #writeFoot(): void {
    if (this.#foot === "") return;
    this.#writer.writeIndent();
    this.#writer.writeComment(this.#foot);
    this.#foot = "";
    this.#writer.footIndent = Math.max(this.#writer.indent, 0);
  }

  /** The comment behind the header of a block scalar ends its line; without one a break does. */
  #endBlockHeader(): void {
    if (this.#line === "") this.#writer.putBreak();
    else this.#writeLine();
  }

  // --- Properties --------------------------------------------------------------------------------------------------

  #writeAnchor(sign: "&" | "*", name: string): void {
    if (name === "") return;
    this.#writer.writeIndicator(sign, { separated: true });
    this.#writer.put(name);
    this.#writer.endPiece();
  }

  #writeTag(tag: string): void {
    if (tag === "") return;
    const writer = this.#writer;
    const { handle, suffix } = tagParts(tag);
    if (handle === "") {
      writer.writeIndicator("!<", { separated: true });
      writer.put(escapedTag(suffix));
      writer.endPiece();
      writer.writeIndicator(">");
      return;
    }
    writer.separate();
    writer.put(handle);
    writer.put(escapedTag(suffix));
    writer.endPiece();
  }
}

/** How much deeper the next lines go. */
interface IndentOptions {
  readonly isFlow?: boolean | undefined;
  readonly isBlockEntry?: boolean | undefined;
  readonly isCompact?: boolean | undefined;
}

function endComments({ lineComment, footComment }: YamlNode): EventComments {
  return { lineComment, footComment };
}

/** The tag as it is written, in full; empty when the value tells it (encode.go node). */
function presentedTag(node: YamlNode): string {
  if (node.tag === "" || (node.style & nodeStyle.tagged) !== 0) return toLongTag(node.tag);
  const tag = toShortTag(node.tag);
  if (node.kind === "scalar") {
    // Text that would read as something else is quoted instead.
    return tag === "!!str" || resolveTag(node.value) === tag ? "" : toLongTag(node.tag);
  }
  return tag === (node.kind === "mapping" ? "!!map" : "!!seq") ? "" : toLongTag(node.tag);
}

function wishedStyle(node: YamlNode): ScalarStyle {
  const { style, value, tag } = node;
  if ((style & nodeStyle.doubleQuoted) !== 0) return "double";
  if ((style & nodeStyle.singleQuoted) !== 0) return "single";
  if ((style & nodeStyle.literal) !== 0) return "literal";
  if ((style & nodeStyle.folded) !== 0) return "folded";
  if (value.includes("\n")) return "literal";
  const isUntaggedText = toShortTag(tag) === "!!str" && (style & (nodeStyle.tagged | quotedStyles)) === 0;
  return isUntaggedText && resolveTag(value) !== "!!str" ? "double" : "plain";
}

function isSimpleKey(node: YamlNode): boolean {
  if (node.kind === "alias") return Buffer.byteLength(node.value) <= maxSimpleKeyLength;
  if (node.kind !== "scalar" && node.content.length > 0) return false;
  if (node.kind === "scalar" && shapeOf(node.value).isMultiline) return false;
  const tag = presentedTag(node);
  const { handle, suffix } = tag === "" ? { handle: "", suffix: "" } : tagParts(tag);
  return Buffer.byteLength(node.anchor + handle + suffix + node.value) <= maxSimpleKeyLength;
}

function tagParts(tag: string): TagParts {
  const secondary = "tag:yaml.org,2002:";
  if (tag.startsWith("!")) return { handle: "!", suffix: tag.slice(1) };
  if (tag.startsWith(secondary)) return { handle: "!!", suffix: tag.slice(secondary.length) };
  return { handle: "", suffix: tag };
}

/** Percent-encodes what a tag may not hold. */
function escapedTag(suffix: string): string {
  return Array.from(suffix)
    .map((character) => (/[\w\-;/?:@&=+$,.~*'()[\]]/.test(character) ? character : percentEncoded(character)))
    .join("");
}

function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character),
    (octet) => `%${octet.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
