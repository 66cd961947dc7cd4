// What the embedded backend asks of its surroundings: the workspace's YAML files, as an editor or a terminal sees them.
// Implemented by node-files.ts for the terminal and by ui/platform for the editor.
import type { Event } from "../../base/events";

/** The files of one workspace folder. Paths are absolute. */
export interface WorkspaceFiles {
  /** Absolute path of the folder; `.kargo` lies in it. */
  readonly root: string;
  /** Every `.yaml` and `.yml` file, without those in `.git`, `.kargo` and `node_modules`. Order does not matter. */
  list(): Promise<readonly string[]>;
  /** The saved text of a file; rejects when it is gone or cannot be read. */
  read(path: string): Promise<string>;
  /** Files were saved, created or deleted; carries their paths. */
  readonly onDidChange: Event<readonly string[]>;
}
