// A Project with its Warehouse, Stages and Freight in a memory store, and a driver over runners a test makes up.
// What a test does not name is left at what a plain pipeline has.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/base/log";
import type { EnginePorts } from "../../src/engine/ports";
import { createPromotion } from "../../src/engine/promotion/admission";
import type { StepContext, StepResult } from "../../src/engine/promotion/step";
import { StageDriver, type StageDriverParts } from "../../src/engine/reconcile/stage-driver";
import {
  type AnyResource,
  type Freight,
  kargoApiVersion,
  type Promotion,
  type PromotionStep,
  type Stage,
} from "../../src/model/resources";
import type { StepKind } from "../../src/model/schema/step-kinds";
import { MemoryStore, TestClock } from "./memory-store";

/** The Project of every test. */
export const namespace = "shop";

/** A piece of Freight of `Warehouse/main` unless said otherwise. */
export function freight(name: string, more: Partial<Freight> = {}): Freight {
  return {
    apiVersion: kargoApiVersion,
    kind: "Freight",
    metadata: { name, namespace, creationTimestamp: "2026-01-01T00:00:00Z" },
    alias: `alias-${name}`,
    origin: { kind: "Warehouse", name: "main" },
    images: [{ repoURL: "repo", tag: "1.0.0" }],
    ...more,
  };
}

/** A Stage that takes Freight straight from `Warehouse/main` unless `from` names Stages. */
export function stage(
  name: string,
  options: {
    readonly steps?: readonly PromotionStep[];
    readonly from?: readonly string[];
    readonly spec?: Partial<Stage["spec"]>;
    readonly status?: Stage["status"];
  } = {},
): Stage {
  const sources = options.from === undefined ? { direct: true } : { stages: options.from };
  return {
    apiVersion: kargoApiVersion,
    kind: "Stage",
    metadata: { name, namespace },
    spec: {
      requestedFreight: [{ origin: { kind: "Warehouse", name: "main" }, sources }],
      promotionTemplate: { spec: { steps: options.steps ?? [{ uses: "copy", config: {} }] } },
      ...options.spec,
    },
    ...(options.status === undefined ? {} : { status: options.status }),
  };
}

/** A Warehouse that subscribes to nothing in particular. */
export function warehouse(name: string, subscriptions: readonly Record<string, unknown>[] = []): AnyResource {
  return {
    apiVersion: kargoApiVersion,
    kind: "Warehouse",
    metadata: { name, namespace },
    spec: { subscriptions },
  };
}

/** The Project itself. */
export function project(): AnyResource {
  return { apiVersion: kargoApiVersion, kind: "Project", metadata: { name: namespace } };
}

/** How a runner that a test makes up behaves. */
export type Behaviour = (context: StepContext, config: unknown) => StepResult | Promise<StepResult>;

/** A world under test; `dispose` removes its work root. */
export class World {
  readonly clock = new TestClock();
  readonly store: MemoryStore;
  readonly ports: EnginePorts;
  readonly parts: StageDriverParts;
  readonly driver: StageDriver;
  readonly logged: string[] = [];
  readonly #shutdown = new AbortController();

  constructor(
    resources: readonly AnyResource[],
    behaviours: Readonly<Record<string, Behaviour | { readonly run: Behaviour; readonly more: object }>> = {},
    measure?: StageDriverParts["measure"],
  ) {
    this.store = new MemoryStore(this.clock, [project(), warehouse("main"), ...resources]);
    const line = (message: string) => void this.logged.push(message);
    this.ports = {
      store: this.store,
      locks: { acquire: async () => ({ release: async () => {}, lost: new AbortController().signal }) },
      credentials: { find: async () => undefined },
      effects: { perform: (_effect, act) => act() },
      argocd: { client: undefined, whenMissing: "skip" },
      tools: {},
      clock: this.clock,
      log: { ...silentLogger, info: line, warn: line, error: line },
      workRoot: mkdtempSync(join(tmpdir(), "kargo-world-")),
      cacheRoot: join(tmpdir(), "kargo-world-cache"),
      autonomy: { isOn: true },
      uiBaseUrl: "",
    };
    const all = { copy: () => ({ status: "Succeeded" }) as const, ...behaviours };
    this.parts = {
      runners: Object.fromEntries(
        Object.entries(all).map(([kind, behaviour]) => {
          const { run, more } = typeof behaviour === "function" ? { run: behaviour, more: {} } : behaviour;
          return [
            kind,
            {
              kind: kind as StepKind,
              needs: [],
              ...more,
              run: async (context: StepContext, config: unknown) => (run as Behaviour)(context, config),
            },
          ];
        }),
      ),
      healthCheckers: {},
      configError: () => undefined,
      fetch: globalThis.fetch,
      ...(measure === undefined ? {} : { measure }),
    };
    this.driver = new StageDriver(this.ports, this.parts);
  }

  /** Asks for a Promotion as a user would. */
  promote(stageName: string, freightName: string): Promise<Promotion> {
    return createPromotion(this.ports, {
      namespace,
      stage: stageName,
      freight: freightName,
      by: { actor: "email:me@example.com" },
    });
  }

  /** Drives a Stage once. */
  drive(
    stageName: string,
    signal: AbortSignal = this.#shutdown.signal,
  ): Promise<{ readonly nextAtMs: number }> {
    return this.driver.drive(namespace, stageName, { signal });
  }

  async stage(name: string): Promise<Stage> {
    return required(await this.store.get("Stage", { namespace, name }));
  }

  async promotion(name: string): Promise<Promotion> {
    return required(await this.store.get("Promotion", { namespace, name }));
  }

  async freight(name: string): Promise<Freight> {
    return required(await this.store.get("Freight", { namespace, name }));
  }

  dispose(): void {
    rmSync(this.ports.workRoot, { recursive: true, force: true });
  }
}

/** The value, which a test knows to be there. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("expected a value");
  return value;
}
