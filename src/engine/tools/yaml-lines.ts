// Kargo's line editor for YAML: finds values by their keys and rewrites the rest of the lines they begin in.
// Keeps every other line; knows neither files nor steps (pkg/yaml/yaml.go and quote.go of Kargo).
import { parseGoBool, parseGoFloat, parseGoInt } from "../../base/go-number";
import { goQuote, goValue } from "../../base/go-text";
import { GoPanic } from "./go-panic";
import { YamlError } from "./go-yaml/cursor";
import type { YamlNode } from "./go-yaml/node";
import { parseYamlDocument } from "./go-yaml/parser";
import { splitKey } from "./key-path";

/** A value to write, and where. */
export interface YamlUpdate {
  readonly key: string;
  readonly value: unknown;
}

/** A file with new values, and what was found at their places before. */
export interface EditedYaml {
  readonly bytes: Buffer;
  /** The scalars the keys address, in the order of the updates. */
  readonly targets: readonly YamlNode[];
}

/** A line as long as this, or longer, is refused (pkg/yaml/yaml.go maxBufferSize). */
const maxLineLength = 1024 * 1024;

/**
 * Writes values into a YAML file. Every key must exist already and address a scalar; all are looked up before anything
 * is changed. The rest of the line behind a value is dropped, line ends become `\n`. Throws Error in Kargo's words, and
 * GoPanic where Kargo panics.
 */
export function setYamlValues(bytes: Uint8Array, updates: readonly YamlUpdate[]): EditedYaml {
  const document = parseOrThrow(bytes);
  const changes = new Map<number, { readonly column: number; readonly value: unknown }>();
  const targets = updates.map(({ key, value }) => {
    const target = findTarget(document, key);
    changes.set(target.line - 1, { column: target.column - 1, value });
    return target;
  });
  const pieces: Uint8Array[] = [];
  for (const [i, line] of [...linesOf(bytes)].entries()) {
    if (line.length >= maxLineLength) {
      throw new Error("error scanning input bytes: bufio.Scanner: token too long");
    }
    const text = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
    const change = changes.get(i);
    if (change === undefined) {
      pieces.push(text, lineFeed);
      continue;
    }
    if (change.column > text.length) {
      throw new GoPanic(`slice bounds out of range [:${change.column}] with length ${text.length}`);
    }
    // Columns count characters but bytes are cut; what stands before the value may lose its end that way.
    const kept = text.subarray(0, change.column);
    const blank = kept.at(-1) === 0x20 ? "" : " ";
    pieces.push(kept, Buffer.from(`${blank}${goValue(quoteIfNecessary(change.value))}\n`));
  }
  return { bytes: Buffer.concat(pieces), targets };
}

/** The value in quotes when it is text that would read as a number, a boolean or JSON (pkg/yaml/quote.go). */
export function quoteIfNecessary(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const isOther = parseGoFloat(value) !== undefined || parseGoBool(value) !== undefined || isJson(value);
  return isOther ? goQuote(value) : value;
}

/** Keys whose values do not read back as they were meant, because the file is broken or means something else now. */
export function misreadKeys(updates: readonly YamlUpdate[], { bytes, targets }: EditedYaml): string[] {
  const lastOfLine = new Map(targets.map((target, i) => [target.line, i]));
  const written = updates.filter((_, i) => lastOfLine.get(targets[i]?.line ?? 0) === i);
  return written
    .filter((update) => readBack(bytes, update.key) !== goValue(update.value))
    .map(({ key }) => key);
}

function readBack(bytes: Uint8Array, key: string): string | undefined {
  try {
    return findTarget(parseOrThrow(bytes), key).value;
  } catch {
    return undefined;
  }
}

const lineFeed = Buffer.from("\n");

function parseOrThrow(bytes: Uint8Array): YamlNode | undefined {
  try {
    return parseYamlDocument(bytes);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new Error(`error unmarshaling input: ${error.message}`, { cause: error });
  }
}

function findTarget(document: YamlNode | undefined, key: string): YamlNode {
  let parts: string[];
  try {
    parts = splitKey(key);
  } catch (error) {
    throw withContext(`error splitting key ${key}`, error);
  }
  try {
    return findScalar(document, parts);
  } catch (error) {
    throw error instanceof GoPanic ? error : withContext(`error finding key ${key}`, error);
  }
}

/** Neither aliases nor merge keys are followed. */
function findScalar(document: YamlNode | undefined, parts: readonly string[]): YamlNode {
  let node = document?.content[0];
  for (const part of parts) {
    if (node?.kind === "mapping") node = valueAt(node, part);
    else if (node?.kind === "sequence") node = entryOf(node, part);
    else node = undefined;
    if (node === undefined) throw new Error("key path not found");
  }
  if (node?.kind !== "scalar") throw new Error("key path does not address a scalar node");
  return node;
}

function valueAt({ content }: YamlNode, key: string): YamlNode | undefined {
  const at = content.findIndex((node, i) => i % 2 === 0 && node.value === key);
  return at < 0 ? undefined : content[at + 1];
}

function entryOf({ content }: YamlNode, part: string): YamlNode {
  const index = parseGoInt(part);
  if (index === undefined) {
    const problem = /^[-+]?\d+$/.test(part) ? "value out of range" : "invalid syntax";
    throw new Error(`strconv.Atoi: parsing ${goQuote(part)}: ${problem}`);
  }
  const entry = content[Number(index)];
  if (entry !== undefined) return entry;
  throw new GoPanic(`index out of range [${index}]${index < 0n ? "" : ` with length ${content.length}`}`);
}

function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.subarray(start, end < 0 ? bytes.length : end);
    start = end < 0 ? bytes.length : end + 1;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function withContext(context: string, error: unknown): Error {
  return new Error(`${context}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
