// A resource in a few lines of Markdown, for hovers over its name and for completion.
// Says what is written, not how things stand.
import type { IndexedResource } from "./workspace-index";

/** The summary of a resource. */
export function resourceSummary({ facts }: IndexedResource): string {
  const { kind, name = "", namespace } = facts;
  const where = namespace === undefined ? "" : ` of the Project \`${namespace}\``;
  return [`**${kind}** \`${name}\`${where}`, ...lines(facts)].join("\n\n");
}

function lines(facts: IndexedResource["facts"]): string[] {
  const { requests, subscriptions, tasks, variables } = facts;
  const rows: string[] = [];
  for (const { warehouse, direct, stages } of requests ?? []) {
    const from = [...(direct ? ["its Warehouse"] : []), ...stages.map((stage) => `\`${stage}\``)];
    rows.push(`- Freight of \`${warehouse}\`${from.length === 0 ? "" : ` from ${from.join(", ")}`}`);
  }
  for (const { type, url } of subscriptions ?? []) rows.push(`- ${type} \`${url}\``);
  for (const { name } of tasks) rows.push(`- runs the task \`${name}\``);
  if (/Task$/.test(facts.kind) && variables.length > 0) {
    rows.push(`- takes ${[...new Set(variables)].map((one) => `\`${one}\``).join(", ")}`);
  }
  return rows.length === 0 ? [] : [rows.join("\n")];
}
