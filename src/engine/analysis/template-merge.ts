// Merges the AnalysisTemplates that a Stage names into what one run is to do (pkg/rollouts/analysis_template.go).
// Evaluates nothing; the values of arguments come from run-builder.ts.
import { goQuote } from "../../base/go-text";
import type { AnalysisArgument, AnalysisRunSpec, AnalysisTemplateSpec } from "../../model/analysis";

/** A template in one piece, as Kargo flattens several. Throws an Error where two do not go together. */
export function flattenTemplates(templates: readonly AnalysisTemplateSpec[]): AnalysisRunSpec {
  const metrics = templates.flatMap((template) => template.metrics ?? []);
  within("flatten metrics", () =>
    refuseTwins(
      "duplicate metric name",
      metrics.map(({ name }) => name),
    ),
  );
  const dryRun = templates.flatMap((template) => template.dryRun ?? []);
  within("flatten dry-run metrics: validate dry-run metrics", () =>
    refuseTwins(
      "duplicate dry-run metric name",
      dryRun.map(({ metricName }) => metricName),
    ),
  );
  const retention = templates.flatMap((template) => template.measurementRetention ?? []);
  within("flatten measurement retention metrics: validate measurement retention metrics", () =>
    refuseTwins(
      "duplicate measurement retention metric name",
      retention.map(({ metricName }) => metricName),
    ),
  );
  const args = within("flatten arguments", () => flattenArgs(templates));
  return {
    metrics,
    ...(args.length === 0 ? {} : { args }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
    ...(retention.length === 0 ? {} : { measurementRetention: retention }),
  };
}

/** What `act` gives; its error says which part of the building it comes from. */
export function within<T>(part: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(`${part}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function refuseTwins(what: string, names: readonly string[]): void {
  const twin = names.find((name, i) => names.indexOf(name) < i);
  if (twin !== undefined) throw new Error(`${what}: ${goQuote(twin)}`);
}

/** Templates may declare an argument twice, but not with two values; a later `valueFrom` is not taken over. */
function flattenArgs(templates: readonly AnalysisTemplateSpec[]): readonly AnalysisArgument[] {
  const merged = new Map<string, AnalysisArgument>();
  for (const arg of templates.flatMap((template) => template.args ?? [])) {
    const known = merged.get(arg.name);
    if (known === undefined) merged.set(arg.name, arg);
    else if (arg.value === undefined) continue;
    else if (known.value === undefined) merged.set(arg.name, { ...known, value: arg.value });
    else if (known.value !== arg.value) {
      const values = `${goQuote(known.value)} and ${goQuote(arg.value)}`;
      throw new Error(`conflicting values for argument ${goQuote(arg.name)}: ${values}`);
    }
  }
  return [...merged.values()];
}

/** A template's arguments with the Stage's values; what no template declares is dropped. Throws for one without a value. */
export function mergeArgs(
  given: ReadonlyMap<string, string>,
  declared: readonly AnalysisArgument[],
): readonly AnalysisArgument[] {
  const merged = declared.map((arg) => {
    const value = given.get(arg.name);
    return value === undefined ? arg : { ...arg, value };
  });
  const open = merged.find((arg) => arg.value === undefined && arg.valueFrom === undefined);
  if (open === undefined) return merged;
  throw new Error(
    `validate merged arguments: unresolved argument ${goQuote(open.name)}: neither Value nor ValueFrom is set`,
  );
}
