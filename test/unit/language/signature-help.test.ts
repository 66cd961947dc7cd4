import assert from "node:assert/strict";
import { test } from "node:test";
import { cursor, serviceOf, stage, theFile } from "../../support/cursor";

/** Label, number of ways, and the parameter at the cursor, for an expression in a step. */
function helpIn(
  expression: string,
  step = (value: string) => `- uses: git-clear\n  config:\n    path: ${value}`,
) {
  const marked = stage("a", { steps: step(expression) });
  // Expressions have `|` of their own: the cursor is `^` here.
  const { text, offset } = cursor(marked.replaceAll("|", "\u0001").replace("^", "|"));
  const help = serviceOf(text.replaceAll("\u0001", "|")).signatureHelp(theFile, offset);
  const shown = help?.signatures[help.active];
  if (help === undefined || shown === undefined) return undefined;
  const at = shown.parameters[help.parameter];
  return [shown.label, help.signatures.length, at === undefined ? "" : shown.label.slice(at.start, at.end)];
}

const rows: Record<string, readonly [expression: string, ...wanted: (string | number)[]]> = {
  "the first argument": ["${{ imageFrom(^", "imageFrom(repoURL string) Image or nil", 2, "repoURL string"],
  "the second argument asks for the longer way": [
    "${{ imageFrom('a', ^) }}",
    "imageFrom(repoURL string, origin FreightOrigin) Image or nil",
    2,
    "origin FreightOrigin",
  ],
  "an inner call": [
    "${{ imageFrom('a', warehouse(^)) }}",
    "warehouse(name string) FreightOrigin",
    1,
    "name string",
  ],
  "behind an inner call": [
    "${{ imageFrom(vars['a,('], warehouse('x'), ^",
    "imageFrom(repoURL string, origin FreightOrigin) Image or nil",
    2,
    "",
  ],
  "a text with commas and brackets": ["${{ quote('a, (b', ^", "quote(value any) string", 1, ""],
  "within a text": ["${{ imageFrom('gh^') }}", "imageFrom(repoURL string) Image or nil", 2, "repoURL string"],
  "a built-in": ["${{ filter([1, 2], ^) }}", "filter(list, predicate) list", 1, "predicate"],
  "a built-in behind a pipe": ["${{ vars.x | filter(^) }}", "filter(list, predicate) list", 1, "predicate"],
  "or is no pipe": ["${{ vars.x || filter(^) }}", "filter(list, predicate) list", 1, "list"],
  "within a list and a predicate": ["${{ map([1], {len(^)}) }}", "len(value) int", 1, "value"],
};
for (const [name, [expression, ...wanted]] of Object.entries(rows)) {
  test(`signature help: ${name}`, () => assert.deepEqual(helpIn(expression), wanted));
}

test("a function of steps only has a signature in steps, and in bare expressions", () => {
  const bare = (value: string) => `- uses: git-clear\n  as: x\n- uses: git-clear\n  if: ${value}`;
  assert.equal(helpIn("${{ status(^) }}", bare)?.[0], "status(alias string) string");
});

const none: Record<string, string> = {
  "outside of calls": "${{ imageFrom('a').Tag^ }}",
  "brackets without a name": "${{ (1 + ^ ) }}",
  "an unknown function": "${{ nothing(^) }}",
  "a text without expression": "imageFrom(^)",
};
for (const [name, expression] of Object.entries(none)) {
  test(`no signature help: ${name}`, () => assert.equal(helpIn(expression), undefined));
}
