import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCustomSteps } from "../../../src/language/language-service";
import { diagnosticRows, project, serviceOf, stage, task, theFile } from "../../support/cursor";

const warehouse = (spec: string) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\nmetadata: {name: a, namespace: x}\nspec:\n${spec}\n`;

const template = (provider: string, condition: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: a, namespace: x}\nspec:\n  metrics:\n  - name: m\n    successCondition: '${condition}'\n    provider: ${provider}\n`;

const documents: Record<string, readonly [text: string, ...rows: string[]]> = {
  "a wrong type": [warehouse("  interval: 5\n  subscriptions:\n  - image: {repoURL: a/b}"), "type: 5"],
  "an unknown key": [
    warehouse("  intervall: 5m\n  subscriptions:\n  - image: {repoURL: a/b}"),
    "unknown-key: intervall",
  ],
  "a missing field, at the key of its object": [warehouse("  interval: 5m"), "required: spec"],
  "a missing field of an entry, at its first key": [
    stage("a").replace("      name: app\n", ""),
    "required: origin",
  ],
  "a source of the wrong type, and not that there is none": [
    stage("a").replace("direct: true", "direct: perhaps"),
    "type: perhaps",
  ],
  "a bad word in flow style": [
    warehouse(
      "  freightCreationPolicy: Auto\n  subscriptions: [{image: {repoURL: a/b, imageSelectionStrategy: Semver}}]",
    ),
    "enum: Auto",
    "enum: Semver",
  ],
  "a rule of admission": [
    stage("a", {
      steps:
        "- uses: git-clear\n  as: step-1\n  config: {path: x}\n- uses: git-clear\n  as: step-1\n  config: {path: x}",
    }),
    "admission: step-1",
    "admission: step-1",
    "admission: step-1",
  ],
  "a kind that does not exist": [
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Wharehouse\nmetadata: {name: a}\n",
    "unknown-kind: Wharehouse",
  ],
  "a kind of Kargo's in a version that never was": [
    stage("a").replace("v1alpha1", "v1"),
    "unknown-kind: kargo.akuity.io/v1",
  ],
  "fields of earlier versions": [
    warehouse("  subscriptions:\n  - image: {repoURL: a/b, gitRepoURL: x}"),
    "unknown-key: gitRepoURL",
  ],
  "broken YAML at its place": [warehouse("  subscriptions: [a\n  b: c"), "type: a", "yaml-syntax: b"],
  "a step that does not exist": [
    stage("a", { steps: "- uses: git-clon\n  config: {}" }),
    "unknown-step: git-clon",
  ],
  "a missing configuration": [stage("a", { steps: "- uses: git-clone" }), "required: uses"],
  "configuration of a step": [
    stage("a", { steps: "- uses: git-push\n  config:\n    path: 1\n    brnch: x" }),
    "type: 1",
    "unknown-key: brnch",
  ],
  "conditions of a metric": [
    template("{web: {url: u}}", "result.n > 1 && asInt(result.m) == 2 || isNil(result)"),
  ],
  "a condition about a name nobody knows": [
    template("{web: {url: u}}", "results.n > 1"),
    "unknown-name: results",
  ],
  "a condition with an argument is left alone": [template("{web: {url: u}}", "result > {{args.least}}")],
  "settings of requests": [
    template("{prometheus: {address: a, query: q, authentication: {oauth2: {tokenURL: x}}}}", "true"),
    "unknown-key: tokenURL",
  ],
  "providers that are not checked": [template("{datadog: {anything: [1]}}", "true")],
  "an item of a List": [
    `apiVersion: v1\nkind: List\nitems:\n- ${warehouse("  interval: x\n  subscriptions:\n  - image: {repoURL: a/b}").replaceAll("\n", "\n  ")}`,
    "pattern: x",
  ],
  "what an anchor holds, told once": [
    stage("a", {
      steps:
        "- uses: git-clear\n  config: &c\n    path: ./x\n    pth: y\n- uses: git-clear\n  config: *c\n- uses: git-clear\n  config:\n    <<: *c",
    }),
    "unknown-key: pth",
  ],
  "a repository in the file system": [
    warehouse("  subscriptions:\n  - git:\n      repoURL: file:///tmp/a.git"),
    "local-repository: file:///tmp/a.git",
  ],
};
for (const [name, [text, ...rows]] of Object.entries(documents)) {
  test(`tells ${name}`, () => assert.deepEqual(diagnosticRows(serviceOf(text)), rows));
}

