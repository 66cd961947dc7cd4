// Attacks on the paths of a step: a work directory beside a folder that nobody may touch, whose every word is a canary.
// Knows no step; the tables say which paths a step takes. A swap happens before a chosen call of the file layer, so that
// every moment between a check and its use is tried, one after the other.
import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";
import { StepError } from "../../src/engine/promotion/step";
import { stepKinds } from "../../src/model/schema/step-kinds";
import { stepSchemas } from "../../src/model/schema/steps";
import type { Schema } from "../../src/model/schema/types";
import { makeWork } from "./step-cases";

/** Stands in everything that lies outside, names of files included. */
export const canary = "CANARY";

/** Files by path; a text or bytes. */
export type FileSet = Readonly<Record<string, string | Buffer>>;

/** One path field of one step, and a run in which the field has an effect. */
export interface PathRow {
  /** As pathFields names it. */
  readonly field: string;
  /** What the row is about, where a field has more than one. */
  readonly variant?: string;
  /** What the path names when nobody attacks. Its folder must not be the work directory. */
  readonly path: string;
  /** The work directory. */
  readonly files: FileSet;
  /** What lies outside under the same names, in place of `files`: as attractive, and all canary. */
  readonly outside: FileSet;
  readonly run: (workDir: string, path: string) => Promise<unknown>;
  /** Makes what files alone cannot say, such as repositories, before anybody attacks. */
  readonly prepare?: (ground: Ground) => Promise<void>;
}

/** Every path of the configurations of all open-source steps, as `copy.inPath` or `git-clone.checkout[].path`. */
export function pathFields(): string[] {
  return stepKinds.flatMap((kind) => fieldsOf(stepSchemas[kind].config, kind));
}

function fieldsOf(schema: Schema, at: string): string[] {
  if (schema.type === "string") return schema.path === undefined ? [] : [at];
  if (schema.type === "array") return fieldsOf(schema.items, `${at}[]`);
  if (schema.type !== "object") return [];
  return Object.entries(schema.fields).flatMap(([name, field]) => fieldsOf(field, `${at}.${name}`));
}

/** A work directory and what lies beside it. */
export interface Ground {
  readonly work: string;
  readonly outside: string;
  readonly remove: () => void;
}

/** Lays out a row. */
export async function layOut({ files, outside: decoys, prepare }: PathRow): Promise<Ground> {
  const work = makeWork();
  const outside = join(dirname(work), "outside");
  writeAll(work, files);
  writeAll(outside, { ...decoys, [`${canary}-name`]: canary });
  const remove = (): void => rmSync(dirname(work), { recursive: true, force: true, maxRetries: 3 });
  const ground = { work, outside, remove };
  await prepare?.(ground);
  return ground;
}

