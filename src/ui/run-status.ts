// The switch in the status bar: whether pipelines run by themselves, who drives them, and one click to change it.
// Shown where there are pipelines; hidden in Restricted Mode, where nothing can run.
import {
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
  workspace,
} from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import { actingStages, type RunPhase, type RunSituation, runTexts } from "../model/autonomy";
import { warehouseState } from "../model/state";
import type { Backends } from "./backends";
import type { CommandId } from "./contributions";
import type { PipelineRuns } from "./pipeline-runs";
import { discoversAutomatically } from "./platform/settings";
import type { RunSwitch } from "./run-switch";
import { escaped } from "./trees/tooltip";

const icons: Readonly<Record<RunPhase, string>> = {
  off: "circle-slash",
  stopping: "loading~spin",
  starting: "loading~spin",
  driving: "play-circle",
  waiting: "eye",
  failed: "warning",
};

/** Shows the switch. */
export class RunStatus implements Disposable {
  readonly #backends: Backends;
  readonly #runs: PipelineRuns;
  readonly #switch: RunSwitch;
  readonly #owned = new DisposableStore();
  #item: StatusBarItem | undefined;
  #shown = "";

  constructor(options: {
    readonly backends: Backends;
    readonly runs: PipelineRuns;
    readonly runSwitch: RunSwitch;
  }) {
    this.#backends = options.backends;
    this.#runs = options.runs;
    this.#switch = options.runSwitch;
    this.#owned.add(options.backends.onDidChange(() => this.#match()));
    this.#owned.add(options.runs.onDidChange(() => this.#match()));
    this.#owned.add(options.runSwitch.onDidChange(() => this.#match()));
    this.#owned.add(workspace.onDidChangeConfiguration(() => this.#match()));
    this.#match();
  }

  dispose(): void {
    this.#item?.dispose();
    this.#owned.dispose();
  }

  #match(): void {
    const hasPipelines = this.#backends.folders.some(({ backend }) => backend.snapshot.projects.length > 0);
    if (!workspace.isTrusted || !(hasPipelines || this.#switch.isOn)) {
      this.#item?.dispose();
      this.#item = undefined;
      this.#shown = "";
      return;
    }
    const situation = this.#situation();
    const { label, heading, lines } = runTexts(situation);
    const shown = [situation.phase, label, heading, ...lines].join("\n");
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#item ??= newItem();
    const isTroubled = situation.failingWarehouses.length > 0 && situation.phase !== "off";
    this.#item.text = `$(${isTroubled ? "warning" : icons[situation.phase]}) Kargo: ${label}`;
    this.#item.tooltip = tooltipOf(heading, lines);
    this.#item.backgroundColor =
      situation.phase === "failed" ? new ThemeColor("statusBarItem.warningBackground") : undefined;
    this.#item.accessibilityInformation = { label: `${heading}: ${label}`, role: "button" };
    this.#item.command = (
      this.#switch.isOn ? "kargo.pipelines.stop" : "kargo.pipelines.run"
    ) satisfies CommandId;
  }

  #situation(): RunSituation {
    const { folders } = this.#backends;
    const acting = folders.flatMap(({ backend: { snapshot } }) =>
      actingStages(snapshot.projects, snapshot.autoPromotion),
    );
    const failing = folders
      .flatMap(({ backend }) => backend.snapshot.projects)
      .flatMap(({ warehouses }) => warehouses)
      .filter((warehouse) => warehouseState(warehouse).phase === "Failed")
      .map(({ metadata }) => metadata.name);
    const [state] = this.#runs.states;
    const phase = state?.phase ?? (this.#switch.isOn ? "starting" : "off");
    return {
      phase,
      ...(state?.failure === undefined ? {} : { failure: state.failure }),
      stages: acting.map(({ project, stages }) => `${project}: ${stages.join(", ")}`),
      count: acting.reduce((sum, { stages }) => sum + stages.length, 0),
      failingWarehouses: failing,
      discovers: discoversAutomatically(),
    };
  }
}

function newItem(): StatusBarItem {
  const item = window.createStatusBarItem("kargo.run", StatusBarAlignment.Left, 11);
  item.name = "Kargo Pipelines";
  item.show();
  return item;
}

function tooltipOf(heading: string, lines: readonly string[]): MarkdownString {
  const text = new MarkdownString();
  text.appendMarkdown(`**${heading}**`);
  for (const line of lines) text.appendMarkdown(`\n\n${escaped(line)}`);
  return text;
}
