// Makes Freight: of the newest artifacts a Warehouse found, or of artifacts a person chose. Decides about admission
// with the rules of the model; finds no artifacts.
import { formatTime } from "../../base/time";
import {
  type Artifacts,
  type DiscoveredArtifacts,
  type Freight,
  type FreightOrigin,
  kargoApiVersion,
} from "../../model/resources";
import { freightName } from "../freight-name";
import { type EnginePorts, type ResourceStore, StoreError } from "../ports";
import { AdmissionError, checkProject } from "../promotion/admission";
import { labelKeys } from "../promotion/annotations";
import { DiscoveryError } from "./discovery-error";
import { randomAlias } from "./freight-alias";

/** Freight assembled by hand from chosen artifacts, exactly one for each subscription of the Warehouse. */
export interface CreateFreightRequest extends Artifacts {
  readonly namespace: string;
  /** Name of the Warehouse that counts as its origin. */
  readonly warehouse: string;
  /** Chosen at random when absent. */
  readonly alias?: string;
}

/** The artifacts of new Freight: the first of every result (buildFreightFromLatestArtifacts). */
export function newestArtifacts(discovered: DiscoveredArtifacts): Artifacts {
  const { git = [], images = [], charts = [], results = [] } = discovered;
  const commits = git.map(({ repoURL, commits: candidates }) => {
    const { id, branch, tag, subject, author, committer } = first(candidates, repoURL);
    return withoutEmpty({ repoURL, id, branch, tag, message: subject, author, committer });
  });
  const newestImages = images.map(({ repoURL, references }) => {
    const { tag, digest, annotations } = first(references, repoURL);
    return withoutEmpty({ repoURL, tag, digest, annotations });
  });
  const newestCharts = charts.map(({ repoURL, name, versions }) =>
    withoutEmpty({ repoURL, name, version: first(versions, repoURL) }),
  );
  const artifacts = results.map(({ name, artifactReferences }) => first(artifactReferences, name));
  return {
    ...(commits.length > 0 && { commits }),
    ...(newestImages.length > 0 && { images: newestImages }),
    ...(newestCharts.length > 0 && { charts: newestCharts }),
    ...(artifacts.length > 0 && { artifacts }),
  };
}

/**
 * Admits Freight and stores it. Throws AdmissionError when it is refused and StoreError `alreadyExists` when Freight of
 * the same origin and content exists.
 */
export async function createFreight(
  ports: Pick<EnginePorts, "store" | "clock">,
  request: CreateFreightRequest,
): Promise<Freight> {
  const { store, clock } = ports;
  const { namespace, warehouse, alias: wantedAlias, ...artifacts } = request;
  await checkProject(store, namespace);
  const origin: FreightOrigin = { kind: "Warehouse", name: warehouse };
  const name = freightName({ origin, ...artifacts });
  for (;;) {
    const alias = wantedAlias || randomAlias();
    if (await isAliasTaken(store, alias, wantedAlias ? namespace : undefined)) {
      if (!wantedAlias) continue;
      throw new AdmissionError(
        "invalid",
        `Another piece of Freight in Project ${namespace} has the alias ${alias}.`,
        { field: "alias" },
      );
    }
    return store.create<"Freight">({
      apiVersion: kargoApiVersion,
      kind: "Freight",
      metadata: { name, namespace, labels: { [labelKeys.alias]: alias } },
      alias,
      discoveredAt: formatTime(clock.now()),
      origin,
      ...artifacts,
    });
  }
}

/** Whether Freight with this alias exists, in one Project or, without `namespace`, in any. */
async function isAliasTaken(store: ResourceStore, alias: string, namespace?: string): Promise<boolean> {
  const others = await store.list("Freight", namespace === undefined ? {} : { namespace });
  return others.some(
    ({ metadata, ...freight }) => (metadata.labels?.[labelKeys.alias] ?? freight.alias) === alias,
  );
}

/** True when the error says that the very same Freight exists. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof StoreError && error.code === "alreadyExists";
}

/** The same without the fields that Kargo leaves out when they are empty. */
function withoutEmpty<T extends object>(artifact: T): Partial<T> {
  const kept = Object.entries(artifact).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(kept) as Partial<T>;
}

function first<T>(candidates: readonly T[] | undefined, name: string): T {
  const [newest] = candidates ?? [];
  if (newest === undefined) throw new DiscoveryError("content", `nothing was discovered for ${name}`);
  return newest;
}
