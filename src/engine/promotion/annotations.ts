// The labels and annotations by which Promotions carry who, why and what next (api/v1alpha1/annotations.go, labels.go).
// Reads and writes their text; acts on none of them.
import { isObject } from "../../base/json";
import type { ObjectMeta } from "../../model/resources";

/** Keys of annotations that this part of the engine reads or writes. */
export const annotationKeys = {
  abort: "kargo.akuity.io/abort",
  argocdContext: "kargo.akuity.io/argocd-context",
  createActor: "kargo.akuity.io/create-actor",
  hold: "kargo.akuity.io/auto-promotion-hold",
  promotion: "kargo.akuity.io/promotion",
  refresh: "kargo.akuity.io/refresh",
  resume: "kargo.akuity.io/auto-promotion-resume",
  reverify: "kargo.akuity.io/reverify",
  rollback: "kargo.akuity.io/rollback",
  stage: "kargo.akuity.io/stage",
} as const;

/** Keys of labels that this part of the engine reads or writes. */
export const labelKeys = {
  alias: "kargo.akuity.io/alias",
  credentialType: "kargo.akuity.io/cred-type",
  freightCollection: "kargo.akuity.io/freight-collection",
  shard: "kargo.akuity.io/shard",
  stage: "kargo.akuity.io/stage",
} as const;

/** The actor of a request nobody is known to have made. */
export const unknownActor = "unknown actor";

/** Begins the actor of everything a controller does. */
export const controllerActorPrefix = "controller:";

/** The user's wish to stop a Promotion. */
export interface AbortRequest {
  readonly action: string;
  readonly actor?: string;
  readonly controlPlane?: boolean;
}

/**
 * The abort request of a Promotion. Text that is JSON of any kind must decode into a request, other text is the bare
 * action; undefined when there is none (pkg/api/annotations.go AbortPromotionAnnotationValue).
 */
export function abortRequest(metadata: ObjectMeta): AbortRequest | undefined {
  const request = readRequest(metadata.annotations?.[annotationKeys.abort], "action");
  return request === undefined ? undefined : { action: request.subject, ...request.by };
}

/** The user's wish to run a verification again, or to stop it. */
export interface VerificationRequest {
  /** The verification that is meant. */
  readonly id: string;
  readonly actor?: string;
  readonly controlPlane?: boolean;
}

/** The verification request of a Stage, read by the same rule as `abortRequest`. */
export function verificationRequest(
  metadata: ObjectMeta,
  kind: "reverify" | "abort",
): VerificationRequest | undefined {
  const request = readRequest(metadata.annotations?.[annotationKeys[kind]], "id");
  return request === undefined ? undefined : { id: request.subject, ...request.by };
}

/** The text of a request as Kargo's API server writes it. */
export function requestAnnotation(request: AbortRequest | VerificationRequest): string {
  return JSON.stringify({
    ...("id" in request ? { id: request.id } : { action: request.action }),
    ...(request.actor ? { actor: request.actor } : {}),
    ...(request.controlPlane ? { controlPlane: true } : {}),
  });
}

/**
 * Who asked for a Promotion, as expressions see it: the part behind the colon when there is exactly one, the whole
 * value otherwise, nothing when unknown (pkg/api/annotations.go CreateActorAnnotationValue).
 */
export function promotionActor(metadata: ObjectMeta): string {
  const value = metadata.annotations?.[annotationKeys.createActor] ?? "";
  const parts = value.split(":");
  if (parts.length === 2) return parts[1] ?? "";
  return value === unknownActor ? "" : value;
}

interface ReadRequest {
  readonly subject: string;
  readonly by: { readonly actor?: string; readonly controlPlane?: boolean };
}

/** Text that is JSON of any kind must decode into the object form; other text is the bare subject. */
function readRequest(text: string | undefined, key: "id" | "action"): ReadRequest | undefined {
  if (text === undefined || text === "") return undefined;
  const value = parseJson(text);
  if (value === undefined) return { subject: text, by: {} };
  if (!isObject(value.json)) return undefined;
  const subject = value.json[key] ?? "";
  const actor = value.json.actor ?? "";
  const controlPlane = value.json.controlPlane ?? false;
  if (typeof subject !== "string" || typeof actor !== "string" || typeof controlPlane !== "boolean") {
    return undefined;
  }
  if (subject === "") return undefined;
  return { subject, by: { ...(actor ? { actor } : {}), ...(controlPlane ? { controlPlane } : {}) } };
}

function parseJson(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
