// One YAML document of a file: its text, its lines, its tree and what was found in it. Keyed by its text, so whatever is
// computed here stays true as long as the text does. Looks at nothing outside the document.
import { type Document, isMap, isScalar, isSeq, parseDocument, visit, type YAMLMap } from "yaml";
import { errorMessage } from "../base/errors";
import { isObject } from "../base/json";
import { type KindSchema, kindSchema } from "../model/schema/schema";
import { yamlOptions } from "../model/yaml-options";

/** A resource in a document: the document itself, or an item of a List. */
export interface UnitResource {
  readonly node: YAMLMap.Parsed;
  readonly value: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** Absent when the kind is not one of ours, or the resource is none of Kargo's business but for its name. */
  readonly schema?: KindSchema;
}

/** A parsed document. */
export interface UnitTree {
  readonly document: Document.Parsed;
  /** Resources whose apiVersion is one this program reads; others are left alone. */
  readonly resources: readonly UnitResource[];
  /** The document as plain data; undefined when it cannot be had. */
  readonly value: unknown;
  /** Why it cannot be had although the text can be parsed: an alias without its anchor, a merge of no map. */
  readonly failure?: { readonly message: string; readonly start: number; readonly end: number };
  /** Text of a template engine (Helm, Jinja …): only what renders it can say what it means. */
  readonly templated: boolean;
}

