// The switch for pipelines that act by themselves: on with the user's consent to what will happen, off at once.
// Drives nothing; PipelineRuns hears of the switch.
import { actingStages } from "../../model/autonomy";
import type { CommandContext } from "./act";

/** Lets pipelines run by themselves; asks first when Stages would act that the user has not agreed to. */
export async function runPipelines({ backends, runSwitch, notify }: CommandContext): Promise<void> {
  if (runSwitch.isOn) return;
  const folders = await backends.ready();
  if (folders.every(({ backend }) => backend.snapshot.projects.length === 0))
    return notify.nothing("There are no pipelines in this workspace.");
  const acting = folders.flatMap(({ name, backend: { snapshot } }) =>
    actingStages(snapshot.projects, snapshot.autoPromotion).map((project) => ({
      ...project,
      project: folders.length > 1 ? `${project.project} (${name})` : project.project,
    })),
  );
  const keys = acting.flatMap(({ project, stages }) => stages.map((stage) => `${project}/${stage}`));
  const mayGo =
    runSwitch.isConfirmed(keys) ||
    (await notify.mayRunPipelines(acting.map(({ project, stages }) => `${project}: ${stages.join(", ")}`)));
  if (mayGo) await runSwitch.turnOn(keys);
}

/** From now on nothing is promoted that nobody asked for. */
export async function stopPipelines({ runSwitch }: CommandContext): Promise<void> {
  await runSwitch.turnOff();
}
