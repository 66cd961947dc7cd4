// Tokens to a tree of nodes with comments, as go-yaml v3 composes it. Reads one document after the other.
// Decodes no values beyond their tags.
import { noMark, type Token, type TokenType, YamlError } from "./cursor";
import { makeNode, type NodeKind, nodeStyle, toShortTag, type YamlNode } from "./node";
import { readYamlInput } from "./reader";
import { resolveTag } from "./resolve";
import { Scanner } from "./scanner";

/**
 * The first document of a file, or undefined when there is none. Later ones are not read beyond their first tokens.
 * Throws YamlError (go.yaml.in/yaml/v3 Unmarshal into a Node).
 */
export function parseYamlDocument(bytes: Uint8Array | string): YamlNode | undefined {
  return new NodeParser(bytes).document();
}

/** How deep nodes may lie in each other. go-yaml goes further; no file that is meant does. */
const maxNesting = 1000;

/** What a scalar's style is as a node. */
const scalarStyles = {
  plain: 0,
  single: nodeStyle.singleQuoted,
  double: nodeStyle.doubleQuoted,
  literal: nodeStyle.literal,
  folded: nodeStyle.folded,
} as const;

/** Comments that wait for the node they belong to. */
interface Comments {
  headComment: string;
  lineComment: string;
  footComment: string;
}

/** Where a node stands; a sequence that is `indentless` may stand as far left as the key it belongs to. */
type NodeContext = "flow" | "block" | "indentless";

/** Anchor and tag before a node, and where it begins. */
interface Properties {
  readonly start: Token;
  readonly anchor: string;
  /** Full tag; undefined when there is none. */
  readonly tag: string | undefined;
}

/** Reads the documents of a stream. */
export class NodeParser {
  readonly #scanner: Scanner;
  readonly #anchors = new Map<string, YamlNode>();
  readonly #tagPrefixes = new Map<string, string>();
  #commentsHead = 0;
  #comments: Comments = noComments();
  /** Comment above the first dash or key of a collection that is itself an entry. */
  #stemComment: string | undefined;
  #isFirst = true;
  #nesting = 0;

  /** `lookAhead`: how many tokens beyond the next one must be readable; 2 in version 3 of go-yaml, none before. */
  constructor(bytes: Uint8Array | string, lookAhead = 2) {
    const input = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    this.#scanner = new Scanner(readYamlInput(input), lookAhead);
  }

