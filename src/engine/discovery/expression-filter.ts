// Expressions that decide about a candidate: `expressionFilter` of Git subscriptions.
// Knows no repository; callers name the variables.
import { DiscoveryError } from "./discovery-error";

/** Decides about one candidate by its variables; throws DiscoveryError when the result is no boolean. */
export type ExpressionFilter = (variables: Readonly<Record<string, unknown>>) => boolean;

/** Compiles a filter; undefined when there is none. Throws DiscoveryError when it does not compile. */
export function expressionFilter(text: string | undefined): ExpressionFilter | undefined {
  if (!text) return undefined;
  throw new DiscoveryError("subscription", "expressionFilter cannot be evaluated yet.");
}
