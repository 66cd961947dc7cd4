import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceOf, theFile } from "../../support/cursor";
import { after, allActions, applied } from "../../support/edits";
import { image, quickFixRows, steps, warehouse } from "../../support/quick-fix-rows";

for (const [name, [wrap, before, title, expected]] of Object.entries(quickFixRows)) {
  test(name, () => {
    const service = serviceOf(wrap(before));
    assert.equal(after(service, title), wrap(expected));
  });
  test(`${name}, with CRLF`, () => {
    const service = serviceOf(wrap(before).replaceAll("\n", "\r\n"));
    assert.equal(after(service, title), wrap(expected).replaceAll("\n", "\r\n"));
  });
}

test("every fix has a kind of its own below quickfix", () => {
  const kinds = new Set<string>();
  for (const [wrap, before, title] of Object.values(quickFixRows)) {
    const action = allActions(serviceOf(wrap(before))).find((one) => one.title === title);
    kinds.add(action?.kind ?? "");
  }
  for (const kind of kinds) assert.match(kind, /^quickfix\.kargo\.[a-z-]+$/);
  assert.ok(kinds.size >= 25, [...kinds].join(" "));
});

test("ignores a rule in the whole file", () => {
  const text = warehouse(`  interval: 5\n${image}`);
  const fixed = after(serviceOf(text), "Ignore `type` in this file");
  assert.equal(fixed, `# kargo-ignore-file: type\n${text}`);
  assert.deepEqual(serviceOf(fixed).diagnostics(theFile), []);
});

test("a comment is not put into a text of several lines", () => {
  const text = steps("- uses: git-clear\n  config:\n    path: |\n      a\n      ${{ nope }}");
  const titles = allActions(serviceOf(text)).map(({ title }) => title);
  assert.ok(titles.includes("Ignore `unknown-name` in this file"));
  assert.ok(!titles.includes("Ignore `unknown-name` on this line"), titles.join());
});

test("a preferred fix mends what it says it mends", () => {
  for (const [name, [wrap, before]] of Object.entries(quickFixRows)) {
    const service = serviceOf(wrap(before));
    for (const action of allActions(service)) {
      if (action.preferred !== true || action.kind === "quickfix.kargo.add-required") continue;
      const fixed = applied(service, action.edits)[theFile] ?? "";
      const left = serviceOf(fixed).diagnostics(theFile);
      const count = (list: readonly { readonly message: string }[]) =>
        list.filter(({ message }) => message === action.diagnostic?.message).length;
      assert.ok(count(left) < count(service.diagnostics(theFile)), `${name}: ${action.title}\n${fixed}`);
    }
  }
});
