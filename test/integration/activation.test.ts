// The extension as VS Code sees it: present, and started without an error.
import assert from "node:assert/strict";
import * as vscode from "vscode";

describe("activation", () => {
  it("starts the extension", async () => {
    const extension = vscode.extensions.getExtension("kargo-workbench.kargo-workbench");
    assert.ok(extension, "the extension is not installed in this host");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
