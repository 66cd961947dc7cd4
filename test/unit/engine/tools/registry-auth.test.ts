// Rows for reading challenges and tokens, and for what is asked of a token service.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  basicAuthorization,
  isComplete,
  parseChallenges,
  readToken,
  tokenUrl,
  usableChallenge,
} from "../../../../src/engine/tools/registry-auth";

const challengeRows: readonly [header: string, challenges: ReturnType<typeof parseChallenges>][] = [
  [
    'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.example.com/token",
          service: "registry",
          scope: "repository:a/b:pull,push",
        },
      },
    ],
  ],
  ['Basic realm="a \\"b\\""', [{ scheme: "basic", parameters: { realm: 'a "b"' } }]],
  ["BASIC realm=plain", [{ scheme: "basic", parameters: { realm: "plain" } }]],
  ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
  [
    'Negotiate, Bearer realm="x", error = "invalid_token", Basic realm="y"',
    [
      { scheme: "negotiate", parameters: {} },
      { scheme: "bearer", parameters: { realm: "x", error: "invalid_token" } },
      { scheme: "basic", parameters: { realm: "y" } },
    ],
  ],
  ["", []],
];
for (const [header, challenges] of challengeRows) {
  test(`challenge ${JSON.stringify(header)}`, () => assert.deepEqual(parseChallenges(header), challenges));
}

test("the first challenge that can be met counts", () => {
  assert.equal(usableChallenge('Negotiate, Bearer realm="x", Basic realm="y"')?.scheme, "bearer");
  assert.equal(usableChallenge('Basic realm="y", Bearer realm="x"')?.scheme, "basic");
  assert.equal(usableChallenge("Negotiate"), undefined);
  assert.equal(usableChallenge(null), undefined);
});

const urlRows: readonly [
  name: string,
  realm: string,
  service: string | undefined,
  scopes: readonly string[],
  url: string,
][] = [
  [
    "plain",
    "https://a/token",
    "r",
    ["repository:x:pull"],
    "https://a/token?scope=repository%3Ax%3Apull&service=r",
  ],
  ["other parameters stay", "https://a/token?x=1&service=old", "new", [], "https://a/token?x=1&service=new"],
  ["two scopes", "https://a/t", undefined, ["a", "b"], "https://a/t?scope=a&scope=b"],
];
for (const [name, realm, service, scopes, url] of urlRows) {
  test(`token URL: ${name}`, () => {
    const parameters = { realm, ...(service !== undefined && { service }) };
    assert.equal(tokenUrl({ scheme: "bearer", parameters }, scopes).href, url);
  });
}

test("a challenge without a realm, an answer without a token", () => {
  assert.throws(() => tokenUrl({ scheme: "bearer", parameters: {} }, []), { code: "protocol" });
  assert.equal(readToken('{"token":"a","access_token":"b"}'), "b");
  assert.equal(readToken('{"token":"a"}'), "a");
  for (const body of ["{}", "[]", "no", '{"token":1}'])
    assert.throws(() => readToken(body), { code: "protocol" });
});

test("half of a pair of credentials is none", () => {
  assert.equal(isComplete({ username: "a", password: "b" }), true);
  assert.equal(isComplete({ username: "a" }), false);
  assert.equal(isComplete({ username: "", password: "b" }), false);
  assert.equal(isComplete(undefined), false);
  assert.equal(basicAuthorization({ username: "ü", password: "p" }), "Basic w7w6cA==");
});
