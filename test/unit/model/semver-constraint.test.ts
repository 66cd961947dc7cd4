// Rows for constraints: which texts are one, and which of a set of probe versions each admits.
// Expected values were observed on github.com/Masterminds/semver v3.4.0; rows where npm's semver differs are marked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseVersion } from "../../../src/model/semver";
import { parseConstraint, satisfies } from "../../../src/model/semver-constraint";

/** `constraint` → probes it admits, separated by spaces; the other probes of the row follow the bar. */
const rows: readonly [constraint: string, admitted: string, refused: string][] = [
  ["*", "0.0.0 1.2.3 10.0.0", "1.0.0-rc"],
  ["1", "1.0.0 1.9.9", "2.0.0 0.9.0 1.5.0-rc"],
  ["1.x", "1.0.0 1.9.9", "2.0.0"],
  ["1.2.*", "1.2.0 1.2.9", "1.3.0 1.1.0"],
  ["=1.2", "1.2.0 1.2.9", "1.3.0"],
  ["~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"],
  ["~>1", "1.0.0 1.9.0", "2.0.0"],
  ["^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"],
  ["^0.1.2", "0.1.2 0.1.9", "0.2.0 1.1.2"],
  ["^0.0.3", "0.0.3", "0.0.4 0.1.3"],
  ["^0.0", "0.0.0 0.0.9", "0.1.0"],
  ["^0", "0.0.0 0.9.0", "1.0.0"],
  [">1", "2.0.0", "1.9.9 1.0.0"],
  [">1.2", "1.3.0", "1.2.9"],
  ["<1.2.x", "1.1.9", "1.2.0"],
  ["<=1", "1.9.9", "2.0.0"],
  ["<=1.2", "1.2.9", "1.3.0"],
  ["1.2.3 - 2.3.4", "1.2.3 2.3.4", "2.3.5 1.2.2"],
  ["1 - 2 || 4 - 5", "1.0.0 2.9.0 4.0.0 5.1.0", "3.0.0"],
  [">=1.2.3+build", "1.2.3 1.2.4", "1.2.2"],
  ["1.2.3-beta", "1.2.3-beta", "1.2.3 1.2.3-alpha"],
  // A pre-release anywhere among the terms lets in pre-releases of every version (npm: of the same one only).
  [">=1.0.0-0", "1.0.0 1.5.0-rc 2.0.0-alpha", "0.9.0"],
  [">=1.2.3-beta <2.0.0", "1.5.0-rc 2.0.0-alpha 1.2.3-beta", "2.0.0 1.2.3-alpha"],
  ["^1.2.3-0", "1.3.0-alpha 1.2.3-0", "2.0.0-alpha 1.2.2"],
  ["<1.2.3-beta", "1.2.3-alpha 1.0.0-rc 0.1.0", "1.2.3-beta 1.2.3"],
  ["~1-0", "1.0.0-0 1.4.0-rc 1.9.9", "2.0.0-0"],
  ["*-0", "0.0.0-0 3.0.0-rc", ""],
  ["1.2.x-alpha", "1.2.0-alpha 1.2.7-rc 1.2.9", "1.3.0-alpha 1.1.9"],
  ["^1 || >=2.0.0-0", "1.5.0 2.0.0-rc", "1.5.0-rc"],
  // Oddities that are kept (npm differs in each).
  ["~0.0.0", "0.0.0 0.1.0 9.9.9", "0.1.0-rc"],
  ["~0.0.0-0", "0.0.0-0 9.9.9-rc", ""],
  ["^*", "0.0.0", "0.0.1 1.0.0"],
  [">*", "0.0.1 1.0.0", "0.0.0"],
  ["<=*", "0.0.0 0.0.9", "0.1.0 1.0.0"],
  ["1 - *", "", "1.0.0 0.0.0"],
  ["!=1.2.3", "1.2.4 0.0.1", "1.2.3"],
  ["!=1", "2.0.0 0.1.0", "1.0.0 1.5.0"],
  ["!=1.2", "1.3.0", "1.2.0 1.2.9"],
  ["!=1.2.x-rc", "1.2.0 1.2.3-beta", "1.2.3-rc"],
  [">=1 !=1.5.0", "1.4.0", "1.5.0 0.9.0"],
  ["=>1.2.3", "1.2.3 2.0.0", "1.2.2"],
  ["=<1.2.3", "1.2.3 1.0.0", "1.2.4"],
  [">=1.0.0, <2.0.0", "1.5.0", "2.0.0"],
  [">=1,<2", "1.5.0", "2.0.0"],
  [">=1 , <2", "1.5.0", "2.0.0"],
  ["\t>=\n1.2.3 ", "1.2.3", "1.2.2"],
  ["1.x.3", "1.0.0 1.2.3", "2.0.0"],
  ["*.1.2", "0.0.0 3.0.0", ""],
  ["01.2.3", "1.2.3", "1.2.4"],
  ["1.02", "1.2.0 1.2.5", "1.3.0"],
  [">=9007199254740993", "9007199254740993.0.0", "9007199254740992.0.0"],
];
for (const [text, admitted, refused] of rows) {
  test(`${JSON.stringify(text)} admits ${admitted || "nothing"}, not ${refused || "anything else"}`, () => {
    const { constraint, problem } = parseConstraint(text);
    assert.ok(constraint, problem);
    const holds = (probe: string) => {
      const version = parseVersion(probe);
      assert.ok(version);
      return satisfies(version, constraint);
    };
    for (const probe of admitted.split(" ").filter(Boolean)) assert.equal(holds(probe), true, probe);
    for (const probe of refused.split(" ").filter(Boolean)) assert.equal(holds(probe), false, probe);
  });
}

const refusedTexts = [
  "",
  " ",
  "||",
  "1.x ||",
  ">=1.0.0<2.0.0",
  ">=1.0.0,",
  ",>=1",
  ">=1,,<2",
  "1.x | 3.x",
  "~=1.2.3",
  "V1.2.3",
  "latest",
  "1.2.3.4",
  "1x",
  "1..2",
  "==1",
  ">>1",
  "> = 1",
  "1.2.3-01",
  "1 - 2||4 - 5",
  "1 ||4 - 5",
  "!=1.5.0 1.2.3 - 2.3.4",
  "^1.0.0 - 2.0.0",
  "1\u00a0",
  "18446744073709551616",
];
for (const text of refusedTexts) {
  test(`${JSON.stringify(text)} is no constraint`, () => {
    const { constraint, problem } = parseConstraint(text);
    assert.equal(constraint, undefined);
    assert.match(problem ?? "", /is not a version constraint/);
  });
}

test("a long run of separators that fits nothing is refused at once", () => {
  assert.equal(parseConstraint(`${"1  ".repeat(5000)}!`).constraint, undefined);
});
