// Reads kind, name and namespace off the lines of a document, so that the names of a whole workspace are known before
// anything is parsed. Takes only the plainest way of writing; whatever else it meets, it leaves to the parser.
import { kindSchema } from "../model/schema/schema";
import type { Span } from "./source-file";
import { foreignBraces, isNamedVersion, type Unit } from "./unit";

/** What is known of a resource by its first lines. */
export interface ResourceSketch {
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly nameSpan?: Span;
}

/** The only resource of a document, or null when it holds none; undefined when only parsing tells. */
export function sketchOf(unit: Unit): ResourceSketch | null | undefined {
  return unit.result(sketch);
}

/** Anchors, aliases and merge keys make a text mean more than it shows. */
const indirect = /(?:^|[\s\-[{,:])[&*]\w|<<|^%/m;
const keyLine = /^([A-Za-z][\w./-]*):(?:[ ]+(.*))?$/;
const simpleText = /^(?:([A-Za-z][\w./-]*)|"([A-Za-z][\w./-]*)"|'([A-Za-z][\w./-]*)')[ ]*(?:[ ]#.*)?$/;
const noText = /^(?:null|true|false|yes|no|on|off|y|n)$/i;
const nothing = /^(?:#.*)?$/;

/** Values of the keys that matter, as they are met. */
interface Seen {
  readonly top: Map<string, string | undefined>;
  readonly metadata: Map<string, string | undefined>;
  nameSpan?: Span;
}

function sketch(unit: Unit): ResourceSketch | null | undefined {
  if (!unit.relevant) return null;
  const { text } = unit;
  if (foreignBraces.test(text) || indirect.test(text) || /^patches/m.test(text)) return undefined;
  const seen = readLines(text);
  if (seen === undefined) return undefined;
  const kind = seen.top.get("kind");
  const apiVersion = seen.top.get("apiVersion");
  if (kind === undefined || apiVersion === undefined) return undefined;
  // Lists hold other resources, and kustomizations say what their neighbours are.
  if (kind.endsWith("List") || apiVersion.startsWith("kustomize.")) return undefined;
  if (kindSchema(kind)?.apiVersion !== apiVersion && !isNamedVersion(apiVersion)) return null;
  const name = seen.metadata.get("name");
  const namespace = seen.metadata.get("namespace");
  return {
    kind,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(seen.nameSpan === undefined ? {} : { nameSpan: seen.nameSpan }),
  };
}

/** Goes through the lines; undefined as soon as one is not plain enough to be sure. */
function readLines(text: string): Seen | undefined {
  const seen: Seen = { top: new Map(), metadata: new Map() };
  let key: string | undefined;
  /** Indentation of the entries of `metadata`, once known. */
  let inner = -1;
  /** No line deeper than this may follow: a value has been read that would go on there. */
  let closed = -1;
  for (let start = 0, next = 0; start < text.length; start = next) {
    const end = text.indexOf("\n", start);
    next = end === -1 ? text.length : end + 1;
    // Inside of other keys only the first column matters.
    const first = text.charCodeAt(start);
    if (first === space && closed === -1 && key !== undefined && key !== "metadata") continue;
    const line = text.slice(start, end === -1 ? text.length : end).replace(/\r$/, "");
    const indent = line.length - line.trimStart().length;
    const body = line.slice(indent);
    if (body === "" || body.startsWith("#")) continue;
    if (indent > 0 && (line.includes("\t") || (closed !== -1 && indent > closed))) return undefined;
    if (indent > 0 && key === "metadata") {
      if (inner === -1) inner = indent;
      if (indent < inner) return undefined;
      if (indent > inner) continue;
      closed = -1;
      const found = keyLine.exec(body);
      if (found === null || !takeEntry(seen, found, start + indent)) return undefined;
      if (found[1] === "name" || found[1] === "namespace") closed = indent;
    } else if (indent > 0) {
      return undefined;
    } else {
      if (/^---[ \t]*(?:#.*)?$/.test(body) && key === undefined) continue;
      if (/^\.\.\.[ \t]*$/.test(body)) return seen;
      closed = -1;
      if (body.startsWith("- ") && key !== undefined && !(key in wanted)) continue;
      const found = keyLine.exec(body);
      if (found === null || !takeTop(seen, found)) return undefined;
      key = found[1];
      if (key === "kind" || key === "apiVersion") closed = 0;
    }
  }
  return seen;
}

const space = 32;
const wanted: Readonly<Record<string, true>> = { kind: true, apiVersion: true, metadata: true };

/** Takes a key of the document; false when it cannot be sure what it means. */
function takeTop({ top }: Seen, [, key = "", rest = ""]: RegExpExecArray): boolean {
  if (top.has(key)) return false;
  if (key === "kind" || key === "apiVersion") {
    const value = textIn(rest);
    top.set(key, value);
    return value !== undefined;
  }
  top.set(key, undefined);
  return key !== "metadata" || nothing.test(rest.trim());
}

/** Takes a key of the metadata at that offset; false when it cannot be sure what it means. */
function takeEntry(seen: Seen, [whole, key = "", rest = ""]: RegExpExecArray, at: number): boolean {
  if (seen.metadata.has(key)) return false;
  const value = key === "name" || key === "namespace" ? textIn(rest) : undefined;
  seen.metadata.set(key, value);
  if (key !== "name" && key !== "namespace") return true;
  if (value === undefined) return false;
  if (key === "name") {
    const start = at + whole.length - rest.length;
    const quotes = rest.startsWith(value) ? 0 : 2;
    seen.nameSpan = { start, end: start + value.length + quotes };
  }
  return true;
}

/** A text that is one whatever it says; undefined for anything that may be a number, a boolean or nothing. */
function textIn(rest: string): string | undefined {
  const found = simpleText.exec(rest);
  if (found === null) return undefined;
  const [, bare, double, single] = found;
  return bare !== undefined && noText.test(bare) ? undefined : (bare ?? double ?? single);
}
