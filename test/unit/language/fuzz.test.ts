import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LanguageService } from "../../../src/language/language-service";
import { project, stage, task, theFile } from "../../support/cursor";
import { randomFrom } from "../../support/json-schema-samples";

const steps = `
- uses: git-clone
  as: clone
  config: &clone
    repoURL: \${{ vars.repo }}
    checkout:
    - {branch: "main", path: './src'}
- uses: yaml-update
  if: \${{ success() && len(vars.repo) > 1 }}
  config:
    path: >-
      ./src/\${{ ctx.stage }}
    updates:
    - key: image.tag
      value: |-
        \${{ quote(imageFrom("ghcr.io/example/app").Tag) }}
- uses: git-clone
  config:
    <<: *clone
- task: {name: t}
  vars: [{name: x, value: "\${{ outputs['clone'].commits.a }}"}]
`;
const text = project(
  stage("test", { steps, vars: "- name: repo\n  value: https://example.com/a.git" }),
  task(
    "t",
    "- uses: http\n  config:\n    url: ${{ vars.x }} # a comment\n    outputs:\n    - name: a\n      fromExpression: response.body.x",
  ),
  `# a List\napiVersion: v1\nkind: List\nitems:\n- ${stage("in-list").replaceAll("\n", "\n  ")}`,
);

const fixture = (name: string) =>
  readFileSync(join(process.cwd(), "test", "fixtures", "language", "valid", name), "utf8");

/** Files of every way of writing; each is broken in every way below. */
const bases: Readonly<Record<string, string>> = {
  "block style with expressions": text,
  "Windows line breaks": text.slice(0, 1400).replaceAll("\n", "\r\n"),
  "anchors, merge keys and flow style": fixture("anchors-and-styles.yaml"),
  "a List": fixture("list-kind.yaml"),
  JSON: JSON.stringify({
    apiVersion: "kargo.akuity.io/v1alpha1",
    kind: "PromotionTask",
    metadata: { name: "t", namespace: "demo" },
    spec: { steps: [{ uses: "http", as: "é😀", if: "${{ always() }}", config: { url: "${{ vars.a }}" } }] },
  }),
  "webhook receivers": fixture("webhook-receivers.yaml"),
  "analysis and verification": fixture("verification.yaml").slice(0, 1200),
  "a template of Helm": fixture("helm-chart-template.yaml"),
};

let states = 0;

/** Asks everything about one state of a file; none may throw, and completion must answer. */
function askAll(service: LanguageService, offset: number): void {
  states++;
  const { length } = service.text(theFile) ?? "";
  const diagnostics = service.diagnostics(theFile);
  for (const { start, end, message } of diagnostics) {
    assert.ok(start <= end && end <= length && message !== "");
  }
  for (const { start, end } of service.complete(theFile, offset)) assert.ok(start <= end && end <= length);
  service.hover(theFile, offset);
  service.definitions(theFile, offset);
  service.references(theFile, offset);
  for (const { start, end } of service.outline(theFile)) assert.ok(start <= end && end <= length);
  let last = 0;
  for (const { start, end } of service.tokens(theFile)) {
    assert.ok(last <= start && start <= end && end <= length, `${last} ${start} ${end} ${length}`);
    last = end;
  }
  if (states % 5 !== 0) return;
  service.folds(theFile);
  service.hints(theFile);
  service.lenses(theFile);
  service.prepareRename(theFile, offset);
  for (const { edits } of service.actions(theFile, { start: offset, end: Math.min(length, offset + 80) })) {
    for (const list of Object.values(edits)) for (const { start, end } of list) assert.ok(start <= end);
  }
}

const limit = { timeout: 300_000 };

for (const [name, base] of Object.entries(bases)) {
  test(`every beginning is survived, with an answer to everything: ${name}`, limit, () => {
    const service = new LanguageService();
    for (let end = 0; end <= base.length; end++) {
      service.setText(theFile, base.slice(0, end));
      askAll(service, end);
    }
  });

  test(`every missing line is survived: ${name}`, limit, () => {
    const lines = base.split("\n");
    const service = new LanguageService();
    for (const [index] of lines.entries()) {
      service.setText(theFile, lines.toSpliced(index, 1).join("\n"));
      askAll(service, lines.slice(0, index).join("\n").length);
    }
  });

  test(`random edits leave the same state as a fresh start: ${name}`, limit, () => randomEdits(base));
}

const pieces = [
  "",
  "\n",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "- ",
  "? ",
  "  ",
  ": ",
  "{",
  "]",
  '"',
  "'",
  "${{ ",
  " }}",
  "{{ .Values.x }}",
  "#",
  "&a ",
  "*a",
  "<<: *a\n",
  "!!str ",
  "|-\n",
  "\t",
  "\r\n",
  "\uFEFF",
  "\0",
  "\u2028",
  "é😀",
  "x",
];

function randomEdits(base: string): void {
  const random = randomFrom(base.length);
  const below = (limit: number) => Math.floor(random() * limit);
  const service = new LanguageService();
  for (let round = 0; round < 250; round++) {
    if (round % 50 === 0) service.setText(theFile, base);
    const now = service.text(theFile) ?? "";
    const start = below(now.length + 1);
    const end = Math.min(now.length, start + below(30));
    const insert = pieces[below(pieces.length)] ?? "";
    service.edit(theFile, service.positionAt(theFile, start), service.positionAt(theFile, end), insert);
    askAll(service, Math.min(start, (service.text(theFile) ?? "").length));
    if (round % 25 !== 0) continue;
    const fresh = new LanguageService();
    fresh.setText(theFile, service.text(theFile) ?? "");
    assert.deepEqual(service.diagnostics(theFile), fresh.diagnostics(theFile));
    assert.deepEqual(service.outline(theFile), fresh.outline(theFile));
  }
}

test("ten thousand broken texts were tried", (context) => {
  context.diagnostic(`${states} texts`);
  assert.ok(states >= 10_000, `${states}`);
});

test("offsets and positions are each other's way back, whatever ends the lines", () => {
  for (const newline of ["\n", "\r\n"]) {
    const service = new LanguageService();
    const changed = text.replaceAll("\n", newline);
    service.setText(theFile, changed);
    for (let offset = 0; offset <= changed.length; offset += 3) {
      if (changed[offset] === "\n" && newline === "\r\n") continue;
      assert.equal(service.offsetAt(theFile, service.positionAt(theFile, offset)), offset);
    }
  }
});
