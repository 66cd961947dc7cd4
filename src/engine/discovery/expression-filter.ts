// Expressions that decide: `expressionFilter` of Git subscriptions, and how any result becomes a yes or a no.
// Knows no repository; callers name the variables.
import { goQuote } from "../../base/go-text";
import {
  compile,
  ExpressionError,
  fixedZone,
  formatValue,
  local,
  parseBoolGo,
  TimeValue,
} from "../../expression/expression";
import { DiscoveryError } from "./discovery-error";

/** Decides about one candidate by its variables; throws DiscoveryError when it fails or its result is no boolean. */
export type ExpressionFilter = (variables: Readonly<Record<string, unknown>>) => boolean;

/**
 * Compiles a filter; undefined when there is none. Throws DiscoveryError when it does not compile. What `faults`
 * has stands before why it could not be run, or why its result is no boolean.
 */
export function expressionFilter(
  text: string | undefined,
  faults: { readonly run: string; readonly result?: string },
): ExpressionFilter | undefined {
  if (!text) return undefined;
  const program = orDiscoveryError("error compiling filter expression", () => compile(text));
  const { run, result = run } = faults;
  return (variables) => {
    const value = orDiscoveryError(run, () => program.evaluate(variables));
    return orDiscoveryError(result, () => toBoolean(value));
  };
}

/** A boolean as it is, anything else by the text Go prints for it (strconv.ParseBool). Throws when that is neither. */
export function toBoolean(result: unknown): boolean {
  if (typeof result === "boolean") return result;
  const text = formatValue(result);
  const value = parseBoolGo(text);
  if (value === undefined)
    throw new Error(`strconv.ParseBool: parsing ${goQuote(text.slice(0, 200))}: invalid syntax`);
  return value;
}

/** Does something with an expression; what goes wrong becomes a DiscoveryError that begins with `what`. */
export function orDiscoveryError<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DiscoveryError) throw error;
    const reason = error instanceof ExpressionError ? error.detail : error.message;
    throw new DiscoveryError("subscription", `${what}: ${reason}`, { cause: error });
  }
}

/** A time as Go reads it from git: in the zone it was written with. `date` is RFC 3339. */
export function commitTime(date: string): TimeValue {
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(date) ?? [];
  const distance = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60;
  const offset = sign === "-" ? -distance : distance;
  const location = offset === 0 ? local : fixedZone("", offset);
  return new TimeValue({ seconds: Math.floor(Date.parse(date) / 1000), nanos: 0, location });
}
