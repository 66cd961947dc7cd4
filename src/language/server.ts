// The language server: a connection of the Language Server Protocol around the language service, in a process of its own.
// Thin on purpose: it converts, and decides nothing about Kargo.
import { Console } from "node:console";
import {
  type Connection,
  createConnection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
} from "vscode-languageserver/node.js";
import { errorMessage } from "../base/errors";
import { LanguageService, tokenTypes } from "./language-service";
import {
  type Place,
  packTokens,
  rangeOf,
  toCompletion,
  toFold,
  toHint,
  toLens,
  toLocation,
  toSignatureHelp,
  toSymbol,
} from "./server-convert";
import { answerEditRequests, editingCapabilities } from "./server-edits";
import { readSettings, type ServerFeature } from "./server-settings";
import { ServerWorkspace } from "./server-workspace";

/** How a server is started. */
export interface ServerOptions {
  /** The streams of a client; without them those the program's arguments name (`--stdio`, `--node-ipc`). */
  readonly streams?: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };
  /** A program that calls `serveStudies` as a thread; without it nobody helps to read the workspace. */
  readonly studyProgram?: string;
}

/** Serves a client. */
export function startServer({ streams, studyProgram }: ServerOptions): void {
  // Standard output belongs to the protocol.
  globalThis.console = new Console(process.stderr);
  const { all } = ProposedFeatures;
  const connection =
    streams === undefined ? createConnection(all) : createConnection(all, streams.input, streams.output);
  serve(connection, studyProgram);
}

/** Serves a connection until it ends. */
export function serve(connection: Connection, studyProgram?: string): void {
  const service = new LanguageService();
  const workspace = new ServerWorkspace(connection, service, studyProgram);
  const client = new Client(connection);
  connection.onInitialize((params) => client.initialize(params));
  connection.onInitialized(async () => {
    await client.register();
    for (const folder of client.folders) workspace.folders.add(folder);
    await workspace.configure(readSettings(await client.settings()));
    await workspace.index(client.folders);
  });
  connection.onShutdown(() => workspace.dispose());
  followTexts(connection, workspace, client);
  answerRequests(connection, service, workspace);
  answerEditRequests(connection, service, workspace);
  connection.listen();
}

/** What the client can do and has told. */
class Client {
  folders: readonly string[] = [];
  private canConfigure = false;
  private canRegister = false;
  private canWatch = false;
  private initial: unknown;

  constructor(private readonly connection: Connection) {}

  initialize({
    capabilities,
    workspaceFolders,
    rootUri,
    initializationOptions,
  }: InitializeParams): InitializeResult {
    const { workspace } = capabilities;
    this.canConfigure = workspace?.configuration === true;
    this.canRegister = workspace?.didChangeConfiguration?.dynamicRegistration === true;
    this.canWatch = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    this.initial = initializationOptions;
    const root = rootUri === null || rootUri === undefined ? [] : [rootUri];
    this.folders = workspaceFolders?.map(({ uri }) => uri) ?? root;
    return { capabilities: serverCapabilities, serverInfo: { name: "kargo-workbench" } };
  }

  /** Asks to be told of changed settings and files. */
  async register(): Promise<void> {
    const { client } = this.connection;
    if (this.canRegister) {
      await client.register(DidChangeConfigurationNotification.type, { section: "kargo.language" });
    }
    if (this.canWatch) {
      await client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: "**/*.{yaml,yml,json}" }],
      });
    }
  }

  /** The section `kargo.language` of the client's settings. */
  async settings(): Promise<unknown> {
    if (!this.canConfigure) return this.initial;
    const settings: unknown = await this.connection.workspace.getConfiguration("kargo.language");
    return settings ?? this.initial;
  }
}

const serverCapabilities: InitializeResult["capabilities"] = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  completionProvider: { triggerCharacters: [".", "'", '"', "[", " ", "{", "/"] },
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: ["(", ","], retriggerCharacters: [")"] },
  definitionProvider: true,
  referencesProvider: true,
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  foldingRangeProvider: true,
  codeLensProvider: {},
  ...editingCapabilities,
  inlayHintProvider: true,
  semanticTokensProvider: {
    legend: { tokenTypes: [...tokenTypes], tokenModifiers: ["defaultLibrary"] },
    full: true,
    range: true,
  },
  workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
};

