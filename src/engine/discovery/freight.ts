// Makes Freight: of the newest artifacts a Warehouse found, or of artifacts a person chose. Decides about admission
// with the rules of the model; finds no artifacts.
import { randomInt } from "node:crypto";
import { goQuote } from "../../base/go-text";
import { formatTime } from "../../base/time";
import {
  admissionText,
  aliasLabel,
  aliasProblem,
  fieldPath,
  newFreightProblems,
  withAliasLabel,
} from "../../model/admission";
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
import { shownUrl } from "../tools/git-auth";
import { DiscoveryError } from "./discovery-error";
import { randomAlias } from "./freight-alias";

/** Above this many the plain aliases become scarce, and a number is added. */
const maxPlainAliases = 10_000;

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
    const { id, branch, tag, subject, author, committer } = first(
      candidates,
      `commits discovered for repository ${goQuote(shownUrl(repoURL))}`,
    );
    return withoutEmpty({ repoURL, id, branch, tag, message: subject, author, committer });
  });
  const newestImages = images.map(({ repoURL, references }) => {
    const { tag, digest, annotations } = first(
      references,
      `images discovered for repository ${goQuote(repoURL)}`,
    );
    return withoutEmpty({ repoURL, tag, digest, annotations });
  });
  const newestCharts = charts.map(({ repoURL, name, versions }) =>
    // Upstream's message has name and repository the wrong way round.
    withoutEmpty({ repoURL, name, version: first(versions, noVersions(repoURL, name)) }),
  );
  const artifacts = results.map(({ artifactReferences }) =>
    first(artifactReferences, "versions discovered for subscription"),
  );
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
  const { namespace, warehouse, alias, ...artifacts } = request;
  await checkProject(store, namespace);
  const origin: FreightOrigin = { kind: "Warehouse", name: warehouse };
  const name = freightName({ origin, ...artifacts });
  const freight: Freight = {
    apiVersion: kargoApiVersion,
    kind: "Freight",
    metadata: { name, namespace },
    ...(alias && { alias }),
    discoveredAt: formatTime(clock.now()),
    origin,
    ...artifacts,
  };
  await admit(freight, store);
  if ((await store.get("Freight", { namespace, name })) !== undefined) {
    throw new StoreError("alreadyExists", `Freight of these artifacts exists already (${name}).`);
  }
  return store.create<"Freight">(withAliasLabel(freight, alias ? undefined : await freeAlias(store)));
}

/** Throws AdmissionError for Freight that Kargo's webhook, or Kubernetes for its label, would refuse. */
async function admit(freight: Freight, store: ResourceStore): Promise<void> {
  const { namespace } = freight.metadata;
  const { alias = "", origin } = freight;
  const warehouse = await store.get("Warehouse", {
    ...(namespace !== undefined && { namespace }),
    name: origin.name,
  });
  // Without an alias of its own it gets a free one, so its neighbours do not matter.
  const others =
    alias === "" ? [] : await store.list("Freight", namespace === undefined ? {} : { namespace });
  const [problem] = newFreightProblems(freight, { warehouse, others });
  if (problem !== undefined) {
    throw new AdmissionError("invalid", `${admissionText(problem)}.`, { field: fieldPath(problem.path) });
  }
  if (alias !== "") checkAlias(alias);
}

/** Throws AdmissionError for an alias that cannot be a label of Kubernetes. */
export function checkAlias(alias: string): void {
  const problem = aliasProblem(alias);
  if (problem !== undefined) throw new AdmissionError("invalid", `${problem}.`, { field: "alias" });
}

/** A random alias that no Freight of any Project has. */
async function freeAlias(store: ResourceStore): Promise<string> {
  const taken = new Set(
    (await store.list("Freight")).map(({ alias, metadata }) => metadata.labels?.[aliasLabel] ?? alias),
  );
  for (;;) {
    const alias = randomAlias();
    if (!taken.has(alias)) return alias;
    if (taken.size > maxPlainAliases) return `${alias}-${randomInt(10_000)}`;
  }
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

function noVersions(repoURL: string, name = ""): string {
  return `versions discovered for chart ${goQuote(shownUrl(repoURL))} from repository ${goQuote(name)}`;
}

function first<T>(candidates: readonly T[] | undefined, what: string): T {
  const [newest] = candidates ?? [];
  if (newest === undefined) throw new DiscoveryError("content", `no ${what}`);
  return newest;
}
