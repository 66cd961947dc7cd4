// What of the language server changes texts: code actions and renames, in the words of the protocol.
// Decides nothing; refusals of a rename reach the user as they are.
import {
  type CodeAction,
  type Connection,
  LSPErrorCodes,
  ResponseError,
  type ServerCapabilities,
  type TextDocumentPositionParams,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { errorMessage } from "../base/errors";
import type { LanguageService, WorkspaceEdits } from "./language-service";
import { toDiagnostic } from "./server-convert";
import type { ServerWorkspace } from "./server-workspace";

/** What the client is told of them. */
export const editingCapabilities: ServerCapabilities = {
  codeActionProvider: { codeActionKinds: ["quickfix", "refactor.extract", "refactor.inline"] },
  renameProvider: { prepareProvider: true },
};

/** Answers requests for code actions and renames. */
export function answerEditRequests(
  connection: Connection,
  service: LanguageService,
  workspace: ServerWorkspace,
): void {
  const offset = ({ textDocument, position }: TextDocumentPositionParams) =>
    service.offsetAt(textDocument.uri, position);

  connection.onCodeAction(({ textDocument: { uri }, range, context: { only } }) => {
    if (workspace.settings.off.has("codeActions")) return null;
    const span = { start: service.offsetAt(uri, range.start), end: service.offsetAt(uri, range.end) };
    try {
      const wanted = service.actions(uri, span).filter(({ kind }) => isWanted(kind, only));
      return wanted.map(
        ({ title, kind, diagnostic, preferred, edits }): CodeAction => ({
          title,
          kind,
          edit: toWorkspaceEdit(edits),
          ...(diagnostic === undefined ? {} : { diagnostics: [toDiagnostic(diagnostic)] }),
          ...(preferred === true ? { isPreferred: true } : {}),
        }),
      );
    } catch (error) {
      connection.console.error(`codeActions: ${errorMessage(error)}`);
      return null;
    }
  });
  connection.onPrepareRename((params) => {
    if (workspace.settings.off.has("rename")) return null;
    const target = service.prepareRename(params.textDocument.uri, offset(params));
    if ("refused" in target) throw refusal(target.refused);
    const { uri } = params.textDocument;
    const range = {
      start: service.positionAt(uri, target.start),
      end: service.positionAt(uri, target.end),
    };
    return { range, placeholder: target.name };
  });
  connection.onRenameRequest((params) => {
    if (workspace.settings.off.has("rename")) return null;
    const edits = service.rename(params.textDocument.uri, offset(params), params.newName);
    if ("refused" in edits) throw refusal(edits.refused);
    return toWorkspaceEdit(edits);
  });
}

/** Kinds are paths: `quickfix` asks for all below it. */
function isWanted(kind: string, only: readonly string[] | undefined): boolean {
  return only?.every((one) => kind !== one && !kind.startsWith(`${one}.`)) !== true;
}

function refusal(sentence: string): ResponseError {
  return new ResponseError(LSPErrorCodes.RequestFailed, sentence);
}

function toWorkspaceEdit(edits: WorkspaceEdits): WorkspaceEdit {
  const changes = [...edits].map(([uri, list]) => [
    uri,
    list.map(({ range, text }) => ({ range, newText: text })),
  ]);
  return { changes: Object.fromEntries(changes) };
}
