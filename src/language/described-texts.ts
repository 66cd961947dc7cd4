// Every text of a resource with what the schema says about its place, in one walk for all who ask.
// Judges nothing.
import type { Scalar } from "yaml";
import { type Located, type Path, schemaAt } from "../model/schema/schema";
import type { UnitResource } from "./unit";
import { forEachText } from "./yaml-nodes";

/** A text and its place. */
export interface DescribedText {
  readonly scalar: Scalar<string>;
  readonly path: Path;
  /** Absent where the schema knows no such place. */
  readonly located?: Located;
}

const known = new WeakMap<UnitResource, readonly DescribedText[]>();

/** The texts of a resource in the order they are written. */
export function describedTexts(resource: UnitResource): readonly DescribedText[] {
  let texts = known.get(resource);
  if (texts === undefined) {
    texts = describe(resource);
    known.set(resource, texts);
  }
  return texts;
}

function describe({ schema, node, value }: UnitResource): DescribedText[] {
  if (schema === undefined) return [];
  const texts: DescribedText[] = [];
  forEachText(node, (scalar, path) => {
    const located = schemaAt(schema.schema, path, value);
    texts.push({ scalar, path, ...(located === undefined ? {} : { located }) });
  });
  return texts;
}
