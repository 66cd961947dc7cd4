// The extension's log: the output channel "Kargo", whose level the user chooses in VS Code.
// Adds no time and no level of its own; the channel does.
import type { LogOutputChannel } from "vscode";
import type { Logger } from "../../base/log";

/** Writes to an output channel. */
export function outputLogger(channel: LogOutputChannel): Logger {
  return {
    debug: (message) => channel.debug(message),
    info: (message) => channel.info(message),
    warn: (message) => channel.warn(message),
    error: (message) => channel.error(message),
  };
}
