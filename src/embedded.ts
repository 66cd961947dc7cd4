// What the editor loads only when it first needs it: the embedded backend with its engine, the sample, the YAML printer.
// A bundle of its own, so that starting the extension stays cheap; adds nothing to what it gathers.

export { openLocalBackend } from "./backend/local/local";
export { nodeFiles } from "./backend/local/node-files";
export { createSample } from "./backend/local/sample";
export { formatResource } from "./model/format";
