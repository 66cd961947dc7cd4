// Code actions on texts that are being written: every prefix, every line gone, keys and values swapped. No action throws,
// overlaps with itself, or turns YAML that can be read into YAML that cannot.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { project, serviceOf, stage, task, theFile } from "../../support/cursor";
import { applied } from "../../support/edits";

const source = project(
  stage("test", {
    vars: "- name: tag # which\n  value: '1.10'",
    steps: [
      "- uses: git-clone",
      "  as: step-1",
      "  config: {repoURL: 'git@a.b:c/d.git', checkout: [{path: x, colour: red}]}",
      "# between",
      "- uses: git-comit",
      "  config:",
      "    path: x",
      "    author:",
      "      name: a",
      "    message: |",
      "      a ${{ vars.tga }}",
      "      b",
      "    messageFromSteps: [step-1]",
      "- uses: http",
      "  if: always()",
      "  config:",
      "    url: ${{ vars.tag",
      "    method: get",
      "    continueOnError: true",
      "- task: {name: t}",
      "  as: go",
      "  if: ${{ 1 }}",
    ].join("\n"),
  }),
  stage("uat", { from: ["tset", "'test'", "test"] }).replace(
    "  requestedFreight:",
    "  shard: 5\n  requestedFreight:",
  ),
  task(
    "t",
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ outputs.push.branch }}",
  ),
);

function* variants(): Iterable<readonly [name: string, text: string]> {
  const lines = source.split("\n");
  yield ["whole", source];
  yield ["CRLF", source.replaceAll("\n", "\r\n")];
  // The Project and the Warehouse are the frame; what is written is behind them.
  for (let at = 20; at < lines.length; at += 2) {
    yield [`without line ${at + 1}`, lines.filter((_, index) => index !== at).join("\n")];
    yield [
      `line ${at + 1} without its value`,
      lines.map((line, i) => (i === at ? line.replace(/: .*/, ":") : line)).join("\n"),
    ];
    yield [
      `line ${at + 1} with another key`,
      lines.map((line, i) => (i === at ? line.replace(/(\w)(\w*):/, "$2$1x:") : line)).join("\n"),
    ];
    yield [
      `line ${at + 1} with a number`,
      lines.map((line, i) => (i === at ? line.replace(/: .*/, ": 7") : line)).join("\n"),
    ];
  }
  for (let end = 0; end < source.length; end += 37) yield [`first ${end}`, source.slice(0, end)];
}

const errorsOf = (text: string) =>
  parseAllDocuments(text).flatMap((document) => ("errors" in document ? document.errors : []));

test("no code action breaks a text", () => {
  let count = 0;
  const kinds = new Set<string>();
  for (const [name, text] of variants()) {
    const service = serviceOf(text);
    const readable = errorsOf(text).length === 0;
    for (const action of service.actions(theFile, { start: 0, end: text.length })) {
      count++;
      kinds.add(action.kind);
      const result = applied(service, action.edits)[theFile] ?? "";
      assert.notEqual(result, text, `${name}: ${action.title} changes nothing`);
      if (readable) assert.deepEqual(errorsOf(result), [], `${name}: ${action.title}\n${result}`);
      assert.ok(
        !text.includes("\r") || !/(?<!\r)\n/.test(result),
        `${name}: ${action.title} mixes line breaks`,
      );
    }
  }
  assert.ok(count > 1500 && kinds.size > 15, `${count} actions of ${kinds.size} kinds`);
});
