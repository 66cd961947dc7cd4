// Step `set-freight-alias`: gives Freight of the Project another alias.
// Whether the alias is free, the control plane says.
import { goQuote } from "../../base/go-text";
import type { Freight } from "../../model/resources";
import type { StepResult, StepRunner } from "../promotion/step";
import { asFault, failed } from "./step-failure";

/** Configuration of `set-freight-alias`. */
export interface SetFreightAliasConfig {
  /** Name of the Freight. */
  readonly name: string;
  readonly alias: string;
}

/** Runs `set-freight-alias` (pkg/promotion/runner/builtin/set_freight_alias.go). */
export const setFreightAlias: StepRunner<
  "set-freight-alias",
  SetFreightAliasConfig,
  "controlPlane" | "effects"
> = {
  kind: "set-freight-alias",
  needs: ["controlPlane", "effects"],
  resumable: true,
  async run({ controlPlane, effects, project }, { name, alias }): Promise<StepResult> {
    const place = `Freight ${goQuote(name)} in project ${goQuote(project)}`;
    let freight: Freight | undefined;
    try {
      freight = await controlPlane.freight(name);
    } catch (error) {
      throw asFault(error, (reason) => failed(`failed to fetch ${place}: ${reason}`));
    }
    if (freight === undefined) {
      throw failed(`freight ${goQuote(name)} not found in project ${goQuote(project)}`);
    }
    const effect = {
      kind: "metadata.write",
      target: `Freight ${name}`,
      summary: `Set the alias of Freight ${name} to ${alias}`,
    } as const;
    try {
      await effects.perform(effect, () => controlPlane.setFreightAlias(name, alias));
    } catch (error) {
      throw asFault(error, (reason) => failed(`failed to patch alias for ${place}: ${reason}`));
    }
    // Kargo's client has put the new alias into the object by the time the old one is to be shown.
    const shown = goQuote(alias);
    return {
      status: "Succeeded",
      message: `updated alias of Freight ${goQuote(name)} from ${shown} to ${shown}`,
    };
  },
};
