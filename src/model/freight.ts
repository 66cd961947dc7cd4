// Rules about Freight that need no I/O: what its name is made of, how long it soaked, whether a Stage may have it.
// Hashes nothing (engine/freight-name.ts) and lists nothing; rules of creation are in admission.ts.
import { parseDurationMs } from "../base/duration";
import { compareBytewise } from "../base/text";
import {
  type ArtifactReference,
  type Artifacts,
  type Chart,
  type Freight,
  type FreightOrigin,
  type FreightRequest,
  type GitCommit,
  type Image,
  originKey,
  type Stage,
} from "./resources";
import { chartKey, normGit } from "./urls";

/** The text whose SHA-1 is the name of Freight (pkg/api/freight.go GenerateFreightID). */
export function freightPreimage(origin: FreightOrigin, artifacts: Artifacts): string {
  const parts = [
    ...(artifacts.commits ?? []).map(commitPart),
    ...(artifacts.images ?? []).map(imagePart),
    ...(artifacts.charts ?? []).map(chartPart),
    ...(artifacts.artifacts ?? []).map(artifactPart),
  ];
  return `${originKey(origin)}:${parts.sort(compareBytewise).join("|")}`;
}

/** The text whose SHA-1 is the id of a FreightCollection (api/v1alpha1/stage_types.go UpdateOrPush). */
export function collectionPreimage(freightNames: Iterable<string>): string {
  return [...freightNames].sort(compareBytewise).join(",");
}

/** Milliseconds since the epoch at which Freight counts as discovered (freight_types.go EffectiveDiscoveredAt); 0 when unknown. */
export function discoveredAtMs(freight: Freight): number {
  return timeMs(freight.discoveredAt) ?? timeMs(freight.metadata.creationTimestamp) ?? 0;
}

/** True when the Stage runs on this Freight now. */
export function isCurrentlyIn(freight: Freight, stage: string): boolean {
  return has(freight.status?.currentlyIn, stage);
}

/** True when the Freight was verified in the Stage. */
export function isVerifiedIn(freight: Freight, stage: string): boolean {
  return has(freight.status?.verifiedIn, stage);
}

/** True when a person approved the Freight for the Stage. */
export function isApprovedFor(freight: Freight, stage: string): boolean {
  return has(freight.status?.approvedFor, stage);
}

/** The longest uninterrupted stay in a Stage in milliseconds, the running one included; 0 where it is not verified (GetLongestSoak). */
export function longestSoakMs(freight: Freight, stage: string, nowMs: number): number {
  if (!isVerifiedIn(freight, stage)) return 0;
  const completed = parseDurationMs(freight.status?.verifiedIn?.[stage]?.longestSoak ?? "") ?? 0;
  const since = isCurrentlyIn(freight, stage)
    ? timeMs(freight.status?.currentlyIn?.[stage]?.since)
    : undefined;
  return Math.max(completed, since === undefined ? 0 : nowMs - since);
}

/** True when the Freight stayed in the Stage for at least `required`; nothing required is always met (HasSoakedIn). */
export function hasSoakedIn(
  freight: Freight,
  stage: string,
  required: string | undefined,
  nowMs: number,
): boolean {
  if (required === undefined) return true;
  return longestSoakMs(freight, stage, nowMs) >= (parseDurationMs(required) ?? 0);
}

/** True when the Stage may be promoted to this Freight now (api/v1alpha1/stage_types.go IsFreightAvailable). */
export function isFreightAvailable(stage: Stage, freight: Freight, nowMs: number): boolean {
  if (stage.metadata.namespace !== freight.metadata.namespace) return false;
  for (const request of stage.spec.requestedFreight) {
    if (originKey(request.origin) !== originKey(freight.origin)) continue;
    const decided = availableBy(request, stage.metadata.name, freight, nowMs);
    if (decided !== undefined) return decided;
  }
  return false;
}

/** What one request says; undefined leaves it to the next request of the same origin. */
function availableBy(
  request: FreightRequest,
  stage: string,
  freight: Freight,
  nowMs: number,
): boolean | undefined {
  const { direct, stages = [], requiredSoakTime, availabilityStrategy } = request.sources ?? {};
  if (isApprovedFor(freight, stage) || direct === true) return true;
  const passed = (upstream: string) =>
    isVerifiedIn(freight, upstream) && hasSoakedIn(freight, upstream, requiredSoakTime, nowMs);
  if (availabilityStrategy === "All") return stages.every(passed);
  return stages.some(passed) ? true : undefined;
}

function commitPart({ repoURL = "", tag = "", id = "" }: GitCommit): string {
  return tag === "" ? `${normGit(repoURL)}:${id}` : `${normGit(repoURL)}:${tag}:${id}`;
}

function imagePart({ repoURL = "", tag = "", digest = "" }: Image): string {
  return `${repoURL}:${tag}@${digest}`;
}

function chartPart({ repoURL, name, version = "" }: Chart): string {
  return `${chartKey(repoURL, name)}:${version}`;
}

function artifactPart({ artifactType, subscriptionName, version }: ArtifactReference): string {
  return `${artifactType}:${subscriptionName}:${version}`;
}

function has(map: Readonly<Record<string, unknown>> | undefined, key: string): boolean {
  return map !== undefined && Object.hasOwn(map, key);
}

function timeMs(time: string | undefined): number | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}
