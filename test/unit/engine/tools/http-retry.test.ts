// Rows for trying again: which answers and failures are worth it, how long the pause is, when it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Response } from "undici";
import { failureReason, sendWithRetries } from "../../../../src/engine/tools/http-retry";
import { RateLimit } from "../../../../src/engine/tools/rate-limit";

const policy = { delaysMs: [1, 2], maxRetryAfterMs: 5000 };
const never = new AbortController().signal;

/** A status, a status with its Retry-After, or the code of a failed connection. */
type Entry = number | readonly [status: number, retryAfter: string] | string;

/** Sends what the script says, one entry for each try, and counts the tries. */
function script(...entries: readonly Entry[]) {
  let tries = 0;
  const send = async () => {
    const entry = entries[tries++] ?? 200;
    if (typeof entry === "string")
      throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: entry }) });
    const [status, retryAfter] = typeof entry === "number" ? [entry, undefined] : entry;
    return new Response(null, {
      status,
      headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
    });
  };
  return { send, tries: () => tries };
}

const rows: readonly [name: string, entries: readonly Entry[], outcome: number | string, tries: number][] = [
  ["a good answer", [200], 200, 1],
  ["an answer that stays wrong", [404], 404, 1],
  ["a busy server that recovers", [503, 500, 200], 200, 3],
  ["a busy server that does not", [503, 503, 503, 200], 503, 3],
  ["a broken connection", ["ECONNRESET", "UND_ERR_SOCKET", 200], 200, 3],
  ["a connection that stays broken", ["ECONNRESET", "ECONNRESET", "ECONNRESET", 200], "ECONNRESET", 3],
  ["nobody there", ["ECONNREFUSED", 200], "ECONNREFUSED", 1],
  ["too many requests, no wish given", [429, 429, 429, 200], 200, 4],
  ["too many requests, a wish in seconds", [[429, "0"], [429, "0"], 200], 200, 3],
  ["too many requests, a date in the past", [[429, "Thu, 01 Jan 1970 00:00:00 GMT"], 200], 200, 2],
  ["too many requests, more patience asked than there is", [[429, "6"], 200], 429, 1],
  ["too many requests for ever", [429, 429, 429, 429, 429, 429, 200], 429, 6],
  ["429 does not use up the tries for failures", [429, 503, 429, 503, 200], 200, 5],
];
for (const [name, entries, outcome, tries] of rows) {
  test(`retry: ${name}`, async () => {
    const scripted = script(...entries);
    const sent = sendWithRetries(scripted.send, policy, never);
    if (typeof outcome === "number") assert.equal((await sent).status, outcome);
    else await assert.rejects(sent, (error) => failureReason(error) === outcome);
    assert.equal(scripted.tries(), tries);
  });
}

test("retry: the signal ends a pause", async () => {
  const controller = new AbortController();
  const sent = sendWithRetries(script([429, "4"]).send, policy, controller.signal);
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(sent, { name: "AbortError" });
});

test("a rate limit gives credit first, then spaces out", async () => {
  const limit = new RateLimit(200, 3);
  const started = performance.now();
  for (let i = 0; i < 4; i++) await limit.take(never);
  assert.ok(performance.now() - started < 5 * 5, "credit");
  for (let i = 0; i < 6; i++) await limit.take(never);
  assert.ok(performance.now() - started >= 5 * 5, "spaced");
  const controller = new AbortController();
  const slow = new RateLimit(0.1, 0);
  await slow.take(never);
  const waiting = slow.take(controller.signal);
  controller.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});
