// One pass over a Stage: queue, Freight, health, verification, what is ready downstream, auto-promotion
// (pkg/controller/stages regular_stages.go). Computes with the pure parts beside it, writes only what changed, runs nothing.
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import { autoPromotionCandidates, availableFreight } from "../../model/availability";
import { deleteCondition, setCondition } from "../../model/conditions";
import type { Promotion, Stage, StageStatus } from "../../model/resources";
import { createPromotion, readSupply } from "../promotion/admission";
import { annotationKeys } from "../promotion/annotations";
import { freightReferences } from "../promotion/freight-collection";
import { effectiveHolds, freightToPromote } from "./auto-promotion";
import { isAutoPromotionEnabled } from "./auto-promotion-policy";
import { withCurrentStage, withoutCurrentStage, withVerifiedStage } from "./freight-status";
import { summarizeConditions } from "./stage-conditions";
import { assessHealth, type HealthCheckers } from "./stage-health";
import { type QueueResult, syncPromotions } from "./stage-queue";
import { compactStatus, type StagePorts, sameJson } from "./stage-status";
import { hasUnfinishedVerification, verifyFreight } from "./verification";

/** How a pass left the Stage. */
export interface StagePass {
  /** The Stage with its new status. */
  readonly stage: Stage;
  /** Promotions wait and none was chosen, or some were created: another pass is due at once. */
  readonly again: boolean;
  /** Why the pass ended early; it is due again after a while. */
  readonly error?: string;
}

/** One pass over a Stage that is not control flow. */
export function reconcileStage(
  ports: StagePorts,
  stage: Stage,
  checkers: HealthCheckers,
  signal: AbortSignal,
): Promise<StagePass> {
  return new Pass(ports, stage).run(checkers, signal);
}

class Pass {
  readonly #ports: StagePorts;
  readonly #startedAt: Date;
  #stage: Stage;

  constructor(ports: StagePorts, stage: Stage) {
    this.#ports = ports;
    this.#startedAt = ports.clock.now();
    this.#stage = stage;
  }

