// Ways through a YAML tree: the node at a path, the path at an offset, the span of a key or value.
// Changes nothing and knows no schema.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
} from "yaml";
import type { Path } from "../model/schema/schema";
import type { Span } from "./source-file";

/** What is found at a path. */
export interface NodeAt {
  /** The key under which it stands; absent for entries of lists and the root. */
  readonly key?: Scalar;
  /** Absent where a key has no value. */
  readonly node?: Node;
  /** True when the path went through an alias or a merge key: the text stands elsewhere and may serve several places. */
  readonly shared: boolean;
}

/** The pair with that key, also one that a merge key (`<<`) brings in. */
export function pairOf(
  map: unknown,
  name: string,
  document: Document,
): { readonly pair: Pair; readonly merged: boolean } | undefined {
  if (!isMap(map)) return undefined;
  const own = map.items.find((pair) => keyText(pair) === name);
  if (own !== undefined) return { pair: own, merged: false };
  for (const pair of map.items) {
    if (keyText(pair) !== "<<") continue;
    const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
    for (const source of sources) {
      const found = pairOf(target(source, document), name, document);
      if (found !== undefined) return { pair: found.pair, merged: true };
    }
  }
  return undefined;
}

/** The text of a pair's key; undefined for keys that are no scalars. */
export function keyText(pair: Pair): string | undefined {
  const { key } = pair;
  if (!isScalar(key)) return typeof key === "string" ? key : undefined;
  // The merge key `<<` is a symbol to the library.
  return typeof key.value === "symbol" ? "<<" : String(key.value);
}

/** The node itself, or what it is an alias of. */
export function target(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** What stands at the path below `root`; undefined when nothing does. */
export function nodeAt(root: Node, path: Path, document: Document): NodeAt | undefined {
  let here: NodeAt = { node: root, shared: false };
  for (const segment of path) {
    const holder = target(here.node, document);
    const shared = here.shared || isAlias(here.node);
    if (isSeq(holder)) {
      const item = holder.items[Number(segment)];
      if (!isNode(item)) return undefined;
      here = { node: item, shared };
    } else {
      const found = pairOf(holder, String(segment), document);
      if (found === undefined) return undefined;
      const { key, value } = found.pair;
      here = {
        ...(isScalar(key) ? { key } : {}),
        ...(isNode(value) ? { node: value } : {}),
        shared: shared || found.merged,
      };
    }
  }
  return here;
}

/** The span of a node without what trails it; undefined for nodes that no text made. */
export function spanOf(node: Node | undefined): Span | undefined {
  const range = node?.range;
  if (range === null || range === undefined) return undefined;
  return { start: range[0], end: range[1] };
}

/** Where an offset is: the path of the innermost pair or entry, and on which part of it. */
export interface PlaceInTree {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly node: Node;
}

/** The innermost key or scalar that holds the offset; undefined between them. */
export function placeAt(root: Node, offset: number): PlaceInTree | undefined {
  return search(root, offset, []);
}

function search(node: Node, offset: number, path: Path): PlaceInTree | undefined {
  if (!holds(node, offset)) return undefined;
  if (isMap(node)) {
    for (const pair of node.items) {
      const found = searchPair(pair, offset, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = isNode(item) ? search(item, offset, [...path, index]) : undefined;
      if (found !== undefined) return found;
      if (isPair(item)) {
        const inPair = searchPair(item, offset, [...path, index]);
        if (inPair !== undefined) return inPair;
      }
    }
    return undefined;
  }
  return { path, on: "value", node };
}

function searchPair(pair: Pair, offset: number, path: Path): PlaceInTree | undefined {
  const name = keyText(pair);
  if (name === undefined) return undefined;
  const inner = [...path, name];
  if (isScalar(pair.key) && holds(pair.key, offset)) return { path: inner, on: "key", node: pair.key };
  return isNode(pair.value) ? search(pair.value, offset, inner) : undefined;
}

/** Blocks reach up to the next node, scalars to their last character. */
function holds(node: Node, offset: number): boolean {
  const range = node.range;
  if (range === null || range === undefined) return false;
  const end = isScalar(node) || isAlias(node) ? range[1] : range[2];
  return offset >= range[0] && offset <= end;
}
