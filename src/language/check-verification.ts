// Findings about a Stage and the AnalysisTemplates it names: arguments that no template knows, and arguments that a
// template needs and nobody gives. Silent unless every template is in the workspace.
import { nearest } from "../model/schema/schema";
import { type Finding, finding } from "./finding";
import type { TemplateArgument } from "./verification-facts";
import type { IndexedResource, WorkspaceIndex } from "./workspace-index";

/** What the templates say about the arguments of a Stage's verification. */
export function verificationFindings(
  { facts }: IndexedResource,
  namespace: string,
  index: WorkspaceIndex,
): Finding[] {
  const { verification } = facts;
  if (verification === undefined) return [];
  const declared: { readonly argument: TemplateArgument; readonly template: number }[] = [];
  for (const [template, { kind, name }] of verification.templates.entries()) {
    const scope = kind === "ClusterAnalysisTemplate" ? undefined : namespace;
    const found = index.find(kind, scope, name);
    const [only] = found;
    if (index.mayBeHidden(kind, name)) return [];
    if (only === undefined || found.length > 1 || index.isPatch(only.file) || only.facts.broken) return [];
    if (only.facts.templateArguments === undefined) return [];
    declared.push(...only.facts.templateArguments.map((argument) => ({ argument, template })));
  }
  const names = new Set(declared.map(({ argument }) => argument.name));
  const unknown = verification.args
    .filter(({ name }) => !names.has(name))
    .map(({ name, span }) => unknownArgument(name, span, [...names]));
  const given = new Set(verification.args.filter(({ isGiven }) => isGiven).map(({ name }) => name));
  const closed = new Set(declared.filter((one) => !one.argument.isOpen).map((one) => one.argument.name));
  const missing = [...names]
    .filter((name) => !given.has(name) && !closed.has(name))
    .map((name) => {
      const template = declared.find(({ argument }) => argument.name === name)?.template ?? 0;
      return missingArgument(name, verification.templates[template]);
    });
  return [...unknown, ...missing.flat()];
}

function unknownArgument(
  name: string,
  span: Parameters<typeof finding>[1],
  names: readonly string[],
): Finding {
  const suggestion = nearest(name, names);
  const hint = suggestion === undefined ? "" : ` Did you mean \`${suggestion}\`?`;
  const message = `No template of this verification declares the argument \`${name}\`, so it has no effect.${hint}`;
  return finding("unknown-argument", span, message, suggestion === undefined ? undefined : { suggestion });
}

type NamedTemplate = { readonly name: string; readonly span: Parameters<typeof finding>[1] };

function missingArgument(name: string, template: NamedTemplate | undefined): Finding[] {
  if (template === undefined) return [];
  const message = `\`${template.name}\` needs the argument \`${name}\`, which nobody gives: the verification cannot begin.`;
  return [finding("missing-argument", template.span, message)];
}
