// The Pipelines view on the real sample: what it shows of YAML that comes, changes and goes, and of discovered Freight.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { commandPlaces } from "../../src/ui/contributions";
import {
  act,
  flat,
  git,
  type Line,
  lineAt,
  lineOnce,
  sampleRepository,
  treeLines,
  until,
  workbench,
  workspaceRoot,
} from "./workbench";

let repository: string;

/** Writes a file of the workspace from outside the editor, as a terminal would. */
function write(name: string, text: string): string {
  const path = join(workspaceRoot(), "extra", name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function ids(lines: readonly Line[]): string[] {
  return flat(lines).map(({ item }) => item.id ?? "");
}

describe("the Pipelines view", function () {
  this.timeout(60_000);

  before(async () => {
    await vscode.commands.executeCommand("kargo.pipelines.focus");
    repository = await sampleRepository();
    await lineOnce("hello", "Stages", "prod");
  });

  after(() => rmSync(join(workspaceRoot(), "extra"), { recursive: true, force: true }));

  it("has every command", async () => {
    const registered = await vscode.commands.getCommands(true);
    for (const id of Object.keys(commandPlaces)) assert.ok(registered.includes(id), id);
  });

  it("shows Stages along the pipeline, the Warehouse and the task", async () => {
    const project = await lineOnce("hello");
    const list = (name: string) => project.children.find(({ text }) => text.startsWith(name))?.children ?? [];
    assert.deepEqual(
      list("Stages").map(({ item }) => item.label),
      ["test", "uat", "prod"],
    );
    assert.deepEqual(
      list("Warehouses").map(({ item }) => item.label),
      ["hello"],
    );
    assert.deepEqual(
      list("Tasks").map(({ text }) => text),
      ["deploy 8 steps"],
    );
  });

  it("gives every item words for its icon, and an id of its own", async () => {
    const lines = flat(await treeLines());
    for (const { item, text } of lines) {
      if (item.iconPath !== undefined && item.contextValue?.match(/stage|warehouse|freight|promotion/)) {
        assert.ok(item.accessibilityInformation?.label, text);
      }
    }
    assert.equal(new Set(lines.map(({ item }) => item.id)).size, lines.length);
  });

  it("is quiet while nothing changes: asking for its items must not make it ask again", async () => {
    const { pipelines } = await workbench();
    const pause = () => new Promise((done) => setTimeout(done, 400));
    await lineOnce("hello", "Warehouses", "hello discovered"); // it looks by itself when the view is first seen
    await pause(); // the sample's files may still come in
    let changes = 0;
    const subscription = pipelines.onDidChangeTreeData?.(() => changes++);
    await treeLines();
    await pause();
    subscription?.dispose();
    assert.equal(changes, 0);
  });

  it("explains an item when it is pointed at", async () => {
    const { pipelines } = await workbench();
    for (const { node, item, text } of flat(await treeLines())) {
      if (!item.contextValue?.match(/project|stage|warehouse|written/)) continue;
      const { token } = new vscode.CancellationTokenSource();
      const { tooltip } = (await pipelines.resolveTreeItem?.(item, node, token)) ?? {};
      assert.ok(tooltip instanceof vscode.MarkdownString, text);
      assert.match(tooltip.value, /^\*\*[\w-]+\*\*/, text);
    }
  });

  it("opens the YAML at the resource", async () => {
    const uat = await lineOnce("hello", "Stages", "uat");
    await act("kargo.resource.open", uat.node);
    const editor = vscode.window.activeTextEditor;
    assert.match(editor?.document.fileName ?? "", /stages\.yaml$/);
    const line = editor?.selection.active.line ?? 0;
    const below = editor?.document.getText(new vscode.Range(line, 0, line + 4, 0)) ?? "";
    assert.match(below, /kind: Stage\s+metadata:\s+name: uat/);
  });

  it("copies a name", async () => {
    await act("kargo.resource.copyName", (await lineOnce("hello", "Stages", "uat")).node);
    assert.equal(await vscode.env.clipboard.readText(), "uat");
  });

  it("takes up a file that appears and drops one that goes", async () => {
    const path = write("dev.yaml", stageYaml("dev"));
    await lineOnce("hello", "Stages", "dev");
    rmSync(path);
    await until("Stage dev to go", async () => ((await lineAt("hello", "Stages", "dev")) ? undefined : true));
  });

  it("drops what lay in a folder that goes", async () => {
    write("deep/er/dev.yaml", stageYaml("dev"));
    await lineOnce("hello", "Stages", "dev");
    rmSync(join(workspaceRoot(), "extra", "deep"), { recursive: true });
    await until("Stage dev to go", async () => ((await lineAt("hello", "Stages", "dev")) ? undefined : true));
  });

  it("takes saved text only", async () => {
    const path = write("qa.yaml", stageYaml("qa"));
    await lineOnce("hello", "Stages", "qa");
    const document = await vscode.workspace.openTextDocument(path);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), stageYaml("staging"));
    assert.ok(await vscode.workspace.applyEdit(edit));
    await act("kargo.pipelines.refresh");
    assert.ok(await lineAt("hello", "Stages", "qa"), "unsaved text must not count");
    assert.equal(await lineAt("hello", "Stages", "staging"), undefined);
    await document.save();
    await lineOnce("hello", "Stages", "staging");
    assert.equal(await lineAt("hello", "Stages", "qa"), undefined);
    rmSync(path);
    await until("Stage staging to go", async () =>
      (await lineAt("hello", "Stages", "staging")) ? undefined : true,
    );
  });

  it("shows a broken document as a problem, and the other documents all the same", async () => {
    const path = write(
      "broken.yaml",
      `${stageYaml("whole")}---\napiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nspec: [\n`,
    );
    await lineOnce("hello", "Stages", "whole");
    const problems = await lineOnce("Problems");
    assert.match(problems.children[0]?.text ?? "", /broken\.yaml:\d+$/);
    rmSync(path);
    await until("the problems to go", async () => ((await lineAt("Problems")) ? undefined : true));
  });

  it("finds Freight when a Warehouse is refreshed", async () => {
    const warehouse = await lineOnce("hello", "Warehouses", "hello");
    await act("kargo.warehouse.refresh", warehouse.node);
    const freight = (await lineOnce("hello", "Freight")).children[0];
    assert.match(freight?.text ?? "", /^\w+-\w+ repository@[0-9a-f]{7}/);
    assert.equal(freight?.children[0]?.text.split(" ")[0], git(repository, "rev-parse", "--short=7", "main"));
  });

  it("keeps every id and every expansion when it is refreshed", async () => {
    const before = await treeLines();
    await act("kargo.pipelines.refresh");
    write("note.yaml", "kind: Note\n");
    const after = await treeLines();
    assert.deepEqual(ids(after), ids(before));
    assert.deepEqual(
      flat(after).map(({ item }) => item.collapsibleState),
      flat(before).map(({ item }) => item.collapsibleState),
    );
  });

  it("draws again what differs, and never the whole tree", async () => {
    const { pipelines } = await workbench();
    await treeLines();
    const drawn: string[] = [];
    const subscription = pipelines.onDidChangeTreeData?.((rows) => {
      for (const row of Array.isArray(rows) ? rows : [rows]) drawn.push(row ? shortId(row.id) : "everything");
    });
    const quiet = async () => {
      const before = drawn.length;
      await new Promise((done) => setTimeout(done, 500)); // VS Code takes up to 200 ms to ask for what it was told
      return drawn.length === before ? true : undefined;
    };
    try {
      await until("what came before to be drawn", quiet);
      drawn.length = 0;
      await act("kargo.pipelines.refresh");
      write("note.yaml", "kind: Note\n# again\n");
      await new Promise((done) => setTimeout(done, 500)); // time enough to draw what is not to be drawn
      assert.deepEqual(
        drawn.filter((id) => !id.includes("/Warehouse:")), // how long ago it was looked at
        [],
      );
      const file = write("drawn.yaml", stageYaml("drawn"));
      await lineOnce("hello", "Stages", "drawn");
      await until("the list to be drawn", () => (drawn.includes("Project:hello/Stages") ? true : undefined));
      drawn.length = 0;
      await treeLines();
      writeFileSync(file, stageYaml("drawn").replace(/\n {2}promotionTemplate.*/, "")); // a control flow Stage now
      const row = "Project:hello/Stages/Stage:drawn";
      await until("the Stage to be drawn", () => (drawn.includes(row) ? true : undefined));
      assert.ok(!drawn.includes("everything"), drawn.join());
      assert.ok(!drawn.includes("Project:hello/Stages"), drawn.join());
    } finally {
      subscription?.dispose();
    }
  });

  it("shows which of several subscriptions failed, and why", async () => {
    write("two.yaml", warehouseYaml("two", repository, join(workspaceRoot(), "nowhere.git")));
    const { node } = await lineOnce("hello", "Warehouses", "two");
    await act("kargo.warehouse.refresh", node);
    const two = await until("the failure", async () => {
      const line = await lineAt("hello", "Warehouses", "two");
      return /Discovery failed/.test(line?.text ?? "") ? line : undefined;
    });
    assert.match(two.text, /^two Discovery failed for nowhere/);
    const [well, bad] = two.children;
    assert.notEqual(iconOf(well), "warning");
    assert.equal(iconOf(bad), "warning");
    assert.match(bad?.text ?? "", /^nowhere .*nowhere\.git/);
    const tooltip = bad?.node.tooltip?.();
    assert.match(tooltip instanceof vscode.MarkdownString ? tooltip.value : "", /nowhere/);
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("promotes nothing that has not been verified upstream", async () => {
    const uat = await lineOnce("hello", "Stages", "uat");
    const [freight] = (await lineOnce("hello", "Freight")).children;
    await act("kargo.stage.promote", uat.node, freight?.node);
    assert.equal(await lineAt("hello", "Promotions"), undefined, "no Promotion was admitted");
  });
});

function iconOf(line: Line | undefined): string | undefined {
  return line?.item.iconPath instanceof vscode.ThemeIcon ? line.item.iconPath.id : undefined;
}

/** Without the folder, which is somewhere else on every machine. */
function shortId(id: string): string {
  return id.slice(id.indexOf("Project:"));
}

function warehouseYaml(name: string, ...repositories: readonly string[]): string {
  const subscriptions = repositories.map((url) => `    - git: { repoURL: "file://${url}", branch: main }\n`);
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: { name: ${name}, namespace: hello }
spec:
  subscriptions:
${subscriptions.join("")}`;
}

function stageYaml(name: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: ${name}, namespace: hello }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: hello }
      sources: { direct: true }
  promotionTemplate: { spec: { steps: [{ task: { name: deploy } }] } }
`;
}
