// The index of the objects of one kind in a namespace: what lists need of each, so that opening a workspace reads one
// file instead of thousands. It is never believed over the objects: a row counts only for the very file it was made of,
// and an index that is missing, damaged or of another version is as good as an empty one.
import { readFileSync } from "node:fs";
import { readChecked, writeChecked } from "./checked-file";
import { type Row, rowOf } from "./condensed";
import type { StateFile, StoredObject } from "./state-files";

const format = "kargo-workbench-index-3";
/** Rows in one line: a line is parsed when its folder is read, and its rows are soon forgotten. */
const rowsPerLine = 500;
/** Identity of the file, then the row. A number in the row stands for a text of the line's table. */
type StampedRow = readonly [inode: number, size: number, changedMs: number, ...row: unknown[]];
type Line = readonly [folder: string, table: readonly string[], ...rows: StampedRow[]];

/** An index as it was read. */
export class StateIndex {
  /** Bytes until they are wanted: as text, they would take their room twice. */
  readonly #lines = new Map<string, Buffer[]>();

  /** Reads the index at `path`; an empty one when there is none that can be believed. */
  constructor(path: string) {
    const content = readChecked(contentOf(path), format) ?? Buffer.alloc(0);
    for (let start = 0; start < content.length; ) {
      const newline = content.indexOf(10, start);
      const line = content.subarray(start, newline < 0 ? content.length : newline);
      const folder = line.toString("utf8", 2, line.indexOf('"', 2));
      const known = this.#lines.get(folder);
      if (known === undefined) this.#lines.set(folder, [line]);
      else known.push(line);
      start += line.length + 1;
    }
  }

  /** The rows of the objects in a folder, which is read once: then they are gone from the index. */
  take(folder: string): FolderIndex {
    const lines = this.#lines.get(folder) ?? [];
    this.#lines.delete(folder);
    return new FolderIndex(lines);
  }
}

/** The rows of one folder. */
export class FolderIndex {
  readonly #rows = new Map<unknown, { readonly row: StampedRow; readonly table: readonly string[] }>();

  constructor(lines: readonly Buffer[]) {
    for (const line of lines) {
      const [, table, ...rows] = JSON.parse(line.toString("utf8")) as Line;
      // A name occurs once in a line, so it is never in the table.
      for (const row of rows) this.#rows.set(row[firstValue], { row, table });
    }
  }

  /** The row of an object, made of exactly this file. */
  row(name: string, file: StateFile): Row | undefined {
    const found = this.#rows.get(name);
    if (found === undefined) return undefined;
    const { row, table } = found;
    if (row[0] !== file.inode || row[1] !== file.size || row[2] !== file.changedMs) return undefined;
    const values: unknown[] = [];
    for (let place = firstValue; place < row.length; place++) {
      const value = row[place];
      values.push(typeof value === "number" ? table[value] : (value ?? undefined));
    }
    return values;
  }
}

/** Where the row begins behind the identity of the file. */
const firstValue = 3;

/** Collects what a new index is to hold. */
export class StateIndexWriter {
  readonly #folders = new Map<string, (readonly [StateFile, StoredObject])[]>();

  add(folder: string, file: StateFile, object: StoredObject): void {
    const known = this.#folders.get(folder);
    if (known === undefined) this.#folders.set(folder, [[file, object]]);
    else known.push([file, object]);
  }

  /** Replaces the index at `path`. */
  async write(path: string): Promise<void> {
    const lines: string[] = [];
    for (const [folder, objects] of this.#folders) {
      for (let start = 0; start < objects.length; start += rowsPerLine)
        lines.push(lineOf(folder, objects.slice(start, start + rowsPerLine)));
    }
    await writeChecked(path, format, lines.join("\n"));
  }
}

function lineOf(folder: string, objects: readonly (readonly [StateFile, StoredObject])[]): string {
  const rows = objects.flatMap(([file, object]) => {
    const row = rowOf(object);
    return row === undefined ? [] : [{ file, row }];
  });
  const counts = new Map<unknown, number>();
  for (const { row } of rows) for (const value of row) counts.set(value, (counts.get(value) ?? 0) + 1);
  const table = [...counts].flatMap(([value, count]) =>
    count > 1 && typeof value === "string" ? [value] : [],
  );
  const places = new Map<unknown, number>(table.map((value, place) => [value, place]));
  const stamped = rows.map(({ file, row }): StampedRow => {
    const values = row.map((value) => places.get(value) ?? value);
    return [file.inode, file.size, file.changedMs, ...values];
  });
  return JSON.stringify([folder, table, ...stamped] satisfies Line);
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
