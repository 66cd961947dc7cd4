// The import table of src/README.md as rules. A folder may import what is listed for it and nothing else.

/** folder (regex after src/) → what it may import (regexes after src/, or packages). */
const table = [
  { name: "base", from: "^src/base/", src: ["base/"], packages: [] },
  { name: "schema", from: "^src/model/schema/", src: ["base/", "model/schema/"], packages: [] },
  { name: "model", from: "^src/model/[^/]+\\.ts$", src: ["base/", "model/"], packages: ["yaml"] },
  { name: "expression", from: "^src/expression/", src: ["base/", "expression/"], packages: ["re2js"] },
  {
    name: "language",
    from: "^src/language/(?!server)",
    src: ["base/", "model/", "expression/expression\\.ts", "language/(?!server)"],
    packages: ["yaml", "@cfworker/json-schema"],
  },
  {
    name: "language server",
    from: "^src/language/server",
    src: ["base/", "language/server", "language/language-service\\.ts"],
    packages: ["node:", "vscode-languageserver"],
  },
  {
    name: "engine",
    from: "^src/engine/(?!tools/|steps/|reconcile/)",
    src: ["base/", "model/", "expression/expression\\.ts", "engine/"],
    packages: ["node:", "ulid", "yaml", "re2js"],
  },
  {
    name: "reconcile",
    from: "^src/engine/reconcile/",
    src: ["base/", "model/", "expression/expression\\.ts", "engine/"],
    packages: ["node:", "ulid", "re2js"],
  },
  {
    name: "steps",
    from: "^src/engine/steps/",
    src: [
      "base/",
      "model/",
      "expression/expression\\.ts",
      "engine/steps/",
      "engine/promotion/step\\.ts",
      "engine/tools/",
    ],
    packages: ["node:", "yaml"],
  },
  { name: "tools", from: "^src/engine/tools/", src: ["base/", "engine/tools/"], packages: [".*"] },
  { name: "backend door", from: "^src/backend/backend\\.ts$", src: ["base/", "model/"], packages: [] },
  {
    name: "backend local",
    from: "^src/backend/local/",
    src: [
      "base/",
      "model/",
      "engine/engine\\.ts",
      "engine/ports\\.ts",
      "engine/promotion/step\\.ts",
      "backend/backend\\.ts",
      "backend/local/",
    ],
    packages: ["node:", "proper-lockfile", "write-file-atomic", "yaml"],
  },
  {
    name: "ui",
    from: "^src/ui/(?!platform/)",
    src: ["base/", "model/", "backend/backend\\.ts", "webview/protocol\\.ts", "ui/"],
    packages: ["vscode", "vscode-languageclient", "node:path"],
  },
  {
    name: "ui platform",
    from: "^src/ui/platform/",
    src: [
      "base/",
      "model/",
      "backend/backend\\.ts",
      "engine/ports\\.ts",
      "engine/promotion/step\\.ts",
      "backend/local/ports\\.ts",
      "ui/",
    ],
    packages: ["vscode", "node:path"],
  },
  {
    name: "webview",
    from: "^src/webview/",
    src: ["webview/", "model/"],
    packages: ["@vscode-elements/elements"],
  },
  {
    name: "cli",
    from: "^src/cli(\\.ts$|/)",
    src: ["(?!ui/|webview/|extension\\.ts).*"],
    packages: ["node:", "commander", "yaml"],
  },
];

const packageRegex = (name) =>
  name === "node:"
    ? "^(node:)?(fs|os|path|url|util|child_process|crypto|stream|zlib|http|https|net|tls|timers|events|buffer|process|string_decoder|readline|v8|worker_threads|perf_hooks|console|assert|async_hooks|dns|fs/promises|timers/promises|stream/promises|stream/consumers|readline/promises)(/promises)?$"
    : name === ".*"
      ? "^(?!src/)"
      : name === "vscode"
        ? "^vscode$"
        : `(^|node_modules/)${name}(/|$)`;

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "nobody-imports-the-roots",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/(extension|cli)\\.ts$" },
    },
    {
      name: "vscode-only-in-ui",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(ui/|extension\\.ts)" },
      to: { path: "^vscode$" },
    },
    {
      name: "not-resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^vscode$" },
    },
    ...table.map((row) => ({
      name: `imports-of-${row.name.replace(/ /g, "-")}`,
      severity: "error",
      from: { path: row.from },
      to: { pathNot: [...row.src.map((s) => `^src/${s}`), ...row.packages.map(packageRegex)] },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".mjs", ".cjs"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
