// Look-ups in the lists of a Project: Promotions by Stage, what has not ended, Freight by name, Stages by where they take
// Freight from. Lists never change, so each is gone through once at most. Whoever makes a list out of an earlier one can bring its look-ups along.
import { atOnce } from "../base/turns";
import { type Freight, isTerminalPhase, originKey, type Promotion, type Stage } from "./resources";

/** What is looked up in a list of Promotions. */
export interface PromotionLookup {
  /** In the order of the list. */
  readonly byStage: ReadonlyMap<string, readonly Promotion[]>;
  /** Not ended, in no particular order. */
  readonly open: readonly Promotion[];
}

/** What is looked up in a list of Stages. Each Stage stands once under a key, in the order of the list. */
export interface StageLookup {
  /** By the Stage they take Freight through. */
  readonly byUpstream: ReadonlyMap<string, readonly Stage[]>;
  /** By the origin they ask for. */
  readonly byOrigin: ReadonlyMap<string, readonly Stage[]>;
}

const stageLookups = new WeakMap<readonly Stage[], StageLookup>();
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

/** The look-ups of a list of Stages. */
export function stageLookup(list: readonly Stage[]): StageLookup {
  const known = stageLookups.get(list);
  if (known !== undefined) return known;
  const lookup = {
    byUpstream: groupedByEach(list, ({ spec }) =>
      spec.requestedFreight.flatMap(({ sources }) => sources?.stages ?? []),
    ),
    byOrigin: groupedByEach(list, ({ spec }) => spec.requestedFreight.map(({ origin }) => originKey(origin))),
  };
  stageLookups.set(list, lookup);
  return lookup;
}

/** As groupedBy for entries with several keys; a key that an entry has twice counts once. */
function groupedByEach<T>(list: readonly T[], keysOf: (entry: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of list) for (const key of new Set(keysOf(entry))) putInGroup(groups, key, entry);
  return groups;
}

/** So many entries are grouped in one step. */
const stepSize = 1000;

/** Entries in groups, each in the order of the list. */
export function groupedBy<T, K = string>(list: Iterable<T>, keyOf: (entry: T) => K): Map<K, T[]> {
  return atOnce(groupedInSteps(list, keyOf));
}

/** As groupedBy, in steps. */
export function* groupedInSteps<T, K = string>(
  list: Iterable<T>,
  keyOf: (entry: T) => K,
): Generator<void, Map<K, T[]>> {
  const groups = new Map<K, T[]>();
  let count = 0;
  for (const entry of list) {
    putInGroup(groups, keyOf(entry), entry);
    if (++count % stepSize === 0) yield;
  }
  return groups;
}

function putInGroup<T, K>(groups: Map<K, T[]>, key: K, entry: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [entry]);
  else group.push(entry);
}
