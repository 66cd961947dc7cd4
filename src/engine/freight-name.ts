// Names that are hashes of content: of Freight and of collections of Freight.
// Decides nothing about what goes into them; model/freight.ts does.
import { createHash } from "node:crypto";
import { collectionPreimage, freightPreimage } from "../model/freight";
import type { Artifacts, FreightOrigin, FreightReference } from "../model/resources";

/** The name Kargo gives Freight of this origin and content: 40 hex digits (pkg/api/freight.go GenerateFreightID). */
export function freightName(freight: Artifacts & { readonly origin: FreightOrigin }): string {
  return sha1(freightPreimage(freight.origin, freight));
}

/** The id of a collection that holds these items (api/v1alpha1/stage_types.go FreightCollection.UpdateOrPush). */
export function freightCollectionId(items: Readonly<Record<string, FreightReference>>): string {
  return sha1(collectionPreimage(Object.values(items).map((reference) => reference.name)));
}

function sha1(text: string): string {
  return createHash("sha1").update(text, "utf8").digest("hex");
}
