// Where a large Kubernetes List can be cut into its items without parsing it, so that an edit of one item costs one item.
// Cuts only what is written plainly; everything else stays one document.
import { foreignBraces, type UnitPart } from "./unit";

/** Smaller documents are parsed before anybody notices. */
const worthCutting = 20_000;

/** The beginnings of the parts of a List; undefined for every other document, and for a List that must stay whole. */
export function listParts(
  text: string,
): readonly { readonly start: number; readonly part: UnitPart }[] | undefined {
  if (text.length < worthCutting || !isPlainList(text)) return undefined;
  const items = /^items:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)- /m.exec(text);
  if (items === null) return undefined;
  const [whole, indent = ""] = items;
  const first = items.index + whole.length - 2 - indent.length;
  const dash = `\n${indent}- `;
  const end = endOfItems(text, first, indent.length);
  const parts: { start: number; part: UnitPart }[] = [{ start: 0, part: "head" }];
  for (let at = first - 1; at !== -1 && at < end; at = text.indexOf(dash, at + 1)) {
    parts.push({ start: commentsAbove(text, at + 1, indent), part: "item" });
  }
  if (end < text.length) parts.push({ start: end, part: "tail" });
  return parts;
}

/** Anchors and merge keys reach from one item into another, and templates may mean anything. */
function isPlainList(text: string): boolean {
  if (!/^kind:[ ]+List[ \t]*\r?$/m.test(text) || !/^apiVersion:[ ]+v1[ \t]*\r?$/m.test(text)) return false;
  if (foreignBraces.test(text) || text.includes("<<")) return false;
  for (const mark of ["&", "*"]) {
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
      if (/\w/.test(text[at + 1] ?? "") && /[\s\-[{,:]/.test(text[at - 1] ?? " ")) return false;
    }
  }
  return true;
}

/** Where the first line begins that is less indented than the items. */
function endOfItems(text: string, from: number, indent: number): number {
  const outside =
    indent === 0 ? /\n(?=[^\s#-]|-[^\s])/g : new RegExp(`\\n(?= {0,${indent - 1}}[^\\s#])`, "g");
  outside.lastIndex = from;
  const found = outside.exec(text);
  return found === null ? text.length : found.index + 1;
}

/** Comments right above an item are about it. */
function commentsAbove(text: string, start: number, indent: string): number {
  let at = start;
  for (;;) {
    const above = text.lastIndexOf("\n", at - 2) + 1;
    if (at === 0 || !text.startsWith(`${indent}#`, above)) return at;
    at = above;
  }
}
