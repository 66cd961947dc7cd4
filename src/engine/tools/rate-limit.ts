// Spaces out calls to one host: so many a second on average, with some credit after a pause.
// Counts calls only; knows nothing of what they do.
import { setTimeout as delay } from "node:timers/promises";

/** Lets calls through at a steady rate, first come, first served. */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #creditMs: number;
  #nextMs = 0;

  /** `credit` calls may follow at once after a pause that was long enough. */
  constructor(perSecond: number, credit: number) {
    this.#intervalMs = 1000 / perSecond;
    this.#creditMs = credit * this.#intervalMs;
  }

  /** Resolves when the caller may go on; rejects with the signal's reason when that fires first. */
  async take(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const turn = Math.max(this.#nextMs, now - this.#creditMs);
    this.#nextMs = turn + this.#intervalMs;
    if (turn > now) await delay(turn - now, undefined, { signal });
  }
}

/** Kargo's limit for a registry: 20 requests a second, 10 of credit (pkg/image/registry.go). */
const requestsPerSecond = 20;
const credit = 10;
/** By host, for the whole process: a registry does not care which Warehouse asks. */
const registryLimits = new Map<string, RateLimit>();

/** The limit every request to a registry passes; none on loopback, where nobody is harmed. */
export function registryRateLimit(host: string): RateLimit | undefined {
  if (/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host)) return undefined;
  const known = registryLimits.get(host) ?? new RateLimit(requestsPerSecond, credit);
  registryLimits.set(host, known);
  return known;
}
