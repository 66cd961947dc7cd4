// The snippets that ship with the extension, by what the language service says of what they insert.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { kargoKinds } from "../../../src/model/resources";
import { serviceOf, stage, task, theFile } from "../../support/cursor";

interface Snippet {
  readonly prefix: string;
  readonly description: string;
  readonly body: readonly string[];
}
const snippets: Record<string, Snippet> = JSON.parse(
  readFileSync(join(process.cwd(), "syntaxes", "kargo.code-snippets"), "utf8"),
);

/** What stands there when nothing is filled in. */
function inserted({ body }: Snippet): string {
  return `${body
    .join("\n")
    .replace(/(?<!\\)\$\{\d+:((?:\\.|[^\\}])*)\}/g, "$1")
    .replace(/\\([$}\\])/g, "$1")}\n`;
}

for (const [name, snippet] of Object.entries(snippets)) {
  test(`${name} inserts nothing wrong`, () => {
    const text = inserted(snippet);
    assert.doesNotMatch(text, /\$\{\d|\\/);
    const isStep = text.startsWith("- uses");
    const whole = !isStep
      ? text
      : text.includes("task.outputs")
        ? task("t", text)
        : stage("a", { steps: text });
    const found = serviceOf(whole).diagnostics(theFile);
    const wrong = found.filter(({ rule }) => rule !== "unknown-alias");
    assert.deepEqual(
      wrong.map(({ rule, message }) => `${rule}: ${message}`),
      [],
    );
  });
}

test("every kind has a snippet", () => {
  for (const kind of kargoKinds)
    assert.ok(
      Object.values(snippets).some((one) => one.body.includes(`kind: ${kind}`)),
      kind,
    );
});

test("all are found by the same word", () => {
  for (const { prefix, description } of Object.values(snippets)) {
    assert.match(prefix, /^kargo-[a-z-]+$/);
    assert.match(description, /^Kargo: /);
  }
});
