// The language server as VS Code's own features see it: a process of its own behind the client of the extension.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";

const head = (kind: string, name: string) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: shop\n`;
const text = `${head("Stage", "first")}spec:
  requestedFreight:
    - origin:
        kind: Warehouse
        name: shop
      sources:
        direct: true
  promotionTemplate:
    spec:
      steps:
        - uses: git-clone
          as: clone
          config:
            repoURL: https://github.com/example/shop.git
            insecureSkipTLSVerify: perhaps
            checkout:
              - path: ./src
        - uses: git-clear
          config:
            path: \${{ ctx.stage }}
---
${head("Stage", "second")}spec:
  requestedFreight:
    - origin:
        kind: Warehouse
        name: shop
      sources:
        stages:
          - first
`;

describe("the language server", () => {
  let folder: string;
  let document: vscode.TextDocument;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "language-"));
    writeFileSync(join(folder, "pipeline.yaml"), text);
    document = await vscode.workspace.openTextDocument(join(folder, "pipeline.yaml"));
    await vscode.window.showTextDocument(document);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The place just behind a text of the document. */
  const behind = (part: string) => document.positionAt(document.getText().indexOf(part) + part.length);

  const ours = () => vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === "kargo");

  /** Processes of the server that this extension host has started. */
  const servers = () =>
    execFileSync("ps", ["axo", "pid,ppid,args"], { encoding: "utf8" })
      .split("\n")
      .map((line) => /^\s*(\d+)\s+(\d+)\s.*[\\/]dist[\\/]server\.js/.exec(line) ?? [])
      .filter(([, , parent]) => Number(parent) === process.pid)
      .map(([, pid]) => pid ?? "");

  async function until<T>(what: string, look: () => T | undefined | Thenable<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 120; tries++) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  it("tells what is wrong, once", async () => {
    const [found, ...others] = await until("diagnostics", () => (ours().length > 0 ? ours() : undefined));
    assert.deepEqual(others, []);
    assert.equal(found?.code, "type");
    assert.equal(document.getText(found?.range), "perhaps");
  });

  it("completes inside expressions", async () => {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      behind("${{ ctx."),
    );
    const labels = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
    for (const name of ["project", "stage", "targetFreight"]) assert.ok(labels.includes(name), labels.join());
  });

  it("explains steps", async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      behind("uses: git-cl"),
    );
    const words = hovers.flatMap(({ contents }) =>
      contents.map((one) => (one as vscode.MarkdownString).value),
    );
    assert.match(words.join("\n"), /git-clone/);
  });

  it("goes to definitions", async () => {
    const [found] = await vscode.commands.executeCommand<vscode.Location[]>(
      "vscode.executeDefinitionProvider",
      document.uri,
      behind("- fir"),
    );
    assert.equal(found === undefined ? "" : document.getText(found.range), "first");
    assert.equal(found?.range.start.line, 3);
  });

  it("renames with everything that names it, and says why not", async () => {
    const rename = (name: string) =>
      vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        "vscode.executeDocumentRenameProvider",
        document.uri,
        behind("- fir"),
        name,
      );
    const edit = await rename("begin");
    assert.equal(edit.get(document.uri).length, 2);
    await assert.rejects(Promise.resolve(rename("second")), /There is a Stage `second`/);
  });

  it("offers quick fixes and lenses", async () => {
    const titles = await until("actions", async () => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        "vscode.executeCodeActionProvider",
        document.uri,
        new vscode.Range(behind("TLSVerify: "), behind("perhaps")),
      );
      return actions.length > 0 ? actions.map(({ title }) => title) : undefined;
    });
    assert.ok(titles.includes("Ignore `type` on this line"), titles.join());
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      document.uri,
    );
    const commands = lenses.map(({ command }) => command?.command).filter((id) => id?.startsWith("kargo."));
    assert.deepEqual(commands, ["kargo.stage.promote", "kargo.stage.promote"]);
  });

  it("follows its settings", async () => {
    const settings = vscode.workspace.getConfiguration("kargo.language");
    await settings.update("rules", { type: "hint" }, vscode.ConfigurationTarget.Global);
    await until("another severity", () =>
      ours()[0]?.severity === vscode.DiagnosticSeverity.Hint ? true : undefined,
    );
    await settings.update("rules", undefined, vscode.ConfigurationTarget.Global);
    await settings.update("enable", false, vscode.ConfigurationTarget.Global);
    await until("silence", () => (ours().length === 0 ? true : undefined));
    await settings.update("enable", undefined, vscode.ConfigurationTarget.Global);
    await until("diagnostics again", () => (ours().length === 1 ? true : undefined));
  });

  it("starts again after a crash, and ends with the setting", async () => {
    const [server, ...others] = servers();
    assert.deepEqual(others, [], "one server is enough");
    process.kill(Number(server), "SIGKILL");
    await until("another server", () => servers().find((pid) => pid !== server));
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, whole, text.replace("perhaps", "true"));
    await vscode.workspace.applyEdit(edit);
    await until("no diagnostics", () => (ours().length === 0 ? true : undefined));
    const settings = vscode.workspace.getConfiguration("kargo.language");
    await settings.update("enable", false, vscode.ConfigurationTarget.Global);
    await until("no server", () => (servers().length === 0 ? true : undefined));
    await settings.update("enable", undefined, vscode.ConfigurationTarget.Global);
  });

  it("offers the task that checks the folder, and the task finds what the editor finds", async function () {
    const [task] = await vscode.tasks.fetchTasks({ type: "kargo" });
    assert.ok(task, "no task");
    assert.equal(task.name, "validate");
    if (!hasTerminals()) {
      console.log("The task was not run: this VS Code has no pseudo-terminal (node-pty is not built).");
      this.skip();
    }
    const ended = new Promise<number | undefined>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== "validate") return;
        listening.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 0, "the sample is right");
  });
});

/** A task needs a terminal; the oldest host is laid without the native module that makes one. */
function hasTerminals(): boolean {
  const pty = join(vscode.env.appRoot, "node_modules", "node-pty");
  return ["build/Release", `prebuilds/${process.platform}-${process.arch}`].some((folder) =>
    existsSync(join(pty, folder, "pty.node")),
  );
}
