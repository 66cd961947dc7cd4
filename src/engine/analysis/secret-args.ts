// The arguments of an AnalysisRun that come from Secrets: their values for measuring, and the hiding of them afterwards
// (Argo Rollouts analysis/analysis.go resolveArgs). Nothing of them is ever stored.
import type { AnalysisArgument } from "../../model/analysis";
import { secretValues } from "../credentials";
import type { EnginePorts } from "../ports";
import { ArgumentError } from "./metric-args";
import type { Measured } from "./metric-assessment";

/** What stands where a secret was, as upstream writes it. */
const replacement = "*****";
/** Stands for every secret while only the shape of a run is looked at, as upstream. */
const stand = "temp-for-secret";

/** The arguments as they are when no secret may be read: good enough to see whether a run makes sense. */
export function argsWithoutSecrets(args: readonly AnalysisArgument[]): readonly AnalysisArgument[] {
  return args.map((arg) =>
    arg.valueFrom?.secretKeyRef === undefined ? arg : { name: arg.name, value: stand },
  );
}

/** The arguments with the values of Secrets, and those values. Throws ArgumentError when one cannot be had. */
export async function argsWithSecrets(
  { store, secrets }: Pick<EnginePorts, "store" | "secrets">,
  namespace: string,
  args: readonly AnalysisArgument[],
): Promise<{ readonly args: readonly AnalysisArgument[]; readonly hidden: readonly string[] }> {
  const hidden: string[] = [];
  const resolved: AnalysisArgument[] = [];
  for (const arg of args) {
    const ref = arg.valueFrom?.secretKeyRef;
    if (ref === undefined) {
      resolved.push(arg);
      continue;
    }
    const secret = await store.get("Secret", { namespace, name: ref.name });
    const values = secret === undefined ? await secrets?.secret(namespace, ref.name) : secretValues(secret);
    if (values === undefined) throw new ArgumentError(`secrets "${ref.name}" not found`);
    const value = values[ref.key];
    if (value === undefined) {
      throw new ArgumentError(`key '${ref.key}' does not exist in secret '${ref.name}'`);
    }
    if (value !== "") hidden.push(value);
    resolved.push({ name: arg.name, value });
  }
  return { args: resolved, hidden };
}

/** The measurement without secrets. Upstream hides them in the message only; values and queries can hold them as well. */
export function withoutSecrets(measured: Measured, hidden: readonly string[]): Measured {
  if (hidden.length === 0) return measured;
  const longestFirst = [...hidden].sort((a, b) => b.length - a.length);
  const hide = (value: unknown): unknown => {
    if (typeof value === "string")
      return longestFirst.reduce((text, s) => text.replaceAll(s, replacement), value);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hide(member)]));
  };
  const { phase, startedAt, finishedAt } = measured.measurement;
  const times = { ...(startedAt && { startedAt }), ...(finishedAt && { finishedAt }) };
  const masked = hide(measured) as Measured;
  return { ...masked, measurement: { ...masked.measurement, phase, ...times } };
}
