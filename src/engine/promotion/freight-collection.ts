// Freight of several origins held together: its order and what a Promotion inherits from the one before.
// Collections are values: every function returns a new one.
import { compareBytewise } from "../../base/text";
import {
  type Freight,
  type FreightCollection,
  type FreightReference,
  originKey,
  type Stage,
} from "../../model/resources";
import { freightCollectionId } from "../freight-name";

/** The collection with `freight` in its origin's place. */
export function withFreight(
  collection: FreightCollection | undefined,
  freight: FreightReference,
): FreightCollection {
  const items = { ...collection?.items, [originKey(freight.origin)]: freight };
  return { ...collection, id: freightCollectionId(items), items };
}

/** The Freight of a collection in the order of its origins. */
export function freightReferences(collection: FreightCollection | undefined): FreightReference[] {
  return Object.entries(collection?.items ?? {})
    .sort(([a], [b]) => compareBytewise(a, b))
    .map(([, freight]) => freight);
}

/** What a Promotion and a Stage remember of Freight. */
export function toFreightReference(freight: Freight): FreightReference {
  const { commits, images, charts, artifacts, origin } = freight;
  return {
    name: freight.metadata.name,
    ...(commits === undefined ? {} : { commits }),
    ...(images === undefined ? {} : { images }),
    ...(charts === undefined ? {} : { charts }),
    ...(artifacts === undefined ? {} : { artifacts }),
    origin,
  };
}

/**
 * What a Promotion of `target` brings to the Stage: the target and, only where a Stage requests several origins, the
 * still requested Freight of the Promotion recorded last (pkg/controller/promotions buildTargetFreightCollection).
 */
export function targetCollection(stage: Stage, target: FreightReference): FreightCollection {
  const inherited = stage.status?.lastPromotion?.status?.freightCollection?.items;
  let collection: FreightCollection | undefined;
  if (stage.spec.requestedFreight.length > 1 && inherited !== undefined) {
    for (const { origin } of stage.spec.requestedFreight) {
      const freight = inherited[originKey(origin)];
      if (freight !== undefined) collection = withFreight(collection, freight);
    }
  }
  return withFreight(collection, target);
}
