// Promoting the real sample by command: to pushed commits, to recorded state, and into a remote that refuses.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { act, git, type Line, lineOnce, sampleRepository, until } from "./workbench";

describe("promoting", function () {
  this.timeout(60_000);
  let repository: string;

  before(async () => {
    await vscode.commands.executeCommand("kargo.pipelines.focus");
    repository = await sampleRepository();
    await act("kargo.warehouse.refresh", (await lineOnce("hello", "Warehouses", "hello")).node);
  });

  it("promotes by command, step by step, to a pushed commit", async () => {
    const test = await lineOnce("hello", "Stages", "test");
    const [freight] = (await lineOnce("hello", "Freight")).children;
    await act("kargo.stage.promote", test.node, freight?.node);
    const alias = String(freight?.item.label);
    const promotion = (await lineOnce("hello", "Promotions")).children[0];
    assert.match(promotion?.text ?? "", new RegExp(`^${alias} → test Succeeded`));
    assert.deepEqual(
      promotion?.children.map(({ item }) => item.label),
      ["clone", "clear", "copy-base", "copy-stage", "set-image", "set-release", "commit", "push"],
    );
    const output = promotion?.children.find(({ item }) => item.label === "commit")?.children[0];
    assert.equal(output?.text, `commit ${git(repository, "rev-parse", "stage/test")}`);
    assert.match(git(repository, "show", "stage/test:stage/settings.yaml"), new RegExp(`freight: ${alias}`));
  });

  it("shows what the Stage runs on, and where the Freight is", async () => {
    const [found] = (await lineOnce("hello", "Freight")).children;
    const test = await lineOnce("hello", "Stages", `test ${found?.item.label} · Verified`);
    assert.equal(test.children[0]?.item.label, found?.item.label);
    const [freight] = (await lineOnce("hello", "Freight")).children;
    assert.match(freight?.text ?? "", / · in test$/);
  });

  it("shows recorded state as a document that follows changes", async () => {
    const [freight] = (await lineOnce("hello", "Freight")).children;
    await act("kargo.resource.open", freight?.node);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.scheme, "kargo");
    assert.match(
      document?.getText() ?? "",
      new RegExp(`kind: Freight[\\s\\S]+alias: ${freight?.item.label}`),
    );
    assert.doesNotMatch(document?.getText() ?? "", /^ {4}uat:/m);
    const uat = await lineOnce("hello", "Stages", "uat");
    await act("kargo.stage.promote", uat.node, freight?.node);
    await until("the document to follow", () =>
      /^ {4}uat:/m.test(document?.getText() ?? "") ? true : undefined,
    );
  });

  it("shows which step failed, and why, when the remote refuses", async () => {
    const hook = join(repository, "hooks", "pre-receive");
    mkdirSync(join(repository, "hooks"), { recursive: true });
    // The clone may still make the Stage's branch; what the promotion commits is refused.
    writeFileSync(
      hook,
      `#!/bin/sh
while read old new ref; do git log -1 --format=%s $new | grep -q ^Promote && echo 'this repository is closed' && exit 1; done
exit 0
`,
    );
    chmodSync(hook, 0o755);
    const [freight] = (await lineOnce("hello", "Freight")).children;
    const prod = await lineOnce("hello", "Stages", "prod");
    await act("kargo.stage.promote", prod.node, freight?.node);
    const promotion = await lineOnce("hello", "Promotions", `${freight?.item.label} → prod`);
    assert.match(promotion.text, /(Failed|Errored) at step push/, tooltipText(promotion));
    const push = promotion.children.find(({ item }) => item.label === "push");
    assert.match(String(push?.node.tooltip?.() && tooltipText(push)), /this repository is closed/);
    assert.match((await lineOnce("hello", "Stages", "prod")).text, /Promotion (failed|errored)/);
    rmSync(hook);
    await vscode.commands.executeCommand("notifications.clearAll");
  });
});

function tooltipText({ node }: Line): string {
  const tooltip = node.tooltip?.();
  return typeof tooltip === "string" ? tooltip : (tooltip?.value ?? "");
}
