import assert from "node:assert/strict";
import { test } from "node:test";
import { goUrlText, hasQueryParameters, parseGoUrl, printGoUrl } from "../../../src/base/go-url";

/** URL and what Go prints after parsing it; undefined where Go refuses. */
const rows: readonly [string, string | undefined][] = [
  ["https://github.com/a b", "https://github.com/a%20b"],
  ["https://github.com/a%2Fb", "https://github.com/a%2Fb"],
  ["https://github.com/%7ea", "https://github.com/%7ea"],
  ["https://h/a%zz", undefined],
  ["https://h:80:81/", undefined],
  ["ssh://h:80:81/", "ssh://h:80:81/"],
  ["ssh://h:x/", undefined],
  ["https://not a host", undefined],
  ["https://[::1]:80/x", "https://[::1]:80/x"],
  ["https://[::ffff:1.2.3.4]/", "https://[::ffff:1.2.3.4]/"],
  ["https://[1.2.3.4]/", undefined],
  ["https://[1::2::3]/", undefined],
  ["https://[fe80::1%25en0]/", "https://[fe80::1%25en0]/"],
  ["https://u:p%40@h/", "https://u:p%40@h/"],
  ["https://u p@h/", undefined],
  ["mailto:a@b", "mailto:a@b"],
  ["a:b/c", "a:b/c"],
  ["1:b", undefined],
  ["./a:b", "./a:b"],
  [":x", undefined],
  ["https://h/\u007f", undefined],
  ["https://h?", "https://h?"],
  ["https://h/é#ü", "https://h/%C3%A9#%C3%BC"],
  ["file:///x", "file:///x"],
  ["http:///x", "http:///x"],
  ["http:/x", "http:/x"],
  ["///x", "///x"],
  ["*", "*"],
  ["", ""],
];
for (const [text, printed] of rows) {
  test(`url ${JSON.stringify(text)}`, () => {
    const url = parseGoUrl(text);
    assert.equal(url === undefined ? undefined : printGoUrl(url), printed);
  });
}

test("parts are decoded", () => {
  const url = parseGoUrl("HTTPS://u:p@H%C3%A9:1/%C3%A9?x=1#%20");
  assert.ok(url);
  assert.equal(url.scheme, "https");
  assert.deepEqual(url.user, { name: "u", password: "p" });
  assert.equal(goUrlText(url.host), "Hé:1");
  assert.equal(goUrlText(url.path), "/é");
  assert.equal(url.fragment, " ");
  assert.equal(hasQueryParameters(url), true);
});

test("only readable parameters count", () => {
  for (const [query, counts] of [
    ["?", false],
    ["?&&", false],
    ["?a;b", false],
    ["?%zz=1", false],
    ["?a", true],
    ["?=", true],
  ] as const) {
    const url = parseGoUrl(`https://h/${query}`);
    assert.ok(url);
    assert.equal(hasQueryParameters(url), counts, query);
  }
});
