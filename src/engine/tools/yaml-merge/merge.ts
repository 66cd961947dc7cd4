// Lays one YAML document over another, as kyaml's merge2 does: mappings field by field, lists of Kubernetes objects by
// their merge keys, everything else replaced. Both trees are used up; the result is made of their nodes.
import { compareBytewise } from "../../../base/text";
import { makeNode, type NodeKind, type YamlNode } from "../go-yaml/node";
import { mergeElements } from "./associative-list";
import { commentSchema } from "./comment-schema";
import { type Directive, takeListDirective, takeMapDirective } from "./directives";
import { checkKind, type Field, fieldOf, fieldsOf, isNothing, setField } from "./fields";
import { type MergeSchema, schemaOfKind } from "./merge-keys";

/** A merged document, undefined when nothing is left of it. */
export interface Merged {
  readonly document: YamlNode | undefined;
  /** Paths of aliases, and of keys without a value, that kyaml drops although nobody asked for it. */
  readonly dropped: readonly string[];
}

/** Merges documents. Throws NodeKindError, and Error for an unknown directive (merge2.Merge). */
export function mergeYaml(base: YamlNode, overlay: YamlNode): Merged {
  const baseRoot = base.content[0] as YamlNode;
  const overlayRoot = overlay.content[0] as YamlNode;
  const kind = kindOf(baseRoot, overlayRoot);
  if (kind !== undefined && kind !== "alias") checkKind(overlayRoot, kind, overlay);
  const merger = new Merger();
  const root = merger.merge(baseRoot, overlayRoot, undefined, []);
  let document: YamlNode | undefined;
  if (root === baseRoot) document = base;
  else if (root === overlayRoot) document = overlay;
  else if (root !== undefined) document = makeNode("document", { content: [root] });
  return { document, dropped: merger.dropped };
}

class Merger {
  readonly dropped: string[] = [];
  /** Nulls that are written as they were. */
  readonly #kept = new Set<YamlNode>();

  merge(
    base: YamlNode | undefined,
    overlay: YamlNode | undefined,
    inherited: MergeSchema | undefined,
    path: readonly string[],
  ): YamlNode | undefined {
    const schema = schemaFor(base, overlay, inherited);
    const kind = kindOf(base, overlay);
    if (kind === "alias") {
      this.dropped.push(path.join("."));
      return undefined;
    }
    if (kind !== undefined) checkKind(overlay, kind);
    if (kind === "scalar") return this.#scalar(base, overlay);
    if (kind === "sequence") return this.#sequence(base, overlay, schema, path);
    return this.#mapping(base, overlay, schema, path);
  }

  #scalar(base: YamlNode | undefined, overlay: YamlNode | undefined): YamlNode | undefined {
    takeComments(base, overlay);
    return overlay ?? base;
  }

  #mapping(
    base: YamlNode | undefined,
    overlay: YamlNode | undefined,
    schema: MergeSchema | undefined,
    path: readonly string[],
  ): YamlNode | undefined {
    takeComments(base, overlay);
    takeStyle(base, overlay);
    const target = this.#mapTarget(base, overlay, path);
    if (target === undefined) return undefined;
    for (const name of fieldNames(target, overlay)) {
      const under = fieldOf(target, name);
      const over = fieldOf(overlay, name);
      const fieldSchema = schemaInComments(under) ?? schemaInComments(over) ?? schema?.fields?.[name];
      const value = this.merge(under?.value, over?.value, fieldSchema, [...path, name]);
      const keyStyle = [over, under].find((field) => field?.value === value)?.key.style ?? 0;
      setField(target, name, value, { keyStyle, keepsNull: value !== undefined && this.#kept.has(value) });
    }
    return target;
  }

  /** The node whose fields are merged in place; undefined removes it (merge2.Merger.VisitMap). */
  #mapTarget(
    base: YamlNode | undefined,
    overlay: YamlNode | undefined,
    path: readonly string[],
  ): YamlNode | undefined {
    if (base === undefined || isNothing(base)) {
      if (overlay !== undefined && isDeleted(overlay)) return undefined;
      if (overlay !== undefined || base === undefined) return overlay;
      if (base.value !== "") return this.#keepNull(base.value);
      this.dropped.push(path.join("."));
      return undefined;
    }
    if (isNull(overlay)) return undefined;
    return chosen(base, overlay, takeMapDirective);
  }

  #keepNull(value: string): YamlNode {
    const node = makeNode("scalar", { tag: "!!null", value });
    this.#kept.add(node);
    return node;
  }

  #sequence(
    base: YamlNode | undefined,
    overlay: YamlNode | undefined,
    schema: MergeSchema | undefined,
    path: readonly string[],
  ): YamlNode | undefined {
    takeComments(base, overlay);
    takeStyle(base, overlay);
    if (schema?.mergeKeys === undefined) return overlay ?? base;
    const target = listTarget(base, overlay);
    if (target === undefined) return undefined;
    return mergeElements(target, overlay, schema.mergeKeys, (under, over) =>
      this.merge(under, over, schema.elements, path),
    );
  }
}

