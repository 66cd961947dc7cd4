// How a Warehouse's status moves through a pass: what is due, which conditions say so, what is missing
// (pkg/controller/warehouses/warehouses.go). Pure: reaches no remote and stores nothing.
import { timeMs } from "../../base/time";
import { discoveryIntervalMs } from "../../model/autonomy";
import { deleteCondition, findCondition, type NewCondition, setCondition } from "../../model/conditions";
import type { DiscoveredArtifacts, Warehouse } from "../../model/resources";
import { shownUrl } from "../tools/git-auth";

/** Status of a Warehouse. */
export type WarehouseStatus = NonNullable<Warehouse["status"]>;

/** When a pass is overdue the next one comes after this pause. */
const overdueDelayMs = 100;

/** Builds the statuses of one pass over one Warehouse; every condition carries its generation and the pass's time. */
export class WarehouseStatusWriter {
  readonly #generation: number;
  readonly #now: Date;

  constructor(warehouse: Warehouse, now: Date) {
    this.#generation = warehouse.metadata.generation ?? 0;
    this.#now = now;
  }

  discovering(status: WarehouseStatus, subscriptions: number): WarehouseStatus {
    const changed = this.#set(status, [
      [
        "Reconciling",
        "True",
        "ScheduledDiscovery",
        `Looking for artifacts of ${count(subscriptions, "subscription")}`,
      ],
      ["Ready", "False", "DiscoveryInProgress", "Discovery has not finished yet"],
      ["Healthy", "Unknown", "Pending", "Discovery has not finished yet"],
    ]);
    return without(changed, "FreightCreationCriteriaSatisfied", "FreightCreated");
  }

  discoveryFailed(status: WarehouseStatus, reason: string): WarehouseStatus {
    return this.#set(status, [
      ["Healthy", "False", "DiscoveryFailed", `Artifacts could not be discovered: ${reason}`],
      ["Ready", "False", "DiscoveryFailure", `Artifacts could not be discovered: ${reason}`],
    ]);
  }

  /** The discovered artifacts are in, whether by this pass or an earlier one. */
  observed(status: WarehouseStatus): WarehouseStatus {
    return { ...status, observedGeneration: this.#generation };
  }

  missing(status: WarehouseStatus, gap: Gap): WarehouseStatus {
    const changed = this.#set(status, [
      ["Healthy", "False", gap.healthy, gap.message],
      ["Ready", "False", gap.ready, gap.message],
    ]);
    return without(changed, "Reconciling");
  }

  criteriaFailed(status: WarehouseStatus, reason: string): WarehouseStatus {
    const message = `The Freight creation criteria could not be evaluated: ${reason}`;
    const changed = this.#set(status, [
      ["Healthy", "False", "CriteriaEvaluationFailed", message],
      ["Ready", "False", "CriteriaEvaluationFailed", message],
    ]);
    return without(changed, "Reconciling");
  }

  criteriaNotSatisfied(status: WarehouseStatus): WarehouseStatus {
    return this.#set(status, [
      [
        "FreightCreationCriteriaSatisfied",
        "False",
        "CriteriaNotSatisfied",
        "The criteria for new Freight do not hold",
      ],
    ]);
  }

  creatingFreight(status: WarehouseStatus): WarehouseStatus {
    return this.#set(status, [
      ["Reconciling", "True", "FreightCreationInProgress", "Making Freight of the newest artifacts"],
      ["Ready", "False", "AwaitingFreightCreation", "Freight of the newest artifacts is not there yet"],
      ["Healthy", "Unknown", "Pending", "Freight of the newest artifacts is not there yet"],
      ["FreightCreationCriteriaSatisfied", "True", "CriteriaSatisfied", "The criteria for new Freight hold"],
    ]);
  }

  /** Freight could not be put together, or not be stored. */
  freightFailed(
    status: WarehouseStatus,
    ready: "FreightBuildFailure" | "FreightCreationFailure",
    reason: string,
  ): WarehouseStatus {
    const message = `Freight could not be made of the newest artifacts: ${reason}`;
    return this.#set(status, [
      ["Healthy", "False", "FreightBuildFailure", message],
      ["Ready", "False", ready, message],
    ]);
  }

  freightIn(
    status: WarehouseStatus,
    freight: { readonly name: string; readonly isNew: boolean },
  ): WarehouseStatus {
    const row: Row = freight.isNew
      ? ["FreightCreated", "True", "NewFreight", "The newest artifacts had no Freight before"]
      : ["FreightCreated", "False", "AlreadyExists", "The newest artifacts have Freight already"];
    return { ...this.#set(status, [row]), lastFreightID: freight.name };
  }

  succeeded(status: WarehouseStatus, subscriptions: number): WarehouseStatus {
    const changed = this.#set(status, [
      ["Healthy", "True", "ReconciliationSucceeded", ""],
      [
        "Ready",
        "True",
        "ArtifactsDiscovered",
        `Artifacts of ${count(subscriptions, "subscription")} are known`,
      ],
    ]);
    return without(changed, "Reconciling");
  }

  #set(status: WarehouseStatus, rows: readonly Row[]): WarehouseStatus {
    let { conditions } = status;
    for (const [type, state, reason, message] of rows) {
      const condition: NewCondition = {
        type,
        status: state,
        reason,
        message,
        observedGeneration: this.#generation,
      };
      conditions = setCondition(conditions, condition, this.#now);
    }
    return { ...status, ...(conditions && { conditions }) };
  }
}

