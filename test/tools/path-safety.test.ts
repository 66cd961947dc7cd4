// Every path of every step that starts programs or opens connections, with the real git, helm and kustomize and a real
// registry: nothing outside of the work directory is read or written, however the path is written, whatever links lie
// about, and whenever a link is swapped in: before a program starts, or between two calls of the file layer.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import type { Capabilities } from "../../src/engine/promotion/step";
import { stepRunners } from "../../src/engine/steps/registry";
import { findProgram } from "../../src/engine/tools/process";
import { isStepKind } from "../../src/model/schema/step-kinds";
import { git, makeRemote } from "../support/git-repos";
import {
  canary,
  type FileSet,
  type Ground,
  judge,
  layOut,
  type PathRow,
  pathFields,
  Swapper,
  staticAttacks,
  swappingProgram,
  swaps,
  trySwapAtEveryMoment,
} from "../support/path-safety";
import { missingRegistry, startRegistry, type TestRegistry } from "../support/registry";
import { runStepIn } from "../support/step-context";
import { makeTempDir } from "../support/temp";

type ProgramName = "git" | "helm" | "kustomize";

const programs: Readonly<Record<ProgramName, string>> = {
  git: await findProgram("git").catch(() => ""),
  helm: await findProgram("helm").catch(() => ""),
  kustomize: await findProgram("kustomize").catch(() => ""),
};

/** A row whose step starts a program, or none. */
interface ProgramRow extends Omit<PathRow, "run"> {
  readonly program?: ProgramName;
  readonly needsRegistry?: boolean;
  readonly config: (path: string) => object;
}

const ends = { file: "", registry: undefined as TestRegistry | undefined };

/** The row with a program in the real one's place. */
function withProgram(row: ProgramRow, path?: string): PathRow {
  const kind = row.field.split(".")[0] ?? "";
  assert.ok(isStepKind(kind));
  const { program } = row;
  const paths = program === undefined ? {} : { [program]: path ?? programs[program] };
  const granted: Partial<Capabilities> = {
    git: { user: { name: "", email: "" }, paths },
    programs: paths,
    credentials: {
      find: async () => (kind === "github-push" ? { username: "u", password: "p" } : undefined),
    },
    network: { fetch },
  };
  return { ...row, run: (workDir, at) => runStepIn(stepRunners[kind], workDir, row.config(at), granted) };
}

/** A clone at `dir/src` with a change that is not committed; outside, another with a canary in it. */
async function cloneBoth({ work, outside }: Ground): Promise<void> {
  const remote = makeRemote(join(dirname(work), "r.git"), { a: "1", "sub/b": "1" });
  const clone = { repoURL: remote, checkout: [{ path: "dir/src", branch: "main" }] };
  const row: ProgramRow = {
    field: "git-clone.x",
    path: "",
    files: {},
    outside: {},
    program: "git",
    config: () => clone,
  };
  await withProgram(row).run(work, "");
  writeFileSync(join(work, "dir/src/a"), "changed");
  const decoy = join(outside, "dir/src");
  mkdirSync(dirname(decoy), { recursive: true });
  git(dirname(decoy), "clone", "--quiet", "--no-hardlinks", remote, basename(decoy));
  writeFileSync(join(decoy, canary), canary);
  writeFileSync(join(decoy, "a"), canary);
}

function gitRow(kind: string, config: (path: string) => object): ProgramRow {
  return {
    field: `${kind}.path`,
    path: "dir/src",
    files: {},
    outside: {},
    program: "git",
    prepare: cloneBoth,
    config,
  };
}

function map(word: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${word.toLowerCase()}\ndata:\n  word: ${word}\n`;
}

function chart(word: string): FileSet {
  return {
    "dir/app/Chart.yaml": `apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- name: lib\n  version: 1.0.0\n  repository: file://../lib\n`,
    "dir/app/templates/cm.yaml": map(word),
    "dir/lib/Chart.yaml": `apiVersion: v2\nname: lib\nversion: 1.0.0\ndescription: ${word}\n`,
    "dir/lib/templates/cm.yaml": map(`${word}-lib`),
  };
}

function plainChart(word: string, at: string): FileSet {
  return {
    [`${at}/Chart.yaml`]: "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    [`${at}/templates/cm.yaml`]: map("one").replace("word: one", `word: ${word}-{{ .Values.a }}`),
    [`${at}/values.yaml`]: "a: 1\n",
  };
}