/** The kind of the first that is not null; the other must be of that kind, too. */
function kindOf(base: YamlNode | undefined, overlay: YamlNode | undefined): NodeKind | undefined {
  return [base, overlay].find((node) => !isNothing(node))?.kind;
}

/** The list whose elements are merged in place; undefined removes it (merge2.Merger.VisitList). */
function listTarget(base: YamlNode | undefined, overlay: YamlNode | undefined): YamlNode | undefined {
  if (base === undefined || isNothing(base)) return overlay;
  return isNull(overlay) ? undefined : chosen(base, overlay, takeListDirective);
}

/** What the overlay's directive leaves. */
function chosen(
  base: YamlNode,
  overlay: YamlNode | undefined,
  takeDirective: (overlay: YamlNode) => Directive,
): YamlNode | undefined {
  const directive = overlay === undefined ? "merge" : takeDirective(overlay);
  if (directive === "merge") return base;
  return directive === "replace" ? overlay : undefined;
}

/** True when a mapping that has nothing to be laid over asks for its removal; unknown directives are passed over. */
function isDeleted(overlay: YamlNode): boolean {
  try {
    return takeMapDirective(overlay) === "delete";
  } catch {
    return false;
  }
}

function isNull(node: YamlNode | undefined): boolean {
  return node !== undefined && isNothing(node);
}

/** Names of the fields of both, in the order of their bytes. */
function fieldNames(...nodes: readonly (YamlNode | undefined)[]): string[] {
  const names = new Set<string>();
  for (const node of nodes) {
    for (const { key } of node === undefined ? [] : fieldsOf(node)) names.add(key.value);
  }
  return [...names].sort(compareBytewise);
}

/** Comments of the overlay take the place of those of the base. */
function takeComments(base: YamlNode | undefined, overlay: YamlNode | undefined): void {
  if (base === undefined || overlay === undefined) return;
  if (overlay.footComment !== "") base.footComment = overlay.footComment;
  if (overlay.headComment !== "") base.headComment = overlay.headComment;
  if (overlay.lineComment !== "") base.lineComment = overlay.lineComment;
}

/** What was empty in the base is written as the overlay writes it. */
function takeStyle(base: YamlNode | undefined, overlay: YamlNode | undefined): void {
  if (base === undefined || overlay === undefined) return;
  if (base.kind !== "scalar" && base.content.length === 0) base.style = overlay.style;
}

function schemaInComments(field: Field | undefined): MergeSchema | undefined {
  return field && (commentSchema(field.value) ?? commentSchema(field.key));
}

/** A schema in a comment goes before the one that follows from the parent, and that before the object's own kind. */
function schemaFor(
  base: YamlNode | undefined,
  overlay: YamlNode | undefined,
  inherited: MergeSchema | undefined,
): MergeSchema | undefined {
  const nodes = [base, overlay].filter((node) => node !== undefined && !isNothing(node)) as YamlNode[];
  for (const node of nodes) {
    const schema = commentSchema(node);
    if (schema !== undefined) return schema;
  }
  if (inherited !== undefined) return inherited;
  for (const node of nodes) {
    const schema = schemaOfKind(textOf(node, "apiVersion"), textOf(node, "kind"));
    if (schema !== undefined) return schema;
  }
  return undefined;
}

function textOf(node: YamlNode, name: string): string {
  const value = fieldOf(node, name)?.value;
  return value === undefined || isNothing(value) ? "" : value.value;
}