/** The apiVersion of the commercial platform's kinds; of those only the names are read. */
const commercialVersion = "ee.kargo.akuity.io/v1alpha1";
/** The apiVersion of Kargo's own kinds. */
export const kargoVersion = "kargo.akuity.io/v1alpha1";
/** What a text must hold before it is worth parsing. */
const mentionsUs =
  /kargo\.akuity\.io|argoproj\.io\/v1alpha1|kustomize\.config\.k8s\.io|kind:\s*["']?(?:Secret|ConfigMap|List)\b|^patches(?:StrategicMerge)?\s*:/m;
/** Braces of Helm and its like, outside Kargo's own `${{`. */
export const foreignBraces = /(?<!\$)\{\{/;
/** A line that is a template's statement, or whose value is one without quotes. */
const statementLine = /^\s*(?:\{\{|\{%|\{#)|[:-][ \t]+\{\{/m;

/** True for a text that can hold anything this service knows; others need not be kept. */
export function isWorthKeeping(text: string): boolean {
  return mentionsUs.test(text);
}

const trees = new Map<Unit, UnitTree>();
/** Trees are large and quickly made again. */
const keptTrees = 24;

/** What a unit is: a document, or a part of a large List (list-items.ts). */
export type UnitPart = "document" | "head" | "item" | "tail";

/** See the head of the file. */
export class Unit {
  readonly text: string;
  readonly lineBreaks: number;
  private starts: Uint32Array | undefined;
  private readonly results = new Map<(unit: Unit) => unknown, unknown>();

  constructor(
    text: string,
    readonly part: UnitPart = "document",
  ) {
    this.text = detached(text);
    this.lineBreaks = countBreaks(text);
  }

  /** Whether the document can hold anything of interest; cheap. */
  get relevant(): boolean {
    return this.result(mayMatter);
  }

  /** Whether the document speaks of Kargo's own kinds. */
  get isKargo(): boolean {
    return this.result(speaksOfKargo);
  }

  /** The parsed document; kept for the few used last. */
  get tree(): UnitTree {
    const known = trees.get(this);
    if (known !== undefined) {
      trees.delete(this);
      trees.set(this, known);
      return known;
    }
    const tree = parse(this.text, this.part);
    trees.set(this, tree);
    if (trees.size > keptTrees)
      for (const oldest of trees.keys()) {
        trees.delete(oldest);
        break;
      }
    return tree;
  }

  /** Lets go of the parsed document, as nobody will look at it soon. */
  dropTree(): void {
    trees.delete(this);
  }

  /** What `compute` finds in the document, computed once. It must depend on the unit alone. */
  result<T>(compute: (unit: Unit) => T): T {
    if (!this.results.has(compute)) this.results.set(compute, compute(this));
    return this.results.get(compute) as T;
  }

  /** Takes what `compute` has found, or would find, in the same document. */
  adopt<T>(compute: (unit: Unit) => T, result: T): void {
    this.results.set(compute, result);
  }

  /** Whether that has been computed already. */
  has(compute: (unit: Unit) => unknown): boolean {
    return this.results.has(compute);
  }

  /** Offset of a line and column, both zero-based. */
  offsetAt(line: number, character: number): number {
    const starts = this.lineStarts;
    if (line >= starts.length) return this.text.length;
    const start = starts[Math.max(line, 0)] ?? 0;
    const next = starts[line + 1];
    const end = next === undefined ? this.text.length : next - (this.text[next - 2] === "\r" ? 2 : 1);
    return Math.max(start, Math.min(start + character, end));
  }

  /** Zero-based line and column of an offset. */
  positionAt(offset: number): { readonly line: number; readonly character: number } {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - (starts[low] ?? 0) };
  }

  private get lineStarts(): Uint32Array {
    if (this.starts === undefined) {
      this.starts = new Uint32Array(this.lineBreaks + 1);
      let line = 1;
      for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) {
        this.starts[line++] = at + 1;
      }
    }
    return this.starts;
  }
}

/** Parses a text as a document of its own, for texts that belong to no file yet. Never throws. */
export function parse(text: string, part: UnitPart = "document"): UnitTree {
  const document = parseDocument(text, yamlOptions);
  const { value, failure } = plainValue(document);
  const templated =
    foreignBraces.test(text) &&
    (document.errors.length > 0 || statementLine.test(text) || failure !== undefined);
  const resources = templated ? [] : part === "item" ? itemOf(document, value) : resourcesOf(document, value);
  return { document, resources, value, templated, ...(failure === undefined ? {} : { failure }) };
}

function plainValue(document: Document.Parsed): Pick<UnitTree, "value" | "failure"> {
  try {
    return { value: document.toJS({ maxAliasCount: 1000 }) };
  } catch (error) {
    const [start, end] = placeOfFailure(document);
    return { value: undefined, failure: { message: errorMessage(error), start, end } };
  }
}

/** The alias that has no anchor; otherwise the first merge key. */
function placeOfFailure(document: Document.Parsed): readonly [start: number, end: number] {
  let found: readonly [number, number] | undefined;
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) !== undefined || !node.range) return undefined;
      found = [node.range[0], node.range[1]];
      return visit.BREAK;
    },
    Pair(_, { key }) {
      if (isScalar(key) && typeof key.value === "symbol" && key.range) found ??= [key.range[0], key.range[1]];
    },
  });
  return found ?? [0, 1];
}

/** An item of a List, which as a text of its own is a list of one. */
function itemOf({ contents }: Document.Parsed, value: unknown): UnitResource[] {
  if (!isSeq(contents) || !Array.isArray(value)) return [];
  const [node, one]: [unknown, unknown] = [contents.items[0], value[0]];
  return isMap(node) && isObject(one) ? toResource(node as YAMLMap.Parsed, one) : [];
}

function resourcesOf(document: Document.Parsed, value: unknown): UnitResource[] {
  const { contents } = document;
  if (!isMap(contents) || !isObject(value)) return [];
  const isList = typeof value.kind === "string" && value.kind.endsWith("List");
  if (!isList || !Array.isArray(value.items)) return toResource(contents, value);
  const items = contents.get("items", true);
  if (!isSeq(items)) return [];
  const values: readonly unknown[] = value.items;
  return items.items.flatMap((item, index) => {
    const one = values[index];
    return isMap(item) && isObject(one) ? toResource(item as YAMLMap.Parsed, one) : [];
  });
}

function toResource(node: YAMLMap.Parsed, value: Record<string, unknown>): UnitResource[] {
  const { kind, apiVersion } = value;
  if (typeof kind !== "string" || typeof apiVersion !== "string") return [];
  const known = kindSchema(kind);
  const isPlain = !isEncrypted(value) && (apiVersion !== "v1" || bearsKargosMark(value.metadata));
  const isOurs = known?.apiVersion === apiVersion && isPlain;
  const schema = isOurs ? { schema: known } : {};
  if (known?.apiVersion !== apiVersion && !isNamedVersion(apiVersion)) return [];
  return [{ node, value, kind, ...schema }];
}

/** What SOPS has encrypted is another thing before it is applied: values that may not be looked at, and one key more. */
function isEncrypted({ sops }: Record<string, unknown>): boolean {
  return isObject(sops) && "mac" in sops;
}

/** Whether resources of that apiVersion are known by name although their kind may not be. */
export function isNamedVersion(apiVersion: string): boolean {
  return apiVersion === kargoVersion || apiVersion === commercialVersion;
}

/** Secrets and ConfigMaps are anybody's; only those with a label or annotation of Kargo's are judged. */
function bearsKargosMark(metadata: unknown): boolean {
  if (!isObject(metadata)) return false;
  return [metadata.labels, metadata.annotations].some(
    (marks) => isObject(marks) && Object.keys(marks).some((key) => key.startsWith("kargo.akuity.io/")),
  );
}

function mayMatter(unit: Unit): boolean {
  return isWorthKeeping(unit.text);
}

function speaksOfKargo(unit: Unit): boolean {
  return /^[^#\n]*apiVersion["']?\s*:\s*["']?kargo\.akuity\.io\/v1alpha1/m.test(unit.text);
}

function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** A copy that does not keep the text alive it was cut from. */
function detached(text: string): string {
  return text.length < 32 ? text : ` ${text}`.slice(1);
}
