// The tree of a YAML document with its comments, styles and places, as go-yaml v3 has it. It may be changed in place.
// Neither reads nor writes text; parser.ts and emitter.ts do.
import { resolveTag } from "./resolve";

/** How a node was, or is to be, written. Values may be joined by `|` (go.yaml.in/yaml/v3 yaml.go Style). */
export const nodeStyle = {
  tagged: 1,
  doubleQuoted: 2,
  singleQuoted: 4,
  literal: 8,
  folded: 16,
  flow: 32,
} as const;

/** Every style that makes a scalar a string. */
export const quotedStyles =
  nodeStyle.doubleQuoted | nodeStyle.singleQuoted | nodeStyle.literal | nodeStyle.folded;

/** What a node is. */
export type NodeKind = "document" | "mapping" | "sequence" | "scalar" | "alias";

/** One node of the tree. */
export interface YamlNode {
  kind: NodeKind;
  /** Of nodeStyle; 0 is plain or block. */
  style: number;
  /** Short form, as `!!str`; empty when it follows from the value. */
  tag: string;
  /** It was tagged with a lone `!`, which version 3 forgets. */
  isNonSpecific?: boolean;
  /** Decoded text of a scalar, or the name an alias refers to. */
  value: string;
  anchor: string;
  /** The node an alias stands for. */
  alias?: YamlNode;
  /** Children; keys and values of a mapping take turns. */
  content: YamlNode[];
  headComment: string;
  lineComment: string;
  footComment: string;
  /** Counted from 1, in characters; 0 when the node was not read from text. */
  line: number;
  column: number;
}

/** A node with nothing but what is given. */
export function makeNode(kind: NodeKind, parts: Partial<YamlNode> = {}): YamlNode {
  return {
    kind,
    style: 0,
    tag: "",
    value: "",
    anchor: "",
    content: [],
    headComment: "",
    lineComment: "",
    footComment: "",
    line: 0,
    column: 0,
    ...parts,
  };
}

const longPrefix = "tag:yaml.org,2002:";

/** `!!str` for `tag:yaml.org,2002:str`; other tags stay as they are. */
export function toShortTag(tag: string): string {
  return tag.startsWith(longPrefix) ? `!!${tag.slice(longPrefix.length)}` : tag;
}

/** `tag:yaml.org,2002:str` for `!!str`; other tags stay as they are. */
export function toLongTag(tag: string): string {
  return tag.startsWith("!!") ? longPrefix + tag.slice(2) : tag;
}

/** True when the node is a string whatever its text looks like. */
export function isIndicatedString(node: YamlNode): boolean {
  if (node.kind !== "scalar") return false;
  const isUntagged = node.tag === "" || node.tag === "!";
  return toShortTag(node.tag) === "!!str" || (isUntagged && (node.style & quotedStyles) !== 0);
}

/** The tag of the node's value: its own, or the one that follows from kind and text (Node.ShortTag). */
export function tagOf(node: YamlNode): string {
  if (isIndicatedString(node)) return "!!str";
  if (node.tag !== "" && node.tag !== "!") return toShortTag(node.tag);
  switch (node.kind) {
    case "mapping":
      return "!!map";
    case "sequence":
      return "!!seq";
    case "alias":
      return node.alias === undefined ? "" : tagOf(node.alias);
    case "scalar":
      return resolveTag(node.value);
    case "document":
      return "";
  }
}
