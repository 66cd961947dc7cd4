// One reconcile pass over a Warehouse: discover when due, judge what was found, make Freight of it
// (pkg/controller/warehouses/warehouses.go). When passes happen is the caller's decision.
import { isDeepStrictEqual } from "node:util";
import { errorMessage } from "../../base/errors";
import { goQuote } from "../../base/go-text";
import type { Artifacts, DiscoveredArtifacts, Freight, ResourceRef, Warehouse } from "../../model/resources";
import { freightName } from "../freight-name";
import type { EnginePorts } from "../ports";
import { annotationKeys } from "../promotion/annotations";
import { areCriteriaSatisfied } from "./criteria";
import { type DiscoveryPorts, discoverArtifacts } from "./discovered-artifacts";
import { createFreight, isAlreadyThere, newestArtifacts } from "./freight";
import {
  findGap,
  isDiscoveryDue,
  nextPassMs,
  type WarehouseStatus,
  WarehouseStatusWriter,
} from "./warehouse-status";

/** What a pass takes from the engine's surroundings. */
export type WarehousePorts = DiscoveryPorts & Pick<EnginePorts, "store">;

/** How a pass ended that met no error. */
export interface WarehousePass {
  readonly warehouse: Warehouse;
  /** Freight that this pass made. */
  readonly created?: Freight;
  /** When the next pass is due, in milliseconds since the epoch. */
  readonly nextAtMs: number;
}

/**
 * Brings a Warehouse up to date once. `refreshToken` stands for a new value of the annotation `kargo.akuity.io/refresh`
 * and makes discovery due. Throws what kept the pass from its end, DiscoveryError first of all, once the status tells of
 * it; the caller then tries again after a growing pause (see `retryDelayMs`). Undefined when there is no such Warehouse.
 */
export async function reconcileWarehouse(
  ref: Omit<ResourceRef<"Warehouse">, "kind">,
  ports: WarehousePorts,
  options: { readonly signal: AbortSignal; readonly refreshToken?: string },
): Promise<WarehousePass | undefined> {
  const warehouse = await ports.store.get("Warehouse", ref);
  if (warehouse === undefined) return undefined;
  const pass = new Pass(warehouse, ports, options.signal);
  return pass.run(options.refreshToken ?? warehouse.metadata.annotations?.[annotationKeys.refresh]);
}

/** The pause before another try after `failures` failed passes in a row, as controller-runtime has it. */
export function retryDelayMs(failures: number): number {
  return Math.min(5 * 2 ** Math.max(failures - 1, 0), 1_000_000);
}

/** The state of one pass: the status it builds up, and what was stored of it. */
class Pass {
  readonly #warehouse: Warehouse;
  readonly #ports: WarehousePorts;
  readonly #signal: AbortSignal;
  readonly #writer: WarehouseStatusWriter;
  #status: WarehouseStatus;

  constructor(warehouse: Warehouse, ports: WarehousePorts, signal: AbortSignal) {
    this.#warehouse = warehouse;
    this.#ports = ports;
    this.#signal = signal;
    this.#writer = new WarehouseStatusWriter(warehouse, ports.clock.now());
    this.#status = warehouse.status ?? {};
  }

  async run(refreshToken: string | undefined): Promise<WarehousePass> {
    const { clock } = this.#ports;
    const isDue = isDiscoveryDue(this.#warehouse, refreshToken, clock.now());
    if (isDue) await this.#announce();
    if (refreshToken !== undefined) this.#status = { ...this.#status, lastHandledRefresh: refreshToken };
    let created: Freight | undefined;
    try {
      if (isDue) await this.#discover();
      created = await this.#takeIn();
    } catch (error) {
      this.#signal.throwIfAborted();
      await this.#store();
      throw error;
    }
    const stored = await this.#store();
    return { warehouse: stored, ...(created && { created }), nextAtMs: nextPassMs(stored, clock.now()) };
  }

  /** Tells that discovery has begun, for it can take long. Only conditions are stored, as upstream does. */
  async #announce(): Promise<void> {
    this.#status = this.#writer.discovering(this.#status, this.#warehouse.spec.subscriptions.length);
    await this.#store();
  }

