// Bundles what ships into dist/: the extension host's half, the terminal program, later the language server and webviews.
// `--watch` rebuilds on change; `--minify` is what packaging uses.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";
import { readerDefine } from "./reader-digest.mjs";
import { yamlCalls } from "./yaml-calls.mjs";

const watch = process.argv.includes("--watch");
const minify = process.argv.includes("--minify");

/** Options every bundle for Node shares. */
const node = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  sourcemap: !minify,
  minify,
  outdir: "dist",
  plugins: [yamlCalls],
  define: readerDefine(dirname(fileURLToPath(import.meta.url))),
  logLevel: "warning",
  logOverride: { "empty-import-meta": "silent" },
};

/**
 * Keeps what the editor seldom needs out of what it loads at its start: imports of the engine and of the language client
 * stay a require of the bundle beside it, and modules of which nothing is used are left out. None of ours does anything
 * by being imported.
 */
const lateBundle = {
  name: "late-bundle",
  setup(build) {
    build.onResolve({ filter: /^\.\/(?:embedded|yaml-schema|ui\/editor\/language-client)$/ }, ({ path }) => ({
      path: `./${path.replace(/.*\//, "")}.js`,
      external: true,
    }));
    build.onResolve({ filter: /^(yaml$|\.\.?\/)/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === "seen" || from.kind === "entry-point") return undefined;
      const resolved = await build.resolve(path, { ...from, pluginData: "seen" });
      return { ...resolved, sideEffects: false };
    });
  },
};

const bundles = [
  {
    ...node,
    entryPoints: { extension: "src/extension.ts" },
    external: ["vscode"],
    plugins: [yamlCalls, lateBundle],
    supported: { "dynamic-import": false },
  },
  { ...node, entryPoints: { embedded: "src/embedded.ts" } },
  { ...node, entryPoints: { "yaml-schema": "src/yaml-schema.ts" } },
  {
    ...node,
    entryPoints: { "language-client": "src/ui/editor/language-client.ts" },
    external: ["vscode"],
  },
  { ...node, entryPoints: { server: "src/language/server-process.ts" } },
  { ...node, entryPoints: { cli: "src/cli.ts" }, banner: { js: "#!/usr/bin/env node" } },
];

const contexts = await Promise.all(bundles.map((options) => context(options)));
if (watch) {
  await Promise.all(contexts.map((c) => c.watch()));
  console.log("watching");
} else {
  await Promise.all(contexts.map((c) => c.rebuild()));
  await Promise.all(contexts.map((c) => c.dispose()));
}
