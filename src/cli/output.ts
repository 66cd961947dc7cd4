// How resources are printed: aligned tables with Kargo's columns, or Kubernetes-shaped JSON and YAML.
// Chooses no resources; commands do.
import { stringify } from "yaml";
import type { AnyResource } from "../model/resources";
import { printLine, type Terminal, UsageError } from "./terminal";

/** Values of `-o`. */
export type OutputFormat = "table" | "json" | "yaml";

/** The format named by `-o`. Throws UsageError. */
export function toOutputFormat(name: string): OutputFormat {
  if (name === "table" || name === "json" || name === "yaml") return name;
  throw new UsageError(`-o takes table, json or yaml, not ${JSON.stringify(name)}.`);
}

/** One column: its heading and the text of a cell. */
export interface Column<R> {
  readonly heading: string;
  readonly cell: (resource: R) => string | undefined;
}

/** Prints resources as a table, a single object (`one`) or a List. */
export function printResources<R extends AnyResource>(
  terminal: Terminal,
  resources: readonly R[],
  options: {
    readonly format: OutputFormat;
    readonly one: boolean;
    readonly columns: readonly Column<R>[];
    readonly headers?: boolean;
  },
): void {
  if (options.format === "table") {
    const rows = resources.map((resource) => options.columns.map((column) => column.cell(resource) ?? ""));
    const headings = options.headers === false ? [] : [options.columns.map((column) => column.heading)];
    for (const line of alignColumns([...headings, ...rows])) printLine(terminal, line);
    return;
  }
  const value = options.one
    ? resources[0]
    : { apiVersion: "v1", kind: "List", metadata: {}, items: resources };
  printValue(terminal, value, options.format);
}

/** Prints any value as JSON or YAML. */
export function printValue(terminal: Terminal, value: unknown, format: "json" | "yaml"): void {
  const text =
    format === "json"
      ? `${JSON.stringify(value, undefined, 2)}\n`
      : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  terminal.stdout.write(text);
}

/** Rows as lines, columns padded to the widest cell and three spaces apart, as kubectl prints them. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}

/** Time since `from` in kubectl's short form: `45s`, `7m12s`, `3h5m`, `2d4h` … (apimachinery duration.HumanDuration). */
export function humanAge(from: string | undefined, now: Date): string {
  const since = from === undefined ? Number.NaN : now.getTime() - Date.parse(from);
  if (Number.isNaN(since)) return "<unknown>";
  return humanDuration(since);
}

/** A duration in milliseconds in kubectl's short form. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, "y", days % 365, "d") : `${years}y`;
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;
}
