// Look-ups in the lists of a Project: Promotions by Stage, what has not ended, Freight by name. Lists never change, so
// each is gone through once at most. Whoever makes a list out of an earlier one can bring its look-ups along.
import { type Freight, isTerminalPhase, type Promotion } from "./resources";

/** What is looked up in a list of Promotions. */
export interface PromotionLookup {
  /** In the order of the list. */
  readonly byStage: ReadonlyMap<string, readonly Promotion[]>;
  /** Not ended, in no particular order. */
  readonly open: readonly Promotion[];
}

const promotionLookups = new WeakMap<readonly Promotion[], PromotionLookup>();
const freightLookups = new WeakMap<readonly Freight[], ReadonlyMap<string, Freight>>();

/** The look-ups of a list of Promotions. */
export function promotionLookup(list: readonly Promotion[]): PromotionLookup {
  const known = promotionLookups.get(list);
  if (known !== undefined) return known;
  const lookup = {
    byStage: groupedBy(list, (promotion) => promotion.spec.stage),
    open: list.filter((promotion) => !isTerminalPhase(promotion.status?.phase)),
  };
  promotionLookups.set(list, lookup);
  return lookup;
}

/** Spares a list the going through: `lookup` is what it would come to. */
export function rememberPromotionLookup(list: readonly Promotion[], lookup: PromotionLookup): void {
  promotionLookups.set(list, lookup);
}

/** The Freight of that name. */
export function freightNamed(list: readonly Freight[], name: string): Freight | undefined {
  let lookup = freightLookups.get(list);
  if (lookup === undefined) {
    lookup = new Map(list.map((freight) => [freight.metadata.name, freight]));
    freightLookups.set(list, lookup);
  }
  return lookup.get(name);
}

/** Entries in groups, each in the order of the list. */
export function groupedBy<T, K = string>(list: Iterable<T>, keyOf: (entry: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const entry of list) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}
