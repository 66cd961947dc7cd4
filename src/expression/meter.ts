// Bounds the work of an operation: upstream has no such bound, but an expression must not hang its host.
// Counts only; what a step costs is up to the operation.
import { fault } from "./errors";

/** Steps that are left. One step is worth some ten nanoseconds. */
export interface Meter {
  work: number;
}

/** Takes steps; fails when there are not so many left. */
export function spend(meter: Meter, steps: number): void {
  meter.work -= steps;
  if (meter.work < 0) fault("evaluation takes too long");
}

/** Takes what looking through a text once costs. */
export function spendText(meter: Meter, text: string): void {
  if (text.length >= 8) spend(meter, text.length >> 3);
}

/** Takes what making a text costs, which is memory above all. */
export function spendMaking(meter: Meter, text: string): void {
  if (text.length >= 4) spend(meter, text.length >> 2);
}

/** Steps an evaluation has unless its host says otherwise: about a second or two. */
export const defaultWork = 30_000_000;

/** A meter for operations outside an evaluation. */
export function newMeter(): Meter {
  return { work: defaultWork };
}
