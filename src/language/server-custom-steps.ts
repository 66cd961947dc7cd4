// Reads the schemas of custom steps for the server, and tells once what cannot be used: in the schema's own file where it
// is there, otherwise in a message. Judges no schema.
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { type Connection, MessageType, ShowMessageNotification } from "vscode-languageserver/node.js";
import { type CustomSteps, loadCustomSteps } from "./language-service";
import { readText } from "./server-files";

/** The URI of a path in a folder. */
function below(folder: string, path: string): string {
  const segments = encodeURI(path.replaceAll("\\", "/")).replace(/[?#]/g, encodeURIComponent);
  return new URL(segments, folder.endsWith("/") ? folder : `${folder}/`).href;
}

/** See the head of the file. */
export class ServerCustomSteps {
  private files = new Map<string, string>();
  private marked: readonly string[] = [];
  private readonly told = new Set<string>();

  constructor(private readonly connection: Connection) {}

  /** Whether a schema stands in that file. */
  holds(uri: string): boolean {
    return [...this.files.values()].includes(uri);
  }

  /** The steps as settings say; paths are looked for in the workspace's folders, in their order. */
  async load(said: unknown, folders: readonly string[]): Promise<CustomSteps["steps"]> {
    const files = new Map<string, string>();
    const { steps, faults } = await loadCustomSteps(said, async (path) => {
      const places = isAbsolute(path)
        ? [pathToFileURL(path).href]
        : folders.map((folder) => below(folder, path));
      for (const uri of places) {
        const text = await readText(uri);
        if (text === undefined) continue;
        files.set(path, uri);
        return text;
      }
      // It may still come, and is then read.
      if (places[0] !== undefined) files.set(path, places[0]);
      return undefined;
    });
    this.files = files;
    this.tell(faults);
    return steps;
  }

  private tell(faults: CustomSteps["faults"]): void {
    const byFile = new Map(this.marked.map((uri) => [uri, [] as string[]]));
    for (const { message, path } of faults) {
      const uri = path === undefined ? undefined : this.files.get(path);
      if (uri !== undefined) byFile.set(uri, [...(byFile.get(uri) ?? []), message]);
      else if (!this.told.has(message)) {
        this.told.add(message);
        void this.connection.sendNotification(ShowMessageNotification.type, {
          type: MessageType.Warning,
          message,
        });
      }
    }
    const start = { line: 0, character: 0 };
    for (const [uri, messages] of byFile) {
      const diagnostics = messages.map((message) => ({
        range: { start, end: { line: 0, character: 1 } },
        severity: 2 as const,
        source: "kargo",
        message,
      }));
      void this.connection.sendDiagnostics({ uri, diagnostics });
    }
    this.marked = [...byFile].filter(([, messages]) => messages.length > 0).map(([uri]) => uri);
  }
}