  async #discover(): Promise<void> {
    try {
      const discoveredArtifacts = await discoverArtifacts(this.#warehouse, this.#ports, this.#signal);
      this.#status = { ...this.#status, discoveredArtifacts };
    } catch (error) {
      this.#status = this.#writer.discoveryFailed(this.#status, errorMessage(error));
      throw error;
    }
  }

  /** Judges what is known, whether this pass found it or an earlier one, and makes Freight where the policy says so. */
  async #takeIn(): Promise<Freight | undefined> {
    const { spec } = this.#warehouse;
    this.#status = this.#writer.observed(this.#status);
    const { discoveredArtifacts = {} } = this.#status;
    const gap = findGap(discoveredArtifacts);
    if (gap !== undefined) {
      this.#status = this.#writer.missing(this.#status, gap);
      return undefined;
    }
    let created: Freight | undefined;
    if (spec.freightCreationPolicy !== "Manual") {
      const satisfied = this.#judgeCriteria(discoveredArtifacts);
      if (satisfied === undefined) return undefined;
      if (satisfied) created = await this.#makeFreight(discoveredArtifacts);
    }
    this.#status = this.#writer.succeeded(this.#status, spec.subscriptions.length);
    return created;
  }

  /** Whether the criteria hold; undefined when they cannot be evaluated, which another try would not mend. */
  #judgeCriteria(discovered: DiscoveredArtifacts): boolean | undefined {
    try {
      const satisfied = areCriteriaSatisfied(this.#warehouse.spec.freightCreationCriteria, discovered);
      if (!satisfied) this.#status = this.#writer.criteriaNotSatisfied(this.#status);
      return satisfied;
    } catch (error) {
      this.#status = this.#writer.criteriaFailed(this.#status, errorMessage(error));
      return undefined;
    }
  }

  async #makeFreight(discovered: DiscoveredArtifacts): Promise<Freight | undefined> {
    this.#status = this.#writer.creatingFreight(this.#status);
    const { name: warehouse, namespace = "" } = this.#warehouse.metadata;
    const artifacts = this.#build(discovered);
    const request = { namespace, warehouse, ...artifacts };
    const name = freightName({ origin: { kind: "Warehouse", name: warehouse }, ...artifacts });
    try {
      const created = await createFreight(this.#ports, request);
      this.#status = this.#writer.freightIn(this.#status, { name, isNew: true });
      this.#ports.log.info(`Warehouse ${warehouse}: new Freight ${created.alias ?? name}.`);
      return created;
    } catch (error) {
      if (isAlreadyThere(error)) {
        this.#status = this.#writer.freightIn(this.#status, { name, isNew: false });
        return undefined;
      }
      const message = `Error creating Freight ${goQuote(name)} in namespace ${goQuote(namespace)}: ${errorMessage(error)}`;
      this.#status = this.#writer.freightFailed(this.#status, "FreightCreationFailure", message);
      throw error;
    }
  }

  #build(discovered: DiscoveredArtifacts): Artifacts {
    try {
      return newestArtifacts(discovered);
    } catch (error) {
      const message = `Error building Freight from latest artifacts: ${errorMessage(error)}`;
      this.#status = this.#writer.freightFailed(this.#status, "FreightBuildFailure", message);
      throw error;
    }
  }

  /** Stores the status as it is by now; nothing is written when it says what is stored already. */
  #store(): Promise<Warehouse> {
    const { name, namespace } = this.#warehouse.metadata;
    const ref = { kind: "Warehouse" as const, name, ...(namespace !== undefined && { namespace }) };
    return this.#ports.store.update(ref, (current) =>
      isDeepStrictEqual(current.status, this.#status) ? undefined : { ...current, status: this.#status },
    );
  }
}
