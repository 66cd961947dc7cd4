// Knows what a pipeline looked like and says what a change means: which Stages and Warehouses it wakes, and which of
// Kargo's events it is (pkg/controller/stages/event_handlers.go and predicates.go, pkg/event). Drives nothing.
import { goQuote } from "../../base/go-text";
import { formatTime } from "../../base/time";
import {
  type EventReason,
  freightAnnotations,
  type KargoEvent,
  kargoEvent,
  promotionAnnotations,
} from "../../model/events";
import {
  type AnyResource,
  type Freight,
  isControlFlow,
  isTerminalPhase,
  originKey,
  type Promotion,
  type ResourceRef,
  refKey,
  type Stage,
  toRef,
  type VerificationInfo,
  type VerificationPhase,
  type Warehouse,
} from "../../model/resources";
import type { EnginePorts, ResourceChange } from "../ports";
import { abortRequest, annotationKeys } from "../promotion/annotations";
import { freightReferences } from "../promotion/freight-collection";
import { isTerminalVerification } from "./verification";

/** What a change means. */
export interface ChangeMeaning {
  readonly wakes: readonly ResourceRef<"Stage" | "Warehouse">[];
  readonly events: readonly KargoEvent[];
}

const nothing: ChangeMeaning = { wakes: [], events: [] };
const stageController = "controller:stage-controller";
const promotionController = "controller:promotion-controller";

/** What was seen of one object when it was last looked at, in a form that is small and easy to compare. */
type Seen = ReadonlySet<string>;

/** Compares objects with what they were; remembers those it has looked at. */
export class ChangeWatch {
  readonly #ports: Pick<EnginePorts, "store" | "clock">;
  readonly #seen = new Map<string, Seen>();

  constructor(ports: Pick<EnginePorts, "store" | "clock">) {
    this.#ports = ports;
  }

  /** Looks at what may have changed. */
  async look(change: ResourceChange): Promise<ChangeMeaning> {
    switch (change.kind) {
      case "Freight":
        return this.#lookAtFreight(change);
      case "Promotion":
        return this.#lookAtPromotion(change);
      case "Stage":
        return this.#lookAtStage(change);
      case "Warehouse": {
        const warehouse = await this.#ports.store.get("Warehouse", change);
        if (warehouse === undefined) return this.#forget(change);
        const { added } = this.#replace(change, specFacts(warehouse));
        return added.length === 0 ? nothing : { wakes: [toRef(warehouse)], events: [] };
      }
      case "Project":
        return this.#wakeAll(change.name, ["Stage", "Warehouse"]);
      case "ProjectConfig":
        return this.#wakeAll(change.namespace, ["Stage"]);
      case "Secret":
      case "ConfigMap":
        return this.#wakeAll(change.namespace, ["Warehouse"]);
      default:
        return nothing;
    }
  }

