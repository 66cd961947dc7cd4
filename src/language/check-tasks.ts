// Findings about a Stage and the tasks it uses: variables that a task needs and nobody gives, without which no Promotion
// of the Stage can be created (pkg/api/promotion.go). Silent about tasks that are not in the workspace.
import { type Finding, finding } from "./finding";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";

/** What the tasks ask of a Stage that uses them. */
export function taskFindings(
  { facts }: IndexedResource,
  namespace: string,
  index: WorkspaceIndex,
): Finding[] {
  return (facts.taskUses ?? []).flatMap(({ kind, name, given, span }) => {
    const [only, ...others] = index.find(kind, kind === "ClusterPromotionTask" ? undefined : namespace, name);
    if (only === undefined || others.length > 0 || only.facts.broken) return [];
    if (index.mayBeHidden(kind, name) || index.isPatch(only.file)) return [];
    const missing = (only.facts.openVariables ?? []).filter((variable) => !given.includes(variable));
    if (missing.length === 0) return [];
    const names = missing.map((variable) => `\`${variable}\``).join(", ");
    const what = missing.length === 1 ? `the variable ${names}` : `the variables ${names}`;
    const message = `The task \`${name}\` needs ${what}, which nobody gives: no Promotion can be created.`;
    return [finding("missing-variable", span, message)];
  });
}
