// Every quick fix as the lightbulb offers it: asked of VS Code for a document that is open, applied, and the text read.
// The rows are those of the language service.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { quickFixRows } from "../support/quick-fix-rows";
import { until } from "./workbench";

describe("quick fixes", function () {
  this.timeout(60_000);
  let folder: string;
  let document: vscode.TextDocument;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "quick-fixes-"));
    writeFileSync(join(folder, "a.yaml"), "# kargo.akuity.io/\n");
    document = await vscode.workspace.openTextDocument(join(folder, "a.yaml"));
    await vscode.window.showTextDocument(document);
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    rmSync(folder, { recursive: true, force: true });
  });

  const whole = () => new vscode.Range(0, 0, document.lineCount, 0);

  /** The text as it has become; VS Code asks for actions of the text it shows. */
  async function write(text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, whole(), text);
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.equal(document.getText(), text);
  }

  const offered = () =>
    vscode.commands.executeCommand<readonly vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      whole(),
      vscode.CodeActionKind.QuickFix.value,
      100,
    );

  const kinds = new Set<string>();
  for (const [name, [wrap, before, title, expected]] of Object.entries(quickFixRows))
    it(name, async () => {
      await write(wrap(before));
      const action = await until(`"${title}"`, async () =>
        (await offered()).find((one) => one.title === title),
      );
      kinds.add(action.kind?.value ?? "");
      assert.ok(action.edit, "an action of our own needs no command");
      assert.ok(await vscode.workspace.applyEdit(action.edit));
      assert.equal(document.getText(), wrap(expected));
    });

  it("are of many kinds", () => {
    assert.ok(kinds.size >= 20, [...kinds].join(" "));
  });
});