  /** What upstream sees at the next periodic pass is seen at once here: somebody has just saved it and looks on. */
  async #wakeAll(
    namespace: string | undefined,
    kinds: readonly ("Stage" | "Warehouse")[],
  ): Promise<ChangeMeaning> {
    const lists = await Promise.all(
      kinds.map((kind) => this.#ports.store.list(kind, namespace === undefined ? {} : { namespace })),
    );
    return { wakes: lists.flat().map((resource) => toRef<"Stage" | "Warehouse">(resource)), events: [] };
  }

  /**
   * Keeps the new facts and says which of them are new; `isNew` for an object that was not there before. What was looked
   * at already counts rather than what the change says: a look sees later changes too, which are told afterwards.
   */
  #replace(
    change: ResourceChange,
    facts: Seen,
  ): { readonly added: readonly string[]; readonly isNew: boolean } {
    const key = refKey(change);
    const before = this.#seen.get(key) ?? (change.before && factsOf(change.before));
    this.#seen.set(key, facts);
    return { added: [...facts].filter((fact) => before?.has(fact) !== true), isNew: before === undefined };
  }

  #forget(ref: ResourceRef): ChangeMeaning {
    this.#seen.delete(refKey(ref));
    return nothing;
  }

  get #now(): string {
    return formatTime(this.#ports.clock.now());
  }

  async #lookAtFreight(ref: ResourceChange): Promise<ChangeMeaning> {
    const freight = await this.#ports.store.get("Freight", ref);
    if (freight === undefined) return this.#forget(ref);
    const { added, isNew } = this.#replace(ref, freightFacts(freight));
    if (added.length === 0) return nothing;
    const stages = await this.#ports.store.list("Stage", { namespace: ref.namespace ?? "" });
    const events: KargoEvent[] = isNew
      ? [this.#freightEvent("FreightCreated", freight, "Freight created from discovered artifacts", {})]
      : [];
    const woken = new Set<string>();
    if (isNew) for (const stage of directStages(stages, freight)) woken.add(stage);
    for (const fact of added) {
      const [what = "", name = ""] = fact.split(" ");
      const isPassed = what === "verified" || (what === "in" && hasFact(freight, "verified", name));
      if (isPassed) for (const stage of stagesBehind(stages, name)) woken.add(stage);
      const subject = stages.find(({ metadata }) => metadata.name === name);
      if (what === "approved" && subject !== undefined) {
        if (!isControlFlow(subject)) woken.add(name);
        // Nothing records who approved: these are upstream's words where it does not know either.
        const message = `Freight approved for Stage ${goQuote(name)}`;
        events.push(this.#freightEvent("FreightApproved", freight, message, { "stage-name": name }));
      }
      if (what === "verified" && subject !== undefined && isControlFlow(subject)) {
        const message = "Freight verification succeeded";
        const details = { actor: stageController, "stage-name": name };
        events.push(this.#freightEvent("FreightVerificationSucceeded", freight, message, details));
      }
    }
    const namespace = ref.namespace ?? "";
    return { wakes: [...woken].map((name) => ({ kind: "Stage", namespace, name })), events };
  }

  async #lookAtPromotion(ref: ResourceChange): Promise<ChangeMeaning> {
    const promotion = await this.#ports.store.get("Promotion", ref);
    if (promotion === undefined) return this.#forgetPromotion(ref);
    const { added, isNew } = this.#replace(ref, promotionFacts(promotion));
    if (added.length === 0) return nothing;
    const reasons: EventReason[] = isNew ? ["PromotionCreated"] : [];
    const phase = promotion.status?.phase;
    const ending = phase === undefined ? undefined : endings[phase];
    if (ending !== undefined && added.includes(`phase ${phase}`)) reasons.push(ending);
    const freight = await this.#ports.store.get("Freight", {
      namespace: ref.namespace ?? "",
      name: promotion.spec.freight ?? "",
    });
    const { namespace = "" } = promotion.metadata;
    const stage = reasons.includes("PromotionSucceeded")
      ? await this.#ports.store.get("Stage", { namespace, name: promotion.spec.stage })
      : undefined;
    const more = stage && { "verification-pending": String(stage.spec.verification !== undefined) };
    const events = reasons.map((reason) =>
      this.#promotionEvent(reason, promotion, freight, reason === "PromotionSucceeded" ? more : {}),
    );
    return { wakes: [{ kind: "Stage", namespace, name: promotion.spec.stage }], events };
  }

  /** The Stage of one that had not ended has to choose anew. */
  #forgetPromotion(change: ResourceChange): ChangeMeaning {
    this.#forget(change);
    const { before } = change;
    if (before?.kind !== "Promotion" || isTerminalPhase(before.status?.phase)) return nothing;
    const { namespace } = before.metadata;
    return { wakes: [{ kind: "Stage", namespace, name: before.spec.stage }], events: [] };
  }

  async #lookAtStage(ref: ResourceChange): Promise<ChangeMeaning> {
    const stage = await this.#ports.store.get("Stage", ref);
    if (stage === undefined) return this.#forget(ref);
    const { added } = this.#replace(ref, stageFacts(stage));
    const isAsked = added.some((fact) => !fact.startsWith("verification "));
    const events: KargoEvent[] = [];
    const collection = stage.status?.freightHistory?.[0];
    for (const info of collection?.verificationHistory ?? []) {
      if (!isTerminalVerification(info) || !added.includes(`verification ${info.id} ${info.phase}`)) continue;
      for (const { name } of freightReferences(collection)) {
        const freight = await this.#ports.store.get("Freight", { namespace: ref.namespace ?? "", name });
        if (freight === undefined) continue;
        const reason = verificationReason(info.phase);
        const isGood = reason === "FreightVerificationSucceeded";
        events.push(
          this.#freightEvent(
            reason,
            freight,
            isGood ? "Freight verification succeeded" : (info.message ?? ""),
            {
              actor: info.actor || stageController,
              "stage-name": ref.name,
              "analysis-run-name": info.analysisRun?.name,
              "promotion-name": await this.#promotionBehind(info),
              "verification-start-time": info.startTime,
              "verification-finish-time": info.finishTime,
            },
          ),
        );
      }
    }
    return { wakes: isAsked ? [toRef(stage)] : [], events };
  }

  #freightEvent(
    reason: EventReason,
    freight: Freight,
    message: string,
    more: Readonly<Record<string, string | undefined>>,
  ): KargoEvent {
    const annotations = { ...freightAnnotations(freight), ...more };
    return kargoEvent(reason, toRef(freight), { message, time: this.#now, annotations });
  }

  /** The Promotion that had a verification's run made; a user's request has none. */
  async #promotionBehind({ analysisRun }: VerificationInfo): Promise<string | undefined> {
    if (analysisRun === undefined) return undefined;
    const { namespace = "", name } = analysisRun;
    const run = await this.#ports.store.get("AnalysisRun", { namespace, name });
    return run?.metadata.annotations?.[annotationKeys.promotion];
  }

  #promotionEvent(
    reason: EventReason,
    promotion: Promotion,
    freight: Freight | undefined,
    more: Readonly<Record<string, string>> = {},
  ): KargoEvent {
    const annotations = {
      ...promotionAnnotations(promotion, eventActor(reason, promotion)),
      ...freightAnnotations(freight),
      ...more,
    };
    const message = promotionMessage(reason, promotion, freight);
    return kargoEvent(reason, toRef(promotion), { message, time: this.#now, annotations });
  }
}

/** Who an event names where the Promotion does not name its creator. */
function eventActor(reason: EventReason, { metadata }: Promotion): string {
  if (reason === "PromotionCreated") return stageController;
  const request = reason === "PromotionAborted" ? abortRequest(metadata) : undefined;
  return request?.actor || promotionController;
}

/** The words of pkg/controller/stages, pkg/controller/promotions and pkg/server/promote_to_stage_v1alpha1.go. */
function promotionMessage(
  reason: EventReason,
  { metadata, spec, status }: Promotion,
  freight: Freight | undefined,
): string {
  const { phase, message = "" } = status ?? {};
  if (reason === "PromotionAborted") return message;
  if (reason !== "PromotionCreated") return `Promotion ${phase}${message === "" ? "" : `: ${message}`}`;
  const actor = metadata.annotations?.[annotationKeys.createActor];
  const stage = `Stage ${goQuote(spec.stage)}`;
  if (actor) return `Promotion created for ${stage} by ${goQuote(actor)}`;
  if (freight === undefined) return `Promotion created for ${stage}`;
  return `Automatically promoted Freight from origin ${goQuote(originKey(freight.origin))} for ${stage}`;
}

const endings: Readonly<Record<string, EventReason | undefined>> = {
  Succeeded: "PromotionSucceeded",
  Failed: "PromotionFailed",
  Errored: "PromotionErrored",
  Aborted: "PromotionAborted",
};

function verificationReason(phase: VerificationPhase | undefined): EventReason {
  if (phase === "Successful") return "FreightVerificationSucceeded";
  if (phase === "Failed") return "FreightVerificationFailed";
  if (phase === "Error") return "FreightVerificationErrored";
  if (phase === "Aborted") return "FreightVerificationAborted";
  return phase === "Inconclusive" ? "FreightVerificationInconclusive" : "FreightVerificationUnknown";
}

function factsOf(resource: AnyResource): Seen {
  switch (resource.kind) {
    case "Freight":
      return freightFacts(resource);
    case "Promotion":
      return promotionFacts(resource);
    case "Stage":
      return stageFacts(resource);
    case "Warehouse":
      return specFacts(resource);
    default:
      return new Set();
  }
}

function freightFacts({ status }: Freight): Seen {
  const named = (what: string, map: object | undefined) =>
    Object.keys(map ?? {}).map((name) => `${what} ${name}`);
  return new Set([
    "exists",
    ...named("in", status?.currentlyIn),
    ...named("verified", status?.verifiedIn),
    ...named("approved", status?.approvedFor),
  ]);
}

function hasFact(freight: Freight, what: string, stage: string): boolean {
  return freightFacts(freight).has(`${what} ${stage}`);
}

function promotionFacts({ metadata, status }: Promotion): Seen {
  const { [annotationKeys.abort]: abort, [annotationKeys.refresh]: refresh } = metadata.annotations ?? {};
  return new Set([
    `phase ${status?.phase ?? ""}`,
    ...(abort === undefined ? [] : [`abort ${abort}`]),
    ...(refresh === undefined ? [] : [`refresh ${refresh}`]),
  ]);
}

function specFacts({ metadata }: Warehouse | Stage): Seen {
  const refresh = metadata.annotations?.[annotationKeys.refresh];
  return new Set([
    `generation ${metadata.generation ?? 0}`,
    ...(refresh === undefined ? [] : [`refresh ${refresh}`]),
  ]);
}

function stageFacts(stage: Stage): Seen {
  const { [annotationKeys.reverify]: reverify, [annotationKeys.abort]: abort } =
    stage.metadata.annotations ?? {};
  const history = stage.status?.freightHistory?.[0]?.verificationHistory ?? [];
  return new Set([
    ...specFacts(stage),
    ...(reverify === undefined ? [] : [`reverify ${reverify}`]),
    ...(abort === undefined ? [] : [`abort ${abort}`]),
    ...history.map((info) => `verification ${info.id} ${info.phase}`),
  ]);
}

function directStages(stages: readonly Stage[], { origin }: Freight): string[] {
  return stages
    .filter(({ spec }) =>
      spec.requestedFreight.some(
        (request) => request.sources?.direct === true && request.origin.name === origin.name,
      ),
    )
    .map(({ metadata }) => metadata.name);
}

/** Stages that list `upstream` for any origin. */
function stagesBehind(stages: readonly Stage[], upstream: string): string[] {
  return stages
    .filter(({ spec }) => spec.requestedFreight.some(({ sources }) => sources?.stages?.includes(upstream)))
    .map(({ metadata }) => metadata.name);
}
