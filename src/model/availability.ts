// The list of Freight a Stage may choose from, and which of it auto-promotion would choose.
// Its soak and MatchUpstream rules differ from the predicate in freight.ts, as they do upstream; both are kept exactly.
import { compareBytewise } from "../base/text";
import { discoveredAtMs, hasSoakedIn, isApprovedFor, isCurrentlyIn, isVerifiedIn } from "./freight";
import { type Freight, type FreightRequest, originKey, type Stage } from "./resources";

/** What `availableFreight` chooses from. */
export interface FreightSupply {
  /** Names of the Warehouses that exist in the Stage's namespace, of those it names at least. */
  readonly warehouses: ReadonlySet<string>;
  /** The Freight of those Warehouses. */
  readonly freight: readonly Freight[];
}

/**
 * Every Freight that is available to `stage` for any reason, by name (pkg/api/stage.go ListFreightAvailableToStage).
 * Throws when a requested Warehouse does not exist or a strategy is unknown: upstream, that fails the whole listing.
 */
export function availableFreight(stage: Stage, supply: FreightSupply, nowMs: number): Freight[] {
  const found = new Map<string, Freight>();
  for (const request of stage.spec.requestedFreight) {
    if (!supply.warehouses.has(request.origin.name)) {
      throw new Error(
        `Warehouse "${request.origin.name}" not found in namespace "${stage.metadata.namespace ?? ""}"`,
      );
    }
    const own = supply.freight.filter((freight) => freight.origin.name === request.origin.name);
    for (const freight of availableForRequest(stage.metadata.name, request, own, nowMs)) {
      found.set(freight.metadata.name, freight);
    }
  }
  return [...found.values()].sort((a, b) => compareBytewise(a.metadata.name, b.metadata.name));
}

function availableForRequest(
  stage: string,
  request: FreightRequest,
  own: readonly Freight[],
  nowMs: number,
): readonly Freight[] {
  const { direct, stages: upstreams = [], availabilityStrategy, requiredSoakTime } = request.sources ?? {};
  if (direct === true) return own;
  if (!["All", "OneOf", "", undefined].includes(availabilityStrategy)) {
    throw new Error(`unsupported AvailabilityStrategy: ${availabilityStrategy}`);
  }
  const isVerified = (freight: Freight) =>
    availabilityStrategy === "All"
      ? upstreams.every((upstream) => isVerifiedIn(freight, upstream))
      : upstreams.some((upstream) => isVerifiedIn(freight, upstream));
  const listed = own.filter(
    (freight) =>
      (isApprovedFor(freight, stage) || isVerified(freight)) && isInMatchedUpstream(freight, request),
  );
  if (upstreams.length === 0 || requiredSoakTime === undefined) return listed;
  return listed.filter(
    (freight) =>
      isApprovedFor(freight, stage) ||
      hasSoakedForListing(freight, upstreams, availabilityStrategy === "All", requiredSoakTime, nowMs),
  );
}

/** MatchUpstream narrows every way of becoming available, approval included, to what the upstream holds now. */
function isInMatchedUpstream(freight: Freight, request: FreightRequest): boolean {
  if (request.sources?.autoPromotionOptions?.selectionPolicy !== "MatchUpstream") return true;
  const upstream = request.sources.stages?.[0];
  return upstream !== undefined && isCurrentlyIn(freight, upstream);
}

/** The listing's own soak rule: it looks at every Stage the Freight was verified in, listed or not. */
function hasSoakedForListing(
  freight: Freight,
  upstreams: readonly string[],
  needsAll: boolean,
  duration: string,
  nowMs: number,
): boolean {
  const soaked = Object.keys(freight.status?.verifiedIn ?? {}).filter((stage) =>
    hasSoakedIn(freight, stage, duration, nowMs),
  );
  if (!needsAll) return soaked.length > 0;
  const wanted = new Set(upstreams);
  return soaked.length === wanted.size && soaked.every((stage) => wanted.has(stage));
}

/**
 * The Freight that auto-promotion would choose, per origin key (pkg/api/auto_promotion.go SelectAutoPromotionCandidates).
 * An origin is absent when nothing is available, or when MatchUpstream sees two pieces of Freight in the upstream at once.
 */
export function autoPromotionCandidates(
  stage: Stage,
  available: readonly Freight[],
): ReadonlyMap<string, Freight> {
  const candidates = new Map<string, Freight>();
  for (const request of stage.spec.requestedFreight) {
    const key = originKey(request.origin);
    const choices = available.filter((freight) => originKey(freight.origin) === key).sort(newestFirst);
    const [first] = choices;
    const matchesUpstream = request.sources?.autoPromotionOptions?.selectionPolicy === "MatchUpstream";
    if (first === undefined || (matchesUpstream && choices.length > 1)) continue;
    candidates.set(key, first);
  }
  return candidates;
}

function newestFirst(a: Freight, b: Freight): number {
  return discoveredAtMs(b) - discoveredAtMs(a) || compareBytewise(b.metadata.name, a.metadata.name);
}