const silent: Record<string, string> = {
  "another kind": "apiVersion: apps/v1\nkind: Deployment\nspec: {interval: [}\n",
  "a Helm template with statements": `{{- if .Values.on }}\n${warehouse("  interval: 5")}{{- end }}\n`,
  "a Helm template with values": warehouse(
    "  interval: {{ .Values.interval }}\n  subscriptions:\n  - image: {repoURL: a/b}",
  ),
  "a quoted Helm value": warehouse(
    "  interval: '{{ .Values.interval }}'\n  subscriptions:\n  - image: {repoURL: '{{ .Values.repo }}'}",
  ),
  "an expression wrapped for Helm": stage("a", {
    steps: "- uses: git-clear\n  config:\n    path: '{{`${{ vars.path }}`}}'",
  }),
  "yes and no, as Kubernetes reads them": warehouse(
    "  subscriptions:\n  - image: {repoURL: a/b, strictSemvers: no, insecureSkipTLSVerify: on}",
  ),
  "an empty document": "---\n---\n",
  "another resource of v1": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: b}\n",
  "a ConfigMap without Kargo's labels":
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1}\n",
  "Kargo named in a comment": "# kargo.akuity.io/v1alpha1\na: [\n",
};
for (const [name, text] of Object.entries(silent)) {
  test(`says nothing about ${name}`, () => assert.deepEqual(diagnosticRows(serviceOf(text)), []));
}

/** A Stage that verifies by the template `t` with the given arguments. */
const verified = (args: string) =>
  `${stage("test")}  verification: {analysisTemplates: [{name: t}], args: ${args}}\n`;
const analysis = (args: string, name = "t") =>
  `apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: ${name}, namespace: demo}\nspec:\n  args: ${args}\n  metrics: [{name: m, provider: {web: {url: u}}}]\n`;

