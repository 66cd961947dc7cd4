import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Ajv from "ajv";
import { loadCustomSteps } from "../../../src/language/language-service";
import { cursor, diagnosticRows, serviceOf, stage, theFile } from "../../support/cursor";

const deploy = {
  $schema: "http://json-schema.org/draft-07/schema#",
  description: "Deploys a thing.",
  type: "object",
  required: ["target"],
  additionalProperties: false,
  properties: {
    target: { type: "string", description: "Where it goes.", enum: ["blue", "green"] },
    replicas: { type: "integer", minimum: 1, maximum: 5, default: 2 },
    name: { type: "string", pattern: "^[a-z]+$", minLength: 2 },
    labels: { type: "object", additionalProperties: { type: "string" } },
    ports: { type: "array", minItems: 1, uniqueItems: true, items: { $ref: "#/definitions/port" } },
    wait: { anyOf: [{ type: "boolean" }, { type: "object", required: ["seconds"] }] },
    from: { oneOf: [{ required: ["git"] }, { required: ["image"] }], type: "object" },
  },
  definitions: {
    port: {
      type: "object",
      required: ["number"],
      properties: { number: { type: "integer" }, next: { $ref: "#/definitions/port" } },
    },
  },
};

const none = async () => undefined;

async function service(config: string, schema: unknown = deploy) {
  const { steps, faults } = await loadCustomSteps({ deploy: schema }, none);
  assert.deepEqual(faults, []);
  const steps_ =
    config === "" ? "- uses: deploy" : `- uses: deploy\n  config:\n    ${config.replaceAll("\n", "\n    ")}`;
  return serviceOf(stage("a", { steps: steps_ }), { customSteps: steps });
}

const rows: Record<string, readonly [config: string, ...rows: string[]]> = {
  "all right": ["target: blue\nreplicas: 2\nports: [{number: 1}]\nwait: true\nfrom: {git: x}"],
  "a missing field, at the key of its object": ["replicas: 2", "required: config"],
  "no configuration at all": ["", "required: deploy"],
  "an unknown key": ["target: blue\ntraget: x", "unknown-key: traget"],
  "a wrong type": ["target: blue\nreplicas: many", "type: many"],
  "a bad value": ["target: red", "enum: red"],
  "a number too large": ["target: blue\nreplicas: 9", "range: 9"],
  "a bad pattern": ["target: blue\nname: ABC", "pattern: ABC"],
  "a wrong value of a map": ["target: blue\nlabels: {a: 1}", "type: 1"],
  "too few entries": ["target: blue\nports: []", "items: ports"],
  "an entry twice": ["target: blue\nports: [{number: 1}, {number: 1}]", "unique: ports"],
  "deep in what is named by reference": ["target: blue\nports:\n- number: 1\n  next: {number: x}", "type: x"],
  "none of the alternatives": ["target: blue\nwait: 5", "rule: 5"],
  "the only alternative of that type": ["target: blue\nwait: {}", "required: wait"],
  "two alternatives at once": ["target: blue\nfrom: {git: x, image: y}", "rule: from"],
  "expressions for any type": [
    'target: ${{ vars.target }}\nreplicas: ${{ 1 }}\nname: X${{ 1 }}\nports: ${{ [] }}\nwait: ${{ true }}\nlabels: {a: "${{ 1 }}"}',
  ],
  "an expression in one of two alternatives": ["target: ${{ 'blue' }}\nfrom: {git: \"${{ 1 }}\", image: y}"],
  "an expression does not excuse its neighbours": [
    "target: ${{ 'blue' }}\nreplicas: many\nother: 1",
    "type: many",
    "unknown-key: other",
  ],
  "an expression for everything": ["${{ {} }}"],
};
for (const [name, [config, ...wanted]] of Object.entries(rows)) {
  test(`custom step: ${name}`, async () => {
    const found = diagnosticRows(await service(config)).filter((row) => !row.startsWith("unknown-variable"));
    assert.deepEqual(
      found.map((row) => row.replace("⏎", "")),
      wanted,
    );
  });
}

