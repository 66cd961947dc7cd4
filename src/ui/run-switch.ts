// Whether pipelines may act by themselves in this workspace: the user's choice, off at first, remembered.
// Drives nothing and asks nothing; the engine reads it as its AutonomySwitch.
import { commands, type Memento, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import { Emitter } from "../base/events";
import { contextKeys } from "./contributions";

const onKey = "kargo.run.on";
const confirmedKey = "kargo.run.confirmed";

/** The switch. Without trust it is off, whatever was chosen before. */
export class RunSwitch implements Disposable {
  readonly #memory: Memento;
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<void>());
  #isChosen: boolean;

  readonly onDidChange = this.#changed.event;

  /** `memory` is that of the workspace. */
  constructor(memory: Memento) {
    this.#memory = memory;
    this.#isChosen = memory.get(onKey) === true;
    this.#owned.add(workspace.onDidGrantWorkspaceTrust(() => this.#tell()));
    this.#tellContext();
  }

  get isOn(): boolean {
    return this.#isChosen && workspace.isTrusted;
  }

  /** True when the user has agreed to all of these acting by themselves. */
  isConfirmed(stages: readonly string[]): boolean {
    const confirmed = this.#memory.get<readonly string[]>(confirmedKey);
    return confirmed !== undefined && stages.every((stage) => confirmed.includes(stage));
  }

  /** Takes effect at once; `stages` are what the user has agreed to. */
  async turnOn(stages: readonly string[]): Promise<void> {
    this.#choose(true);
    await this.#memory.update(confirmedKey, stages);
    await this.#memory.update(onKey, true);
  }

  /** Takes effect at once, before anything is written down. */
  async turnOff(): Promise<void> {
    this.#choose(false);
    await this.#memory.update(onKey, undefined);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #choose(on: boolean): void {
    if (this.#isChosen === on) return;
    this.#isChosen = on;
    this.#tell();
  }

  #tell(): void {
    this.#tellContext();
    this.#changed.fire();
  }

  #tellContext(): void {
    void commands.executeCommand("setContext", contextKeys.running, this.isOn);
  }
}
