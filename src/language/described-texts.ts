// Every text of a resource with what the schema says about its place, in one walk for all who ask.
// Judges nothing. Aliases are not followed: what they stand for is described where it is written.

import { isMap, isScalar, isSeq, type Scalar } from "yaml";
import { Attached } from "../base/attached";
import {
  type Located,
  type Path,
  type SchemaPlace,
  schemaPlace,
  schemaPlaceBelow,
} from "../model/schema/schema";
import type { UnitResource } from "./unit";
import { keyText } from "./yaml-nodes";

/** A text and its place. */
export interface DescribedText {
  readonly scalar: Scalar<string>;
  readonly path: Path;
  /** Absent where the schema knows no such place. */
  readonly located?: Located;
}

const known = new Attached<UnitResource, readonly DescribedText[]>();

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
  const walk = (at: unknown, path: Path, place: SchemaPlace | undefined): void => {
    if (isScalar(at)) {
      if (typeof at.value !== "string") return;
      const located = place === undefined ? {} : { located: place.located };
      texts.push({ scalar: at as Scalar<string>, path, ...located });
    } else if (isMap(at)) {
      for (const pair of at.items) {
        const name = keyText(pair);
        if (name === "<<") walk(pair.value, path, place);
        else if (name !== undefined) walk(pair.value, [...path, name], below(place, name));
      }
    } else if (isSeq(at)) {
      for (const [index, item] of at.items.entries()) walk(item, [...path, index], below(place, index));
    }
  };
  walk(node, [], schemaPlace(schema.schema, value));
  return texts;
}

function below(place: SchemaPlace | undefined, segment: string | number): SchemaPlace | undefined {
  return place === undefined ? undefined : schemaPlaceBelow(place, segment);
}
