// A comment that begins with a JSON object counts as a schema of the value it stands at and takes the place of Kubernetes' own.
// What it says of the value is of no use to a merge but for how lists are merged.
import type { YamlNode } from "../go-yaml/node";
import type { MergeSchema } from "./merge-keys";

/** The schema in a node's first comment, if there is one (kyaml fieldmeta.FieldMeta.Read). */
export function commentSchema(node: YamlNode): MergeSchema | undefined {
  const comment = node.lineComment || node.headComment;
  const text = firstObject(comment.replace(/^#+/, ""));
  if (text === undefined) return undefined;
  try {
    const object = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return Object.keys(object).length === 0 ? undefined : listSchema(object);
  } catch {
    return undefined;
  }
}

/** The text from the first brace, with which it must begin, to the one that closes it; what follows is not looked at. */
function firstObject(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  let depth = 0;
  for (const { 0: part, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (part === "{") depth++;
    else if (part === "}" && --depth === 0) return text.slice(0, index + 1);
  }
  return undefined;
}

function listSchema(object: Readonly<Record<string, unknown>>): MergeSchema {
  const strategy = object["x-kubernetes-patch-strategy"];
  if (typeof strategy !== "string" || !strategy.split(",").includes("merge")) return {};
  const keys = object["x-kubernetes-list-map-keys"] ?? [object["x-kubernetes-patch-merge-key"]];
  return { mergeKeys: (keys as unknown[]).filter((key) => typeof key === "string") };
}
