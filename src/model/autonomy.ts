// What pipelines do by themselves, in the words that trees, the status bar and questions use.
// Reads Snapshots; switches and drives nothing.
import { parseDurationMs } from "../base/duration";
import { lengthText } from "../base/elapsed";
import { findCondition } from "./conditions";
import { isApprovedFor, isCurrentlyIn } from "./freight";
import { stageLookup } from "./list-index";
import type { ProjectTree } from "./pipeline";
import {
  type AutoPromotionHold,
  type Freight,
  isControlFlow,
  originKey,
  refKey,
  type Stage,
  toRef,
  type Warehouse,
} from "./resources";
import { freightLabelByName, soakLeftMs } from "./state";

// --- The workspace -------------------------------------------------------------------------------------------------

/** Whether pipelines run by themselves in this window, and who drives them. */
export type RunPhase = "off" | "stopping" | "starting" | "driving" | "waiting" | "failed";

/** What the status bar tells of. */
export interface RunSituation {
  readonly phase: RunPhase;
  /** Stages that promote by themselves when pipelines run, as `project: stage, stage`. */
  readonly stages: readonly string[];
  /** How many Stages those are. */
  readonly count: number;
  /** Why the run failed. */
  readonly failure?: string;
  /** Names of Warehouses whose discovery fails. */
  readonly failingWarehouses: readonly string[];
  /** Whether Warehouses are looked at by themselves while pipelines do not run. */
  readonly discovers: boolean;
}

/** The words of the status bar. */
export interface RunTexts {
  /** Two or three words. */
  readonly label: string;
  readonly heading: string;
  /** Paragraphs of the tooltip. */
  readonly lines: readonly string[];
}

const labels: Readonly<Record<RunPhase, string>> = {
  off: "off",
  stopping: "stopping",
  starting: "starting",
  driving: "running",
  waiting: "driven elsewhere",
  failed: "not running",
};

/** Tells what the switch stands at, and what that means. */
export function runTexts(situation: RunSituation): RunTexts {
  const { phase, failingWarehouses: failing } = situation;
  const isOn = phase !== "off" && phase !== "stopping";
  const troubled = failing.length === 0 ? [] : [`Discovery fails for ${nouns("Warehouse", failing)}.`];
  return {
    label: labels[phase],
    heading: isOn ? "Pipelines run by themselves" : "Pipelines do not run by themselves",
    lines: [actingText(situation, isOn), drivingText(situation), ...troubled, clickText(phase, isOn)],
  };
}

function clickText(phase: RunPhase, isOn: boolean): string {
  if (!isOn) return "Click to switch on.";
  if (phase === "waiting") return "Click to switch off here; the other one goes on.";
  return "Click to switch off: what is under way is finished, and nothing more begins.";
}

function actingText({ stages, count }: RunSituation, isOn: boolean): string {
  if (count === 0)
    return `No Stage acts by itself: no ProjectConfig enables auto-promotion.${isOn ? "" : " Nothing is promoted from this window unless you ask for it."}`;
  const who = `${count} ${count === 1 ? "Stage" : "Stages"}`;
  const names = stages.join("; ");
  if (isOn)
    return `${who} ${count === 1 ? "promotes" : "promote"} new Freight without being asked (${names}).`;
  return `Nothing is promoted from this window unless you ask for it. When switched on, ${who} will act (${names}).`;
}

function drivingText({ phase, failure, discovers }: RunSituation): string {
  switch (phase) {
    case "driving":
      return "This window drives them.";
    case "waiting":
      return "Another window or terminal drives them. What you ask for here is carried out all the same, and this window takes over when the other one ends.";
    case "starting":
      return "This window is about to drive them.";
    case "failed":
      return `They could not be driven: ${failure ?? "no reason was given"}. This window keeps trying.`;
    case "stopping":
      return "What was under way is being finished.";
    case "off":
      return discovers
        ? "Warehouses look for new artifacts at their intervals all the same."
        : "Warehouses look for new artifacts only when you refresh them.";
  }
}

/** Stages that policies let act by themselves, by Project. */
export function actingStages(
  trees: readonly ProjectTree[],
  autoPromotion: ReadonlySet<string>,
): { readonly project: string; readonly stages: readonly string[] }[] {
  return trees
    .map(({ name, stages }) => ({
      project: name,
      stages: stages
        .filter((stage) => !isControlFlow(stage) && autoPromotion.has(refKey(toRef(stage))))
        .map(({ metadata }) => metadata.name),
    }))
    .filter(({ stages }) => stages.length > 0);
}

// --- Stages --------------------------------------------------------------------------------------------------------

/** Whether a Stage acts by itself. */
export interface StageAutonomy {
  /** One word for the tree; empty when there is nothing to say. */
  readonly label: "auto" | "held" | "";
  /** The whole of it. */
  readonly text: string;
}

/** Whether a Stage acts by itself; `allowed` by its Project's policies, `running` as the user's switch stands. */
export function stageAutonomy(
  stage: Stage,
  {
    allowed,
    running,
    tree,
  }: { readonly allowed: boolean; readonly running: boolean; readonly tree: ProjectTree },
): StageAutonomy {
  if (!allowed || isControlFlow(stage)) return { label: "", text: "" };
  const held = stageHolds(stage).map((hold) => holdText(hold, tree));
  if (held.length > 0) return { label: "held", text: held.join("; ") };
  if (running) return { label: "auto", text: "acts by itself" };
  return { label: "", text: "would act by itself, but pipelines do not run" };
}

/** What holds auto-promotion of a Stage now. */
export function stageHolds({ status }: Stage): readonly AutoPromotionHold[] {
  return Object.values(status?.effectiveAutoPromotionHolds ?? status?.autoPromotionHolds ?? {});
}

function holdText({ freightName, origin, actor }: AutoPromotionHold, tree: ProjectTree): string {
  const by = actor ? ` by ${actor}` : "";
  return `held at ${freightLabelByName(tree, freightName)} of ${origin.name}${by}`;
}

// --- Freight and Warehouses ----------------------------------------------------------------------------------------

/** What a piece of Freight still waits for to be old enough, as `prod: 12 min`. */
export function soakingTexts(freight: Freight, stages: readonly Stage[], nowMs: number): string[] {
  const asking = stageLookup(stages).byOrigin.get(originKey(freight.origin)) ?? [];
  return asking.flatMap((stage) => {
    const { name } = stage.metadata;
    if (isCurrentlyIn(freight, name) || isApprovedFor(freight, name)) return [];
    const left = soakLeftMs(stage, freight, nowMs);
    return left === undefined ? [] : [`${name}: ${lengthText(left)}`];
  });
}

const defaultIntervalMs = 5 * 60_000;

/** How often a Warehouse is looked at (pkg/controller/warehouses GetInterval). */
export function discoveryIntervalMs({ spec }: Warehouse): number {
  return parseDurationMs(spec.interval ?? "") ?? defaultIntervalMs;
}

/** When a Warehouse is due by itself, in words: `in 3 min`, `now`. */
export function nextDiscoveryText(warehouse: Warehouse, nowMs: number): string {
  const at = Date.parse(warehouse.status?.discoveredArtifacts?.discoveredAt ?? "");
  const failed = findCondition(warehouse.status?.conditions, "Healthy")?.reason === "DiscoveryFailed";
  if (Number.isNaN(at) || failed) return "soon";
  const left = at + discoveryIntervalMs(warehouse) - nowMs;
  return left <= 0 ? "now" : `in ${lengthText(left)}`;
}

function nouns(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
}
