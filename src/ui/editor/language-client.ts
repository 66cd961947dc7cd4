// The client of the language server: starts dist/server.js beside it, and lets it start again after a crash.
// Knows no rule of the language. A bundle of its own, because most windows never need it.
import { type CodeLens, type Diagnostic, workspace } from "vscode";
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
import { yamlServerReports } from "./other-yaml-server";

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
    middleware,
    diagnosticCollectionName: "kargo",
  });
  await client.start();
  return {
    stop: async () => {
      stopped = true;
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

const middleware: Middleware = {
  handleDiagnostics: (uri, diagnostics, next) => next(uri, withoutDoubles(diagnostics)),
  // Promoting is off in a workspace that is not trusted, and so are the lenses for it.
  provideCodeLenses: async (document, token, next) => {
    if (!workspace.isTrusted) return [];
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const lenses = (await next(document, token)) ?? [];
    return folder === undefined ? lenses : lenses.map((lens) => inFolder(lens, folder));
  },
};

/** Where another YAML server tells of broken YAML, once is enough. */
function withoutDoubles(diagnostics: Diagnostic[]): Diagnostic[] {
  if (!yamlServerReports()) return diagnostics;
  return diagnostics.filter(({ code }) => code !== "yaml-syntax");
}

/** Commands take a folder, for windows in which several have a Stage of the same name. */
function inFolder(lens: CodeLens, folder: string): CodeLens {
  const target: unknown = lens.command?.arguments?.[0];
  if (lens.command === undefined || typeof target !== "object" || target === null) return lens;
  lens.command.arguments = [{ ...target, folder }];
  return lens;
}
