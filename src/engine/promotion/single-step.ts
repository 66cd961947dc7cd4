// Runs one step by itself on a folder, with the same evaluation, validation and runner as in a Promotion.
// No retry, no record and no Promotion: what the runner says is the result.
import type { FreightCollection, FreightReference, FreightRequest } from "../../model/resources";
import { originKey } from "../../model/resources";
import type { StepKind } from "../../model/schema/step-kinds";
import type { Grant } from "./capabilities";
import {
  type PromotionContext,
  type StepEvaluation,
  type StepRunners,
  unknownKindMessage,
} from "./orchestrator";
import type { StepContext } from "./step";
import { executeStep } from "./step-outcome";

/** What a step is told of the Promotion it would belong to; everything may be left out. */
export interface SingleStepContext {
  readonly project?: string;
  readonly stage?: string;
  readonly promotion?: string;
  readonly alias?: string;
  readonly actor?: string;
  readonly uiBaseUrl?: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Outputs of earlier steps by alias. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** The Freight that is promoted. */
  readonly freight?: FreightReference;
  readonly freightAlias?: string;
  /** Every Freight of the Promotion; the promoted one alone when left out. */
  readonly freightCollection?: FreightCollection;
  readonly freightRequests?: readonly FreightRequest[];
}

/** One step to run. */
export interface SingleStepRequest {
  readonly uses: string;
  /** As written, expressions included; null when there is none. */
  readonly config: unknown;
  /** Absolute. */
  readonly workDir: string;
  readonly context: SingleStepContext;
}

/** What a run came to; `terminal` says that trying again is of no use. */
export interface SingleStepResult {
  readonly status: string;
  readonly message: string;
  readonly output: unknown;
  readonly terminal: boolean;
}

/** What running one step needs. */
export interface SingleStepParts {
  readonly runners: StepRunners;
  readonly configError: (kind: StepKind, config: unknown) => string | undefined;
  readonly evaluation: StepEvaluation;
  readonly grant: Grant;
  readonly log: StepContext["log"];
  readonly signal: AbortSignal;
}

const noFreight: FreightReference = { name: "", origin: { kind: "Warehouse", name: "" } };

/** Runs the step once. Throws only when the signal aborts. */
export async function runSingleStep(
  request: SingleStepRequest,
  parts: SingleStepParts,
): Promise<SingleStepResult> {
  const runner = Object.hasOwn(parts.runners, request.uses) ? parts.runners[request.uses] : undefined;
  if (runner === undefined) return errored(unknownKindMessage(request.uses));
  const context = promotionContext(request);
  const alias = request.context.alias ?? "step-1";
  const state = { ...request.context.outputs };
  const vars = context.vars.map(({ name, value = "" }) => ({ name, value }));
  const step = { uses: request.uses, as: alias, config: request.config as never, vars };
  let config: unknown;
  try {
    config = await parts.evaluation.config({ context, step, alias, metadata: [], state });
  } catch (error) {
    return errored(`failed to get step config: ${error instanceof Error ? error.message : String(error)}`);
  }
  const problem = parts.configError(runner.kind, config ?? null);
  if (problem !== undefined) return { status: "Failed", message: problem, output: null, terminal: true };
  const { targetFreightAlias: _alias, rollback: _rollback, vars: _vars, ...given } = context;
  const outcome = await executeStep(
    runner,
    { ...given, alias, state, signal: parts.signal, log: parts.log },
    parts.grant,
    config,
  );
  parts.signal.throwIfAborted();
  return {
    status: outcome.error !== undefined && outcome.status !== "Failed" ? "Errored" : outcome.status,
    message: outcome.error === undefined ? outcome.message : withoutPrefix(outcome.error.message, alias),
    output: outcome.output ?? null,
    terminal: outcome.error?.terminal ?? false,
  };
}

function promotionContext({ workDir, context }: SingleStepRequest): PromotionContext {
  const targetFreight = context.freight ?? noFreight;
  const alone = context.freight === undefined ? {} : { [originKey(targetFreight.origin)]: targetFreight };
  return {
    uiBaseUrl: context.uiBaseUrl ?? "",
    workDir,
    project: context.project ?? "",
    stage: context.stage ?? "",
    promotion: context.promotion ?? "",
    actor: context.actor ?? "",
    rollback: false,
    freightRequests: context.freightRequests ?? [],
    freight: context.freightCollection ?? { id: "", items: alone },
    targetFreight,
    targetFreightAlias: context.freightAlias ?? "",
    vars: Object.entries(context.vars ?? {}).map(([name, value]) => ({ name, value })),
  };
}

function errored(message: string): SingleStepResult {
  return { status: "Errored", message, output: null, terminal: true };
}

/** The loop names the step in front of a fault; here there is only one. */
function withoutPrefix(message: string, alias: string): string {
  const name = JSON.stringify(alias);
  const prefix = [`error running step ${name}: `, `step ${name}: `].find((text) => message.startsWith(text));
  return prefix === undefined ? message : message.slice(prefix.length);
}
