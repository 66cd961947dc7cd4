// URLs against what Go 1.26 itself made of them: refusals, path and query as sent, the text in messages, redirects.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  hostOf,
  parseRequestUrl,
  requestTarget,
  resolveReference,
  shownUrl,
  withParameters,
} from "../../../../src/engine/tools/request-url";

interface Recorded {
  readonly url: string;
  readonly reference?: string;
  readonly parameters?: readonly (readonly [string, string])[];
  readonly target?: string;
  readonly host?: string;
  readonly shown?: string;
  readonly error?: string;
}

const recorded: readonly Recorded[] = JSON.parse(readFileSync("test/fixtures/go-urls.json", "utf8"));

function read({ url: text, reference, parameters = [] }: Recorded): Omit<Recorded, "url"> {
  try {
    const parsed = parseRequestUrl(text);
    const led = reference === undefined ? parsed : resolveReference(parsed, reference);
    const pairs = parameters.map(([name, value]) => ({ name, value }));
    const url = pairs.length === 0 ? led : withParameters(led, pairs);
    return { target: requestTarget(url), host: hostOf(url), shown: shownUrl(url) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

for (const row of recorded) {
  const { url, reference, parameters, ...expected } = row;
  const name = [url, reference, parameters?.join(" ")].filter((part) => part !== undefined);
  test(`URL ${name.map((part) => JSON.stringify(part)).join(" and ")}`, () => {
    const { target, host, shown, error } = read(row);
    if (expected.error !== undefined) assert.equal(error, expected.error);
    else {
      const wanted = { target: expected.target, host: expected.host ?? "", shown: expected.shown };
      assert.deepEqual({ target, host, shown }, { ...wanted, shown: wanted.shown ?? "" });
    }
  });
}

test("what Go sends raw and servers refuse is escaped in the query", () => {
  assert.equal(requestTarget(parseRequestUrl("http://h/a?b=c d&ä=1")), "/a?b=c%20d&%C3%A4=1");
});
