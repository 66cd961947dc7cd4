// The door between everything that shows or asks (editor, terminal) and whatever runs Kargo: the embedded engine now,
// clusters and Kargo API servers later. Plain data and promises; no implementation here.

import type { Disposable } from "../base/disposable";
import { CodedError } from "../base/errors";
import type { Event } from "../base/events";
import type { KargoEvent } from "../model/events";
import type { ResourceProblem, SourceLocation } from "../model/parse";
import type { ProjectTree } from "../model/pipeline";
import type {
  AnalysisRun,
  Artifacts,
  Freight,
  Promotion,
  ResourceRef,
  Stage,
  Warehouse,
} from "../model/resources";

/** An immutable whole of what a backend knows. A new one is made for every change; nothing in it is ever mutated. */
export interface Snapshot {
  /** Grows with every snapshot of one backend. */
  readonly revision: number;
  /** Earlier Promotions, and Freight that no Stage runs on, are still being read: another snapshot will have them. */
  readonly isPartial?: true;
  readonly projects: readonly ProjectTree[];
  readonly problems: readonly ResourceProblem[];
  /** Where a resource is written in the workspace; absent for what only the engine or a cluster holds. Key: refKey. */
  readonly sources: ReadonlyMap<string, SourceLocation>;
  /** Stages that their Project's policies let promote by themselves, whether or not any may act now. Key: refKey. */
  readonly autoPromotion: ReadonlySet<string>;
}

/** Asks for a Promotion: exactly one of `freight` (name), `freightAlias` and `warehouse`. */
export interface PromoteRequest {
  readonly project: string;
  readonly stage: string;
  readonly freight?: string;
  readonly freightAlias?: string;
  /** Promote what auto-promotion would choose of this Warehouse's Freight (pkg/api/auto_promotion.go). */
  readonly warehouse?: string;
  /** Who asks, as Kargo's create-actor annotation; empty when unknown. */
  readonly actor?: string;
}

/** Freight put together by hand from exact artifacts; its Warehouse is the origin. */
export interface CreateFreightRequest extends Artifacts {
  readonly project: string;
  readonly warehouse: string;
  readonly alias?: string;
}

/** Freight put together of the newest artifacts that its Warehouse has discovered. */
export interface NewestFreightRequest {
  readonly project: string;
  readonly warehouse: string;
  readonly alias?: string;
}

/** Asks for a Promotion to each Stage right behind `downstreamFrom`. */
export interface PromoteDownstreamRequest {
  readonly project: string;
  readonly freight: string;
  readonly downstreamFrom: string;
  readonly actor?: string;
}

/** What promoting downstream came to: what was created, and one sentence for each Stage that refused. */
export interface DownstreamResult {
  readonly promotions: readonly Promotion[];
  readonly refusals: readonly string[];
}

/** The process that drives a workspace, as its lock names it. */
export interface DrivingProcess {
  readonly pid: number;
  readonly host: string;
  /** False on another machine, where only a missing heartbeat tells of its end. */
  readonly isHere: boolean;
}

/** How the pipelines are to be driven. */
export interface RunOptions extends ActOptions {
  /** Only this Project; every one when absent. */
  readonly project?: string;
  /**
   * `pipelines` (the default) drives Warehouses and Stages. `discovery` drives Warehouses only, and not while another
   * process drives the pipelines. `nothing` only tells of events, whoever causes them.
   */
  readonly drives?: "pipelines" | "discovery" | "nothing";
  /** Resolves once nothing is due or under way; otherwise only the signals end the run. */
  readonly untilIdle: boolean;
  readonly onEvent: (event: KargoEvent) => void;
  /** Another process drives this workspace; the run begins when that one has ended. */
  readonly onWait?: (driver: DrivingProcess | undefined) => void;
  /** Another process took over while this one slept; the run goes on once that one has ended. */
  readonly onLost?: () => void;
  /** The run begins, or goes on. */
  readonly onStart?: () => void;
  /**
   * Begins nothing more once it aborts; the run resolves when what is under way has ended. A Promotion that only waits
   * is then gone on with by itself. `signal` interrupts instead.
   */
  readonly stop?: AbortSignal;
}

/** How a run went: one sentence for everything that failed. */
export interface RunResult {
  readonly failures: readonly string[];
}

/** How much a collection of garbage leaves; `maxRetained…` count what is kept behind the oldest in use. */
export interface GarbageLimits {
  readonly maxRetainedPromotions: number;
  readonly minPromotionDeletionAgeMs: number;
  readonly maxRetainedFreight: number;
  readonly minFreightDeletionAgeMs: number;
}

