// Quick fixes of names: make the resource that is named and missing, give a step an alias of its own.
// Names that are nearly right are fix-values.ts.
import { isObject } from "../base/json";
import { factsOf } from "./check-unit";
import type { QuickFix, Trouble } from "./code-action";
import { freeAlias } from "./free-names";
import { aliasEdits } from "./rename";
import { stepListOf } from "./step-lists";
import { scalarText } from "./yaml-edits";

/** Fixes about names. */
export function nameFixes(trouble: Trouble): QuickFix[] {
  switch (trouble.diagnostic.rule) {
    case "unresolved-reference":
      return createResource(trouble);
    case "admission":
      return trouble.path.at(-1) === "as" ? otherAlias(trouble) : [];
    default:
      return [];
  }
}

function createResource(trouble: Trouble): QuickFix[] {
  const create = trouble.diagnostic.fix?.create;
  const body = create === undefined ? undefined : bodies[create.kind];
  if (create === undefined || body === undefined) return [];
  const { kind, name, namespace } = create;
  const apiVersion = kind === "AnalysisTemplate" ? "argoproj.io/v1alpha1" : "kargo.akuity.io/v1alpha1";
  const head = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${scalarText(name)}\n  namespace: ${scalarText(namespace)}\n`;
  const title = `Create the ${kind} \`${name}\``;
  return [{ title, id: `create-${kind.toLowerCase()}`, edits: [], append: head + body(trouble) }];
}

/** What each kind needs at least; the places to fill in are empty, so that the editor asks for them. */
const bodies: Readonly<Record<string, (trouble: Trouble) => string>> = {
  Warehouse: () => 'spec:\n  subscriptions:\n    - image:\n        repoURL: ""\n',
  Stage: (trouble) =>
    `spec:\n  requestedFreight:\n    - origin:\n        kind: Warehouse\n        name: ${originAround(trouble)}\n      sources:\n        direct: true\n`,
  PromotionTask: () => 'spec:\n  steps:\n    - uses: ""\n',
  AnalysisTemplate: () => "spec:\n  metrics:\n    - name: check\n      provider: {}\n",
};

/** A Stage that is missing as a source carries the origin that is asked of it. */
function originAround({ unit, span, index, placed, file }: Trouble): string {
  const source = index.file(file);
  if (source === undefined || placed.unit !== unit) return '""';
  for (const { value } of unit.tree.resources) {
    const spec = isObject(value.spec) ? value.spec : {};
    const requests = Array.isArray(spec.requestedFreight) ? spec.requestedFreight : [];
    for (const request of requests) {
      const sources = isObject(request) && isObject(request.sources) ? request.sources.stages : undefined;
      const name = isObject(request) && isObject(request.origin) ? request.origin.name : undefined;
      const wanted = unit.text.slice(span.start, span.end).replace(/^["']|["']$/g, "");
      if (Array.isArray(sources) && sources.includes(wanted) && typeof name === "string")
        return scalarText(name);
    }
  }
  return '""';
}

/** An alias that is Kargo's own is renamed with all that read it; one that is taken only where it stands. */
function otherAlias(trouble: Trouble): QuickFix[] {
  const { resource, path, span, unit, text } = trouble;
  const list = resource === undefined ? undefined : stepListOf(resource.kind, resource.value);
  const step = list?.steps.find(({ path: at }) => at.length === path.length - 1 && at.at(-1) === path.at(-2));
  if (list === undefined || step === undefined || resource === undefined) return [];
  const taken = new Set(list.steps.map(({ alias }) => alias));
  const alias = freeAlias(step.task?.name ?? step.uses ?? "step", taken);
  const isTaken = list.steps.filter(({ alias: other }) => other === step.alias).length > 1;
  const facts = factsOf(unit).resources[unit.tree.resources.indexOf(resource)];
  const owner = isTaken || facts === undefined ? undefined : { file: trouble.file, unit, facts };
  const renamed =
    owner === undefined
      ? undefined
      : aliasEdits({ kind: "alias", owner, name: step.alias }, alias, trouble.index);
  const quote = /^["']/.exec(text)?.[0];
  const written = quote === undefined ? scalarText(alias) : quote + alias + quote;
  return [
    {
      title: `Change to \`${alias}\``,
      id: "replace-alias",
      preferred: true,
      edits: renamed ?? [{ ...span, text: written }],
    },
  ];
}
