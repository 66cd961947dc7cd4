// Quick fixes that silence a rule with a `# kargo-ignore` comment, and that take out comments which silence nothing.
// What the comments mean is ignore-comments.ts.
import { isScalar, visit } from "yaml";
import type { QuickFix, TextEdit, Trouble } from "./code-action";
import { lineBreak, lineEnd, lineStart } from "./yaml-edits";

/** Fixes by comments. */
export function ignoreFixes(trouble: Trouble): QuickFix[] {
  const { rule } = trouble.diagnostic;
  if (rule === "unused-ignore") return removeComment(trouble);
  const here = commentAbove(trouble);
  const line = { title: `Ignore \`${rule}\` on this line`, id: "ignore-line" };
  const file = { title: `Ignore \`${rule}\` in this file`, id: "ignore-file" };
  return [
    ...(here === undefined ? [] : [{ ...line, edits: [here] }]),
    { ...file, edits: [commentAtTop(trouble)] },
  ];
}

function removeComment({ unit, span }: Trouble): QuickFix[] {
  const start = lineStart(unit, span.start);
  const isAlone = unit.text.slice(start, span.start).trim() === "";
  const end = lineEnd(unit, span.end);
  const next = unit.text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, unit.text.length);
  const blank = unit.text.slice(0, span.start).trimEnd().length;
  const edit = isAlone ? { start, end: next, text: "" } : { start: blank, end: span.end, text: "" };
  return [{ title: "Remove the comment", id: "remove-ignore", preferred: true, edits: [edit] }];
}

function commentAbove({ unit, span, diagnostic }: Trouble): TextEdit | undefined {
  const start = lineStart(unit, span.start);
  if (isInsideText(unit.tree.document, start)) return undefined;
  const aboveStart = start === 0 ? 0 : lineStart(unit, start - 1);
  const above = unit.text.slice(aboveStart, Math.max(start - 1, 0)).trimEnd();
  const known = /^\s*#\s*kargo-ignore:\s*[\w-]+(?:\s*,\s*[\w-]+)*$/.test(above);
  if (known) {
    const at = aboveStart + above.length;
    return { start: at, end: at, text: `, ${diagnostic.rule}` };
  }
  const line = unit.text.slice(start, lineEnd(unit, start));
  if (/^(?:---|\.\.\.)/.test(line)) return undefined;
  const margin = /^[ \t]*/.exec(line)?.[0] ?? "";
  const text = `${margin}# kargo-ignore: ${diagnostic.rule}${lineBreak(unit)}`;
  return { start, end: start, text };
}

/** A line within a text of several lines can hold no comment. */
function isInsideText(document: Trouble["unit"]["tree"]["document"], offset: number): boolean {
  let inside = false;
  visit(document, {
    Scalar: (_key, node) => {
      const range = node.range;
      if (!isScalar(node) || range === null || range === undefined) return undefined;
      if (range[0] < offset && offset < range[1]) inside = true;
      return inside ? visit.BREAK : undefined;
    },
  });
  return inside;
}

function commentAtTop({ unit, diagnostic }: Trouble): TextEdit {
  return { start: 0, end: 0, text: `# kargo-ignore-file: ${diagnostic.rule}${lineBreak(unit)}` };
}