test("without expressions the verdict is that of an ordinary validator", async () => {
  const folder = join(process.cwd(), "test", "fixtures");
  const values: unknown[] = [
    {},
    { target: "blue" },
    { target: 1 },
    { target: "blue", replicas: 0 },
    { target: "blue", replicas: 1.5 },
    { target: "blue", name: "a" },
    { target: "blue", ports: [{ number: 1, next: {} }] },
    { target: "blue", wait: null },
    { target: "blue", from: {} },
    { target: "blue", labels: { a: null } },
    JSON.parse(readFileSync(join(folder, "argocd-steps.json"), "utf8")),
  ];
  const valid = new Ajv({ strict: false }).compile(deploy);
  const { steps } = await loadCustomSteps({ deploy }, none);
  for (const value of values) {
    const faults = steps.get("deploy")?.judge(value) ?? [];
    assert.equal(faults.length === 0, valid(value), JSON.stringify(value));
  }
});

test("a schema file is read, and completes and explains the step", async () => {
  const { steps, faults, paths } = await loadCustomSteps(
    { deploy: "schemas/deploy.yaml", other: null },
    async (path) => (path === "schemas/deploy.yaml" ? JSON.stringify(deploy) : undefined),
  );
  assert.deepEqual([faults, paths], [[], ["schemas/deploy.yaml"]]);
  const at = (config: string) => {
    const { text, offset } = cursor(stage("a", { steps: config }).replaceAll("|-", ""));
    const one = serviceOf(text, { customSteps: steps });
    return {
      labels: one.complete(theFile, offset).map(({ label }) => label),
      hover: one.hover(theFile, offset)?.doc,
      one,
      offset,
    };
  };
  assert.ok(at("- uses: dep|").labels.includes("deploy"));
  const step = at("- uses: dep|");
  const snippet = step.one.complete(theFile, step.offset).find(({ label }) => label === "deploy")?.insert;
  assert.match(snippet ?? "", /config:\n +target:/);
  assert.deepEqual(at("- uses: deploy\n  config:\n    |").labels.slice(0, 2), ["target", "replicas"]);
  assert.deepEqual(at("- uses: deploy\n  config:\n    target: |").labels.slice(0, 2), ["blue", "green"]);
  assert.ok(at("- uses: deploy\n  config:\n    ports:\n    - |").labels.includes("number"));
  assert.match(at("- uses: deploy\n  config:\n    tar|get: blue").hover ?? "", /Where it goes/);
  assert.match(at("- uses: dep|loy\n  config:\n    target: blue").hover ?? "", /Deploys a thing/);
});

const unusable: Record<string, readonly [schema: unknown, sentence: RegExp]> = {
  "a file that is not there": ["a.json", /`deploy` \(a.json\) cannot be used: there is no such file/],
  "a file that is no JSON": ["broken.json", /neither JSON nor YAML/],
  "a type that does not exist": [{ type: "strnig" }, /#\/type is "strnig"/],
  "a type deep inside": [{ properties: { a: { items: { type: 5 } } } }, /#\/properties\/a\/items\/type is 5/],
  "a pattern that is none": [{ properties: { a: { pattern: "(" } } }, /pattern is no regular expression/],
  "a reference to nothing": [{ $ref: "#/definitions/x" }, /names "#\/definitions\/x"/],
  "required of the old kind": [{ properties: { a: { required: true } } }, /required is no list/],
};
for (const [name, [schema, sentence]] of Object.entries(unusable)) {
  test(`a schema that cannot be used is told: ${name}`, async () => {
    const read = async (path: string) => (path === "broken.json" ? "{a: [" : undefined);
    const { steps, faults } = await loadCustomSteps({ deploy: schema }, read);
    assert.equal(faults.length, 1);
    assert.match(faults[0]?.message ?? "", sentence);
    // It is known by its name all the same, and takes anything.
    assert.deepEqual(steps.get("deploy")?.judge({ a: 1 }), []);
  });
}
