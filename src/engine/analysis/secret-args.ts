// The arguments of an AnalysisRun that hold secrets: their values for measuring, and the hiding of them afterwards
// (Argo Rollouts analysis/analysis.go resolveArgs). Nothing of them is ever stored.
import type { AnalysisArgument } from "../../model/analysis";
import { type AnalysisRun, stageOfRun } from "../../model/resources";
import { secretValues } from "../credentials";
import type { EnginePorts } from "../ports";
import { labelKeys } from "../promotion/annotations";
import { SecretMask } from "../promotion/secret-mask";
import { ArgumentError } from "./metric-args";
import type { Measured } from "./metric-assessment";
import { hiddenArgsKey, type StageArguments, stageArguments } from "./run-builder";

/** Stands for every secret while only the shape of a run is looked at, as upstream. */
const stand = "temp-for-secret";

type SecretPorts = Pick<EnginePorts, "store" | "secrets">;

/** The arguments as they are when no secret may be read: good enough to see whether a run makes sense. */
export function argsWithoutSecrets(args: readonly AnalysisArgument[]): readonly AnalysisArgument[] {
  return args.map((arg) =>
    arg.valueFrom?.secretKeyRef === undefined ? arg : { name: arg.name, value: stand },
  );
}

/** The arguments with their secrets, and what hides those. Throws ArgumentError when one cannot be had. */
export async function argsWithSecrets(
  ports: SecretPorts,
  run: AnalysisRun,
): Promise<{ readonly args: readonly AnalysisArgument[]; readonly mask: SecretMask }> {
  const evaluated = await hiddenArguments(ports, run);
  const mask = evaluated?.mask ?? new SecretMask();
  const args: AnalysisArgument[] = [];
  for (const arg of run.spec.args ?? []) {
    const { name } = arg;
    const ref = arg.valueFrom?.secretKeyRef;
    const hidden = evaluated?.values.get(name);
    if (ref !== undefined) args.push({ name, value: await secretValue(ports, run, ref, mask) });
    else args.push(hidden === undefined ? arg : { name, value: hidden });
  }
  return { args, mask };
}

/** A reference wins over a value, as upstream. */
async function secretValue(
  { store, secrets }: SecretPorts,
  { metadata: { namespace = "" } }: AnalysisRun,
  { name, key }: { readonly name: string; readonly key: string },
  mask: SecretMask,
): Promise<string> {
  const secret = await store.get("Secret", { namespace, name });
  const values = secret === undefined ? await secrets?.secret(namespace, name) : secretValues(secret);
  if (values === undefined) throw new ArgumentError(`secrets "${name}" not found`);
  const value = values[key];
  if (value === undefined) throw new ArgumentError(`key '${key}' does not exist in secret '${name}'`);
  mask.add(value);
  return value;
}

/** What the Stage gives to the arguments that are not written down; undefined when there are none. */
async function hiddenArguments(ports: SecretPorts, run: AnalysisRun): Promise<StageArguments | undefined> {
  const written = run.metadata.annotations?.[hiddenArgsKey];
  if (written === undefined) return undefined;
  const names: unknown = JSON.parse(written);
  const { namespace } = run.metadata;
  const stage = await ports.store.get("Stage", { namespace, name: stageOfRun(run) ?? "" });
  const id = run.metadata.labels?.[labelKeys.freightCollection];
  const collection = stage?.status?.freightHistory?.find((other) => other.id === id);
  if (stage === undefined || collection === undefined || !Array.isArray(names)) {
    throw new ArgumentError("values with secrets are evaluated anew, and the Stage or its Freight is gone");
  }
  const { values, mask } = await stageArguments(ports, stage, collection);
  return { values: new Map([...values].filter(([name]) => names.includes(name))), mask };
}

/** The measurement without secrets. Upstream hides them in the message only; values and queries can hold them as well. */
export function withoutSecrets(measured: Measured, mask: SecretMask): Measured {
  const { phase, startedAt, finishedAt } = measured.measurement;
  const times = { ...(startedAt && { startedAt }), ...(finishedAt && { finishedAt }) };
  const masked = mask.value(measured);
  return { ...masked, measurement: { ...masked.measurement, phase, ...times } };
}
