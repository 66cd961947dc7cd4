import assert from "node:assert/strict";
import { test } from "node:test";
import { LanguageService } from "../../../src/language/language-service";
import { project, stage, task, theFile } from "../../support/cursor";

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

/** Asks everything about one state of a file; none may throw, and completion and hover must answer. */
function askAll(service: LanguageService, offset: number): void {
  for (const { start, end, message } of service.diagnostics(theFile)) {
    assert.ok(start <= end && message !== "");
    assert.ok(end <= (service.text(theFile) ?? "").length);
  }
  assert.ok(Array.isArray(service.complete(theFile, offset)));
  service.hover(theFile, offset);
  service.references(theFile, offset);
}

function askRest(service: LanguageService): void {
  service.outline(theFile);
  service.folds(theFile);
  service.tokens(theFile);
  service.hints(theFile);
  service.lenses(theFile);
}

test("every beginning of a text is survived, with an answer to completion", () => {
  const service = new LanguageService();
  for (let end = 0; end <= text.length; end++) {
    service.setText(theFile, text.slice(0, end));
    askAll(service, end);
    if (end % 7 === 0) askRest(service);
  }
});

test("every missing line is survived", () => {
  const lines = text.split("\n");
  const service = new LanguageService();
  for (const [index] of lines.entries()) {
    service.setText(theFile, lines.toSpliced(index, 1).join("\n"));
    askAll(service, Math.floor((index / lines.length) * text.length * 0.9));
    askRest(service);
  }
});

test("random edits leave the same state as a fresh start", () => {
  const pieces = [
    "",
    "\n",
    "---\n",
    "- ",
    "  ",
    ": ",
    "{",
    "]",
    '"',
    "'",
    "${{ ",
    " }}",
    "#",
    "&a ",
    "*a",
    "|-\n",
    "\t",
    "\r\n",
    "é😀",
    "x",
  ];
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  const service = new LanguageService();
  service.setText(theFile, text);
  for (let round = 0; round < 600; round++) {
    if (round % 100 === 0) service.setText(theFile, text);
    const now = service.text(theFile) ?? "";
    const start = random(now.length + 1);
    const end = Math.min(now.length, start + random(30));
    const insert = pieces[random(pieces.length)] ?? "";
    service.edit(theFile, service.positionAt(theFile, start), service.positionAt(theFile, end), insert);
    askAll(service, start);
    if (round % 25 !== 0) continue;
    const fresh = new LanguageService();
    fresh.setText(theFile, service.text(theFile) ?? "");
    assert.deepEqual(service.diagnostics(theFile), fresh.diagnostics(theFile));
    assert.deepEqual(service.outline(theFile), fresh.outline(theFile));
  }
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
