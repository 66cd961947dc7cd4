// Rows for path selectors, name patterns and the regular expression dialect.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type MatcherResult,
  parseNamePattern,
  parsePathPattern,
  parseRegex,
} from "../../../src/engine/patterns";

function check(result: MatcherResult, text: string, want: boolean): void {
  assert.ok(result.matches, result.problem);
  assert.equal(result.matches(text), want, text);
}

const pathRows: readonly [selector: string, matching: readonly string[], other: readonly string[]][] = [
  ["", ["a", "a/b"], ["a..b"]],
  [".", ["a", "a/b"], []],
  ["apps", ["apps", "apps/x", "apps/x/y"], ["apps2", "Apps/x", "x/apps"]],
  ["apps/", ["apps", "apps/x"], ["apps2/x"]],
  ["./apps", ["apps/x"], ["app"]],
  ["apps//", ["apps/x"], []],
  ["apps/x.txt", ["apps/x.txt"], ["apps/x.txt2"]],
  ["apps/*", ["apps/*/x"], ["apps/x"]],
  ["/apps", [], ["apps/x", "apps"]],
  ["../x", [], ["x", "x/y"]],
  ["apps", ["apps/.hidden"], ["apps/foo..bar", "apps/..hidden"]],
  ["glob:apps/*.yaml", ["apps/x.yaml"], ["apps/a/x.yaml", "x/apps/x.yaml"]],
  ["regex:ps/x", ["apps/x", "ps/xy"], ["app/x"]],
  ["regexp:^apps/.*\\.ya?ml$", ["apps/x.yml"], ["apps/x.yml2"]],
  ["GLOB:apps", ["GLOB:apps/x"], ["apps"]],
];
for (const [selector, matching, other] of pathRows) {
  test(`path selector ${JSON.stringify(selector)} selects ${matching.join(" ") || "nothing"}`, () => {
    for (const path of matching) check(parsePathPattern(selector), path, true);
    for (const path of other) check(parsePathPattern(selector), path, false);
  });
}

const nameRows: readonly [pattern: string, name: string, want: boolean][] = [
  ["prod", "prod", true],
  ["prod", "prod-eu", false],
  ["glob:prod-*", "prod-eu", true],
  ["regex:^prod", "prod-eu", true],
  ["regexp:eu$", "prod-eu", true],
  ["", "", true],
];
for (const [pattern, name, want] of nameRows) {
  test(`name pattern ${JSON.stringify(pattern)} on ${JSON.stringify(name)}: ${want}`, () => {
    check(parseNamePattern(pattern), name, want);
  });
}

const regexRows: readonly [regex: string, text: string, want: boolean][] = [
  ["v1", "xv1y", true],
  ["(?i)V1", "v1", true],
  ["(?P<n>a)b", "ab", true],
  ["(?<n>a)b", "ab", true],
  ["[[:alpha:]]+\\z", "1a", true],
  ["\\Q.*\\E", "a.*", true],
  ["\\Q.*\\E", "ab", false],
  ["^\\pL$", "é", true],
  ["^\\w$", "é", false],
  ["a$", "a\n", false],
  ["(?m)a$", "a\n", true],
  ["^.$", "\n", false],
  ["(?s)^.$", "\n", true],
];
for (const [regex, text, want] of regexRows) {
  test(`regular expression ${regex} on ${JSON.stringify(text)}: ${want}`, () => {
    check(parseRegex(regex), text, want);
  });
}

const malformed: readonly [pattern: string, problem: RegExp][] = [
  ["regex:(?=a)", /not a regular expression/],
  ["regexp:(a)\\1", /not a regular expression/],
  ["regex:[a", /not a regular expression/],
  ["glob:[a", /not a glob/],
  ["glob:a}", /not a glob/],
];
for (const [pattern, problem] of malformed) {
  test(`${pattern} is refused with its reason`, () => {
    assert.match(parsePathPattern(pattern).problem ?? "", problem);
    assert.match(parseNamePattern(pattern).problem ?? "", problem);
  });
}