const pipelines: Record<string, readonly [text: string, ...rows: string[]]> = {
  "a pipeline that is right": [project(stage("test"), stage("uat", { from: ["test"] }))],
  "a Stage that is not there": [
    project(stage("test"), stage("uat", { from: ["tset"] })),
    "unresolved-reference: tset",
  ],
  "a Warehouse that is not there": [
    project(stage("test").replace("name: app", "name: ap")),
    "unresolved-reference: ap",
  ],
  "a task that is not there": [
    project(stage("test", { steps: "- task: {name: nope}" })),
    "unresolved-reference: nope",
  ],
  "a ClusterPromotionTask may be anywhere": [
    project(stage("test", { steps: "- task: {name: nope, kind: ClusterPromotionTask}" })),
  ],
  "a verification with its arguments": [
    project(
      verified("[{name: url, value: u}]"),
      analysis(
        "[{name: url}, {name: num, value: '1'}, {name: s, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
      ),
    ),
  ],
  "an argument no template declares": [
    project(verified("[{name: ulr, value: u}]"), analysis("[{name: url, value: u}]")),
    "unknown-argument: ulr",
  ],
  "an argument nobody gives": [
    project(verified("[{name: url, value: ''}]"), analysis("[{name: url}]")),
    "missing-argument: t",
  ],
  "an argument of a template that is not here": [
    project(verified("[{name: url, value: u}]")),
    "unresolved-reference: t",
  ],
  "a variable of a task that nobody gives": [
    project(
      task("t", "- uses: git-clear\n  config: {path: '${{ vars.dir }}'}", "- name: dir"),
      stage("a", { steps: "- task: {name: t}" }),
    ),
    "missing-variable: t",
  ],
  "a variable of a task that is given as nothing": [
    project(
      task("t", "- uses: git-clear\n  config: {path: x}", "- name: dir\n  value: ''"),
      stage("a", { steps: "- task: {name: t}\n  vars:\n  - {name: dir, value: ''}" }),
    ),
    "missing-variable: t",
  ],
  "variables of a task that the step, the Stage and the task itself give": [
    project(
      task("t", "- uses: git-clear\n  config: {path: x}", "- name: a\n- name: b\n- {name: c, value: d}"),
      stage("a", {
        vars: "- {name: a, value: x}",
        steps: "- task: {name: t}\n  vars:\n  - {name: b, value: '${{ ctx.stage }}'}",
      }),
    ),
  ],
  "a value that a colon in an expression ends": [
    stage("a", { steps: '- uses: git-clear\n  config:\n    path: ${{ ctx.stage + ": " }}' }),
    'yaml-syntax: ${{ ctx.stage + ": " }}',
  ],
  "a choice in an expression without quotes": [
    stage("a", { steps: '- uses: git-clear\n  config:\n    path: ${{ ctx.stage == "a" ? "x" : "y" }}' }),
    'yaml-syntax: ${{ ctx.stage == "a" ? "x" : "y" }}',
  ],
  "a comment that begins in an expression": [
    stage("a", { steps: '- uses: git-clear\n  config:\n    path: ${{ ctx.stage + " #" }}' }),
    'expression-syntax: ${{ ctx.stage + " #" }}',
  ],
  "an expression without quotes between braces": [
    stage("a", { steps: "- uses: git-clear\n  config: {path: ${{ ctx.stage }}}" }),
    "yaml-syntax: ${{ ctx.stage }}",
  ],
  "quotes within quotes": [
    stage("a", { steps: '- uses: git-clear\n  config:\n    path: "${{ quote("a") }}"' }),
    'yaml-syntax: "${{ quote("a") }}"',
  ],
  "an artifact where its tag is meant": [
    project(
      stage("a", {
        steps: '- uses: git-clear\n  config:\n    path: ${{ imageFrom("ghcr.io/example/app") }}',
      }),
    ),
    'expression-type: imageFrom("ghcr.io/example/app")',
  ],
  "an artifact where any value may stand": [
    project(
      stage("a", {
        steps: '- uses: compose-output\n  config:\n    image: ${{ imageFrom("ghcr.io/example/app") }}',
      }),
    ),
  ],
  "patterns that Go cannot read": [
    project().replace(
      "strictSemvers: true",
      () => "allowTagsRegexes: ['^v(?!.*rc)', '*-prod', '^v\\d+$', '(?i)x', '${PATTERN}(']",
    ),
    "format: '^v(?!.*rc)'",
    "format: '*-prod'",
  ],
  "a circle": [
    project(stage("a", { from: ["b"] }), stage("b", { from: ["a"] })),
    "pipeline-cycle: b",
    "pipeline-cycle: a",
  ],
  "a Stage behind a circle": [
    project(stage("a", { from: ["b"] }), stage("b", { from: ["a"] }), stage("c", { from: ["b"] })),
    "pipeline-cycle: b",
    "pipeline-cycle: a",
    "unreachable-stage: app",
  ],
  "an origin nobody carries": [
    project(stage("test").replace("name: app", "name: other"), stage("uat", { from: ["test"] })),
    "unresolved-reference: other",
    "missing-origin: app",
  ],
  "a soak time straight from the Warehouse": [
    project(stage("test").replace("direct: true", "direct: true\n      requiredSoakTime: 1h")),
    "soak-on-direct: 1h",
  ],
  "a soak time behind a Stage without steps": [
    project(
      stage("gate"),
      stage("uat", { from: ["gate"] }).replace("[gate]", "[gate]\n      requiredSoakTime: 1h"),
    ),
    "soak-behind-control-flow: 1h",
  ],
  "a policy that selects nothing": [
    project(stage("test"), policies("glob:prod-*", "glob:te*", "regex:^t", "tets", "test")),
    "empty-selector: stageSelector",
    "unresolved-reference: tets",
  ],
  "a Secret whose name is nearly right": [
    project(
      stage("test", { steps: "- uses: git-clear\n  config: {path: \"${{ secret('apy').x }}\"}" }),
      "apiVersion: v1\nkind: Secret\nmetadata: {name: apx, namespace: demo}\n",
    ),
    "unresolved-reference: apy",
  ],
  "a Secret that is elsewhere": [
    project(stage("test", { steps: "- uses: git-clear\n  config: {path: \"${{ secret('far').x }}\"}" })),
  ],
  "a task": [
    project(
      stage("test", { steps: "- task: {name: push}" }),
      task("push", "- uses: git-clear\n  config: {path: x}"),
    ),
  ],
};
function policies(...names: readonly string[]): string {
  const list = names.map((name) => `  - stageSelector: {name: "${name}"}\n    autoPromotionEnabled: true\n`);
  return `apiVersion: kargo.akuity.io/v1alpha1\nkind: ProjectConfig\nmetadata: {name: demo, namespace: demo}\nspec:\n  promotionPolicies:\n${list.join("")}`;
}
for (const [name, [text, ...rows]] of Object.entries(pipelines)) {
  test(`the pipeline: ${name}`, () => assert.deepEqual(diagnosticRows(serviceOf(text)), rows));
}

