// Where a parser stands in its tokens: taking them, noting the first mistake, completing nodes.
// Knows no grammar; parser.ts does.
import type { Node } from "./ast";
import { type Token, type TokenKind, tokenize, tokenText } from "./lexer";

/** A mistake with its span in UTF-16 units. */
export interface SyntaxProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** The tokens of a source and the place in them. */
export class TokenCursor {
  readonly tokens: readonly Token[];
  protected problem: SyntaxProblem | undefined;
  protected current: Token = { kind: "EOF", value: "", start: 0, end: 0 };
  protected stashed: Token | undefined;
  private readonly lexProblem: { readonly message: string; readonly start: number } | undefined;
  private readonly maxNodes: number;
  private index = 0;
  /** End of the last token taken. */
  private lastEnd = 0;
  private nodeCount = 0;

  constructor(source: string, maxNodes: number) {
    const { tokens, problem } = tokenize(source);
    this.tokens = tokens;
    this.lexProblem = problem;
    this.maxNodes = maxNodes;
  }

  /** Once true, the rest is not read any more. */
  protected get failed(): boolean {
    return this.problem !== undefined;
  }

  protected fail(message: string, token = this.current): void {
    this.problem ??= { message, start: token.start, end: token.end };
  }

  protected unexpected(token = this.current): void {
    this.fail(`unexpected token ${tokenText(token)}`, token);
  }

  protected next(): void {
    this.lastEnd = this.current.end;
    if (this.stashed !== undefined) {
      this.current = this.stashed;
      this.stashed = undefined;
      return;
    }
    const token = this.tokens[this.index++];
    if (token !== undefined) this.current = token;
    else if (this.lexProblem === undefined) this.fail("unexpected end of expression");
    // Upstream lets a mistake of the lexer replace an earlier one of the parser.
    else this.problem = { ...this.lexProblem, end: this.lexProblem.start + 1 };
  }

  /** The token behind the current one. */
  protected get following(): Token | undefined {
    return this.tokens[this.index];
  }

  protected is(kind: TokenKind, value?: string): boolean {
    return this.current.kind === kind && (value === undefined || this.current.value === value);
  }

  protected expect(kind: TokenKind, value?: string): void {
    if (this.is(kind, value)) this.next();
    else this.unexpected();
  }

  /** Completes a node that ends with the last token taken; upstream counts each against the limit. */
  protected node<T extends Omit<Node, "start" | "end">>(
    node: T,
    start: number,
  ): T & { readonly start: number; readonly end: number } {
    this.nodeCount++;
    if (this.maxNodes > 0 && this.nodeCount > this.maxNodes) {
      this.fail("compilation failed: expression exceeds maximum allowed nodes");
    }
    return { ...node, start, end: this.endFrom(start) };
  }

  /** End of what began at `start`. */
  protected endFrom(start: number): number {
    return Math.max(start, this.lastEnd);
  }

  protected missing(): Node {
    const { start } = this.current;
    return { kind: "missing", start, end: start, at: start };
  }
}
