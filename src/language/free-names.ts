// Names that are not taken.
// Checks no rules but the one about aliases of Kargo's own.
import { isReservedAlias } from "../model/admission";

/** A name near `wanted` that no step has. */
export function freeAlias(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const alias = count === 1 ? wanted : `${wanted}-${count}`;
    if (!taken.has(alias) && !isReservedAlias(alias)) return alias;
  }
}
