// Tells VS Code whether the active editor shows resources this program reads, so that menus fit it.
// Looks at the text only; parses nothing.
import { commands, type TextDocument, type TextEditor, window, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable";
import { mayHoldResources } from "../model/parse";
import { contextKeys } from "./contributions";

/** Longer files are not looked at: no pipeline is written like that. */
const maxLength = 2_000_000;

/** Keeps the context key current. */
export function watchActiveEditor(): Disposable {
  const owned = new DisposableStore();
  let told = false;
  const tell = (editor: TextEditor | undefined) => {
    const holds = editor !== undefined && holdsResources(editor.document);
    if (holds === told) return;
    told = holds;
    void commands.executeCommand("setContext", contextKeys.editorHoldsResources, holds);
  };
  owned.add(window.onDidChangeActiveTextEditor(tell));
  owned.add(
    workspace.onDidSaveTextDocument((document) => {
      if (document === window.activeTextEditor?.document) tell(window.activeTextEditor);
    }),
  );
  tell(window.activeTextEditor);
  return owned;
}

function holdsResources(document: TextDocument): boolean {
  if (document.languageId !== "yaml" || document.uri.scheme !== "file") return false;
  const text = document.getText();
  return text.length <= maxLength && mayHoldResources(text);
}
