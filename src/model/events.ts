// The events Kargo tells of (api/v1alpha1/event.go, pkg/event): their reasons, and their shape as Kubernetes Events.
// Says what an event looks like; what makes one happen is engine/reconcile/change-watch.ts.
import type { Freight, Promotion, ResourceRef } from "./resources";

/** Reasons of events, as Kargo names them. */
export type EventReason =
  | "PromotionCreated"
  | "PromotionSucceeded"
  | "PromotionFailed"
  | "PromotionErrored"
  | "PromotionAborted"
  | "FreightCreated"
  | "FreightApproved"
  | "FreightVerificationSucceeded"
  | "FreightVerificationFailed"
  | "FreightVerificationErrored"
  | "FreightVerificationInconclusive"
  | "FreightVerificationUnknown";

/** An event as Kubernetes stores it, as far as Kargo fills it in. */
export interface KargoEvent {
  readonly apiVersion: "v1";
  readonly kind: "Event";
  readonly type: "Normal";
  readonly reason: EventReason;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly metadata: {
    readonly namespace: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** RFC 3339 in UTC. */
  readonly firstTimestamp: string;
}

const prefix = "event.kargo.akuity.io/";

/** An event about a resource; annotations are named without their prefix, and empty ones are left out. */
export function kargoEvent(
  reason: EventReason,
  about: ResourceRef,
  details: {
    readonly message: string;
    readonly time: string;
    readonly annotations: Readonly<Record<string, string | undefined>>;
  },
): KargoEvent {
  const { namespace = "", kind, name } = about;
  const given = Object.entries({ project: namespace, ...details.annotations });
  const annotations = given.flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [[`${prefix}${key}`, value] as const],
  );
  return {
    apiVersion: "v1",
    kind: "Event",
    type: "Normal",
    reason,
    message: details.message,
    involvedObject: { kind, namespace, name },
    metadata: { namespace, annotations: Object.fromEntries(annotations) },
    firstTimestamp: details.time,
  };
}

/** What events say of Freight. */
export function freightAnnotations(freight: Freight | undefined): Record<string, string | undefined> {
  if (freight === undefined) return {};
  const json = (list: readonly unknown[] | undefined) => (list?.length ? JSON.stringify(list) : undefined);
  return {
    "freight-name": freight.metadata.name,
    "freight-alias": freight.alias,
    "freight-create-time": freight.metadata.creationTimestamp,
    "freight-warehouse-name": freight.origin.name,
    "freight-commits": json(freight.commits),
    "freight-images": json(freight.images),
    "freight-charts": json(freight.charts),
    "freight-artifacts": json(freight.artifacts),
  };
}

/** What events say of a Promotion; `actor` counts only where the Promotion does not name its creator. */
export function promotionAnnotations(
  { metadata, spec }: Promotion,
  actor: string,
): Record<string, string | undefined> {
  return {
    actor: metadata.annotations?.["kargo.akuity.io/create-actor"] ?? actor,
    "promotion-name": metadata.name,
    "promotion-create-time": metadata.creationTimestamp,
    "stage-name": spec.stage,
  };
}