function followTexts(connection: Connection, workspace: ServerWorkspace, client: Client): void {
  connection.onDidOpenTextDocument(({ textDocument: { uri, version, text } }) =>
    workspace.didOpen(uri, version, text),
  );
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) =>
    workspace.didChange(uri, version, contentChanges),
  );
  connection.onDidCloseTextDocument(({ textDocument }) => void workspace.didClose(textDocument.uri));
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) void workspace.reread(uri);
  });
  connection.onDidChangeConfiguration(async ({ settings }) => {
    const own: unknown = (settings as { kargo?: { language?: unknown } } | null)?.kargo?.language;
    await workspace.configure(readSettings(own ?? (await client.settings())));
  });
  connection.onNotification("workspace/didChangeWorkspaceFolders", ({ event }: FolderChange) => {
    for (const { uri } of event.removed) workspace.leave(uri);
    void workspace.index(event.added.map(({ uri }) => uri));
  });
}

interface FolderChange {
  readonly event: {
    readonly added: readonly { readonly uri: string }[];
    readonly removed: readonly { readonly uri: string }[];
  };
}

function answerRequests(connection: Connection, service: LanguageService, workspace: ServerWorkspace): void {
  const place =
    (uri: string): Place =>
    (offset) =>
      service.positionAt(uri, offset);
  const offset = ({ textDocument, position }: TextDocumentPositionParams) =>
    service.offsetAt(textDocument.uri, position);
  /** A fault in one answer is told in the log and leaves the others alone. */
  const guarded =
    <P, R>(feature: ServerFeature, empty: R, answer: (params: P) => R) =>
    (params: P): R => {
      if (workspace.settings.off.has(feature)) return empty;
      try {
        return answer(params);
      } catch (error) {
        connection.console.error(`${feature}: ${errorMessage(error)}`);
        return empty;
      }
    };

  connection.onCompletion(
    guarded("completion", null, (params) => {
      const { uri } = params.textDocument;
      const at = offset(params);
      if (params.context?.triggerCharacter === " " && !wantsCompletion(service.text(uri) ?? "", at))
        return null;
      const items = service.complete(uri, at).map((one, index) => toCompletion(one, index, place(uri)));
      return { isIncomplete: false, items };
    }),
  );
  connection.onHover(
    guarded("hover", null, (params) => {
      const { uri } = params.textDocument;
      const hover = service.hover(uri, offset(params));
      if (hover === undefined) return null;
      return { contents: { kind: "markdown", value: hover.doc }, range: rangeOf(hover, place(uri)) };
    }),
  );
  connection.onSignatureHelp(
    guarded("signatureHelp", null, (params) => {
      const found = service.signatureHelp(params.textDocument.uri, offset(params));
      return found === undefined ? null : toSignatureHelp(found);
    }),
  );
  connection.onDefinition(
    guarded("definition", null, (params) =>
      service.definitions(params.textDocument.uri, offset(params)).map(toLocation),
    ),
  );
  connection.onReferences(
    guarded("references", null, (params) =>
      service
        .references(params.textDocument.uri, offset(params))
        .filter(({ role }) => params.context.includeDeclaration || role === "reference")
        .map(toLocation),
    ),
  );
  connection.onDocumentSymbol(
    guarded("symbols", null, ({ textDocument: { uri } }) =>
      service.outline(uri).map((one) => toSymbol(one, place(uri))),
    ),
  );
  connection.onWorkspaceSymbol(
    guarded("symbols", null, ({ query }) =>
      service.symbols(query).map((one) => ({
        name: `${one.kind} ${one.name}`,
        kind: 5,
        location: toLocation(one),
        ...(one.namespace === undefined ? {} : { containerName: one.namespace }),
      })),
    ),
  );
  connection.onFoldingRanges(
    guarded("folding", null, ({ textDocument: { uri } }) => service.folds(uri).map(toFold)),
  );
  connection.onCodeLens(
    guarded("codeLenses", null, ({ textDocument: { uri } }) =>
      service.lenses(uri).map((one) => toLens(one, place(uri))),
    ),
  );
  connection.languages.inlayHint.on(
    guarded("inlayHints", null, ({ textDocument: { uri }, range }) => {
      const within = { start: service.offsetAt(uri, range.start), end: service.offsetAt(uri, range.end) };
      return service.hints(uri, within).map((one) => toHint(one, place(uri)));
    }),
  );
  connection.languages.semanticTokens.on(
    guarded("semanticTokens", { data: [] as number[] }, ({ textDocument: { uri } }) => ({
      data: packTokens(service.tokens(uri), tokenTypes, place(uri)),
    })),
  );
  connection.languages.semanticTokens.onRange(
    guarded("semanticTokens", { data: [] as number[] }, ({ textDocument: { uri }, range }) => {
      const within = { start: service.offsetAt(uri, range.start), end: service.offsetAt(uri, range.end) };
      return { data: packTokens(service.tokens(uri, within), tokenTypes, place(uri)) };
    }),
  );
}

/** A blank calls for completion only behind a key, a dash or an opened expression. */
function wantsCompletion(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /(?:[:-]|\$\{[{%]) $/.test(line);
}
