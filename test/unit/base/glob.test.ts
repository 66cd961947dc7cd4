// Rows for globs; expected values were observed on doublestar v4.9.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isGlob, matchesGlob } from "../../../src/base/glob";

const rows: readonly [pattern: string, matching: readonly string[], other: readonly string[]][] = [
  ["*", ["a", ".hidden"], ["a/b", "a/"]],
  ["*.yaml", ["x.yaml", ".x.yaml"], ["d/x.yaml"]],
  ["**", ["a", "a/b/c", ".a/.b", ""], []],
  ["**/*", ["a", ".a/.b"], []],
  ["**/*.yaml", ["x.yaml", "a/b/x.yaml"], ["a/x.yml"]],
  ["charts/**", ["charts", "charts/x", "charts/x/y"], ["chart", "xcharts/x"]],
  ["charts/**/", ["charts", "charts/x/"], ["charts/x"]],
  ["charts", ["charts"], ["charts/"]],
  ["**.yaml", ["x.yaml"], ["d/x.yaml"]],
  ["a**b", ["ab", "axb"], ["a/b"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]],
  ["a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c"], ["a/c"]],
  ["?.txt", ["a.txt", "é.txt"], ["/.txt", "ab.txt"]],
  ["[!abc].txt", ["d.txt"], ["a.txt"]],
  ["[^abc].txt", ["d.txt"], ["a.txt"]],
  ["[a-c]x", ["bx"], ["dx"]],
  ["[a\\-c]x", ["-x"], ["bx"]],
  ["[\\]]", ["]"], ["\\"]],
  ["a[!x]b", ["a/b", "ayb"], ["axb"]],
  ["a[/]b", ["a/b"], ["ab"]],
  ["{a}", ["a"], ["{a}"]],
  ["{a,b/c}/*.txt", ["a/x.txt", "b/c/x.txt"], ["b/x.txt"]],
  ["{,x}a", ["a", "xa"], ["ya"]],
  ["{a,{b,c}}d", ["ad", "bd", "cd"], ["d"]],
  ["a{**}", ["ab/c", "a"], ["b"]],
  ["a{b,/**}", ["ab", "a", "a/x/y"], ["ac"]],
  ["{1..3}", ["1..3"], ["2"]],
  ["+(a|b)", ["+(a|b)"], ["a"]],
  ["!x", ["!x"], ["y"]],
  ["!(a)", ["!(a)"], ["b"]],
  ["#a", ["#a"], ["a"]],
  ["(a).txt", ["(a).txt"], ["a.txt"]],
  ["./charts/*", ["./charts/x"], ["charts/x"]],
  ["[[:alpha:]]", [":]", "a]"], ["b"]],
  ["\\*", ["*"], ["a"]],
  ["A*", ["Ab"], ["ab"]],
];
for (const [pattern, matching, other] of rows) {
  test(`${pattern} matches ${matching.join(" ")}, not ${other.join(" ")}`, () => {
    assert.equal(isGlob(pattern), true);
    for (const path of matching) assert.equal(matchesGlob(pattern, path), true, path);
    for (const path of other) assert.equal(matchesGlob(pattern, path), false, path);
  });
}

for (const pattern of ["[a", "[]a]", "[", "[!]", "{a", "a}", "a\\", "{a,{b}", "[a\\]"]) {
  test(`${pattern} is malformed`, () => {
    assert.equal(isGlob(pattern), false);
  });
}