function writeAll(root: string, files: FileSet): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Everything about a tree that a write could change: names, kinds, modes, bytes, times. */
export function portrait(root: string): string {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const info = lstatSync(path, { bigint: true });
    const content = info.isSymbolicLink()
      ? readlinkSync(path)
      : info.isFile()
        ? readFileSync(path, "latin1")
        : "";
    lines.push([path, info.mode, info.ino, info.mtimeNs, info.ctimeNs, info.nlink, content].join(" "));
    if (info.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  visit(root);
  return lines.join("\n");
}

/** What a step that did not end well said. The loop takes other errors than StepError for faults too, but no mistakes of ours. */
function faultText(error: unknown): unknown {
  if (error instanceof StepError) return [error.message, error.output, error.warnings];
  if (error instanceof Error && /^(?:Error|PathError)$/.test(error.name)) return error.message;
  throw error;
}

function changedLines(before: string, after: string): string[] {
  const old = new Set(before.split("\n"));
  return after === before ? [] : [`of ${old.size}`, ...after.split("\n").filter((line) => !old.has(line))];
}

/** Every word of a work directory, links not followed: names, targets and content. `known` holds what the test put there. */
function assertNoCanary(root: string, isPlanted: (path: string) => boolean): void {
  const visit = (path: string): void => {
    const info = lstatSync(path);
    if (info.isSymbolicLink() && isPlanted(path)) return;
    assert.ok(!path.includes(canary), `a name from outside came in: ${path}`);
    if (info.isDirectory()) {
      if ((info.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
      for (const name of readdirSync(path)) visit(join(path, name));
    } else if (info.isFile()) {
      const content = readFileSync(path, "latin1");
      assert.ok(!content.includes(canary), `content from outside came in: ${path}`);
    }
  };
  visit(root);
}

/** Runs a step and judges it: nothing outside was written, nothing from there is in what it said or made. */
export async function judge(
  row: PathRow,
  ground: Ground,
  run: () => Promise<unknown>,
  isPlanted: (path: string) => boolean,
): Promise<"ended" | "faulted"> {
  const before = portrait(ground.outside);
  let said: unknown;
  let end: "ended" | "faulted" = "ended";
  try {
    said = await run();
  } catch (error) {
    end = "faulted";
    said = faultText(error);
  }
  assert.deepEqual(changedLines(before, portrait(ground.outside)), [], "something outside was changed");
  const text = JSON.stringify(said, (_key, value) => (typeof value === "bigint" ? String(value) : value));
  assert.ok(!(text ?? "").includes(canary), `${row.field} told something from outside: ${text}`);
  assertNoCanary(ground.work, isPlanted);
  return end;
}

/** A way to name something outside. Answers the path to give the step, and what it planted. */
interface StaticAttack {
  readonly name: string;
  readonly plant: (row: PathRow, ground: Ground) => { readonly path: string; readonly links: string[] };
}

const climbing: StaticAttack = {
  name: "..",
  plant: ({ path }) => ({ path: `../outside/${path}`, links: [] }),
};
const climbingDeep: StaticAttack = {
  name: ".. behind a folder that is there",
  plant: ({ path }) => ({ path: `${dirname(path)}/../../../../outside/${path}`, links: [] }),
};
const absolute: StaticAttack = {
  name: "absolute",
  plant: ({ path }, { outside }) => ({ path: join(outside, path), links: [] }),
};

function linking(name: string, target: "relative" | "absolute", what: "file" | "folder"): StaticAttack {
  return {
    name,
    plant: ({ path }, { work, outside }) => {
      const at = join(work, what === "file" ? path : dirname(path));
      const to = join(outside, what === "file" ? path : dirname(path));
      rmSync(at, { recursive: true, force: true });
      const up = "../".repeat(at.slice(work.length + 1).split("/").length);
      symlinkSync(target === "absolute" ? to : `${up}outside${to.slice(outside.length)}`, at);
      return { path, links: [at] };
    },
  };
}

/** The first folder of the path is replaced, and the path begins with it. */
export const staticAttacks: readonly StaticAttack[] = [
  climbing,
  climbingDeep,
  absolute,
  linking("link to a thing outside", "absolute", "file"),
  linking("relative link to a thing outside", "relative", "file"),
  linking("link in place of its folder", "absolute", "folder"),
  linking("relative link in place of its folder", "relative", "folder"),
];

/** What is swapped for a link to its like outside, and whether it stays swapped. */
export interface Swap {
  readonly name: string;
  readonly what: "file" | "folder";
  /** Back before the next call: between two checks all looks well. */
  readonly isBrief: boolean;
}

/** The swaps that are tried at every moment. */
export const swaps: readonly Swap[] = [
  { name: "its folder, for good", what: "folder", isBrief: false },
  { name: "its folder, for one call", what: "folder", isBrief: true },
  { name: "the thing itself, for good", what: "file", isBrief: false },
  { name: "the thing itself, for one call", what: "file", isBrief: true },
];

/** Moves a thing of the work directory away and puts a link to its like outside in its place. */
export class Swapper {
  readonly at: string;
  readonly away: string;
  readonly target: string;
  isSwapped = false;

  constructor({ path }: PathRow, { work, outside }: Ground, what: Swap["what"]) {
    const name = what === "file" ? path : dirname(path);
    this.at = join(work, name);
    this.away = join(work, ".swapped-away");
    this.target = join(outside, name);
  }

  swap(): void {
    if (this.isSwapped) return;
    try {
      renameSync(this.at, this.away);
    } catch {
      // The step has not made it yet, or removed it: the link alone stands there.
    }
    try {
      symlinkSync(this.target, this.at);
      this.isSwapped = true;
    } catch {
      // No place for it now.
    }
  }

  restore(): void {
    if (!this.isSwapped) return;
    rmSync(this.at, { force: true });
    this.isSwapped = false;
    try {
      renameSync(this.away, this.at);
    } catch {
      // There was nothing.
    }
  }
}

const watched = [
  ...[
    "access",
    "appendFile",
    "chmod",
    "copyFile",
    "cp",
    "lchown",
    "link",
    "lstat",
    "mkdir",
    "mkdtemp",
    "open",
  ],
  ...["opendir", "readFile", "readdir", "readlink", "realpath", "rename", "rm", "rmdir", "stat", "symlink"],
  ...["truncate", "unlink", "utimes", "writeFile"],
] as const;

/** Runs `act` and calls `before(n)` ahead of its n-th call of node:fs/promises; answers how many there were. */
export async function watchingFiles(
  before: (call: number) => void,
  act: () => Promise<void>,
): Promise<number> {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const originals = new Map(watched.map((name) => [name, functions[name]]));
  let calls = 0;
  for (const [name, original] of originals) {
    if (original === undefined) continue;
    functions[name] = (...args) => {
      before(calls++);
      return original(...args);
    };
  }
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    for (const [name, original] of originals) if (original !== undefined) functions[name] = original;
    syncBuiltinESMExports();
  }
  return calls;
}

/** More calls than any row makes: a step that never ends must not make a test that never ends. */
const maxCalls = 2000;

/**
 * Tries a swap before every call of the file layer that a run makes, or before every `stride`-th where a run takes long.
 * Answers how many calls a run makes.
 */
export async function trySwapAtEveryMoment(row: PathRow, swap: Swap, stride = 1): Promise<number> {
  for (let moment = 0; moment < maxCalls; moment += stride) {
    const ground = await layOut(row);
    const swapper = new Swapper(row, ground, swap.what);
    try {
      const calls = { made: 0 };
      const before = (call: number): void => {
        if (call === moment) swapper.swap();
        else if (call > moment && swap.isBrief) swapper.restore();
      };
      const run = async (): Promise<unknown> => {
        let said: unknown;
        calls.made = Number.POSITIVE_INFINITY;
        calls.made = await watchingFiles(before, async () => {
          said = await row.run(ground.work, row.path).catch(faultText);
        });
        return said;
      };
      await judge(
        row,
        ground,
        run,
        (path) => path === swapper.at || path.startsWith(join(ground.work, ".swapped-away")),
      );
      if (calls.made <= moment) return calls.made;
    } catch (error) {
      throw new Error(`swapped before call ${moment}: ${String(error)}`, { cause: error });
    } finally {
      ground.remove();
    }
  }
  assert.fail(`a run made more than ${maxCalls} calls`);
}

/** A program that swaps before its `start`-th start and then is the real one; `starts` tells how often it was started. */
export function swappingProgram(
  real: string,
  { work }: Ground,
  { at, away, target }: Swapper,
  start: number,
): { readonly path: string; readonly starts: () => number } {
  const dir = join(dirname(work), "bin");
  mkdirSync(dir, { recursive: true });
  const path = join(dir, basename(real));
  const log = join(dir, "starts");
  writeFileSync(log, "");
  const script = [
    "#!/bin/sh",
    `echo >> '${log}'`,
    `if [ "$(wc -l < '${log}')" -eq ${start} ]; then`,
    `  mv '${at}' '${away}' 2>/dev/null`,
    `  ln -s '${target}' '${at}' 2>/dev/null`,
    "fi",
    `exec '${real}' "$@"`,
  ];
  writeFileSync(path, `${script.join("\n")}\n`, { mode: 0o755 });
  return { path, starts: () => readFileSync(log, "utf8").length };
}
