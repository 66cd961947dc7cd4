// Keeps the language service in step with editor and disk: open texts win over files, and diagnostics follow changes.
// Answers no request; server.ts does.
import type { Connection } from "vscode-languageserver/node.js";
import { isWorthKeeping, type LanguageService, type Position } from "./language-service";
import { toDiagnostic } from "./server-convert";
import { ServerCustomSteps } from "./server-custom-steps";
import { isYamlName, readAll, readText, yamlFiles } from "./server-files";
import { initialSettings, type ServerSettings } from "./server-settings";
import { Studies } from "./server-study";

/** One change of an open text, as the protocol sends it. */
export interface TextChange {
  readonly range?: { readonly start: Position; readonly end: Position };
  readonly text: string;
}

/** How long other files wait for their diagnostics after an edit that concerns them. */
const othersDelayMs = 150;

/** See the head of the file. */
export class ServerWorkspace {
  settings: ServerSettings = initialSettings;
  /** URIs of the workspace's folders. */
  readonly folders = new Set<string>();
  private readonly open = new Map<string, number>();
  private readonly published = new Set<string>();
  private readonly due = new Set<string>();
  private dueSoon: NodeJS.Immediate | undefined;
  private dueLater: NodeJS.Timeout | undefined;
  private readonly stopped = new AbortController();
  private readonly customSteps: ServerCustomSteps;
  private indexing = 0;
  private configured = false;

  constructor(
    private readonly connection: Connection,
    private readonly service: LanguageService,
    private readonly studyProgram: string | undefined,
  ) {
    this.customSteps = new ServerCustomSteps(connection);
  }

  /** An editor opened a text. */
  didOpen(uri: string, version: number, text: string): void {
    this.open.set(uri, version);
    this.changed(uri, this.service.setText(uri, text));
  }

  /** The user edited an open text. */
  didChange(uri: string, version: number, changes: readonly TextChange[]): void {
    this.open.set(uri, version);
    let concernsOthers = false;
    for (const { range, text } of changes) {
      const did =
        range === undefined
          ? this.service.setText(uri, text)
          : this.service.edit(uri, range.start, range.end, text);
      concernsOthers ||= did;
    }
    this.changed(uri, concernsOthers);
  }

  /** The editor closed a text; what is on disk counts again. */
  async didClose(uri: string): Promise<void> {
    this.open.delete(uri);
    await this.reread(uri);
  }

  /** A file came, changed or went. */
  async reread(uri: string): Promise<void> {
    if (this.customSteps.holds(uri)) await this.configure(this.settings);
    if (this.open.has(uri) || !isYamlName(uri)) return;
    const text = await readText(uri);
    if (this.open.has(uri) || this.stopped.signal.aborted) return;
    const keep = text !== undefined && isWorthKeeping(text);
    this.changed(uri, keep ? this.service.setText(uri, text) : this.service.remove(uri));
  }

  /**
   * Reads all YAML files below the folders: first the names in all of them, then, with pauses for whoever asks, what
   * else they say. Only then is the workspace judged as a whole.
   */
  async index(folders: readonly string[]): Promise<void> {
    this.indexing++;
    for (const folder of folders) this.folders.add(folder);
    this.service.reading = true;
    const { signal } = this.stopped;
    const studies = new Studies(this.service, this.studyProgram);
    for (const folder of folders) {
      const take = (uri: string, text: string) => {
        if (this.open.has(uri) || !isWorthKeeping(text)) return;
        this.service.indexText(uri, text);
        studies.add(uri);
      };
      await readAll(yamlFiles(folder, signal), take, signal);
    }
    await studies.finish(signal);
    this.indexing--;
    if (this.indexing > 0 || signal.aborted) return;
    this.service.reading = false;
    this.publishAll();
  }

  /** Forgets the files below a folder that has left the workspace. */
  leave(folder: string): void {
    this.folders.delete(folder);
    const start = folder.endsWith("/") ? folder : `${folder}/`;
    for (const uri of this.service.files) {
      if (!uri.startsWith(start) || this.open.has(uri)) continue;
      this.service.remove(uri);
      this.due.add(uri);
    }
    this.publishAll();
  }

  /** Takes new settings. Before the first, nothing is told: it might be something the user does not want to hear. */
  async configure(settings: ServerSettings): Promise<void> {
    this.settings = settings;
    const customSteps = await this.customSteps.load(settings.customStepSources, [...this.folders]);
    // Meanwhile there may have been newer settings.
    if (this.settings !== settings || this.stopped.signal.aborted) return;
    this.configured = true;
    this.service.configure({ ...settings, customSteps });
    this.publishAll();
  }

  /** Ends timers and reading. */
  dispose(): void {
    this.stopped.abort();
    clearImmediate(this.dueSoon);
    clearTimeout(this.dueLater);
  }

  /** An edited file is judged at once, the others when the user pauses. */
  private changed(uri: string, concernsOthers: boolean): void {
    this.due.add(uri);
    this.publishSoon();
    if (!concernsOthers || this.indexing > 0) return;
    clearTimeout(this.dueLater);
    this.dueLater = setTimeout(() => this.publishAll(), othersDelayMs);
  }

  /** While files are read, only the open ones are judged; the others follow once all are known. */
  private publishAll(): void {
    for (const uri of this.service.files) if (this.indexing === 0 || this.open.has(uri)) this.due.add(uri);
    this.publishSoon();
  }

  private publishSoon(): void {
    if (!this.configured) return;
    this.dueSoon ??= setImmediate(() => {
      this.dueSoon = undefined;
      this.publishDue();
    });
  }

  /** Judging many files takes a while: after every few milliseconds others get their turn, open files go first. */
  private publishDue(): void {
    const start = performance.now();
    const waiting = [...this.due].sort((a, b) => Number(this.open.has(b)) - Number(this.open.has(a)));
    for (const uri of waiting) {
      if (performance.now() - start > 10) break;
      this.due.delete(uri);
      this.publish(uri);
    }
    if (this.due.size > 0) this.publishSoon();
  }

  /** Files without diagnostics are not mentioned, unless they had some. */
  private publish(uri: string): void {
    const isOff = this.settings.off.has("diagnostics");
    const diagnostics = isOff ? [] : this.service.diagnostics(uri).map(toDiagnostic);
    const version = this.open.get(uri);
    if (diagnostics.length === 0 && version === undefined && !this.published.has(uri)) return;
    if (diagnostics.length === 0) this.published.delete(uri);
    else this.published.add(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics, ...(version === undefined ? {} : { version }) });
  }
}
