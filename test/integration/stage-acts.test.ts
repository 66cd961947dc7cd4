// What a person does to Freight and Stages besides promoting, by command on the real sample: to recorded state.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import type { Stage } from "../../src/model/resources";
import { act, git, type Line, lineAt, lineOnce, sampleRepository, until, workspaceRoot } from "./workbench";

describe("acting on Freight and Stages", function () {
  this.timeout(60_000);
  let repository: string;

  before(async () => {
    await vscode.commands.executeCommand("kargo.pipelines.focus");
    repository = await sampleRepository();
    await act("kargo.warehouse.refresh", (await lineOnce("hello", "Warehouses", "hello")).node);
    await freightOf("Say hello");
    if (!/Verified/.test((await stage("test")).text)) {
      await act("kargo.stage.promote", (await stage("test")).node, (await freightOf("Say hello")).node);
    }
  });

  const stage = (name: string) => lineOnce("hello", "Stages", name);

  /** The Freight of a commit; the newest come first. */
  async function freightOf(subject: string): Promise<Line> {
    return until(`Freight of "${subject}"`, async () => {
      const list = await lineAt("hello", "Freight");
      return list?.children.find(({ children }) => children.some(({ text }) => text.endsWith(subject)));
    });
  }

  it("approves Freight for a Stage whose upstream has not verified it", async () => {
    await newCommit(repository, "Say more");
    await act("kargo.warehouse.refresh", (await lineOnce("hello", "Warehouses", "hello")).node);
    const freight = await freightOf("Say more");
    assert.doesNotMatch(freight.text, /approved/);
    await act("kargo.freight.approve", freight.node, (await stage("prod")).node);
    assert.match((await freightOf("Say more")).text, /approved for prod$/);
    assert.match(freight.item.contextValue ?? "", /\bfreight\b.*\bpromotable\b/);
  });

  it("holds a Stage that older Freight was promoted to, and lets it go on when asked", async () => {
    await act("kargo.stage.promote", (await stage("test")).node, (await freightOf("Say hello")).node);
    const held = await until("the hold", async () => {
      const line = await stage("test");
      return /· held$/.test(line.text) ? line : undefined;
    });
    assert.match(held.item.contextValue ?? "", /\bheld\b/);
    assert.match(held.item.accessibilityInformation?.label ?? "", /held at \w+-\w+ of hello by vscode:/);
    await act("kargo.stage.resumeAutoPromotion", held.node);
    const wanted = String((await freightOf("Say more")).item.label);
    await until("the newest Freight in test", async () =>
      (await stage("test")).text === `test ${wanted} · Verified` ? true : undefined,
    );
  });

  it("promotes to every Stage right behind one", async () => {
    const freight = await freightOf("Say more");
    const before = git(repository, "rev-parse", "--verify", "-q", "main");
    await act("kargo.stage.promoteDownstream", (await stage("test")).node, freight.node);
    await until("uat to have it", async () =>
      (await stage("uat")).text.startsWith(`uat ${freight.item.label} · Verified`) ? true : undefined,
    );
    assert.ok(git(repository, "show", "stage/uat:stage/settings.yaml").includes(before));
    assert.match((await stage("test")).item.contextValue ?? "", /\bupstream\b/);
    assert.doesNotMatch((await stage("prod")).item.contextValue ?? "", /\bupstream\b/);
  });

  it("verifies what a Stage runs on again", async () => {
    const before = verifications("test");
    assert.match((await stage("test")).item.contextValue ?? "", /\bverifiable\b/);
    await act("kargo.stage.verify", (await stage("test")).node);
    await until("another verification", () => (verifications("test") === before + 1 ? true : undefined));
  });

  it("refreshes a Stage", async () => {
    const before = recorded("uat").status?.lastHandledRefresh ?? "";
    await act("kargo.stage.refresh", (await stage("uat")).node);
    assert.ok((recorded("uat").status?.lastHandledRefresh ?? "") > before);
  });

  it("keeps Freight that a Stage runs on", async () => {
    await act("kargo.freight.delete", (await freightOf("Say more")).node);
    assert.ok(await freightOf("Say more"));
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("switches off without a question, whatever it stood at", async () => {
    await act("kargo.pipelines.stop");
    assert.doesNotMatch((await stage("test")).text, /· auto$/);
  });

  function recorded(name: string): Stage {
    const path = join(workspaceRoot(), ".kargo", "state", "hello", "stages", `${name}.json`);
    assert.ok(existsSync(path), path);
    return JSON.parse(readFileSync(path, "utf8"));
  }

  function verifications(name: string): number {
    return recorded(name).status?.freightHistory?.[0]?.verificationHistory?.length ?? 0;
  }
});

/** Discovery times have whole seconds, and the newest Freight is the one that was discovered last. */
async function newCommit(repository: string, message: string): Promise<void> {
  await new Promise((done) => setTimeout(done, 1100));
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const run = (...args: readonly string[]) =>
    execFileSync("git", ["--git-dir", repository, ...args], {
      cwd: dirname(repository),
      encoding: "utf8",
    }).trim();
  const id = run(...identity, "commit-tree", "main^{tree}", "-p", "main", "-m", message);
  run("update-ref", "refs/heads/main", id);
}
