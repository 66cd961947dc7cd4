// One open or indexed text as a row of units (its YAML documents), and the way between offsets and lines.
// Knows nothing of YAML inside a unit; an edit makes new units only where the text changed.
import { splitDocuments } from "../model/documents";
import { listParts } from "./list-items";
import { Unit, type UnitPart } from "./unit";

/** A zero-based line and UTF-16 column, as editors count. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A place in a file. `start` and `end` are offsets in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A unit at its place in the file. */
export interface PlacedUnit {
  readonly unit: Unit;
  readonly start: number;
  readonly startLine: number;
}

/** The text of a file, cut into units. Immutable: `replace` gives a new one that shares what did not change. */
export class SourceFile {
  readonly text: string;
  readonly units: readonly PlacedUnit[];

  private constructor(text: string, units: readonly PlacedUnit[]) {
    this.text = text;
    this.units = units;
  }

  static of(text: string): SourceFile {
    const units = splitUnits(text, 0, text.length).map(({ text: one, part }) => new Unit(one, part));
    return new SourceFile(text, place(units));
  }

  /** The file with another text; units outside the changed part are kept as they are, analysis included. */
  replace(text: string): SourceFile {
    if (text === this.text) return this;
    const shortest = Math.min(this.text.length, text.length);
    const before = commonPrefix(this.text, text, shortest);
    const after = commonSuffix(this.text, text, shortest - before);
    return this.changed(text, before, this.text.length - after);
  }

  /** The file after `start..end` became `insert`. */
  edit(start: number, end: number, insert: string): SourceFile {
    const text = this.text.slice(0, start) + insert + this.text.slice(end);
    return this.changed(text, start, end);
  }

  /**
   * A marker is judged by its whole line and the first units on both sides may lose or gain one, so one unit more on
   * each side is cut anew; those whose text stays the same are found again.
   */
  private changed(text: string, start: number, end: number): SourceFile {
    const { units } = this;
    let first = 0;
    while (first < units.length && endOf(units[first]) < start) first++;
    first = Math.max(0, first - 1);
    // Parts of a List are cut anew together, as where one begins depends on what is around it.
    while (first > 0 && !opensDocument(units[first])) first--;
    let last = units.length - 1;
    while (last > first && (units[last]?.start ?? 0) > end) last--;
    last = Math.min(units.length - 1, last + 1);
    while (last < units.length - 1 && !opensDocument(units[last + 1])) last++;
    const kept = units.slice(0, first);
    const tail = units.slice(last + 1);
    const from = units[first]?.start ?? 0;
    const tailLength = this.text.length - (units[last] === undefined ? this.text.length : endOf(units[last]));
    const known = new Map(units.slice(first, last + 1).map(({ unit }) => [unit.text, unit]));
    const middle = splitUnits(text, from, text.length - tailLength).map(({ text: one, part }) => {
      const same = known.get(one);
      if (same?.part !== part) return new Unit(one, part);
      // A unit stands in one place only, also when two documents are the same.
      known.delete(one);
      return same;
    });
    return new SourceFile(text, place([...kept.map(unitOf), ...middle, ...tail.map(unitOf)]));
  }

  /** The unit that holds the offset; at a boundary the one that begins there. */
  unitAt(offset: number): PlacedUnit {
    const { units } = this;
    let low = 0;
    let high = units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((units[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return units[low] as PlacedUnit;
  }

  /** The offset of a position; a column behind the end of its line is the end of the line. */
  offsetAt({ line, character }: Position): number {
    let low = 0;
    let high = this.units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.units[middle]?.startLine ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    const { unit, start, startLine } = this.units[low] as PlacedUnit;
    return start + unit.offsetAt(line - startLine, character);
  }

  /** Line and column of an offset. */
  positionAt(offset: number): Position {
    const { unit, start, startLine } = this.unitAt(offset);
    const { line, character } = unit.positionAt(offset - start);
    return { line: startLine + line, character };
  }
}

function unitOf({ unit }: PlacedUnit): Unit {
  return unit;
}

function endOf(placed: PlacedUnit | undefined): number {
  return placed === undefined ? 0 : placed.start + placed.unit.text.length;
}

function opensDocument(placed: PlacedUnit | undefined): boolean {
  return placed?.unit.part === "document" || placed?.unit.part === "head";
}

function splitUnits(text: string, from: number, to: number) {
  const cut = text.slice(from, to);
  if (cut === "" && from > 0) return [];
  return splitDocuments(cut).flatMap(({ start, end }): { text: string; part: UnitPart }[] => {
    const document = cut.slice(start, end);
    const parts = listParts(document);
    if (parts === undefined) return [{ text: document, part: "document" }];
    return parts.map((one, index) => ({
      text: document.slice(one.start, parts[index + 1]?.start),
      part: one.part,
    }));
  });
}

function place(units: readonly Unit[]): PlacedUnit[] {
  let start = 0;
  let startLine = 0;
  return units.map((unit) => {
    const placed = { unit, start, startLine };
    start += unit.text.length;
    startLine += unit.lineBreaks;
    return placed;
  });
}

/** Length of the common beginning, found by halving so that comparing stays a matter of memory speed. */
function commonPrefix(a: string, b: string, limit: number): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (a.slice(low, middle) === b.slice(low, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function commonSuffix(a: string, b: string, limit: number): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const same = a.slice(a.length - middle, a.length - low) === b.slice(b.length - middle, b.length - low);
    if (same) low = middle;
    else high = middle - 1;
  }
  return low;
}
