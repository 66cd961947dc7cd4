// Runs every subscription of a Warehouse in turn and puts the results together (pkg/controller/warehouses discoverArtifacts).
// The first failure ends the pass; what was found before it is dropped with it.

import { join } from "node:path";
import { goQuote } from "../../base/go-text";
import { formatTime } from "../../base/time";
import type {
  ChartDiscoveryResult,
  DiscoveredArtifacts,
  GitDiscoveryResult,
  ImageDiscoveryResult,
  RepoSubscription,
  Warehouse,
} from "../../model/resources";
import type { EnginePorts } from "../ports";
import { discoverChart } from "./chart";
import { DiscoveryError, wrapped } from "./discovery-error";
import { discoverGit } from "./git";
import { discoverImage } from "./image";

/** What discovery takes from the engine's surroundings. */
export type DiscoveryPorts = Pick<EnginePorts, "credentials" | "tools" | "clock" | "log" | "cacheRoot">;

/**
 * Discovers the artifacts of a Warehouse. Its last Git results spare work while its spec is unchanged since then.
 * Throws DiscoveryError that names the subscription.
 */
export async function discoverArtifacts(
  warehouse: Warehouse,
  ports: DiscoveryPorts,
  signal: AbortSignal,
): Promise<DiscoveredArtifacts> {
  const previous = isSpecUnchanged(warehouse) ? (warehouse.status?.discoveredArtifacts?.git ?? []) : [];
  const git: GitDiscoveryResult[] = [];
  const images: ImageDiscoveryResult[] = [];
  const charts: ChartDiscoveryResult[] = [];
  const { credentials, tools, log, cacheRoot } = ports;
  const common = { project: warehouse.metadata.namespace ?? "", credentials, log, signal };
  for (const subscription of warehouse.spec.subscriptions) {
    signal.throwIfAborted();
    if (!subscription.git && !subscription.image && !subscription.chart) {
      throw new DiscoveryError("subscription", unsupported(subscription));
    }
    try {
      if (subscription.git) {
        const last = previous[git.length];
        const mirrorDir = join(cacheRoot, "git");
        const options = { ...common, tools, mirrorDir, ...(last && { previous: last }) };
        git.push(await discoverGit(subscription.git, options));
      } else if (subscription.image) {
        images.push(
          await discoverImage(subscription.image, { ...common, cacheDir: join(cacheRoot, "images") }),
        );
      } else if (subscription.chart) {
        charts.push(
          await discoverChart(subscription.chart, { ...common, cacheDir: join(cacheRoot, "charts") }),
        );
      }
    } catch (error) {
      signal.throwIfAborted();
      throw wrapped("error discovering artifacts", error);
    }
  }
  return { discoveredAt: formatTime(ports.clock.now()), git, images, charts };
}

function isSpecUnchanged({ metadata, status }: Warehouse): boolean {
  return (status?.observedGeneration ?? 0) === (metadata.generation ?? 0);
}

function unsupported(subscription: RepoSubscription): string {
  const [type = "", ...more] = Object.keys(subscription);
  if (more.length > 0 || type === "") return "a subscription must have exactly one type";
  return `error finding subscriber for subscription: no matching registration found (type ${goQuote(type)})`;
}
