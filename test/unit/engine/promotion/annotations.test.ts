import assert from "node:assert/strict";
import { test } from "node:test";
import {
  abortRequest,
  promotionActor,
  requestAnnotation,
  verificationRequest,
} from "../../../../src/engine/promotion/annotations";

const abortRows: readonly [string, string, unknown][] = [
  ["bare action", "terminate", { action: "terminate" }],
  ["another bare action", "pause", { action: "pause" }],
  [
    "object",
    '{"action":"terminate","actor":"me","controlPlane":true}',
    { action: "terminate", actor: "me", controlPlane: true },
  ],
  ["object without action", '{"actor":"me"}', undefined],
  ["object whose action is no text", '{"action":1}', undefined],
  ["null members count as absent", '{"action":"terminate","actor":null}', { action: "terminate" }],
  ["JSON text is ignored", '"terminate"', undefined],
  ["a JSON number is ignored", "42", undefined],
  ["a JSON list is ignored", "[]", undefined],
  ["empty", "", undefined],
];

for (const [name, text, expected] of abortRows) {
  test(`abort annotation: ${name}`, () => {
    assert.deepEqual(abortRequest({ name: "p", annotations: { "kargo.akuity.io/abort": text } }), expected);
  });
}

test("a verification request is read by the same rule; an ID of digits only is ignored", () => {
  const read = (text: string) =>
    verificationRequest({ name: "s", annotations: { "kargo.akuity.io/reverify": text } }, "reverify");
  assert.deepEqual(read("abc-1"), { id: "abc-1" });
  assert.deepEqual(read('{"id":"x","actor":"me"}'), { id: "x", actor: "me" });
  assert.equal(read("123"), undefined);
  assert.equal(verificationRequest({ name: "s" }, "abort"), undefined);
});

test("requests are written as the API server writes them", () => {
  assert.equal(requestAnnotation({ action: "terminate", actor: "" }), '{"action":"terminate"}');
  assert.equal(
    requestAnnotation({ id: "v", actor: "email:x", controlPlane: true }),
    '{"id":"v","actor":"email:x","controlPlane":true}',
  );
});

for (const [value, expected] of [
  [undefined, ""],
  ["admin", "admin"],
  ["email:me@example.com", "me@example.com"],
  ["unknown actor", ""],
  ["kubernetes:system:serviceaccount:ns:name", "kubernetes:system:serviceaccount:ns:name"],
  ["controller:stage-controller", "stage-controller"],
  ["email:", ""],
] as const) {
  test(`actor in expressions: ${value ?? "no annotation"}`, () => {
    const annotations = value === undefined ? undefined : { "kargo.akuity.io/create-actor": value };
    assert.equal(promotionActor({ name: "p", annotations }), expected);
  });
}
