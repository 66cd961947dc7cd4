// Bundles what ships into dist/: the extension host's half, the terminal program, later the language server and webviews.
// `--watch` rebuilds on change; `--minify` is what packaging uses.
import { context } from "esbuild";

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
  logLevel: "warning",
  logOverride: { "empty-import-meta": "silent" },
};

const bundles = [
  { ...node, entryPoints: { extension: "src/extension.ts" }, external: ["vscode"] },
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
