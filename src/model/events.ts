// The events Kargo tells of (api/v1alpha1/event.go, pkg/event): their reasons, and their shape as Kubernetes Events.
// Says what an event looks like; what makes one happen is engine/reconcile/change-watch.ts.
import type { Freight, Promotion, ResourceRef } from "./resources";
import { briefReason } from "./state";

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
  | "FreightVerificationAborted"
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

/** What an event says of its subject by this name, without the prefix; undefined when it says nothing. */
export function eventFact({ metadata }: KargoEvent, name: string): string | undefined {
  return metadata.annotations[`${prefix}${name}`];
}

/** One line that tells of an event: `PromotionSucceeded hello: fast-fox → test`. */
export function eventText(event: KargoEvent): string {
  const { reason, involvedObject, message } = event;
  const [first = ""] = message.split("\n");
  const told = isExpected(reason) || first === "" ? "" : `: ${first}`;
  return `${reason} ${involvedObject.namespace}: ${eventSubject(event)}${told}`;
}

/** What an event is about, as people call it: `fast-fox → test`, `fast-fox`. */
export function eventSubject(event: KargoEvent): string {
  const freight = eventFact(event, "freight-alias") ?? eventFact(event, "freight-name")?.slice(0, 7);
  const stage = eventFact(event, "stage-name");
  const what = freight ?? event.involvedObject.name;
  return stage === undefined ? what : `${what} → ${stage}`;
}

/** True when something went wrong that nobody had asked for at that moment: a person may want to look. */
export function isOwnFailure(event: KargoEvent): boolean {
  return !isExpected(event.reason) && (eventFact(event, "actor") ?? "").startsWith("controller:");
}

/** One sentence about failures of pipelines that run by themselves; undefined when there is none. */
export function failureText(events: readonly KargoEvent[]): string | undefined {
  const [first] = events;
  if (first === undefined) return undefined;
  const kind = (event: KargoEvent) => (event.reason.startsWith("Promotion") ? "Promotion" : "Verification");
  const reason = briefReason(first.message.replace(/^Promotion \w+: /, ""));
  if (events.length === 1)
    return `${kind(first)} of ${eventSubject(first)} went wrong${reason === "" ? "." : `: ${reason}`}`;
  const shown = events.slice(0, 3).map((event) => `${kind(event)} of ${eventSubject(event)}`);
  const more = events.length > shown.length ? ` and ${events.length - shown.length} more` : "";
  return `Pipelines that run by themselves need a look: ${shown.join(", ")}${more} went wrong.`;
}

/** True unless the reason tells of a failure. An abort is somebody's wish. */
export function isExpected(reason: EventReason): boolean {
  return !/(Failed|Errored|Inconclusive|Unknown)$/.test(reason);
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
    rollback: metadata.annotations?.["kargo.akuity.io/rollback"] === "true" ? "true" : undefined,
  };
}
