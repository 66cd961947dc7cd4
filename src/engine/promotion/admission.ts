// Admits a new Promotion: fills it in from its Stage, stamps what it means for auto-promotion, and refuses what Kargo
// refuses (pkg/webhook/kubernetes/promotion/webhook.go). Runs nothing and stores only through `createPromotion`.
import { parseDuration } from "../../base/duration";
import { CodedError } from "../../base/errors";
import { autoPromotionCandidates, availableFreight, type FreightSupply } from "../../model/availability";
import { isFreightAvailable } from "../../model/freight";
import {
  type Freight,
  type FreightOrigin,
  isControlFlow,
  kargoApiVersion,
  originKey,
  type Promotion,
  type PromotionStep,
  type Stage,
} from "../../model/resources";
import type { Clock, ResourceStore } from "../ports";
import { isAutoPromotionEnabled } from "../reconcile/auto-promotion-policy";
import { annotationKeys, controllerActorPrefix, labelKeys, unknownActor } from "./annotations";
import { InflateError, inflateTemplate } from "./inflate";
import { labelValue, promotionName } from "./naming";

/** Asks for a Promotion of one piece of Freight, or of the candidate of one origin. */
export interface PromotionRequest {
  readonly namespace: string;
  readonly stage: string;
  /** Name of the Freight; exactly one of `freight` and `origin`. */
  readonly freight?: string;
  readonly origin?: FreightOrigin;
  /**
   * Who asks. `engine` is the control plane itself (auto-promotion): its Promotions say nothing about holds. A user's
   * actor is what Kargo's API server would record, such as `email:me@example.com`; empty when unknown.
   */
  readonly by: "engine" | { readonly actor: string };
}

/** How Kubernetes would have answered. */
export type AdmissionErrorCode = "invalid" | "notFound" | "internal" | "conflict" | "forbidden";

/** A Promotion that is not admitted; the message is one sentence for the user. */
export class AdmissionError extends CodedError<AdmissionErrorCode> {
  /** Path of the field that is to blame, such as `spec.freight`; undefined when no single one is. */
  readonly field: string | undefined;

  constructor(
    code: AdmissionErrorCode,
    message: string,
    options: { readonly field?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.field = options.field;
  }
}

/** What admission asks of its surroundings. */
export interface AdmissionPorts {
  readonly store: ResourceStore;
  readonly clock: Clock;
}

/** Admits and stores a Promotion. Throws AdmissionError when it is refused and StoreError when it cannot be stored. */
export async function createPromotion(ports: AdmissionPorts, request: PromotionRequest): Promise<Promotion> {
  return ports.store.create<"Promotion">(await admitPromotion(ports, request));
}

/** The Promotion that Kargo would have let in for this request. Throws AdmissionError. */
export async function admitPromotion(ports: AdmissionPorts, request: PromotionRequest): Promise<Promotion> {
  const { store, clock } = ports;
  const { namespace } = request;
  const stage = await store.get("Stage", { namespace, name: request.stage });
  if (stage === undefined) {
    throw new AdmissionError(
      "invalid",
      `Stage "${request.stage}" does not exist in Project "${namespace}".`,
      {
        field: "spec.stage",
      },
    );
  }
  const supply = memoized(() => readSupply(store, stage));
  const freightName = await resolveFreight(request, stage, supply, clock);
  if (isControlFlow(stage)) {
    throw new AdmissionError(
      "invalid",
      `Stage "${stage.metadata.name}" has no promotion steps, so nothing can be promoted to it.`,
      { field: "spec.stage" },
    );
  }
  const spec = await inflate(stage, store, namespace);
  const freight =
    freightName === "" ? undefined : await store.get("Freight", { namespace, name: freightName });
  const intent = await autoPromotionIntent(request, stage, freight, supply, ports);
  checkRequest(request, freightName);
  checkSteps(spec.steps);
  await checkProject(store, namespace);
  checkAvailable(stage, freightName, freight, clock);
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: metadata(request, stage, freightName, intent, clock),
    spec: {
      stage: stage.metadata.name,
      freight: freightName,
      ...(spec.vars.length === 0 ? {} : { vars: spec.vars }),
      steps: spec.steps,
    },
  };
}

/** An origin stands for its candidate, whether or not auto-promotion is on. */
async function resolveFreight(
  request: PromotionRequest,
  stage: Stage,
  supply: () => Promise<FreightSupply>,
  clock: Clock,
): Promise<string> {
  if (request.freight) return request.freight;
  if (request.origin === undefined) return "";
  const key = originKey(request.origin);
  const candidate = candidatesOf(stage, await supply(), clock).get(key);
  if (candidate === undefined) {
    throw new AdmissionError(
      "invalid",
      `No Freight of ${key} is available to Stage "${stage.metadata.name}".`,
      { field: "spec.origin" },
    );
  }
  return candidate.metadata.name;
}