test("a namespace without its Project in the workspace is taken for incomplete", () => {
  const text = project(stage("uat", { from: ["test"] })).replace("kind: Project", "kind: Projekt");
  assert.deepEqual(diagnosticRows(serviceOf(text)), ["unknown-kind: Projekt"]);
});

test("kinds that templates make are taken for incomplete", () => {
  const files = {
    [theFile]: project(stage("uat", { from: ["test"] })),
    "file:///w/t.yaml": `{{ range .Values.stages }}\n${stage("x")}{{ end }}\n`,
  };
  assert.deepEqual(diagnosticRows(serviceOf(files)), []);
});

test("other files are looked at, and followed", () => {
  const other = "file:///w/b.yaml";
  const service = serviceOf({ [theFile]: project(stage("uat", { from: ["test"] })) });
  assert.deepEqual(diagnosticRows(service), ["unresolved-reference: test"]);
  assert.equal(service.setText(other, stage("test")), true);
  assert.deepEqual(diagnosticRows(service), []);
  assert.equal(service.setText(other, `# a comment\n${stage("test")}`), false);
  assert.equal(service.setText(other, stage("tets")), true);
  assert.deepEqual(diagnosticRows(service), ["unresolved-reference: test"]);
  assert.equal(service.setText(other, stage("test")), true);
  assert.equal(service.remove(other), true);
  assert.deepEqual(diagnosticRows(service), ["unresolved-reference: test"]);
});

const head = "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\n";
const kustomizations: Record<string, readonly [name: string, text: string]> = {
  "by path": [
    "kustomization.yaml",
    "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\npatches:\n- path: my patch.yaml",
  ],
  "without kind and apiVersion": [
    "kustomization.yml",
    "resources: [../base]\npatches:\n- path: ./my patch.yaml\n  target: {kind: Stage}",
  ],
  "the old way": ["kustomization.yaml", "patchesStrategicMerge:\n- my patch.yaml"],
  "by a component": [
    "kustomization.yaml",
    "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: my patch.yaml}]",
  ],
  "from another folder": ["../base/kustomization.yaml", "patches: [{path: ../overlay/my patch.yaml}]"],
};
const patches: Record<string, readonly [text: string, ...rows: string[]]> = {
  "one field": [`${head}metadata:\n  name: test\nspec:\n  shard: x\n`],
  "the removal of a resource": [`${head}metadata:\n  name: test\n$patch: delete\n`],
  "the removal of a field": [`${head}metadata:\n  name: test\nspec:\n  shard: null\n`],
  "a part of a source": [
    `${head}metadata:\n  name: test\n  namespace: demo\nspec:\n  requestedFreight:\n  - origin: {kind: Warehouse, name: app}\n    sources: {}\n`,
  ],
  "still a wrong key": [`${head}metadata:\n  name: test\nspec:\n  shrad: x\n`, "unknown-key: shrad"],
  "still a wrong type": [`${head}metadata:\n  name: test\nspec:\n  shard: [1]\n`, "type: shard"],
  "operations, not a resource": ["- op: replace\n  path: /spec/shard\n  value: kargo.akuity.io\n"],
};
for (const [way, [name, kustomization]] of Object.entries(kustomizations)) {
  for (const [what, [patch, ...rows]] of Object.entries(patches)) {
    test(`a patch named ${way} holds only parts: ${what}`, () => {
      const file = "file:///w/overlay/my%20patch.yaml";
      const kustomizationFile = new URL(name, file).href;
      const whole = project(stage("test"), stage("uat", { from: ["test"] }));
      const service = serviceOf({
        "file:///w/base/all.yaml": whole,
        [file]: patch,
        [kustomizationFile]: kustomization,
      });
      assert.deepEqual(diagnosticRows(service, file), rows);
      assert.deepEqual(diagnosticRows(service, "file:///w/base/all.yaml"), []);
      // Without the kustomization it is a document like any other.
      service.remove(kustomizationFile);
      const isResource = patch.startsWith("apiVersion");
      assert.equal(diagnosticRows(service, file).length > rows.length, isResource);
    });
  }
}

