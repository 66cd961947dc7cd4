// How a Warehouse's status moves through a pass: what is due, which conditions say so, what is missing
// (pkg/controller/warehouses/warehouses.go, whose messages these are). Pure: reaches no remote and stores nothing.
import { goQuote } from "../../base/go-text";
import { timeMs } from "../../base/time";
import { discoveryIntervalMs } from "../../model/autonomy";
import { deleteCondition, findCondition, type NewCondition, setCondition } from "../../model/conditions";
import type { DiscoveredArtifacts, Warehouse } from "../../model/resources";
import { shownUrl } from "../tools/git-auth";

/** Status of a Warehouse. */
export type WarehouseStatus = NonNullable<Warehouse["status"]>;

const healthUnknown = "Health status cannot be determined until";
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
        `Discovering artifacts for ${subscriptions} subscriptions`,
      ],
      ["Ready", "False", "DiscoveryInProgress", "Waiting for discovery to complete"],
      ["Healthy", "Unknown", "Pending", `${healthUnknown} artifact discovery is finished`],
    ]);
    return without(changed, "FreightCreationCriteriaSatisfied", "FreightCreated");
  }

  discoveryFailed(status: WarehouseStatus, reason: string): WarehouseStatus {
    return this.#set(status, [
      ["Healthy", "False", "DiscoveryFailed", `Unable to discover artifacts: ${reason}`],
      ["Ready", "False", "DiscoveryFailure", `Artifact discovery failed: ${reason}`],
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
    const message = `Evaluation of Freight creation criteria failed: ${reason}`;
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
        "Freight creation criteria were not satisfied",
      ],
    ]);
  }

  creatingFreight(status: WarehouseStatus): WarehouseStatus {
    return this.#set(status, [
      ["Reconciling", "True", "FreightCreationInProgress", "Creating Freight from latest artifacts"],
      ["Ready", "False", "AwaitingFreightCreation", "Freight creation from latest artifacts is in progress"],
      ["Healthy", "Unknown", "Pending", `${healthUnknown} Freight creation is finished`],
      [
        "FreightCreationCriteriaSatisfied",
        "True",
        "CriteriaSatisfied",
        "Freight creation criteria satisfied",
      ],
    ]);
  }

  /** Freight could not be put together, or not be stored. */
  freightFailed(
    status: WarehouseStatus,
    ready: "FreightBuildFailure" | "FreightCreationFailure",
    message: string,
  ): WarehouseStatus {
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
      ? [
          "FreightCreated",
          "True",
          "NewFreight",
          "No Freight composed of the newest artifacts already existed",
        ]
      : [
          "FreightCreated",
          "False",
          "AlreadyExists",
          "Freight composed of the newest artifacts already exists",
        ];
    return { ...this.#set(status, [row]), lastFreightID: freight.name };
  }

  succeeded(status: WarehouseStatus, subscriptions: number): WarehouseStatus {
    const changed = this.#set(status, [
      ["Healthy", "True", "ReconciliationSucceeded", ""],
      [
        "Ready",
        "True",
        "ArtifactsDiscovered",
        `Successfully discovered artifacts from ${subscriptions} subscriptions`,
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
    return { ready: "MissingArtifacts", healthy: "MissingArtifacts", message: "No artifacts discovered" };
  }
  const repo = git.find((result) => !result.commits?.length);
  if (repo) {
    const message = `No commits discovered for Git repository ${goQuote(shownUrl(repo.repoURL))}`;
    return { ready: "MissingCommits", healthy: "NoCommitsDiscovered", message };
  }
  const image = images.find((result) => !result.references?.length);
  if (image) {
    const message = `No references discovered for image repository ${goQuote(image.repoURL)}`;
    return { ready: "MissingImageReferences", healthy: "NoImageReferencesDiscovered", message };
  }
  const chart = charts.find((result) => !result.versions?.length);
  if (!chart) return undefined;
  const name = chart.name ? goQuote(chart.name) : "";
  const message = `No versions discovered for chart ${name} from repository ${goQuote(chart.repoURL)}`;
  return { ready: "MissingChartVersions", healthy: "NoChartVersionsDiscovered", message };
}

function without(status: WarehouseStatus, ...types: readonly string[]): WarehouseStatus {
  let { conditions } = status;
  for (const type of types) conditions = deleteCondition(conditions, type);
  return { ...status, ...(conditions && { conditions }) };
}