/** What a collection removed, by name, and one sentence for everything it could not remove. */
export interface GarbageResult {
  readonly promotions: readonly string[];
  readonly freight: readonly string[];
  readonly failures: readonly string[];
}

/** Why a backend refused; the message is one sentence for the user. */
export type BackendErrorCode =
  | "notFound"
  | "invalid"
  | "alreadyExists"
  | "forbidden"
  | "conflict"
  | "discoveryFailed"
  | "aborted"
  | "io";

/** The only error a backend throws on purpose. */
export class BackendError extends CodedError<BackendErrorCode> {}

/** How a caller stops a long act. */
export interface ActOptions {
  readonly signal: AbortSignal;
}

/** A Kargo control plane as the user sees it. */
export interface Backend extends Disposable {
  readonly snapshot: Snapshot;
  /** A newer snapshot is there. Carries no data on purpose: read `snapshot`. */
  readonly onDidChange: Event<void>;
  /** Reads everything again and resolves with the new snapshot. */
  reload(): Promise<Snapshot>;
  /**
   * Creates a Promotion and resolves with it as soon as it is recorded; it then runs by itself.
   * Throws BackendError when it is not admitted.
   */
  promote(request: PromoteRequest, options: ActOptions): Promise<Promotion>;
  /** Resolves with the Promotion once it is terminal. Aborting the signal stops the waiting, not the Promotion. */
  waitForPromotion(ref: ResourceRef<"Promotion">, options: ActOptions): Promise<Promotion>;
  /** Discovers now. Resolves when discovery ended; throws `discoveryFailed` with the first subscription's reason. */
  refreshWarehouse(ref: ResourceRef<"Warehouse">, options: ActOptions): Promise<Warehouse>;
  /** Asks for the current Freight to be verified again, or for that to stop; resolves with the Stage after a pass over it. */
  requestVerification(
    ref: ResourceRef<"Stage">,
    act: "reverify" | "abort",
    options: ActOptions & { readonly actor?: string },
  ): Promise<Stage>;
  /** Resolves with the Stage once its newest verification has ended. Aborting the signal stops the waiting only. */
  waitForVerification(ref: ResourceRef<"Stage">, options: ActOptions): Promise<Stage>;
  /** The AnalysisRuns of a Project, newest first, or only those of a Stage. Not in snapshots: they grow large. */
  analysisRuns(project: string, stage?: string): Promise<readonly AnalysisRun[]>;
  /** Deletes what is old and far behind what is in use; limits that are not given are Kargo's. */
  collectGarbage(limits: Partial<GarbageLimits>, options: ActOptions): Promise<GarbageResult>;
  /** Drives pipelines by themselves. One process drives a workspace at a time; another one waits for its turn. */
  run(options: RunOptions): Promise<RunResult>;
  /**
   * Takes up Promotions and verifications that an ended process left unfinished, and from then on the verifications that
   * other processes leave while nobody drives the pipelines.
   */
  resume(): Promise<void>;
  /** Passes over a Stage now and resolves with it. */
  refreshStage(ref: ResourceRef<"Stage">, options: ActOptions): Promise<Stage>;
  createFreight(request: CreateFreightRequest, options: ActOptions): Promise<Freight>;
  createNewestFreight(request: NewestFreightRequest, options: ActOptions): Promise<Freight>;
  /** Lets a Stage have Freight whatever its upstream says; `invalid` when it never asks for Freight of that origin. */
  approveFreight(ref: ResourceRef<"Freight">, stage: string, options: ActOptions): Promise<Freight>;
  /** `conflict` when other Freight of the Project has the alias. */
  setFreightAlias(ref: ResourceRef<"Freight">, alias: string, options: ActOptions): Promise<Freight>;
  /** `forbidden` while a Stage runs on it. */
  deleteFreight(ref: ResourceRef<"Freight">, options: ActOptions): Promise<void>;
  /** Nothing is created unless every Stage behind may have the Freight. */
  promoteDownstream(request: PromoteDownstreamRequest, options: ActOptions): Promise<DownstreamResult>;
  /** Asks a Promotion to stop; one that is terminal already is left alone. Resolves when it has stopped. */
  abortPromotion(
    ref: ResourceRef<"Promotion">,
    options: ActOptions & { readonly actor?: string },
  ): Promise<Promotion>;
}