function candidatesOf(stage: Stage, supply: FreightSupply, clock: Clock): ReadonlyMap<string, Freight> {
  try {
    return autoPromotionCandidates(stage, availableFreight(stage, supply, clock.now().getTime()));
  } catch (cause) {
    throw new AdmissionError("internal", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function inflate(stage: Stage, store: ResourceStore, namespace: string) {
  try {
    return await inflateTemplate(stage, (kind, name) =>
      kind === "PromotionTask" ? store.get(kind, { namespace, name }) : store.get(kind, { name }),
    );
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    const code = error.code === "taskNotFound" ? "notFound" : "internal";
    throw new AdmissionError(code, error.message, { field: "spec.steps", cause: error });
  }
}

/**
 * What a user's Promotion means for auto-promotion of its origin: promoting the candidate resumes it, promoting
 * anything else holds it. Failing look-ups mean no intent; they never keep a Promotion from being made.
 */
async function autoPromotionIntent(
  request: PromotionRequest,
  stage: Stage,
  freight: Freight | undefined,
  supply: () => Promise<FreightSupply>,
  { store, clock }: AdmissionPorts,
): Promise<Readonly<Record<string, string>>> {
  if (!isUserInitiated(request) || freight === undefined) return {};
  try {
    const config = await store.get("ProjectConfig", {
      namespace: request.namespace,
      name: request.namespace,
    });
    if (!isAutoPromotionEnabled(config, stage)) return {};
    const key = originKey(freight.origin);
    const candidate = candidatesOf(stage, await supply(), clock).get(key);
    const isCandidate = candidate?.metadata.name === freight.metadata.name;
    return { [isCandidate ? annotationKeys.resume : annotationKeys.hold]: key };
  } catch {
    return {};
  }
}

function isUserInitiated({ by }: PromotionRequest): boolean {
  return by !== "engine" && !by.actor.startsWith(controllerActorPrefix);
}

/** Refuses a resource whose namespace no Project owns. Throws AdmissionError `notFound`. */
export async function checkProject(store: ResourceStore, namespace: string): Promise<void> {
  if ((await store.get("Project", { name: namespace })) !== undefined) return;
  throw new AdmissionError("notFound", `Project "${namespace}" does not exist.`, {
    field: "metadata.namespace",
  });
}

function checkRequest(request: PromotionRequest, freightName: string): void {
  if (freightName !== "" && !(request.freight && request.origin !== undefined)) return;
  throw new AdmissionError("invalid", "A Promotion names exactly one of a piece of Freight and an origin.", {
    field: "spec",
  });
}

function checkAvailable(stage: Stage, freightName: string, freight: Freight | undefined, clock: Clock): void {
  if (freight !== undefined && isFreightAvailable(stage, freight, clock.now().getTime())) return;
  const reason = freight === undefined ? "does not exist" : "is not available to this Stage";
  throw new AdmissionError("invalid", `Freight "${freightName}" ${reason}.`, { field: "spec.freight" });
}

/** What the Promotion's own schema refuses; a Stage or task that was admitted cannot bring it. */
function checkSteps(steps: readonly PromotionStep[]): void {
  for (const [index, step] of steps.entries()) {
    const field = `spec.steps[${index}]`;
    if (!step.uses || step.task !== undefined) {
      throw new AdmissionError("invalid", `Step "${step.as}" must say what it uses, and no task.`, { field });
    }
    const timeout = step.retry?.timeout;
    if (timeout !== undefined && parseDuration(timeout) === undefined) {
      throw new AdmissionError(
        "invalid",
        `The timeout "${timeout}" of step "${step.as}" is not a duration.`,
        {
          field: `${field}.retry.timeout`,
        },
      );
    }
  }
}

function metadata(
  request: PromotionRequest,
  stage: Stage,
  freightName: string,
  intent: Readonly<Record<string, string>>,
  clock: Clock,
): Promotion["metadata"] {
  const name = stage.metadata.name;
  const creator: Record<string, string> =
    request.by === "engine" ? {} : { [annotationKeys.createActor]: request.by.actor || unknownActor };
  return {
    name: promotionName(name, freightName, clock.now()),
    namespace: request.namespace,
    labels: {
      ...(stage.spec.shard ? { [labelKeys.shard]: stage.spec.shard } : {}),
      [labelKeys.stage]: labelValue(name),
    },
    annotations: { ...creator, ...intent, [annotationKeys.stage]: name },
    ownerReferences: [
      {
        apiVersion: kargoApiVersion,
        kind: "Stage",
        name,
        uid: stage.metadata.uid ?? "",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

/** What a Stage can choose from: the Freight of the Warehouses it names, as far as those exist. */
export async function readSupply(store: ResourceStore, { metadata, spec }: Stage): Promise<FreightSupply> {
  const { namespace = "" } = metadata;
  const warehouses = new Set<string>();
  const freight: Freight[] = [];
  for (const name of new Set(spec.requestedFreight.map(({ origin }) => origin.name))) {
    if ((await store.get("Warehouse", { namespace, name })) !== undefined) warehouses.add(name);
    freight.push(...(await store.list("Freight", { namespace, warehouse: name })));
  }
  return { warehouses, freight };
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
