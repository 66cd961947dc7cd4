// The scope of one step with Freight, outputs and records of other steps, and its expressions evaluated over a store.
// What a test does not name is a plain step of a plain Promotion.
import { StepEvaluator } from "../../src/engine/promotion/evaluator";
import { StepData } from "../../src/engine/promotion/expression-data";
import type { StepScope } from "../../src/engine/promotion/orchestrator";
import { SecretMask } from "../../src/engine/promotion/secret-mask";
import type { AnyResource } from "../../src/model/resources";
import { MemoryStore, TestClock } from "./memory-store";
import { namespace } from "./promotion-world";

/** What a test says about a scope. */
export interface ScopeOptions extends Partial<Omit<StepScope, "context">> {
  readonly context?: Partial<StepScope["context"]>;
}

/** The scope of a step. */
export function stepScope({ context, ...more }: ScopeOptions = {}): StepScope {
  return {
    context: {
      uiBaseUrl: "https://kargo.example.com",
      workDir: "/work",
      project: namespace,
      stage: "test",
      promotion: "test.ulid.abc",
      actor: "me",
      rollback: false,
      freightRequests: [],
      freight: { id: "", items: {} },
      targetFreight: { name: "f1", origin: { kind: "Warehouse", name: "main" } },
      targetFreightAlias: "shiny-fox",
      vars: [],
      ...context,
    },
    step: { uses: "copy", as: "own" },
    alias: "own",
    metadata: [],
    state: {},
    ...more,
  };
}

/** An evaluator over the given resources. */
export function evaluatorOver(resources: readonly AnyResource[] = []): StepEvaluator {
  const store = new MemoryStore(new TestClock(), resources);
  return new StepEvaluator(new StepData({ store }, namespace, new SecretMask()));
}

/** The value of one template in the configuration of a step. Rejects with what is wrong with it. */
export async function templateValue(
  template: string,
  options: ScopeOptions = {},
  resources: readonly AnyResource[] = [],
): Promise<unknown> {
  const scope = stepScope(options);
  const step = { ...scope.step, config: { value: template } };
  const config = await evaluatorOver(resources).config({ ...scope, step });
  return (config as { value: unknown } | undefined)?.value;
}
