// Figures of benchmarks: how a child process tells them, how they are printed, and the memory of a process.
// Measures no time and starts nothing.

/** What a child process prints last. */
export interface Figures {
  readonly [name: string]: number;
}

/** What a child says last. */
export function tellFigures(figures: Figures): void {
  console.log(`FIGURES ${JSON.stringify(figures)}`);
}

/** One line of figures. */
export function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(Math.abs(value) < 10 ? 1 : 0)}`)
    .join(", ");
}

/** Memory of this process that is in use, as the system counts it. */
export function rssMiB(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

/** The most memory this process has ever had. */
export function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
