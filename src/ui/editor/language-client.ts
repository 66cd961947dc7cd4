// The client of the language server: starts dist/server.js beside it, and lets it start again after a crash.
// Knows no rule of the language. A bundle of its own, because most windows never need it.
import {
  type CodeLens,
  CompletionItemKind,
  type CompletionList,
  commands,
  type Diagnostic,
  languages,
  type Position,
  type TextDocument,
  type Uri,
  workspace,
} from "vscode";
import {
  CloseAction,
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
  type ServerOptions,
  TransportKind,
} from "vscode-languageclient/node";
import { withoutOffered, withoutTold } from "./doubles";
import { yamlServerCompletes, yamlServerReports } from "./other-yaml-server";

/** What a client is started with. */
export interface LanguageClientStart {
  /** Absolute path of the server's bundle. */
  readonly serverPath: string;
  /** Where the server's own words go. */
  readonly channel: LanguageClientOptions["outputChannel"];
  /** The server ended by itself and has been started again. */
  readonly onRestarted: () => void;
  /** The server ended by itself too often; `again` starts it once more. */
  readonly onGivenUp: (again: () => void) => void;
}

/** A client that runs. */
export interface RunningClient {
  /** Ends the server's process. */
  stop(): Promise<void>;
}

/** So many ends within that time are too many. */
const maxCrashes = 4;
const crashWindowMs = 180_000;

/** Starts the server and connects to it. Rejects when it cannot be started. */
export async function startLanguageClient(start: LanguageClientStart): Promise<RunningClient> {
  const { serverPath, channel, onRestarted, onGivenUp } = start;
  const server: ServerOptions = { module: serverPath, transport: TransportKind.ipc };
  let stopped = false;
  const told: Told = new Map();
  const crashes = crashHandler({
    onRestarted,
    onGivenUp: () =>
      onGivenUp(() => {
        if (!stopped) void client.restart();
      }),
  });
  const client = new LanguageClient("kargo.language", "Kargo language server", server, {
    documentSelector: [
      { language: "yaml", scheme: "file" },
      { language: "yaml", scheme: "untitled" },
    ],
    ...(channel === undefined ? {} : { outputChannel: channel }),
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    errorHandler: crashes,
    middleware: middlewareWith(told),
    diagnosticCollectionName: "kargo",
  });
  await client.start();
  // Others may speak after us.
  const listener = languages.onDidChangeDiagnostics(({ uris }) => {
    for (const uri of uris) {
      const diagnostics = told.get(uri.toString());
      if (diagnostics === undefined) continue;
      const shown = withoutDoubles(uri, diagnostics);
      if (shown.length !== (client.diagnostics?.get(uri) ?? []).length) client.diagnostics?.set(uri, shown);
    }
  });
  return {
    stop: async () => {
      stopped = true;
      listener.dispose();
      await client.dispose();
    },
  };
}

function crashHandler(on: {
  readonly onRestarted: () => void;
  readonly onGivenUp: () => void;
}): ErrorHandler {
  let crashes: number[] = [];
  return {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      const now = Date.now();
      crashes = [...crashes.filter((at) => now - at < crashWindowMs), now];
      if (crashes.length > maxCrashes) {
        crashes = [];
        on.onGivenUp();
        return { action: CloseAction.DoNotRestart, handled: true };
      }
      on.onRestarted();
      return { action: CloseAction.Restart, handled: true };
    },
  };
}

/** What the server has told last of each document, by its URI. */
type Told = Map<string, readonly Diagnostic[]>;

const middlewareWith = (told: Told): Middleware => ({
  handleDiagnostics: (uri, diagnostics, next) => {
    if (diagnostics.length === 0) told.delete(uri.toString());
    else told.set(uri.toString(), diagnostics);
    next(uri, withoutDoubles(uri, diagnostics));
  },
  provideCompletionItem: async (document, position, context, token, next) => {
    if (askedOthers.get(document)?.isEqual(position) === true) return [];
    if (!yamlServerCompletes(document)) return next(document, position, context, token);
    const [ours, others] = await Promise.all([
      next(document, position, context, token),
      completionsOfOthers(document, position),
    ]);
    const items = Array.isArray(ours) ? ours : (ours?.items ?? []);
    return withoutOffered(items, others);
  },
  // Promoting is off in a workspace that is not trusted, and so are the lenses for it.
  provideCodeLenses: async (document, token, next) => {
    if (!workspace.isTrusted) return [];
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const lenses = (await next(document, token)) ?? [];
    return folder === undefined ? lenses : lenses.map((lens) => inFolder(lens, folder));
  },
});

/** Where another YAML server tells of broken YAML, or checks a schema, once is enough. */
function withoutDoubles(uri: Uri, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  if (!yamlServerReports()) return [...diagnostics];
  const rest = diagnostics.filter(({ code }) => code !== "yaml-syntax");
  return withoutTold(rest, languages.getDiagnostics(uri));
}

/** Where the others are being asked: VS Code asks us as well then. */
const askedOthers = new Map<TextDocument, Position>();

async function completionsOfOthers(
  document: TextDocument,
  position: Position,
): Promise<CompletionList["items"]> {
  askedOthers.set(document, position);
  try {
    const list = await commands.executeCommand<CompletionList | undefined>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      position,
    );
    const words = new Set([CompletionItemKind.Text, CompletionItemKind.Snippet]);
    return (list?.items ?? []).filter(({ kind }) => kind === undefined || !words.has(kind));
  } finally {
    if (askedOthers.get(document) === position) askedOthers.delete(document);
  }
}

/** Commands take a folder, for windows in which several have a Stage of the same name. */
function inFolder(lens: CodeLens, folder: string): CodeLens {
  const target: unknown = lens.command?.arguments?.[0];
  if (lens.command === undefined || typeof target !== "object" || target === null) return lens;
  lens.command.arguments = [{ ...target, folder }];
  return lens;
}
