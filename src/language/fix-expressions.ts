// Quick fixes inside `${{ }}`: close it, make one of it, look for outputs where they are.
// Names that are nearly right and missing `quote()` are fix-values.ts.
import { isScalar } from "yaml";
import type { QuickFix, Trouble } from "./code-action";
import { outputsBefore } from "./name-edits";
import { nodeAt, spanOf } from "./yaml-nodes";

/** Fixes about expressions. */
export function expressionFixes(trouble: Trouble): QuickFix[] {
  switch (trouble.diagnostic.rule) {
    case "expression-syntax":
      return closeExpression(trouble);
    case "template":
      return wrapInDelimiters(trouble);
    case "unknown-alias":
    case "out-of-scope":
      return [...toTaskOutputs(trouble), ...fromTaskOutputs(trouble)];
    case "unknown-output":
      return removedOutput(trouble);
    default:
      return [];
  }
}

function closeExpression(trouble: Trouble): QuickFix[] {
  const { unit, span, text, resource, path } = trouble;
  if (text !== "${{" && text !== "${%") return [];
  const node = resource === undefined ? undefined : nodeAt(resource.node, path, unit.tree.document)?.node;
  const whole = spanOf(node);
  if (whole === undefined || !isScalar(node)) return [];
  const closer = text === "${{" ? "}}" : "%}";
  const newline = unit.text.indexOf("\n", span.start);
  const stop = newline === -1 ? whole.end : Math.min(newline, whole.end);
  const quoted = /^QUOTE/.test(node.type ?? "") && stop === whole.end;
  const line = unit.text.slice(span.start, quoted ? stop - 1 : stop).trimEnd();
  // One brace may be there already.
  const has = line.endsWith(closer.charAt(0)) && line.length > 3 ? 1 : 0;
  const at = span.start + line.length;
  const insert = has === 1 ? closer.slice(1) : ` ${closer}`;
  return [
    {
      title: "Close the expression",
      id: "close-expression",
      preferred: true,
      edits: [{ start: at, end: at, text: insert }],
    },
  ];
}

function wrapInDelimiters({ span, text }: Trouble): QuickFix[] {
  const source = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  if (source.includes("\n") || source.trim() === "") return [];
  return [
    {
      title: "Make it an expression",
      id: "make-expression",
      preferred: true,
      edits: [{ ...span, text: `\${{ ${source.trim()} }}` }],
    },
  ];
}

/** In a task, outputs of its own steps are in `task.outputs`. */
function toTaskOutputs({ unit, span, resource, diagnostic }: Trouble): QuickFix[] {
  const isTask = resource?.kind === "PromotionTask" || resource?.kind === "ClusterPromotionTask";
  if (!isTask || !diagnostic.message.includes("`task.outputs")) return [];
  const at = outputsBefore(unit, span);
  if (at === undefined) return [];
  const edit = { start: at, end: at, text: "task." };
  return [{ title: "Read it from `task.outputs`", id: "task-outputs", preferred: true, edits: [edit] }];
}

/** Outside of tasks there is no `task`. */
function fromTaskOutputs({ unit, span, text, diagnostic }: Trouble): QuickFix[] {
  if (diagnostic.rule !== "out-of-scope" || text !== "task") return [];
  if (!unit.text.startsWith(".outputs", span.end)) return [];
  const edit = { start: span.start, end: span.end + 1, text: "" };
  return [{ title: "Read it from `outputs`", id: "step-outputs", preferred: true, edits: [edit] }];
}

/** `prNumber` of `git-open-pr` went in Kargo 1.7. */
function removedOutput({ span, text, diagnostic }: Trouble): QuickFix[] {
  if (text !== "prNumber" || !diagnostic.message.includes("git-open-pr")) return [];
  return [
    {
      title: "Change to `pr.id`",
      id: "migrate-output",
      preferred: true,
      edits: [{ ...span, text: "pr.id" }],
    },
  ];
}
