// What the rule files of the checker may ask of it: visit nodes, note mistakes, look up functions.
// An interface only, so that the rules need not know the checker itself.
import type { Node } from "./ast";
import type { CallableDeclaration, Nature } from "./nature";

/** The checker as its rules see it. */
export interface CheckContext {
  /** Natures found so far; a rule may overwrite one. */
  readonly natures: Map<Node, Nature>;
  /** Nodes that stand for others from here on. */
  readonly replaced: Map<Node, Node>;
  /** The nature of a node; a node that stands in two places is looked at once. */
  visit(node: Node): Nature;
  /** Notes a mistake (only the first counts) and gives the unknown nature. */
  fail(node: Node, message: string): Nature;
  /** Visits a predicate with `#` standing for the elements of the collection. */
  visitPredicate(
    node: Node | undefined,
    collection: Nature,
    pointers?: Readonly<Record<string, Nature>>,
  ): Nature;
  /** The registered function of that name. */
  declaration(name: string): CallableDeclaration | undefined;
}