  /** The next document, or undefined at the end of the stream. */
  document(): YamlNode | undefined {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst) this.#take();
    let token = this.#peek();
    if (!isFirst) token = this.#skipWhile("document-end");
    if (token.type === "stream-end") return undefined;
    const isBare = isFirst && !isDocumentHead(token.type);
    const node = isBare ? this.#beginBareDocument(token) : this.#beginDocument(token);
    const isEmpty = !isBare && (isDocumentHead(this.#peek().type) || isDocumentEnd(this.#peek().type));
    node.content.push(isEmpty ? this.#emptyScalar(this.#peek().start) : this.#node("block"));
    this.#endDocument(node);
    return node;
  }

  #beginBareDocument(token: Token): YamlNode {
    this.#readDirectives();
    return makeNode("document", { ...place(token.start), headComment: this.#splitHeadComment() });
  }

  #beginDocument(token: Token): YamlNode {
    this.#readDirectives();
    const start = this.#peek();
    if (start.type !== "document-start") {
      throw parserError(start, "did not find expected <document start>");
    }
    this.#take();
    return makeNode("document", place(token.start));
  }

  #endDocument(node: YamlNode): void {
    if (this.#peek().type === "document-end") this.#take();
    this.#tagPrefixes.clear();
    const { headComment, footComment } = this.#takeComments();
    node.footComment = footComment || headComment;
  }

  /** Of the comments above the first node, all but the last block belong to the document. */
  #splitHeadComment(): string {
    const text = this.#comments.headComment;
    for (let i = text.length - 1; i > 0; i--) {
      if (text[i] !== "\n") continue;
      const isLast = i === text.length - 1;
      if (!isLast && text[i - 1] !== "\n") continue;
      this.#comments.headComment = text.slice(i + 1);
      return text.slice(0, isLast ? i : i - 1);
    }
    return "";
  }

  #readDirectives(): void {
    let hasVersion = false;
    for (;;) {
      const token = this.#peek();
      if (token.type === "version-directive") {
        if (hasVersion) throw parserError(token, "found duplicate %YAML directive");
        if (token.suffix !== "1.1") throw parserError(token, "found incompatible YAML document");
        hasVersion = true;
      } else if (token.type === "tag-directive") {
        if (this.#tagPrefixes.has(token.value)) throw parserError(token, "found duplicate %TAG directive");
        this.#tagPrefixes.set(token.value, token.suffix);
      } else {
        break;
      }
      this.#take();
    }
    if (!this.#tagPrefixes.has("!")) this.#tagPrefixes.set("!", "!");
    if (!this.#tagPrefixes.has("!!")) this.#tagPrefixes.set("!!", "tag:yaml.org,2002:");
  }

  // --- Nodes -------------------------------------------------------------------------------------------------------

  #node(context: NodeContext): YamlNode {
    if (++this.#nesting > maxNesting)
      throw parserError(this.#peek(), `nested more than ${maxNesting} levels deep`);
    const node = this.#nodeOf(context);
    this.#nesting--;
    return node;
  }

  #nodeOf(context: NodeContext): YamlNode {
    const first = this.#peek();
    if (first.type === "alias") return this.#alias(first);
    const properties = this.#properties();
    const token = this.#peek();
    switch (token.type) {
      case "scalar":
        return this.#scalar(token, properties);
      case "flow-sequence-start":
        return this.#flowSequence(properties);
      case "flow-mapping-start":
        return this.#flowMapping(properties);
      case "block-entry":
        if (context === "indentless") return this.#indentlessSequence(properties);
        break;
      case "block-sequence-start":
        if (context !== "flow") return this.#blockSequence(properties);
        break;
      case "block-mapping-start":
        if (context !== "flow") return this.#blockMapping(properties);
        break;
    }
    if (properties.anchor !== "" || properties.tag) {
      return this.#anchored(this.#make("scalar", properties, { value: "" }), properties);
    }
    throw parserError(token, "did not find expected node content", properties.start);
  }

  #properties(): Properties {
    const start = this.#peek();
    let anchor = "";
    let tagToken: Token | undefined;
    for (let i = 0; i < 2; i++) {
      const token = this.#peek();
      if (token.type === "anchor" && anchor === "") anchor = this.#take().value;
      else if (token.type === "tag" && tagToken === undefined) tagToken = this.#take();
      else break;
    }
    return { start, anchor, tag: tagToken === undefined ? undefined : this.#fullTag(tagToken, start) };
  }

  #fullTag(token: Token, start: Token): string {
    if (token.value === "") return token.suffix;
    const tag =
      (this.#tagPrefixes.get(token.value) ?? "") + (this.#tagPrefixes.has(token.value) ? token.suffix : "");
    if (tag === "") throw parserError(token, "found undefined tag handle", start);
    return tag;
  }

  #alias(token: Token): YamlNode {
    const node = makeNode("alias", { ...place(token.start), value: token.value, ...this.#takeComments() });
    this.#take();
    const target = this.#anchors.get(token.value);
    if (target === undefined) throw new YamlError(`unknown anchor '${token.value}' referenced`);
    node.alias = target;
    return node;
  }

  #scalar(token: Token, properties: Properties): YamlNode {
    const style = scalarStyles[token.style];
    const comments = this.#takeComments();
    this.#take();
    const node = this.#make("scalar", properties, { value: token.value, style, ...comments });
    return this.#anchored(node, properties);
  }

  #emptyScalar(start: { readonly line: number; readonly column: number }): YamlNode {
    return makeNode("scalar", { ...place(start), tag: "!!null" });
  }

  #flowSequence(properties: Properties): YamlNode {
    const node = this.#make("sequence", properties, { style: nodeStyle.flow, ...this.#takeComments() });
    this.#anchored(node, properties);
    const start = this.#take();
    for (let isFirst = true; this.#peek().type !== "flow-sequence-end"; isFirst = false) {
      if (!isFirst) {
        this.#expectFlowEntry(start, "did not find expected ',' or ']'");
        if (this.#peek().type === "flow-sequence-end") break;
      }
      node.content.push(this.#peek().type === "key" ? this.#flowPair() : this.#node("flow"));
    }
    this.#closeFlow(node);
    return node;
  }

  /** `[key: value]`, a mapping of one pair without braces. */
  #flowPair(): YamlNode {
    const start = this.#take();
    const node = makeNode("mapping", { ...place(start.start), tag: "!!map", style: nodeStyle.flow });
    node.content.push(this.#flowPairKey());
    const indicator = this.#peek();
    if (indicator.type === "value") {
      this.#take();
      const { type } = this.#peek();
      if (type !== "flow-entry" && type !== "flow-sequence-end") {
        node.content.push(this.#node("flow"));
        this.#moveFootComment(node, "flow");
        return node;
      }
    }
    node.content.push(this.#emptyScalar(indicator.start));
    return node;
  }

  #flowPairKey(): YamlNode {
    const token = this.#peek();
    if (!["value", "flow-entry", "flow-sequence-end"].includes(token.type)) return this.#node("flow");
    // go-yaml passes over the token that shows the key to be missing.
    this.#take();
    return this.#emptyScalar(token.end);
  }

  #flowMapping(properties: Properties): YamlNode {
    const node = this.#make("mapping", properties, { style: nodeStyle.flow, ...this.#takeComments() });
    this.#anchored(node, properties);
    const start = this.#take();
    for (let isFirst = true; this.#peek().type !== "flow-mapping-end"; isFirst = false) {
      if (!isFirst) {
        this.#expectFlowEntry(start, "did not find expected ',' or '}'");
        if (this.#peek().type === "flow-mapping-end") break;
      }
      this.#flowMappingPair(node);
    }
    this.#closeFlow(node);
    return node;
  }

  #flowMappingPair(node: YamlNode): void {
    const hasKey = this.#peek().type === "key";
    if (hasKey) this.#take();
    const token = this.#peek();
    const isKeyEmpty = hasKey && ["value", "flow-entry", "flow-mapping-end"].includes(token.type);
    node.content.push(isKeyEmpty ? this.#emptyScalar(token.start) : this.#node("flow"));
    let next = this.#peek();
    if (hasKey && next.type === "value") {
      this.#take();
      next = this.#peek();
      if (next.type !== "flow-entry" && next.type !== "flow-mapping-end") {
        node.content.push(this.#node("flow"));
        this.#moveFootComment(node, "flow");
        return;
      }
    }
    node.content.push(this.#emptyScalar(next.start));
    this.#moveFootComment(node, "flow");
  }

  #expectFlowEntry(start: Token, problem: string): void {
    const token = this.#peek();
    if (token.type !== "flow-entry") throw parserError(token, problem, start);
    this.#take();
  }

  #closeFlow(node: YamlNode): void {
    const { lineComment, footComment } = this.#takeComments();
    node.lineComment = lineComment;
    node.footComment = footComment;
    this.#take();
  }

  #blockSequence(properties: Properties): YamlNode {
    const node = this.#make("sequence", properties, { headComment: this.#takeStemComment() });
    this.#anchored(node, properties);
    const start = this.#take();
    while (this.#peek().type === "block-entry")
      node.content.push(this.#blockEntry(["block-entry", "block-end"]));
    if (this.#peek().type !== "block-end") {
      throw parserError(this.#peek(), "did not find expected '-' indicator", start);
    }
    this.#take();
    return node;
  }

  #indentlessSequence(properties: Properties): YamlNode {
    const node = this.#make("sequence", properties);
    this.#anchored(node, properties);
    while (this.#peek().type === "block-entry") {
      node.content.push(this.#blockEntry(["block-entry", "key", "value", "block-end"]));
    }
    return node;
  }

  #blockEntry(emptyBefore: readonly TokenType[]): YamlNode {
    const headLength = this.#comments.headComment.length;
    const entry = this.#take();
    this.#splitStemComment(headLength);
    return emptyBefore.includes(this.#peek().type) ? this.#emptyScalar(entry.end) : this.#node("block");
  }

  #blockMapping(properties: Properties): YamlNode {
    const node = this.#make("mapping", properties, { headComment: this.#takeStemComment() });
    this.#anchored(node, properties);
    const start = this.#take();
    while (this.#peek().type === "key") {
      const key = this.#take();
      node.content.push(this.#blockMappingPart(key));
      const next = this.#peek();
      this.#moveFootComment(node, "key");
      if (next.type === "value") node.content.push(this.#blockMappingPart(this.#take()));
      else node.content.push(this.#emptyScalar(next.start));
      this.#moveFootComment(node, "block");
    }
    if (this.#peek().type !== "block-end") {
      throw parserError(this.#peek(), "did not find expected key", start);
    }
    const { lineComment, footComment } = this.#takeComments();
    node.lineComment = lineComment;
    node.footComment = footComment;
    this.#take();
    const lastKey = node.content.at(-2);
    if (footComment !== "" && lastKey !== undefined) {
      lastKey.footComment = footComment;
      node.footComment = "";
    }
    return node;
  }

  /** A key or a value of a block mapping, which may be missing. */
  #blockMappingPart(indicator: Token): YamlNode {
    const isEmpty = ["key", "value", "block-end"].includes(this.#peek().type);
    return isEmpty ? this.#emptyScalar(indicator.end) : this.#node("indentless");
  }

  /**
   * Moves foot comments to the key of the pair they follow: that of a key read last came after the pair before it, that
   * of a value comes after its own.
   */
  #moveFootComment(mapping: YamlNode, after: "key" | "block" | "flow"): void {
    const { content } = mapping;
    if (after === "key") {
      const key = content.at(-1);
      const keyBefore = content.at(-3);
      if (key === undefined || keyBefore === undefined || key.footComment === "") return;
      keyBefore.footComment = key.footComment;
      key.footComment = "";
      return;
    }
    const [key, value] = content.slice(-2);
    if (key === undefined || value === undefined || key.footComment !== "") return;
    key.footComment = value.footComment;
    value.footComment = "";
  }

  #make(kind: NodeKind, properties: Properties, parts: Partial<YamlNode> = {}): YamlNode {
    const node = makeNode(kind, { ...place(properties.start.start), ...parts });
    const { tag } = properties;
    if (tag && tag !== "!") {
      node.tag = toShortTag(tag);
      node.style |= nodeStyle.tagged;
    } else {
      node.tag = impliedTag(node);
      if (tag === "!") node.isNonSpecific = true;
    }
    return node;
  }

  #anchored(node: YamlNode, { anchor }: Properties): YamlNode {
    if (anchor === "") return node;
    node.anchor = anchor;
    this.#anchors.set(anchor, node);
    return node;
  }

  // --- Tokens and comments -----------------------------------------------------------------------------------------

  #peek(): Token {
    const token = this.#scanner.next();
    this.#gatherComments(token);
    return token;
  }

  #take(): Token {
    const token = this.#scanner.next();
    this.#scanner.advance();
    return token;
  }

  #skipWhile(type: TokenType): Token {
    while (this.#peek().type === type) this.#take();
    return this.#peek();
  }

  /** Comments whose token has been reached wait for the next node that takes them. */
  #gatherComments(token: Token): void {
    const { comments } = this.#scanner;
    for (;;) {
      const comment = comments[this.#commentsHead];
      if (comment === undefined || token.start.index < comment.tokenMark.index) return;
      if (comment.head !== "" && token.type === "block-end") return;
      const waiting = this.#comments;
      waiting.headComment = joined(waiting.headComment, comment.head);
      waiting.footComment = joined(waiting.footComment, comment.foot);
      waiting.lineComment = joined(waiting.lineComment, comment.line);
      Object.assign(comment, {
        ...noText,
        scanMark: noMark,
        tokenMark: noMark,
        startMark: noMark,
        endMark: noMark,
      });
      this.#commentsHead++;
    }
  }

  #takeComments(): Comments {
    const taken = this.#comments;
    this.#comments = noComments();
    this.#stemComment = undefined;
    return taken;
  }

  #takeStemComment(): string {
    const stem = this.#stemComment ?? "";
    this.#stemComment = undefined;
    return stem;
  }

  /** A comment above an entry that is itself a collection belongs to the collection, not to its first entry or key. */
  #splitStemComment(length: number): void {
    if (length === 0) return;
    const type = this.#peekTwice();
    if (type !== "block-sequence-start" && type !== "block-mapping-start") return;
    const head = this.#comments.headComment;
    this.#stemComment = head.slice(0, length);
    this.#comments.headComment = head.slice(length + 1);
  }

  /** Type of the next token. After a fault go-yaml reads on behind it once, and tells a second one instead. */
  #peekTwice(): TokenType {
    try {
      return this.#peek().type;
    } catch (error) {
      if (error instanceof YamlError) this.#peek();
      throw error;
    }
  }
}

const noText = { head: "", line: "", foot: "" } as const;

function noComments(): Comments {
  return { headComment: "", lineComment: "", footComment: "" };
}

function joined(before: string, text: string): string {
  return before === "" || text === "" ? before + text : `${before}\n${text}`;
}

function place({ line, column }: { readonly line: number; readonly column: number }): Partial<YamlNode> {
  return { line: line + 1, column: column + 1 };
}

function impliedTag(node: YamlNode): string {
  if (node.kind === "sequence") return "!!seq";
  if (node.kind === "mapping") return "!!map";
  if (node.style !== 0) return "!!str";
  return node.value === "<<" ? "!!merge" : resolveTag(node.value);
}

function isDocumentHead(type: TokenType): boolean {
  return type === "version-directive" || type === "tag-directive" || type === "document-start";
}

function isDocumentEnd(type: TokenType): boolean {
  return type === "document-end" || type === "stream-end";
}

/** Parser faults name the line before the place, as go-yaml does. */
function parserError(token: Token, problem: string, context?: Token): YamlError {
  return new YamlError(problem, {
    contextLine: context?.start.line ?? 0,
    problemLine: token.start.line,
  });
}
