// Rows for versions: what parses leniently and strictly, in which order they stand, what is derived from them.
// Expected values were observed on github.com/Masterminds/semver v3.4.0.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareNewestFirst,
  compareVersions,
  nextMajor,
  nextMinor,
  nextPatch,
  parseStrictVersion,
  parseTagVersion,
  parseVersion,
  type SemVer,
  versionDifference,
  versionText,
  withMetadata,
  withPrerelease,
} from "../../../src/model/semver";

function version(text: string): SemVer {
  const parsed = parseVersion(text);
  assert.ok(parsed, `${text} parses`);
  return parsed;
}

const parseRows: readonly [text: string, lenient: string | undefined, strict: boolean][] = [
  ["1.2.3", "1.2.3", true],
  ["1.2.3-rc.1+b.5", "1.2.3-rc.1+b.5", true],
  ["0.0.0", "0.0.0", true],
  ["1", "1.0.0", false],
  ["1.2", "1.2.0", false],
  ["v1", "1.0.0", false],
  ["v1.2.3", "1.2.3", false],
  ["1-alpha", "1.0.0-alpha", false],
  ["1.2+b", "1.2.0+b", false],
  ["01.2.3", "1.2.3", false],
  ["0123456", "123456.0.0", false],
  ["1.2.3-01", undefined, false],
  ["1.2.3-0a", "1.2.3-0a", true],
  ["1.2.3+01", "1.2.3+01", true],
  ["1.2.3-", undefined, false],
  ["1.2.3-a..b", undefined, false],
  ["18446744073709551615.0.0", "18446744073709551615.0.0", true],
  ["18446744073709551616.0.0", undefined, false],
  ["9007199254740993.0.0", "9007199254740993.0.0", true],
  [" 1.2.3", undefined, false],
  ["1.2.3\n", undefined, false],
  ["=1.2.3", undefined, false],
  ["vv1.2.3", undefined, false],
  ["v 1.2.3", undefined, false],
  ["V1.2.3", undefined, false],
  ["1.2.3alpha", undefined, false],
  ["1.2.3.4", undefined, false],
  ["abcdef1", undefined, false],
  ["release-1.2.3", undefined, false],
  ["", undefined, false],
];
for (const [text, lenient, strict] of parseRows) {
  test(`reads ${JSON.stringify(text)} as ${lenient ?? "no version"}${strict ? ", strict too" : ""}`, () => {
    const parsed = parseVersion(text);
    assert.equal(parsed && versionText(parsed), lenient);
    assert.equal(parseStrictVersion(text) !== undefined, strict);
    if (parsed) assert.equal(parsed.original, text);
  });
}

const tagRows: readonly [tag: string, loose: boolean, strict: boolean][] = [
  ["v1.2.3", true, true],
  ["1.2.3", true, true],
  ["v1.2", true, false],
  ["1", true, false],
  ["01.2.3", true, false],
  ["vv1.2.3", false, false],
  ["latest", false, false],
];
for (const [tag, loose, strict] of tagRows) {
  test(`tag ${tag}: loose ${loose}, strict ${strict}`, () => {
    assert.equal(parseTagVersion(tag, { strict: false }) !== undefined, loose);
    assert.equal(parseTagVersion(tag, { strict: true }) !== undefined, strict);
    if (strict) assert.equal(parseTagVersion(tag, { strict: true })?.original, tag);
  });
}

test("versions ascend in the order of semver.org, numbers exactly", () => {
  const ascending = [
    "0.0.1",
    "1.0.0-0",
    "1.0.0-9",
    "1.0.0-10",
    "1.0.0-18446744073709551615",
    "1.0.0-18446744073709551616",
    "1.0.0-A",
    "1.0.0-a",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.a",
    "1.0.0-rc10",
    "1.0.0-rc2",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "9007199254740992.0.0",
    "9007199254740993.0.0",
  ].map(version);
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      assert.equal(compareVersions(a, b), Math.sign(i - j), `${a.original} against ${b.original}`);
    }
  }
  assert.equal(compareVersions(version("1.0.0+a"), version("v1+b")), 0);
});

test("candidates stand newest first, equal versions by their text", () => {
  const candidates = ["1.0", "1.0.0+a", "2.0.0-rc1", "v1.0.0", "1.0.0", "1.0.0+b", "1.2"].map(version);
  assert.deepEqual(
    candidates.sort(compareNewestFirst).map((candidate) => candidate.original),
    ["2.0.0-rc1", "1.2", "v1.0.0", "1.0.0+b", "1.0.0+a", "1.0.0", "1.0"],
  );
});

const derivedRows: readonly [name: string, derived: SemVer | undefined, original: string | undefined][] = [
  ["next major", nextMajor(version("v1.2.3-rc.1+b")), "v2.0.0"],
  ["next minor", nextMinor(version("1.2.3+b")), "1.3.0"],
  ["next patch of a release", nextPatch(version("v1.2.3+b")), "v1.2.4"],
  ["next patch of a pre-release is its release", nextPatch(version("1.2.3-rc.1")), "1.2.3"],
  ["next major at the end of uint64", nextMajor(version("18446744073709551615.1.1")), "0.0.0"],
  ["another pre-release", withPrerelease(version("v1.2"), "rc.1"), "v1.2.0-rc.1"],
  ["no pre-release", withPrerelease(version("1.2.3-rc.1+b"), ""), "1.2.3+b"],
  ["pre-release with a leading zero", withPrerelease(version("1.2.3"), "rc.01"), undefined],
  ["pre-release with an empty part", withPrerelease(version("1.2.3"), "rc..1"), undefined],
  ["other metadata", withMetadata(version("1.2.3-rc"), "b.01"), "1.2.3-rc+b.01"],
  ["metadata with a plus", withMetadata(version("1.2.3"), "a+b"), undefined],
];
for (const [name, derived, original] of derivedRows) {
  test(`${name}: ${original ?? "refused"}`, () => assert.equal(derived?.original, original));
}

const differenceRows: readonly [a: string, b: string, want: string][] = [
  ["1.2.3", "2.2.3", "Major"],
  ["1.2.3", "v1.3", "Minor"],
  ["1.2.3", "1.2.4-rc", "Patch"],
  ["1.2.3+a", "1.2.3+b", "Metadata"],
  ["1.2.3-a", "1.2.3-b", "None"],
  ["1.2.3", "x", "Incomparable"],
];
for (const [a, b, want] of differenceRows) {
  test(`${a} and ${b} differ in ${want}`, () => assert.equal(versionDifference(a, b), want));
}