test("what a kustomization names as a resource is judged as a whole", () => {
  const text = `${head}metadata:\n  name: test\nspec:\n  shard: x\n`;
  const kustomization = "resources: [a.yaml]\npatches: [{path: b.yaml}]\n";
  const service = serviceOf({ "file:///w/a.yaml": text, "file:///w/kustomization.yaml": kustomization });
  assert.deepEqual(diagnosticRows(service, "file:///w/a.yaml"), ["required: spec"]);
});

test("values of a Helm chart that hold resources are left alone", () => {
  const values = `extraObjects:\n- ${head.replaceAll("\n", "\n  ")}metadata: {name: 1}\n`;
  assert.deepEqual(diagnosticRows(serviceOf(values)), []);
});

test("a file that a kustomization applies as a patch holds only parts", () => {
  const patch = "apiVersion: kargo.akuity.io/v1alpha1\nkind: Stage\nmetadata: {name: a}\nspec: {shardd: x}\n";
  const kustomization =
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n- path: ./stage.yaml\n";
  const files = { "file:///w/p/stage.yaml": patch, "file:///w/p/kustomization.yaml": kustomization };
  assert.deepEqual(diagnosticRows(serviceOf(files), "file:///w/p/stage.yaml"), ["unknown-key: shardd"]);
});

const bad = "  interval: 5\n  subscriptions:\n  - image: {repoURL: a/b}";
const ignores: Record<string, readonly [text: string, ...rows: string[]]> = {
  "on the line": [warehouse(bad.replace("5", "5 # kargo-ignore: type"))],
  "on the line above": [warehouse(`  # kargo-ignore: type because I say so\n${bad}`)],
  "for any rule": [warehouse(`  # kargo-ignore\n${bad}`)],
  "for the whole file": [`# kargo-ignore-file: type\n${warehouse(bad)}`],
  "for another rule": [
    warehouse(`  # kargo-ignore: enum\n${bad}`),
    "unused-ignore: # kargo-ignore: enum",
    "type: 5",
  ],
};
for (const [name, [text, ...rows]] of Object.entries(ignores)) {
  test(`a comment silences a rule ${name}`, () => assert.deepEqual(diagnosticRows(serviceOf(text)), rows));
}

test("settings weigh rules, and know more steps", async () => {
  const text = stage("a", { steps: "- uses: my-step\n  config: {}\n- uses: other\n  config: {}" });
  const service = serviceOf(text, {
    severities: { "unknown-step": "error" },
    customSteps: (await loadCustomSteps(["my-step"], async () => undefined)).steps,
  });
  assert.deepEqual(
    service.diagnostics(theFile).map(({ severity, message }) => [severity, message]),
    [["error", "Kargo 1.11 has no step `other`."]],
  );
  service.configure({ severities: { "unknown-step": "off" } });
  assert.deepEqual(service.diagnostics(theFile), []);
});

test("what is being written badly is told where it is, and nowhere else", () => {
  const other = project(stage("uat", { from: ["test"] }), stage("prod", { from: ["uat"] }));
  const texts: Record<string, readonly [text: string, ...rules: string[]]> = {
    "a wrong type": [stage("test").replace("direct: true", "direct: maybe"), "type"],
    "a tab": [stage("test").replace("  - origin:", "\t- origin:"), "yaml-syntax"],
    "a bracket that is not closed": [stage("test").replace("direct: true", "stages: ["), "yaml-syntax"],
  };
  for (const [name, [text, rule]] of Object.entries(texts)) {
    const service = serviceOf({ [theFile]: text, "file:///w/other.yaml": other });
    const found = service.diagnostics(theFile);
    assert.ok(found.length > 0 && found[0]?.rule === rule, name);
    for (const one of found) assert.ok(one.rule === rule || one.rule === "type", `${name}: ${one.message}`);
    for (const one of found) assert.ok(!one.message.includes("\n"), one.message);
    assert.deepEqual(diagnosticRows(service, "file:///w/other.yaml"), [], name);
  }
});

test("letters that Kubernetes' YAML takes for booleans are no text", () => {
  const vars =
    "- {name: a, value: y}\n- {name: b, value: N}\n- {name: c, value: 'n'}\n- {name: d, value: yo}";
  const service = serviceOf(project(stage("test", { vars })));
  assert.deepEqual(diagnosticRows(service), ["type: y", "type: N"]);
});
