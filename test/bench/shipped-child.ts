// Runs a program of ours in a process of its own, bundled as it ships, and takes the figures it prints last. Source maps
// and everything that only tests load would count as memory of ours otherwise.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { build } from "esbuild";
import type { Figures } from "./figures";

/** Bundles `test/bench/<name>.ts` as esbuild.mjs bundles what is packaged; gone when the test ends. */
export async function shippedChild(t: Pick<TestContext, "after">, name: string): Promise<string> {
  const outfile = resolve(join("out", `${name}-${process.pid}.cjs`));
  await build({
    entryPoints: [join("test/bench", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    define: {
      "process.env.KARGO_WORKBENCH_READER": JSON.stringify(process.env.KARGO_WORKBENCH_READER ?? ""),
    },
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
  });
  t.after(() => rmSync(outfile, { force: true }));
  return outfile;
}

/** Runs the bundle with arguments until it ends. */
export function figuresOf(bundle: string, args: readonly string[], timeoutMs = 240_000): Figures {
  const result = spawnSync(process.execPath, ["--expose-gc", bundle, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    timeout: timeoutMs,
    env: { ...process.env, NODE_TEST_CONTEXT: "", NODE_OPTIONS: "" },
  });
  const line = result.stdout.split("\n").find((text) => text.includes("FIGURES "));
  assert.ok(line, `the child said nothing: ${result.stdout}\n${result.stderr}`);
  return JSON.parse(line.slice(line.indexOf("FIGURES ") + 8)) as Figures;
}
