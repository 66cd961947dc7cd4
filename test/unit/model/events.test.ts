// Events as people read them: the line of the channel, and the one message about failures.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type EventReason,
  eventText,
  failureText,
  isOwnFailure,
  kargoEvent,
} from "../../../src/model/events";

function event(reason: EventReason, message: string, facts: Record<string, string | undefined> = {}) {
  const about = { kind: "Promotion", namespace: "demo", name: "test.01abc.fffffff" } as const;
  const annotations = {
    "freight-name": "ffffffffffff",
    "freight-alias": "fast-fox",
    "stage-name": "test",
    actor: "controller:promotion-controller",
    ...facts,
  };
  return kargoEvent(reason, about, { message, time: "2026-05-01T12:00:00Z", annotations });
}

const chain =
  'Promotion Errored: step "deploy::push" met error threshold of 1: error running step "deploy::push": error pushing commits to remote: error pushing branch: error executing cmd [/usr/bin/git push origin]: remote: closed\nTo file:///x\n ! [remote rejected] HEAD -> main (pre-receive hook declined)\nerror: failed to push some refs';

describe("a line", () => {
  const rows: [name: string, ReturnType<typeof event>, expected: string][] = [
    [
      "of success says what and where",
      event("PromotionSucceeded", "Promotion Succeeded"),
      "PromotionSucceeded demo: fast-fox → test",
    ],
    [
      "of failure says why, in one line",
      event("PromotionFailed", "no\nmore"),
      "PromotionFailed demo: fast-fox → test: no",
    ],
    [
      "of failure without a reason ends there",
      event("FreightVerificationFailed", ""),
      "FreightVerificationFailed demo: fast-fox → test",
    ],
    [
      "without an alias shortens the name",
      event("FreightCreated", "", { "freight-alias": undefined, "stage-name": undefined }),
      "FreightCreated demo: fffffff",
    ],
    [
      "without Freight names the resource",
      event("PromotionAborted", "", { "freight-alias": undefined, "freight-name": undefined }),
      "PromotionAborted demo: test.01abc.fffffff → test",
    ],
  ];
  for (const [name, one, expected] of rows) test(name, () => assert.equal(eventText(one), expected));
});

describe("a failure of its own", () => {
  const rows: [name: string, ReturnType<typeof event>, expected: boolean][] = [
    ["is one that the controller caused", event("PromotionErrored", "no"), true],
    ["is also an inconclusive verification", event("FreightVerificationInconclusive", "no"), true],
    ["is not what a person asked for", event("PromotionErrored", "no", { actor: "vscode:me" }), false],
    ["is not an abort", event("PromotionAborted", "no"), false],
    ["is not a success", event("PromotionSucceeded", ""), false],
  ];
  for (const [name, one, expected] of rows) test(name, () => assert.equal(isOwnFailure(one), expected));
});

describe("the message about failures", () => {
  test("tells of one with what was tried and what came of it", () => {
    assert.equal(
      failureText([event("PromotionErrored", chain)]),
      "Promotion of fast-fox → test went wrong: error pushing commits to remote: remote: closed",
    );
    assert.equal(
      failureText([event("FreightVerificationFailed", "metric web is 3")]),
      "Verification of fast-fox → test went wrong: metric web is 3",
    );
    assert.equal(
      failureText([event("FreightVerificationFailed", "")]),
      "Verification of fast-fox → test went wrong.",
    );
  });

  test("tells of many in one", () => {
    const all = ["a", "b", "c", "d", "e"].map((stage) =>
      event("PromotionFailed", "no", { "stage-name": stage }),
    );
    assert.equal(
      failureText(all),
      "Pipelines that run by themselves need a look: Promotion of fast-fox → a, Promotion of fast-fox → b, Promotion of fast-fox → c and 2 more went wrong.",
    );
  });

  test("is silent about nothing", () => assert.equal(failureText([]), undefined));
});
