// Starts the language client once a document with Kargo's resources is open, and ends it when a setting says so.
// The client itself is a bundle of its own, language-client.ts, loaded at its first use.
import { type TextDocument, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import type { RunningClient } from "./language-client";

/** What the support is made of. */
export interface LanguageSupportOptions {
  /** Loads the client and starts it. */
  readonly start: () => Promise<RunningClient>;
  readonly log: Logger;
}

const enableSetting = "kargo.language.enable";

/** See the head of the file. */
export class LanguageSupport implements Disposable {
  readonly #options: LanguageSupportOptions;
  readonly #owned = new DisposableStore();
  #client: Promise<RunningClient | undefined> | undefined;
  #disposed = false;

  constructor(options: LanguageSupportOptions) {
    this.#options = options;
    this.#owned.add(workspace.onDidOpenTextDocument((document) => this.#look(document)));
    this.#owned.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#look(document);
      }),
    );
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(enableSetting)) void this.#restart();
      }),
    );
    for (const document of workspace.textDocuments) this.#look(document);
  }

  /** Ends the server; nothing of it is left afterwards. */
  dispose(): void {
    this.#disposed = true;
    this.#owned.dispose();
    void this.#stop();
  }

  #look(document: TextDocument): void {
    if (this.#client !== undefined || this.#disposed || !holdsKargo(document) || !isEnabled()) return;
    this.#client = this.#options.start().catch((error: unknown) => {
      this.#options.log.error(`The language server did not start: ${errorMessage(error)}`);
      return undefined;
    });
  }

  async #restart(): Promise<void> {
    await this.#stop();
    for (const document of workspace.textDocuments) this.#look(document);
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client)?.stop();
  }
}

function isEnabled(): boolean {
  return workspace.getConfiguration().get<boolean>(enableSetting) !== false;
}

/** Secrets and ConfigMaps alone are no reason to start: they are everywhere. */
function holdsKargo(document: TextDocument): boolean {
  return document.languageId === "yaml" && document.getText().includes("kargo.akuity.io/");
}
