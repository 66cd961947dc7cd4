// The index of the objects of one kind in a namespace: what lists need of each, so that opening a workspace reads one
// file instead of thousands. It is never believed over the objects: a row counts only for the very file it was made of,
// and an index that is missing, damaged or of another version is as good as an empty one.
import { Turns } from "../../base/turns";
import { CheckedLines, CheckedWriter, type LinePlace } from "./checked-file";
import { type Row, rowOf } from "./condensed";
import type { StateFile, StoredObject } from "./state-files";

const format = "kargo-workbench-index-4";
/** Rows in one line: a line is parsed when its folder is read, and its rows are soon forgotten. */
const rowsPerLine = 250;
/** Identity of the file, then the row. A number in the row stands for a text of the line's table. */
type StampedRow = readonly [inode: number, size: number, changedMs: number, ...row: unknown[]];
type Line = readonly [folder: string, table: readonly string[], ...rows: StampedRow[]];

/** An index as it was read. */
export class StateIndex {
  /** Places in the file: rows are read when their folder is. */
  readonly #places = new Map<string, LinePlace[]>();
  readonly #lines: CheckedLines | undefined;

  /** Reads the index at `path`; an empty one when there is none that can be believed. */
  constructor(path: string) {
    this.#lines = CheckedLines.open(path, format, (place, head) => {
      const folder = head.toString("utf8", 2, head.indexOf('"', 2));
      const known = this.#places.get(folder);
      if (known === undefined) this.#places.set(folder, [place]);
      else known.push(place);
    });
    if (this.#lines === undefined) this.#places.clear();
  }

  /** The rows of the objects in a folder, which is read once: then they are gone from the index. */
  take(folder: string): FolderIndex {
    const places = this.#places.get(folder) ?? [];
    this.#places.delete(folder);
    return new FolderIndex(places.map((place) => () => this.#lines?.read(place)));
  }

  close(): void {
    this.#places.clear();
    this.#lines?.close();
  }
}

/** The rows of one folder. */
export class FolderIndex {
  readonly #lines: (() => string | undefined)[];
  readonly #rows = new Map<unknown, { readonly row: StampedRow; readonly table: readonly string[] }>();

  /** `lines` are read one by one, as far as they are needed. */
  constructor(lines: readonly (() => string | undefined)[]) {
    this.#lines = [...lines];
  }

  /** The row of an object, made of exactly this file; asked for once. Cheapest in the order of the lines. */
  row(name: string, file: StateFile): Row | undefined {
    const found = this.#take(name);
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

  #take(name: string) {
    for (let found = this.#rows.get(name); ; found = this.#rows.get(name)) {
      if (found !== undefined) this.#rows.delete(name);
      const line = found === undefined ? this.#lines.shift()?.() : undefined;
      if (line === undefined) return found;
      const [, table, ...rows] = JSON.parse(line) as Line;
      // A name occurs once in a line, so it is never in the table.
      for (const row of rows) this.#rows.set(row[firstValue], { row, table });
    }
  }
}

/** Where the row begins behind the identity of the file. */
const firstValue = 3;

/** Collects what a new index is to hold. */
export class StateIndexWriter {
  readonly #folders = new Map<string, { readonly stamps: number[]; readonly objects: StoredObject[] }>();

  /** `file` is what the object was read of, as it was before it was read. */
  add(folder: string, file: StateFile, object: StoredObject): void {
    let known = this.#folders.get(folder);
    if (known === undefined) {
      known = { stamps: [], objects: [] };
      this.#folders.set(folder, known);
    }
    known.stamps.push(file.inode, file.size, file.changedMs);
    known.objects.push(object);
  }

  /** Replaces the index at `path`, or leaves that to another process that is about it. */
  async write(path: string): Promise<void> {
    const writer = await CheckedWriter.begin(path, format);
    if (writer === undefined) return;
    try {
      const turns = new Turns();
      for (const [folder, { stamps, objects }] of this.#folders) {
        for (let start = 0; start < objects.length; start += rowsPerLine) {
          const end = start + rowsPerLine;
          writer.line(lineOf(folder, stamps.slice(start * 3, end * 3), objects.slice(start, end)));
          await turns.over();
        }
      }
      writer.end();
    } catch (error) {
      writer.giveUp();
      throw error;
    }
  }
}

function lineOf(folder: string, stamps: readonly number[], objects: readonly StoredObject[]): string {
  const rows = objects.map((object) => rowOf(object) ?? []);
  const counts = new Map<unknown, number>();
  for (const row of rows) for (const value of row) counts.set(value, (counts.get(value) ?? 0) + 1);
  const table = [...counts].flatMap(([value, count]) =>
    count > 1 && typeof value === "string" ? [value] : [],
  );
  const places = new Map<unknown, number>(table.map((value, place) => [value, place]));
  const stamped = rows.flatMap((row, index): StampedRow[] => {
    const [inode = 0, size = 0, changedMs = 0] = stamps.slice(index * 3, index * 3 + 3);
    return row.length === 0
      ? []
      : [[inode, size, changedMs, ...row.map((value) => places.get(value) ?? value)]];
  });
  return JSON.stringify([folder, table, ...stamped] satisfies Line);
}
