// What the terminal program says to bad input of every kind: one sentence on stderr, nothing on stdout, and the exit code
// that tells a wrong call (2) from a thing that failed (1). One workspace, asked with each row.
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Freight } from "../../src/model/resources";
import { runCli, startCli } from "../support/cli";
import { listed, projectYaml, sampleWithFreight, succeeds } from "../support/sample-cli";
import { tempDir } from "../support/temp";

type Row = readonly [args: string, code: 1 | 2, message: RegExp];

/** `$F` is the name of the Freight there is, `$W` the workspace, `$T` a folder without one. */
const rows: readonly Row[] = [
  // Projects
  ["get stages -p helo -w $W", 1, /^error: Project "helo" not found; did you mean "hello"\.$/],
  ["get stages -p other -w $W", 1, /^error: Project "other" not found; there is hello\.$/],
  ["refresh stage test -p helo -w $W", 1, /did you mean "hello"/],
  ["promote -p helo --stage test --freight $F -w $W", 1, /did you mean "hello"/],
  ["run -p helo --until-idle -w $W", 1, /did you mean "hello"/],
  // names
  ["get stages tst -w $W", 1, /^error: stages "tst" not found in hello; did you mean "test"\.$/],
  [
    "get stages qa xx -w $W",
    1,
    /^error: stages "qa" not found .* stages "xx" not found in hello; there is .*$/,
  ],
  ["get warehouses helo -w $W", 1, /^error: warehouses "helo" not found in hello; did you mean "hello"\.$/],
  [
    "get freight none -w $W",
    1,
    /^error: freight "none" not found in hello; there is [0-9a-f]{40}, [a-z]+-[a-z]+\.$/,
  ],
  ["get projects helo -w $W", 1, /^error: projects "helo" not found in hello; did you mean "hello"\.$/],
  ["get promotions x -w $W", 1, /^error: promotions "x" not found in hello; there is none\.$/],
  ["get analysisruns x -w $W", 1, /^error: analysisruns "x" not found in hello; there is none\.$/],
  ["get freight --warehouse helo -w $W", 1, /^error: Warehouse "helo" not found .* did you mean "hello"\.$/],
  ["get promotions --stage tst -w $W", 1, /^error: Stage "tst" not found .* did you mean "test"\.$/],
  [
    "refresh warehouse helo -w $W",
    1,
    /^error: Warehouse "helo" not found in Project hello; did you mean "hello"\.$/,
  ],
  ["refresh stage tst -w $W", 1, /^error: Stage "tst" not found in Project hello; did you mean "test"\.$/],
  ["promote --stage tst --freight $F -w $W", 1, /^error: Stage "tst" not found .* did you mean "test"\.$/],
  ["promote --downstream-from tst --freight $F -w $W", 1, /^error: Stage "tst" not found/],
  ["promote --stage test --freight abc -w $W", 1, /^error: Freight "abc" not found/],
  ["promote --stage test --freight-alias abc -w $W", 1, /^error: Freight with alias "abc" not found/],
  ["promote --stage test --warehouse helo -w $W", 1, /^error: .*helo.*$/],
  ["promote --abort --name test.x -w $W", 1, /^error: Promotion "test\.x" not found in Project hello; /],
  ["approve --freight $F --stage tst -w $W", 1, /^error: Stage "tst" not found .* did you mean "test"\.$/],
  ["approve --freight abc --stage test -w $W", 1, /^error: Freight "abc" not found in Project hello; /],
  ["update freight --name abc --new-alias x -w $W", 1, /^error: Freight "abc" not found/],
  ["delete freight --name abc -w $W", 1, /^error: Freight "abc" not found/],
  [
    "create freight --newest --warehouse helo -w $W",
    1,
    /^error: Warehouse "helo" not found .* did you mean "hello"\.$/,
  ],
  ["verify stage tst -w $W", 1, /^error: Stage "tst" not found .* did you mean "test"\.$/],
  // two of an exclusive pair, none of a needed one
  [
    "promote --stage test --downstream-from test --freight $F -w $W",
    2,
    /^error: Only one of --stage and --downstream-from/,
  ],
  [
    "promote --stage test --freight $F --freight-alias x -w $W",
    2,
    /^error: Exactly one of --freight, --freight-alias and --w/,
  ],
  [
    "promote --stage test -w $W",
    2,
    /^error: Exactly one of --freight, --freight-alias and --warehouse is needed\.$/,
  ],
  ["promote --freight $F -w $W", 2, /^error: One of --stage and --downstream-from is needed\.$/],
  [
    "promote --downstream-from test --warehouse hello -w $W",
    2,
    /^error: --downstream-from takes --freight or/,
  ],
  [
    "promote --downstream-from test -w $W",
    2,
    /^error: Exactly one of --freight and --freight-alias is needed\.$/,
  ],
  ["promote --abort -w $W", 2, /^error: --abort needs --name\.$/],
  ["promote --abort --name x --stage test -w $W", 2, /^error: --abort takes --name alone\.$/],
  ["promote --name x --stage test --freight $F -w $W", 2, /^error: --name goes with --abort\.$/],
  ["approve --stage test -w $W", 2, /^error: Exactly one of --freight and --freight-alias is needed\.$/],
  ["approve --freight $F --freight-alias x --stage test -w $W", 2, /^error: Exactly one of --freight and/],
  ["update freight --new-alias x -w $W", 2, /^error: Exactly one of --name and --old-alias is needed\.$/],
  [
    "get freight --name $F --warehouse hello -w $W",
    2,
    /^error: --warehouse is not taken together with --name or/,
  ],
  [
    "get freight --origin hello --warehouse hello -w $W",
    2,
    /^error: Only one of --warehouse and --origin is taken\.$/,
  ],
  // missing and unknown arguments
  ["approve --freight $F -w $W", 2, /^error: required option '--stage <stage>' not specified$/],
  ["update freight --name $F -w $W", 2, /^error: required option '--new-alias <alias>' not specified$/],
  ["refresh stage -w $W", 2, /^error: missing required argument 'name'$/],
  ["verify stage -w $W", 2, /^error: missing required argument 'name'$/],
  ["get stages --nope -w $W", 2, /^error: unknown option '--nope'$/],
  ["run more -w $W", 2, /^error: too many arguments/],
  ["refresh stage a b -w $W", 2, /^error: too many arguments/],
  // formats
  ["get stages -o xml -w $W", 2, /^error: -o takes table, json or yaml, not "xml"\.$/],
  ["refresh warehouse hello -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["refresh stage test -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["promote --stage test --freight $F -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["promote --abort --name x -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["approve --stage test --freight $F -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["update freight --name $F --new-alias x -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["delete freight --name $F -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["create freight --newest --warehouse hello -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["verify stage test -o xml -w $W", 2, /^error: -o takes table, json or yaml/],
  ["run -o xml -w $W", 2, /^error: -o takes text or json, not "xml"\.$/],
  ["gc -o xml -w $W", 2, /^error: -o takes text or json, not "xml"\.$/],
  ["sample $T/new -o xml", 2, /^error: -o takes text or json, not "xml"\.$/],
  ["validate -o xml -w $W", 2, /^error: -o takes text, json or sarif, not "xml"\.$/],
  [
    "gc --max-retained-freight many -w $W",
    2,
    /^error: --max-retained-freight takes a whole number, not "many"\.$/,
  ],
  [
    "gc --min-freight-deletion-age 3days -w $W",
    2,
    /^error: --min-freight-deletion-age takes a duration such as 336h/,
  ],
  // the workspace
  ["get stages -w $T/none", 1, /^error: There is no folder .*\/none\.$/],
  ["run --until-idle -w $T/none", 1, /^error: There is no folder .*\/none\.$/],
  ["get stages -w $T", 1, /^error: The workspace holds no Kargo Project\.$/],
  ["refresh warehouse hello -w $T", 1, /^error: The workspace holds no Kargo Project\.$/],
  ["promote --stage test --freight x -w $T", 1, /^error: The workspace holds no Kargo Project\.$/],
  // files
  ["step copy --work-dir $T/none", 1, /^error: There is no folder .*\/none\.$/],
  ["step copy --work-dir $T --config $T/none.yaml", 1, /^error: .*none\.yaml cannot be read: ENOENT/],
  ["step copy --work-dir $T --config $T/bad.yaml", 1, /^error: .*bad\.yaml cannot be read: /],
  ["eval --env $T/none.json 1", 2, /^error: The environment cannot be read from .*none\.json: ENOENT/],
  ["validate $T/none.yaml", 2, /^error: There is no file or folder .*none\.yaml\.$/],
  ["sample $W", 1, /^error: .*$/],
];

async function place(t: TestContext): Promise<(text: string) => string[]> {
  const { root } = await sampleWithFreight(t);
  const empty = tempDir(t);
  writeFileSync(join(empty, "bad.yaml"), "a: [1\nb: }");
  const [freight] = await listed<Freight>(root, "freight");
  const known: Record<string, string> = { $F: freight?.metadata.name ?? "", $W: root, $T: empty };
  return (text) => text.split(" ").map((word) => word.replace(/\$[FWT]/, (name) => known[name] ?? name));
}

test("bad input", async (t) => {
  const words = await place(t);
  for (const [line, code, message] of rows) {
    await t.test(line, async () => {
      const { stdout, stderr, code: got } = await runCli(words(line));
      assert.equal(got, code, stdout + stderr);
      assert.match(stderr.trimEnd(), message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, `one line, not: ${stderr}`);
      assert.equal(stdout, "");
    });
  }
});

test("what was found is printed, and what was not is the error, as Kargo's program does it", async (t) => {
  const words = await place(t);
  const { stdout, stderr, code } = await runCli(words("get stages test nope uat -o json -w $W"));
  assert.equal(code, 1);
  assert.deepEqual(
    JSON.parse(stdout).items.map((stage: { metadata: { name: string } }) => stage.metadata.name),
    ["test", "uat"],
  );
  assert.match(stderr, /^error: stages "nope" not found in hello; there is .*\n$/);
});

test("Kargo's flags choose Freight and Promotions", async (t) => {
  const words = await place(t);
  const names = async (line: string) =>
    JSON.parse(await succeeds(words(`${line} -o json -w $W`))).items.map(
      (one: { metadata: { name: string } }) => one.metadata.name,
    );
  const [freight = ""] = words("$F");
  assert.deepEqual(await names("get freight --warehouse hello"), [freight]);
  assert.deepEqual(await names("get freight --origin hello"), [freight]);
  const [alias = ""] = await succeeds(words("get freight --no-headers -w $W")).then((table) =>
    table.split(/ {2,}/).slice(1, 2),
  );
  assert.equal(JSON.parse(await succeeds(words(`get freight --alias ${alias} -o json -w $W`))).alias, alias);
  await succeeds(words("promote --stage test --freight $F -w $W"));
  assert.equal((await names("get promotions --stage test")).length, 1);
  assert.deepEqual(await names("get promotions --stage uat"), []);
});

test("every act answers in JSON", async (t) => {
  const words = await place(t);
  const kinds: readonly (readonly [line: string, kind: string])[] = [
    ["refresh warehouse hello -o json -w $W", "Warehouse"],
    ["refresh stage test -o json -w $W", "Stage"],
    ["promote --stage test --freight $F --no-wait -o json -w $W", "Promotion"],
    ["promote --stage test --freight $F -o json -w $W", "Promotion"],
    ["approve --freight $F --stage prod -o json -w $W", "Freight"],
    ["update freight --name $F --new-alias calm-crow -o json -w $W", "Freight"],
  ];
  for (const [line, kind] of kinds) assert.equal(JSON.parse(await succeeds(words(line))).kind, kind, line);
  const done = JSON.parse(await succeeds(words("get promotions -o json -w $W"))).items[0].metadata.name;
  const aborted = JSON.parse(await succeeds(words(`promote --abort --name ${done} -o json -w $W`)));
  assert.equal(aborted.kind, "Promotion");
  const sample = JSON.parse(await succeeds(words("sample $T/new -o json")));
  assert.match(sample.repository, /repository\.git$/);
});

test("a file that nobody may read is told, and the rest of the workspace stands", {
  skip: process.getuid?.() === 0 ? "root reads every file" : false,
}, async (t) => {
  const words = await place(t);
  const [root = ""] = words("$W");
  const secret = join(root, "kargo", "locked.yaml");
  writeFileSync(secret, projectYaml("x", "locked"));
  chmodSync(secret, 0);
  t.after(() => chmodSync(secret, 0o600));
  const { code, stdout, stderr } = await runCli(words("get stages -w $W"));
  assert.equal(code, 0);
  assert.match(stdout, /^NAME/);
  assert.match(stderr, /locked\.yaml.*EACCES/);
});

test("beside a process that drives the workspace, a run waits and says so, and others are served", async (t) => {
  const words = await place(t);
  const driver = startCli(words("run -w $W"));
  t.after(() => driver.process.kill("SIGKILL"));
  await driver.printed(/./).catch(() => {});
  const second = startCli(words("run --until-idle -w $W"));
  await second.told(/^Another process \(\d+\) drives this workspace; waiting for it to end\.$/m);
  assert.equal(JSON.parse(await succeeds(words("refresh stage test -o json -w $W"))).kind, "Stage");
  driver.process.kill("SIGINT");
  await driver.ended;
  assert.equal((await second.ended).code, 0);
});
