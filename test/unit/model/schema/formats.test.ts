import assert from "node:assert/strict";
import { test } from "node:test";
import { goPattern, isDateTime, isDuration, isEmail, isUri } from "../../../../src/model/schema/formats";

/** Verdicts of Go's net/mail. */
const emails: readonly [string, boolean][] = [
  ["a@b", true],
  ["Bob <b@x>", true],
  ['"Bob, the builder" <b@x.example>', true],
  ["=?utf-8?q?B=C3=B6b?= <b@x>", true],
  ["b@x (Bob)", true],
  ["team: a@b;", true],
  ['"a b"@c', true],
  ["a@[127.0.0.1]", true],
  ["a@[::1]", true],
  ["é@ü", true],
  ["  a@b  ", true],
  ["", false],
  ["nope", false],
  ["a@", false],
  ["@b", false],
  ["a..b@c", false],
  [".a@c", false],
  ["a@c.", false],
  ["a@[nowhere]", false],
  ['""@c', false],
  ["a@b, c@d", false],
  ["team: a@b, c@d;", false],
  ["team:;", false],
  ["Bob <b@x", false],
  ["a@b (", false],
  ["a b@c", false],
  ["a@b\n", false],
];
for (const [address, expected] of emails) {
  test(`e-mail ${JSON.stringify(address)}`, () => assert.equal(isEmail(address), expected));
}

const uris: readonly [string, boolean][] = [
  ["https://github.com/a/b", true],
  ["ssh://git@h/x", true],
  ["mailto:a@b", true],
  ["git@host:a/b", false],
  ["github.com/a/b", false],
  ["https://h/a\\b", false],
  ["https://a b/", false],
  ["", false],
];
for (const [uri, expected] of uris) {
  test(`URI ${JSON.stringify(uri)}`, () => assert.equal(isUri(uri), expected));
}

const times: readonly [string, boolean][] = [
  ["2026-01-31T23:59:59Z", true],
  ["2026-01-31T23:59:59.123+02:00", true],
  ["2026-02-30T00:00:00Z", false],
  ["2026-01-31", false],
  ["2026-01-31T24:00:00Z", false],
  ["yesterday", false],
];
for (const [time, expected] of times) {
  test(`time ${time}`, () => assert.equal(isDateTime(time), expected));
}

test("durations are Go's", () => {
  assert.equal(isDuration("1h30m"), true);
  assert.equal(isDuration("abc5sxyz"), false);
});

/** Pattern, text, and whether Go finds it. */
const patterns: readonly [string, string, boolean][] = [
  ["^a.b$", "a\u2028b", true],
  ["^a.b$", "a\nb", false],
  ["^[\\w.\\-\\_]+$", "a_b-c.d", true],
  ["^[\\w.\\-\\_]+$", "a b", false],
  ["[\\w-]+", "-", true],
  ["^([\\w\\d\\.\\-]+)$", "a.b-c", true],
  ["(?:\\d+(ns|us|µs|ms|s|m|h))+", "5µs", true],
  ["^[^.]$", "\u{1f600}", true],
];
for (const [pattern, sample, expected] of patterns) {
  test(`pattern ${pattern} in ${JSON.stringify(sample)}`, () =>
    assert.equal(goPattern(pattern)?.test(sample), expected));
}

test("a pattern that cannot be read is undefined", () => assert.equal(goPattern("("), undefined));
