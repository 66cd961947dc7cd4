// The one shape of a log: the editor's output channel, the terminal's stderr and tests implement it.
// Callers never put a secret into a message.

/** Where progress and diagnosis go. `debug` is for developers, `info` for users who ask, `warn` and `error` for all. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A log that keeps nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
