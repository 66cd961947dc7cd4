// Reads the versions of one chart out of a repository's index.yaml (pkg/helm/chart/http_selector.go).
// Fetches nothing; large indexes are not parsed whole.
import { Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLMap } from "yaml";
import { DiscoveryError } from "./discovery-error";

/** Below this an index is parsed whole, so that mistakes elsewhere in it count as they do upstream. */
const wholeParseBytes = 512 * 1024;

/**
 * The version texts of a chart, as written and in the index's order; empty ones stand for entries without a version.
 * No such chart: an empty list. Throws DiscoveryError `content` when the index is malformed.
 */
export function readChartVersions(index: string, chart: string): readonly string[] {
  const entry = index.length > wholeParseBytes ? sliceEntry(index, chart) : undefined;
  return readEntries(parse(entry ?? index), chart);
}

/** The document that holds nothing but the chart's entry; undefined when the index is not laid out as Helm does it. */
function sliceEntry(index: string, chart: string): string | undefined {
  const start = /^entries:[ \t]*(?:#.*)?\r?\n/m.exec(index);
  if (start === null || /^---|^%|[&*]\w/m.test(index.slice(0, start.index))) return undefined;
  const from = start.index + start[0].length;
  const end = /^[^\s#]/m.exec(index.slice(from))?.index ?? index.length - from;
  const entries = index.slice(from, from + end);
  const indent = /^( +)\S/.exec(entries)?.[1];
  if (indent === undefined) return undefined;
  const name = chart.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  const key = new RegExp(`^${indent}(?:"${name}"|'${name}'|${name})[ \t]*:[ \t]*\r?$`, "gm");
  const [found, again] = entries.matchAll(key);
  if (found === undefined || again !== undefined) return undefined;
  const rest = entries.slice(found.index + found[0].length);
  const next = new RegExp(`^${indent}[^ \t\r\n#-]`, "m").exec(rest);
  return `entries:\n${found[0]}${rest.slice(0, next?.index)}`;
}

function parse(text: string): Document {
  // Every scalar stays the text it is: an unquoted 1.10 must not become a number.
  const [document] = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    merge: true,
    logLevel: "silent",
  });
  if (document === undefined || !(document instanceof Document)) return new Document(null);
  const [error] = document.errors;
  if (error !== undefined) throw malformed(error.message.split("\n")[0] ?? "");
  return document;
}

function readEntries(document: Document, chart: string): readonly string[] {
  const root = resolve(document.contents, document);
  if (isEmpty(root)) return [];
  const entries = member(asMap(root, "it"), "entries", document);
  if (isEmpty(entries)) return [];
  let versions: readonly string[] = [];
  for (const [name, value] of members(asMap(entries, "entries"), document)) {
    const found = readVersions(value, name, document);
    if (name === chart) versions = found;
  }
  return versions;
}

function readVersions(value: Node | null, chart: string, document: Document): readonly string[] {
  if (isEmpty(value)) return [];
  if (!isSeq(value)) throw malformed(`the entry of ${chart} is no list`);
  return value.items.map((item) => {
    const entry = resolve(item as Node | null, document);
    if (isEmpty(entry)) return "";
    const version = member(asMap(entry, `an entry of ${chart}`), "version", document);
    if (version === null) return "";
    if (!isScalar(version)) throw malformed(`a version of ${chart} is no text`);
    return typeof version.value === "string" ? version.value : "";
  });
}

/** The value of a key; null when there is none. A key that stands twice is an error, as in Go. */
function member(map: YAMLMap, key: string, document: Document): Node | null {
  return members(map, document).get(key) ?? null;
}

function members(map: YAMLMap, document: Document): ReadonlyMap<string, Node | null> {
  const found = new Map<string, Node | null>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : "";
    if (found.has(name)) throw malformed(`${name} stands there twice`);
    found.set(name, resolve(value as Node | null, document));
  }
  return found;
}

function resolve(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

/** Nothing at all, or written as nothing. */
function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && /^(?:|~|null|Null|NULL)$/.test(String(node.value ?? "")));
}

function asMap(node: Node | null, what: string): YAMLMap {
  if (isMap(node)) return node as YAMLMap;
  throw malformed(`${what} is no map`);
}

function malformed(reason: string): DiscoveryError {
  return new DiscoveryError("content", `error unmarshaling repository index: ${reason}`);
}
