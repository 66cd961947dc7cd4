// Every path of every step that works on files alone: nothing outside of the work directory is read or written, however
// the path is written, whatever links lie about, and whenever a link is swapped in. Steps that start programs or open
// connections are in test/tools/path-safety.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stepRunners } from "../../../../src/engine/steps/registry";
import { isStepKind } from "../../../../src/model/schema/step-kinds";
import {
  canary,
  type FileSet,
  judge,
  layOut,
  type PathRow,
  pathFields,
  staticAttacks,
  swaps,
  trySwapAtEveryMoment,
} from "../../../support/path-safety";
import { runStepIn } from "../../../support/step-context";
import { makeTar } from "../../../support/tar";

/** Runs the step of a field with the path in its place. */
function running(field: string, config: (path: string) => object): PathRow["run"] {
  const kind = field.split(".")[0] ?? "";
  assert.ok(isStepKind(kind));
  return (workDir, path) =>
    runStepIn(stepRunners[kind], workDir, config(path), { controlPlane: {} as never });
}

function row(
  field: string,
  path: string,
  [files, outside]: readonly [FileSet, FileSet],
  config: (path: string) => object,
  more: Partial<PathRow> = {},
): PathRow {
  return { field, path, files, outside, run: running(field, config), ...more };
}

/** The same file here and outside, with another content. */
function same(path: string, content: (word: string) => string | Buffer): readonly [FileSet, FileSet] {
  return [{ [path]: content("inside") }, { [path]: content(canary) }];
}

const yaml = same("dir/f.yaml", (word) => `a: ${word}\n`);
const json = same("dir/f.json", (word) => `{"a":"${word}"}`);
const toml = same("dir/f.toml", (word) => `a = "${word}"\n`);
const outputs = [{ name: "a", fromExpression: "a" }];
const kustomization = same("dir/app/kustomization.yaml", (word) => `namePrefix: ${word}\n`);
const images = [{ image: "nginx", tag: "1" }];
const archive = same("dir/a.tar", (word) => makeTar([{ name: `sub/${word}`, text: word }]));
const folder: readonly [FileSet, FileSet] = [
  { "dir/sub/a": "inside", "dir/sub/deep/b": "inside" },
  { "dir/sub/a": canary, "dir/sub/deep/b": canary, [`dir/sub/${canary}`]: canary },
];

const rows: readonly PathRow[] = [
  row("copy.inPath", "dir/sub", folder, (inPath) => ({ inPath, outPath: "to" })),
  row("copy.inPath", "dir/sub/a", folder, (inPath) => ({ inPath, outPath: "to/a" }), { variant: "a file" }),
  row("copy.outPath", "dir/sub", withSource(folder), (outPath) => ({ inPath: "from", outPath })),
  row("copy.outPath", "dir/sub/a", withSource(folder), (outPath) => ({ inPath: "from/a", outPath }), {
    variant: "a file",
  }),
  row("delete.path", "dir/sub", folder, (path) => ({ path })),
  row("delete.path", "dir/sub/a", folder, (path) => ({ path, strict: true }), {
    variant: "a file, strictly",
  }),
  row("delete.paths[]", "dir/sub/deep", folder, (path) => ({ paths: ["dir/sub/a", path] })),
  row("delete.paths[]", "dir/sub", folder, (path) => ({ paths: [`${path}/**`], pathsAreGlobs: true }), {
    variant: "a glob of everything",
  }),
  row(
    "delete.paths[]",
    "dir/sub",
    folder,
    (path) => ({ paths: [`${path}/*/b`, `${path}/?`], pathsAreGlobs: true }),
    {
      variant: "globs of some",
    },
  ),
  row("file-write.path", "dir/sub/new", folder, (path) => ({ path, contents: "text" })),
  row("file-write.path", "dir/sub/a", folder, (path) => ({ path, contents: "text", overwrite: true }), {
    variant: "over a file",
  }),
  row("json-parse.path", "dir/f.json", json, (path) => ({ path, outputs })),
  row("json-update.path", "dir/f.json", json, (path) => ({ path, updates: [{ key: "b", value: 1 }] })),
  row("kustomize-set-image.path", "dir/app", kustomization, (path) => ({ path, images })),
  row("toml-parse.path", "dir/f.toml", toml, (path) => ({ path, outputs })),
  row("toml-update.path", "dir/f.toml", toml, (path) => ({ path, updates: [{ key: "a", value: "b" }] })),
  row("untar.inPath", "dir/a.tar", archive, (inPath) => ({ inPath, outPath: "to" })),
  row("untar.outPath", "dir/sub", withArchive(folder), (outPath) => ({ inPath: "a.tar", outPath })),
  row("yaml-merge.inFiles[]", "dir/f.yaml", yaml, (path) => ({ inFiles: [path], outFile: "out.yaml" })),
  row("yaml-merge.outFile", "dir/f.yaml", yaml, (outFile) => ({ inFiles: ["dir/f.yaml"], outFile })),
  row("yaml-parse.path", "dir/f.yaml", yaml, (path) => ({ path, outputs })),
  row("yaml-update.path", "dir/f.yaml", yaml, (path) => ({ path, updates: [{ key: "a", value: "b" }] })),
];

function withSource([files, outside]: readonly [FileSet, FileSet]): readonly [FileSet, FileSet] {
  return [{ ...files, "from/a": "new", "from/deep/b": "new" }, outside];
}

function withArchive([files, outside]: readonly [FileSet, FileSet]): readonly [FileSet, FileSet] {
  const content = makeTar([
    { name: "a", text: "new" },
    { name: "deep/b", text: "new" },
  ]);
  return [{ ...files, "a.tar": content }, outside];
}

test("every path of a step that works on files alone has a row", () => {
  const needsNone = (field: string): boolean => {
    const needs = stepRunners[(field.split(".")[0] ?? "") as keyof typeof stepRunners].needs;
    return needs.every((need) => need === "controlPlane");
  };
  const wanted = new Set(pathFields().filter(needsNone));
  assert.deepEqual([...new Set(rows.map(({ field }) => field))].sort(), [...wanted].sort());
});

for (const one of rows) {
  const name = one.variant === undefined ? one.field : `${one.field} (${one.variant})`;

  for (const attack of staticAttacks) {
    test(`${name}: ${attack.name}`, async () => {
      const ground = await layOut(one);
      try {
        const { path, links } = attack.plant(one, ground);
        await judge(
          one,
          ground,
          () => one.run(ground.work, path),
          (at) => links.includes(at),
        );
      } finally {
        ground.remove();
      }
    });
  }

  for (const swap of swaps) {
    test(`${name}: swapped during the run, ${swap.name}`, async () => {
      assert.ok((await trySwapAtEveryMoment(one, swap)) > 2);
    });
  }
}