  async run(checkers: HealthCheckers, signal: AbortSignal): Promise<StagePass> {
    let again = false;
    let created = 0;
    try {
      const isEnabled = await this.#isAutoPromotionEnabled();
      const queue = await this.#syncPromotions(isEnabled);
      again = queue.hasPendingPromotions && queue.status.currentPromotion === undefined;
      await this.#step("failed to sync Freight", () => this.#syncFreight());
      this.#summarize(await assessHealth(this.#stage, checkers, this.#now, signal));
      await this.#verify();
      const current = this.#status.freightHistory?.[0];
      if (current !== undefined && hasUnfinishedVerification(current)) again = false;
      await this.#step("failed to verify Freight for Stage", () => this.#markVerified());
      await this.#step("failed to compute effective auto-promotion holds", () =>
        this.#holdFreight(isEnabled),
      );
      await this.#step("failed to auto-promote Freight", async () => {
        created = await this.#autoPromote(isEnabled);
      });
    } catch (error) {
      if (!(error instanceof PassError)) throw error;
      await this.#finish(error.message);
      return { stage: this.#stage, again: false, error: error.message };
    }
    if (!again) {
      this.#setStatus({
        ...this.#status,
        conditions: deleteCondition(this.#status.conditions, "Reconciling"),
      });
    }
    await this.#finish();
    return { stage: this.#stage, again: again || created > 0 };
  }

  get #status(): StageStatus {
    return this.#stage.status ?? {};
  }

  get #now(): Date {
    return this.#ports.clock.now();
  }

  #setStatus(status: StageStatus): void {
    this.#stage = { ...this.#stage, status };
  }

  #summarize(status: StageStatus): void {
    this.#setStatus(summarizeConditions(this.#stage, status, this.#now));
  }

  #reconciling(): StageStatus["conditions"] {
    const observedGeneration = this.#stage.metadata.generation;
    const condition = { type: "Reconciling", status: "True", reason: "Reconciling", message: "" } as const;
    return setCondition(this.#status.conditions, { ...condition, observedGeneration }, this.#now);
  }

  /** A part that may fail: its error ends the pass and becomes the Stage's reason for not being ready. */
  async #step(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const message = `${what}: ${errorMessage(error)}`;
      this.#setStatus(summarizeConditions(this.#stage, this.#status, this.#now, message));
      throw new PassError(message);
    }
    this.#summarize(this.#status);
  }

  /** What a verification came to is safe before any Freight is told of it, also when the pass ends with it. */
  async #verify(): Promise<void> {
    const { status, error } = await verifyFreight(this.#ports, this.#stage, this.#startedAt);
    const message = error && `failed to verify Stage Freight: ${error}`;
    this.#setStatus(summarizeConditions(this.#stage, status, this.#now, message));
    await this.#write();
    if (message !== undefined && message !== "") throw new PassError(message);
  }

  async #syncPromotions(autoPromotionEnabled: boolean): Promise<QueueResult> {
    const promotions = await this.#promotions().catch((error) => this.#noPromotions(error));
    const result = syncPromotions({ stage: this.#stage, promotions, autoPromotionEnabled, now: this.#now });
    this.#summarize(result.status);
    // What was recorded must be safe before any Freight is told of it.
    if (result.argocdContext !== undefined) this.#annotate(result.argocdContext.value);
    await this.#write();
    return result;
  }

  /** What could not be listed leaves it unknown whether the Stage promotes. */
  #noPromotions(error: unknown): never {
    const { name, namespace = "", generation: observedGeneration } = this.#stage.metadata;
    const where = `Stage ${goQuote(name)} in namespace ${goQuote(namespace)}`;
    const message = `failed to list Promotions for ${where}: ${errorMessage(error)}`;
    const promoting = {
      type: "Promoting",
      status: "Unknown",
      reason: "ListPromotionsFailed",
      message,
    } as const;
    const conditions = setCondition(this.#status.conditions, { ...promoting, observedGeneration }, this.#now);
    const reason = `failed to sync Promotions: ${message}`;
    this.#setStatus(summarizeConditions(this.#stage, { ...this.#status, conditions }, this.#now, reason));
    throw new PassError(reason);
  }

  #promotions(): Promise<readonly Promotion[]> {
    const { name, namespace } = this.#stage.metadata;
    return this.#ports.store.list("Promotion", { namespace, stage: name });
  }

  /** Holds are computed right before the decision that they may forbid. */
  async #holdFreight(isEnabled: boolean): Promise<void> {
    const holds = isEnabled ? effectiveHolds(this.#stage, await this.#promotions()) : undefined;
    this.#setStatus({ ...this.#status, effectiveAutoPromotionHolds: holds });
  }

  /** Creates what auto-promotion wants; resolves with how many that were. A refused one ends the pass. */
  async #autoPromote(isEnabled: boolean): Promise<number> {
    this.#setStatus({ ...this.#status, autoPromotionEnabled: isEnabled || undefined });
    const { name, namespace = "" } = this.#stage.metadata;
    if (!isEnabled || !this.#ports.autonomy.isOn) return 0;
    const supply = await readSupply(this.#ports.store, this.#stage);
    const available = availableFreight(this.#stage, supply, this.#now.getTime());
    const candidates = autoPromotionCandidates(this.#stage, available);
    const wanted = freightToPromote(this.#stage, await this.#promotions(), candidates);
    for (const { metadata } of wanted) {
      const request = { namespace, stage: name, freight: metadata.name, by: "engine" } as const;
      const promotion = await createPromotion(this.#ports, request);
      this.#ports.log.info(
        `Stage ${namespace}/${name} promotes ${metadata.name}: ${promotion.metadata.name}`,
      );
    }
    return wanted.length;
  }

  async #isAutoPromotionEnabled(): Promise<boolean> {
    const { name, namespace = "" } = this.#stage.metadata;
    try {
      const config = await this.#ports.store.get("ProjectConfig", { namespace, name: namespace });
      return isAutoPromotionEnabled(config, this.#stage);
    } catch (error) {
      // Upstream leaves every other condition as it was when the policy cannot be read.
      this.#setStatus({ ...this.#status, conditions: this.#reconciling() });
      throw new PassError(`error checking auto-promotion policy for Stage "${name}": ${errorMessage(error)}`);
    }
  }

  #annotate(value: string | undefined): void {
    const { [annotationKeys.argocdContext]: _, ...others } = this.#stage.metadata.annotations ?? {};
    const annotations = value === undefined ? others : { ...others, [annotationKeys.argocdContext]: value };
    this.#stage = { ...this.#stage, metadata: { ...this.#stage.metadata, annotations } };
  }

  /** Every Freight learns whether this Stage runs on it. */
  async #syncFreight(): Promise<void> {
    const { name, namespace } = this.#stage.metadata;
    const { store } = this.#ports;
    const wanted = freightReferences(this.#status.freightHistory?.[0]).map((freight) => freight.name);
    for (const { metadata } of await store.list("Freight", { namespace, currentlyIn: name })) {
      if (wanted.includes(metadata.name)) continue;
      await store.update<"Freight">({ kind: "Freight", namespace, name: metadata.name }, (freight) =>
        withStatus(freight, withoutCurrentStage(freight.status, name, this.#now)),
      );
    }
    for (const freightName of wanted) {
      if ((await store.get("Freight", { namespace, name: freightName })) === undefined) {
        throw new Error(`Freight "${freightName}" not found in namespace "${namespace}"`);
      }
      await store.update<"Freight">({ kind: "Freight", namespace, name: freightName }, (freight) =>
        withStatus(freight, withCurrentStage(freight.status, name, this.#startedAt)),
      );
    }
  }

  /** Healthy and verified last: then the Stage's Freight may go downstream. */
  async #markVerified(): Promise<void> {
    const { name, namespace } = this.#stage.metadata;
    const current = this.#status.freightHistory?.[0];
    const newest = current?.verificationHistory?.[0];
    if (this.#status.health?.status !== "Healthy" || current === undefined) return;
    if (hasUnfinishedVerification(current) || newest?.phase !== "Successful") return;
    for (const reference of freightReferences(current)) {
      await this.#ports.store.update<"Freight">(
        { kind: "Freight", namespace, name: reference.name },
        (freight) => withStatus(freight, withVerifiedStage(freight.status, name, newest.finishTime ?? "")),
      );
    }
  }

  /** Only a pass that is over has handled the refresh it was asked for, also when it failed. */
  #finish(error?: string): Promise<void> {
    const token = this.#stage.metadata.annotations?.[annotationKeys.refresh];
    if (token !== undefined) this.#setStatus({ ...this.#status, lastHandledRefresh: token });
    return this.#write(error);
  }

  /** Writes the status when it differs from what is stored; so a pass that finds nothing new wakes nobody. */
  async #write(error?: string): Promise<void> {
    const { name, namespace, annotations } = this.#stage.metadata;
    const status = compactStatus(this.#status);
    const context = annotations?.[annotationKeys.argocdContext];
    if (error !== undefined) this.#ports.log.warn(`Stage ${namespace}/${name}: ${error}`);
    this.#stage = await this.#ports.store.update<"Stage">({ kind: "Stage", namespace, name }, (stage) => {
      const { [annotationKeys.argocdContext]: stored, ...others } = stage.metadata.annotations ?? {};
      // Metadata of the Stage is written by steps; a pass must not bring back an older one.
      const next = { ...status, ...(stage.status?.metadata && { metadata: stage.status.metadata }) };
      if (stored === context && sameJson(stage.status ?? {}, next)) return undefined;
      const kept = context === undefined ? others : { ...others, [annotationKeys.argocdContext]: context };
      return { ...stage, metadata: { ...stage.metadata, annotations: kept }, status: next };
    });
  }
}

/** An error that ends the pass and is told by the Stage itself. */
class PassError extends Error {}

function withStatus<R extends { readonly status?: S }, S>(resource: R, status: S | undefined): R | undefined {
  return status === resource.status ? undefined : { ...resource, status };
}
