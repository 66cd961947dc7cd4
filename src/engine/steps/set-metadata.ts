// Step `set-metadata`: writes values into the metadata of Stages and Freight of the Project, entry by entry.
// An entry that was written stays when a later one fails.
import { goQuote } from "../../base/go-text";
import type { Capabilities, StepContext, StepResult, StepRunner } from "../promotion/step";
import { asFault, errored, failed } from "./step-failure";

/** Configuration of `set-metadata`. */
export interface SetMetadataConfig {
  readonly updates: readonly MetadataUpdate[];
}

/** Values for one object, by key. */
export interface MetadataUpdate {
  readonly kind: "Stage" | "Freight";
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

type Context = StepContext & Pick<Capabilities, "controlPlane" | "effects">;

/** Runs `set-metadata` (pkg/promotion/runner/builtin/metadata_setter.go). */
export const setMetadata: StepRunner<"set-metadata", SetMetadataConfig, "controlPlane" | "effects"> = {
  kind: "set-metadata",
  needs: ["controlPlane", "effects"],
  resumable: true,
  async run(context, { updates }): Promise<StepResult> {
    for (const update of updates) await write(context, update);
    return { status: "Succeeded" };
  },
};

async function write(context: Context, { kind, name, values }: MetadataUpdate): Promise<void> {
  const { controlPlane, effects, project } = context;
  if (kind !== "Stage" && kind !== "Freight") throw failed(`unsupported kind ${goQuote(kind)}`);
  if (!(await isThere(context, kind, name))) throw errored(`error getting ${kind}: ${notFound(kind, name)}`);
  const place = `${kind} ${goQuote(name)} in namespace ${goQuote(project)}`;
  if (Object.keys(values).includes("")) {
    throw errored(`error updating metadata for ${place}: key must not be empty`);
  }
  const keys = Object.keys(values).join(", ");
  const effect = {
    kind: "metadata.write",
    target: `${kind} ${name}`,
    summary: `Set metadata ${keys} of ${kind} ${name}`,
  } as const;
  const act = () =>
    kind === "Stage"
      ? controlPlane.setStageMetadata(name, values)
      : controlPlane.setFreightMetadata(name, values);
  try {
    await effects.perform(effect, act);
  } catch (error) {
    throw asFault(error, (reason) => errored(`error patching status of ${place}: ${reason}`));
  }
}

async function isThere({ controlPlane }: Context, kind: "Stage" | "Freight", name: string): Promise<boolean> {
  try {
    return (await (kind === "Stage" ? controlPlane.stage(name) : controlPlane.freight(name))) !== undefined;
  } catch (error) {
    throw asFault(error, (reason) => errored(`error getting ${kind}: ${reason}`));
  }
}

/** In the words of a Kubernetes API server. */
function notFound(kind: "Stage" | "Freight", name: string): string {
  const resource = kind === "Stage" ? "stages" : "freights";
  return `${resource}.kargo.akuity.io ${goQuote(name)} not found`;
}
