import assert from "node:assert/strict";
import { test } from "node:test";
import { packedTime, unpackedTime } from "../../../../src/backend/local/packed-time";

const packed: Record<string, string> = {
  "an ordinary time": "2026-11-24T20:24:41Z",
  "the first second": "2020-01-01T00:00:00Z",
  "a time before": "2019-12-31T23:59:59Z",
  "the last second of a day": "2026-02-28T23:59:59Z",
  "a leap day": "2028-02-29T12:00:00Z",
  "a year far off": "2053-01-01T00:00:01Z",
};

for (const [name, text] of Object.entries(packed)) {
  test(`a time needs no room: ${name}`, () => {
    const value = packedTime(text);
    assert.equal(typeof value, "number");
    assert.equal(unpackedTime(value), text);
  });
}

const kept: Record<string, unknown> = {
  "a fraction": "2026-11-24T20:24:41.5Z",
  "an offset": "2026-11-24T20:24:41+01:00",
  "a day that does not exist": "2026-02-30T00:00:00Z",
  "the month zero": "2026-00-10T00:00:00Z",
  "the hour 24": "2026-11-24T24:00:00Z",
  "a leap second": "2016-12-31T23:59:60Z",
  "signs for digits": "2026-11-24T-1:00:00Z",
  "another length": "2026-11-24T20:24Z",
  "a time too far off": "2121-11-24T20:24:41Z",
  "no time": "yesterday",
  nothing: undefined,
};

for (const [name, value] of Object.entries(kept)) {
  test(`anything else stays what it is: ${name}`, () => {
    assert.equal(packedTime(value), value);
    assert.equal(unpackedTime(packedTime(value)), value);
  });
}

test("every hour of some years comes back as it was", () => {
  for (let ms = Date.UTC(2018, 0); ms < Date.UTC(2030, 0); ms += 3_599_000) {
    const text = `${new Date(ms).toISOString().slice(0, 19)}Z`;
    assert.equal(unpackedTime(packedTime(text)), text);
  }
});