const out: readonly [FileSet, FileSet] = [
  { ...plainChart("inside", "chart"), "dir/out/app/templates/cm.yaml": "old", "dir/out/all.yaml": "old" },
  {
    "dir/out/app/templates/cm.yaml": canary,
    "dir/out/all.yaml": canary,
    "dir/out/configmap-one.yaml": canary,
  },
];

function helmOut(variant: string, path: string, more: object): ProgramRow {
  const config = (outPath: string) => ({ path: "chart", outPath, releaseName: "r", ...more });
  return {
    field: "helm-template.outPath",
    variant,
    path,
    files: out[0],
    outside: out[1],
    program: "helm",
    config,
  };
}

function kustomization(word: string): FileSet {
  return {
    "dir/app/kustomization.yaml": "resources: [../base, cm.yaml]\n",
    "dir/app/cm.yaml": map(word),
    "dir/base/kustomization.yaml": "configMapGenerator:\n- name: g\n  files: [f]\n",
    "dir/base/f": word,
  };
}

function kustomizeOut(variant: string, path: string): ProgramRow {
  const files = { "app/kustomization.yaml": "resources: [cm.yaml]\n", "app/cm.yaml": map("one") };
  const config = (outPath: string) => ({ path: "app", outPath });
  return {
    ...{ field: "kustomize-build.outPath", variant, path, program: "kustomize", config },
    files: { ...files, "dir/out/all.yaml": "old", "dir/out/configmap-one.yaml": "old" },
    outside: { "dir/out/all.yaml": canary, "dir/out/configmap-one.yaml": canary },
  };
}

const download = { files: { "dir/sub/f": "old" }, outside: { "dir/sub/f": canary }, path: "dir/sub/f" };

const rows: readonly ProgramRow[] = [
  {
    ...{
      field: "git-clone.checkout[].path",
      path: "dir/sub/src",
      program: "git",
      files: { "dir/sub/x": "" },
    },
    outside: { "dir/sub/x": canary },
    prepare: async ({ work, outside }) => {
      makeRemote(join(dirname(work), "r.git"), { a: "1" });
      mkdirSync(join(outside, "dir/sub/src"), { recursive: true });
    },
    config: (path) => ({ repoURL: "", checkout: [{ path, branch: "main" }] }),
  },
  gitRow("git-clear", (path) => ({ path })),
  gitRow("git-commit", (path) => ({ path, message: "m" })),
  gitRow("git-push", (path) => ({ path })),
  gitRow("git-tag", (path) => ({ path, tag: "v1", message: "m" })),
  gitRow("github-push", (path) => ({ path })),
  {
    ...{ field: "helm-template.path", path: "dir/app", program: "helm" },
    ...{ files: plainChart("inside", "dir/app"), outside: plainChart(canary, "dir/app") },
    config: (path) => ({ path, outPath: "out.yaml", releaseName: "r" }),
  },
  {
    ...{ field: "helm-template.path", variant: "with dependencies", path: "dir/app", program: "helm" },
    ...{ files: chart("inside"), outside: chart(canary) },
    config: (path) => ({ path, outPath: "out.yaml", releaseName: "r", buildDependencies: true }),
  },
  helmOut("a file", "dir/out/all.yaml", {}),
  helmOut("a tree", "dir/out", {}),
  helmOut("flat", "dir/out", { outLayout: "flat" }),
  {
    ...{ field: "helm-template.valuesFiles[]", path: "dir/env/v.yaml", program: "helm" },
    ...{ files: { ...plainChart("x", "chart"), "dir/env/v.yaml": "a: 2\n" } },
    ...{ outside: { "dir/env/v.yaml": `a: ${canary}\n` } },
    config: (path) => ({ path: "chart", outPath: "out.yaml", releaseName: "r", valuesFiles: [path] }),
  },
  {
    ...{ field: "helm-update-chart.path", path: "dir/app", program: "helm" },
    ...{ files: chart("inside"), outside: chart(canary) },
    config: (path) => ({ path, charts: [{ repository: "file://../lib", name: "lib", version: "1.0.0" }] }),
  },
  {
    ...{ field: "kustomize-build.path", path: "dir/app", program: "kustomize" },
    ...{ files: kustomization("inside"), outside: kustomization(canary) },
    config: (path) => ({ path, outPath: "out.yaml" }),
  },
  kustomizeOut("a file", "dir/out/all.yaml"),
  kustomizeOut("a directory", "dir/out"),
  {
    ...download,
    field: "http-download.outPath",
    config: (outPath) => ({ url: ends.file, outPath, allowOverwrite: true }),
  },
  {
    ...download,
    field: "http-download.outPath",
    variant: "new",
    config: (outPath) => ({ url: ends.file, outPath }),
  },
  {
    ...{ ...download, field: "oci-download.outPath", needsRegistry: true },
    config: (outPath) => ({ imageRef: `${ends.registry?.host}/app:1`, outPath, allowOverwrite: true }),
  },
];

