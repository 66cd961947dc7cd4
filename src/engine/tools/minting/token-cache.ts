// Tokens that were minted for credentials, in memory alone and only until shortly before they expire.
// Mints nothing; whoever asks says how. Keys are hashes, so that no key material is kept.
import { createHash } from "node:crypto";

/** A token as it was minted. */
export interface MintedToken {
  readonly value: string;
  /** When it stops working; absent when nobody said. */
  readonly expiresAt?: Date;
}

/** How long before its end a token is given up (pkg/credentials/expiry.go and its callers). */
const marginMs = 5 * 60_000;

/** Remembers tokens; askers for the same one share a single mint. */
export class TokenCache {
  readonly #defaultTtlMs: number;
  readonly #now: () => Date;
  readonly #tokens = new Map<string, { readonly value: string; readonly until: number }>();
  readonly #minting = new Map<string, Promise<MintedToken>>();

  /** `defaultTtlMs` is for tokens whose end is unknown or too near. */
  constructor(defaultTtlMs: number, now: () => Date) {
    this.#defaultTtlMs = defaultTtlMs;
    this.#now = now;
  }

  /**
   * The token for what `parts` say together. A mint goes on when an asker gives up, for it serves others; the signal
   * ends only the waiting.
   */
  async get(
    parts: readonly string[],
    signal: AbortSignal,
    mint: () => Promise<MintedToken>,
  ): Promise<string> {
    signal.throwIfAborted();
    const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
    const known = this.#tokens.get(key);
    if (known !== undefined && known.until > this.#now().getTime()) return known.value;
    const minting = this.#minting.get(key) ?? this.#mint(key, mint);
    return (await orAborted(minting, signal)).value;
  }

  #mint(key: string, mint: () => Promise<MintedToken>): Promise<MintedToken> {
    const minting = mint()
      .then((token) => {
        this.#keep(key, token);
        return token;
      })
      .finally(() => this.#minting.delete(key));
    this.#minting.set(key, minting);
    // Nobody may be left waiting when it fails.
    minting.catch(() => {});
    return minting;
  }

  #keep(key: string, { value, expiresAt }: MintedToken): void {
    const now = this.#now().getTime();
    for (const [other, { until }] of this.#tokens) if (until <= now) this.#tokens.delete(other);
    const left = expiresAt === undefined ? 0 : expiresAt.getTime() - now - marginMs;
    this.#tokens.set(key, { value, until: now + (left > 0 ? left : this.#defaultTtlMs) });
  }
}

/** Waits for `work`, or throws the signal's reason as soon as it fires. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