type Row = readonly [type: string, status: "True" | "False" | "Unknown", reason: string, message: string];

/**
 * Whether this pass has to discover (shouldDiscoverArtifacts). Unlike upstream a failed discovery stays due until one
 * succeeds, so that a failure found by a refresh is not forgotten by the next pass.
 */
export function isDiscoveryDue(warehouse: Warehouse, refreshToken: string | undefined, now: Date): boolean {
  const { status = {}, metadata } = warehouse;
  const discoveredMs = timeMs(status.discoveredArtifacts?.discoveredAt);
  if (discoveredMs === undefined) return true;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return true;
  if (refreshToken !== undefined && refreshToken !== (status.lastHandledRefresh ?? "")) return true;
  if (findCondition(status.conditions, "Healthy")?.reason === "DiscoveryFailed") return true;
  return discoveredMs + discoveryIntervalMs(warehouse) < now.getTime();
}

/** When the next pass is due after one that ended without error (GetInterval), in milliseconds since the epoch. */
export function nextPassMs(warehouse: Warehouse, now: Date, minIntervalMs = 0): number {
  const interval = Math.max(discoveryIntervalMs(warehouse), minIntervalMs);
  const discoveredMs = timeMs(warehouse.status?.discoveredArtifacts?.discoveredAt);
  if (discoveredMs === undefined) return now.getTime() + interval;
  const due = discoveredMs + interval;
  return due > now.getTime() ? due : now.getTime() + overdueDelayMs;
}

/** Something that was to be discovered and is not there, with the reasons of both conditions. */
export interface Gap {
  readonly ready: string;
  readonly healthy: string;
  readonly message: string;
}

/** The first gap in what was discovered; undefined when every subscription has something (validateDiscoveredArtifacts). */
export function findGap(artifacts: DiscoveredArtifacts | undefined): Gap | undefined {
  const { git = [], images = [], charts = [], results = [] } = artifacts ?? {};
  if (git.length + images.length + charts.length + results.length === 0) {
    return { ready: "MissingArtifacts", healthy: "MissingArtifacts", message: "Nothing was discovered" };
  }
  const repo = git.find((result) => !result.commits?.length);
  if (repo) {
    const message = `No commit of ${shownUrl(repo.repoURL)} fits the subscription`;
    return { ready: "MissingCommits", healthy: "NoCommitsDiscovered", message };
  }
  const image = images.find((result) => !result.references?.length);
  if (image) {
    const message = `No image of ${image.repoURL} fits the subscription`;
    return { ready: "MissingImageReferences", healthy: "NoImageReferencesDiscovered", message };
  }
  const chart = charts.find((result) => !result.versions?.length);
  if (!chart) return undefined;
  const message = `No version of chart ${[chart.name, chart.repoURL].filter(Boolean).join(" from ")} fits the subscription`;
  return { ready: "MissingChartVersions", healthy: "NoChartVersionsDiscovered", message };
}

function without(status: WarehouseStatus, ...types: readonly string[]): WarehouseStatus {
  let { conditions } = status;
  for (const type of types) conditions = deleteCondition(conditions, type);
  return { ...status, ...(conditions && { conditions }) };
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