test("every path of a step with programs or connections has a row", () => {
  const hasNone = (field: string): boolean => {
    const needs = stepRunners[(field.split(".")[0] ?? "") as keyof typeof stepRunners].needs;
    return needs.every((need) => need === "controlPlane");
  };
  const wanted = pathFields().filter((field) => !hasNone(field));
  assert.deepEqual([...new Set(rows.map(({ field }) => field))].sort(), wanted.sort());
});

const server = createServer((_, response) => response.end("fetched"));
const hosts = makeTempDir();

before(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ends.file = `http://127.0.0.1:${(server.address() as AddressInfo).port}/f`;
  if (missingRegistry() !== false) return;
  ends.registry = await startRegistry(hosts.path);
  await ends.registry.push("app", {}, "1");
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await ends.registry?.stop();
  hosts.remove();
});

/** git-clone must name the remote of the ground it is run on. */
function located(row: ProgramRow, ground: Ground): ProgramRow {
  if (!row.field.startsWith("git-clone")) return row;
  return {
    ...row,
    config: (path) => ({ ...row.config(path), repoURL: join(dirname(ground.work), "r.git") }),
  };
}

function skipOf({ program, needsRegistry }: ProgramRow): string | false {
  if (program !== undefined && programs[program] === "") return `${program} is missing`;
  return needsRegistry ? missingRegistry() : false;
}

/** More starts than any row makes. */
const maxStarts = 30;

for (const row of rows) {
  const name = row.variant === undefined ? row.field : `${row.field} (${row.variant})`;
  const skip = skipOf(row);

  for (const attack of staticAttacks) {
    test(`${name}: ${attack.name}`, { skip }, async () => {
      const ground = await layOut(withProgram(row));
      try {
        const { path, links } = attack.plant(withProgram(row), ground);
        const { run } = withProgram(located(row, ground));
        await judge(
          withProgram(row),
          ground,
          () => run(ground.work, path),
          (at) => links.includes(at),
        );
      } finally {
        ground.remove();
      }
    });
  }

  for (const swap of swaps) {
    test(`${name}: swapped between two calls, ${swap.name}`, { skip }, async () => {
      const run: PathRow["run"] = (work, path) =>
        withProgram(located(row, { work, outside: "", remove: () => {} })).run(work, path);
      // A run with a program takes long: not every moment is tried, and not the same ones by every swap.
      const stride =
        row.program === undefined ? 1 : (row.field.startsWith("helm") ? 37 : 13) + swaps.indexOf(swap);
      assert.ok((await trySwapAtEveryMoment({ ...withProgram(row), run }, swap, stride)) > 2);
    });
  }

  const { program } = row;
  if (program === undefined) continue;
  for (const swap of swaps.filter(({ isBrief }) => !isBrief)) {
    test(`${name}: swapped before a start of ${program}, ${swap.name}`, { skip }, async () => {
      for (let start = 1; start <= maxStarts; start++) {
        const ground = await layOut(withProgram(row));
        try {
          const swapper = new Swapper(withProgram(row), ground, swap.what);
          const { path, starts } = swappingProgram(programs[program], ground, swapper, start);
          const { run } = withProgram(located(row, ground), path);
          const isPlanted = (at: string): boolean => at === swapper.at || at.startsWith(swapper.away);
          await judge(withProgram(row), ground, () => run(ground.work, row.path), isPlanted);
          if (starts() < start) {
            assert.ok(start > 1 || row.field === "github-push.path", "the program was never started");
            return;
          }
        } finally {
          ground.remove();
        }
      }
      assert.fail(`the program was started more than ${maxStarts} times`);
    });
  }
}
