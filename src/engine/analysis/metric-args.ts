// Fills the arguments of an AnalysisRun into its metrics: `{{args.name}}` in any text of a metric
// (Argo Rollouts utils/template, utils/analysis/factory.go). Where values come from is secret-args.ts.
import { goQuote, parseJson } from "../../expression/expression";
import type { AnalysisArgument, AnalysisMetric } from "../../model/analysis";

/** Why arguments cannot be filled in; upstream ends the whole run with it. */
export class ArgumentError extends Error {}

/** The metric with every placeholder filled in. Throws ArgumentError for one that names no argument. */
export function resolveMetric(metric: AnalysisMetric, args: readonly AnalysisArgument[]): AnalysisMetric {
  const values = new Map(args.map((arg) => [`args.${arg.name}`, quotedValue(arg)] as const));
  const read = parseJson(substitute(JSON.stringify(metric), values));
  if (read.problem !== undefined) throw new ArgumentError(read.problem);
  return read.value as AnalysisMetric;
}

/** Upstream fills in the JSON text of the metric, so values are quoted as Go quotes; that is not always valid JSON. */
function quotedValue({ name, value }: AnalysisArgument): string {
  if (value === undefined) throw new ArgumentError(`argument "${name}" was not supplied`);
  return goQuote(value).slice(1, -1);
}

function substitute(template: string, values: ReadonlyMap<string, string>): string {
  let out = "";
  let unresolved: string | undefined;
  for (let from = 0; ; ) {
    const open = template.indexOf("{{", from);
    if (open < 0) {
      if (unresolved !== undefined) throw new ArgumentError(`failed to resolve {{${unresolved}}}`);
      return out + template.slice(from);
    }
    const close = template.indexOf("}}", open + 2);
    if (close < 0) {
      throw new ArgumentError(
        `Cannot find end tag="}}" in the template=${goQuote(template)} starting from ${goQuote(template.slice(open + 2))}`,
      );
    }
    const tag = template.slice(open + 2, close);
    const value = values.get(tag.trim());
    if (value === undefined) unresolved = tag;
    out += template.slice(from, open) + (value ?? "");
    from = close + 2;
  }
}
