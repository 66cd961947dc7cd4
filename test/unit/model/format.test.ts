// Resources printed as YAML.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatResource } from "../../../src/model/format";
import { parseResources } from "../../../src/model/parse";
import { freight, stage } from "../../support/promotion-world";

test("status comes last, identity first, nothing empty", () => {
  const text = formatResource({
    ...freight("f1", {
      status: { currentlyIn: { test: { since: "2026-01-01T00:00:00Z" } }, verifiedIn: {} },
    }),
    metadata: { name: "f1", namespace: "shop", labels: {}, annotations: undefined },
  });
  assert.equal(
    text,
    `apiVersion: kargo.akuity.io/v1alpha1
kind: Freight
metadata:
  name: f1
  namespace: shop
alias: alias-f1
origin:
  kind: Warehouse
  name: main
images:
  - repoURL: repo
    tag: 1.0.0
status:
  currentlyIn:
    test:
      since: 2026-01-01T00:00:00Z
`,
  );
});

test("what is printed reads back as the same resource", () => {
  const subject = stage("uat", {
    from: ["test"],
    steps: [{ uses: "copy", config: { inPath: "a: b", list: [{}, 1] } }],
  });
  const [read] = parseResources("x.yaml", formatResource(subject)).resources;
  assert.deepEqual(JSON.parse(JSON.stringify(read?.resource)), JSON.parse(JSON.stringify(subject)));
});
