import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { runProgram } from "../../../src/cli/program";
import { tempDir } from "../../support/temp";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  more: { readonly cwd?: string; readonly input?: string } = {},
): Promise<Ran> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runProgram(["eval", ...args], {
    cwd: more.cwd ?? ".",
    stdout,
    stderr,
    stdin: Readable.from([more.input ?? ""]),
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

const values: readonly [readonly string[], string][] = [
  [["1 + 2"], "3"],
  [["-7 % 3"], "-1"],
  [["--5"], "5"],
  [["{b: [1, 2.5], a: 'x'}"], '{"a":"x","b":[1,2.5]}'],
  [["'<'"], '"\\u003c"'],
  [["nothing"], "null"],
  [["semverDiff('1.0.0', '2.0.0')"], '"Major"'],
  [["9223372036854775807"], "9223372036854775807"],
  [["--template", "v${{ '1.10' }}"], '"v1.10"'],
  [["--template", "${{ '1.10' }}"], "1.1"],
  [["--template", "plain"], '"plain"'],
  [["--template", "${{ quote('1.10') }}"], '"1.10"'],
];

for (const [args, expected] of values) {
  test(`eval ${args.join(" ")}`, async () => {
    assert.deepEqual(await run(args), { code: 0, out: `${expected}\n`, err: "" });
  });
}

const failures: readonly [readonly string[], number, RegExp][] = [
  [["1 +"], 1, /^error: character 2: unexpected token EOF \(1:3\)\n \| 1 \+\n \| \.\.\^\n$/],
  [["nothing.at.all"], 1, /character \d+: /],
  [["0/0"], 1, /unsupported value: NaN/],
  [["--template", "ab${{ 1"], 1, /^error: character 2: unclosed expression/],
  [["--template", "é${{ 1 + }}"], 1, /^error: character 8: unexpected token EOF/],
  [[], 2, /needs a source/],
  [["--tempalte", "x"], 2, /./],
  [["--tempalte"], 2, /unknown option --tempalte/],
  [["--env", "absent.json", "1"], 2, /cannot be read from absent\.json/],
  [["--stdin", "1"], 2, /takes neither/],
];

for (const [args, code, expected] of failures) {
  test(`eval ${args.join(" ")} fails`, async () => {
    const ran = await run(args);
    assert.deepEqual([ran.code, ran.out], [code, ""]);
    assert.match(ran.err, expected);
  });
}

test("the environment is a JSON file, whose numbers are floats", async (t) => {
  const cwd = tempDir(t);
  writeFileSync(join(cwd, "env.json"), '{"n": 7, "list": [1, 2]}');
  assert.equal((await run(["--env", "env.json", "n / 2"], { cwd })).out, "3.5\n");
  assert.equal((await run(["--env", "env.json", "n % 2"], { cwd })).code, 1);
  assert.equal((await run(["--env", "env.json", "--template", "x${{ list }}"], { cwd })).out, '"x[1,2]"\n');
  writeFileSync(join(cwd, "broken.json"), "{");
  assert.equal((await run(["--env", "broken.json", "1"], { cwd })).code, 2);
});

test("lines are answered one by one, whatever they hold", async () => {
  const lines = [
    '{"expr":"a.b + 1","env":{"a":{"b":2}}}',
    "",
    '{"template":"${{ quote(x) }}","env":{"x":"1"}}',
    '{"expr":"1 +"}',
    "not json",
    "[]",
    '{"expr":"1","template":"2"}',
    '{"template":"${{ 1 }}","env":[]}',
    '{"expr":"$env[0]","env":[5]}',
  ];
  const { code, out } = await run(["--stdin"], { input: lines.join("\n") });
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(code, 0);
  assert.deepEqual(
    answers.map((answer) => ("value" in answer ? answer.value : [answer.error.offset])),
    [3, "1", [2], [0], [0], [0], [0], 5],
  );
  assert.equal(answers[2].error.message, "unexpected token EOF");
});
