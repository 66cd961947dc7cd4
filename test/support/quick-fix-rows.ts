// What is wrong, the title of the fix, and what it makes of it: rows for the language service and for the editor.
// Runs nothing.
import { project, stage, task } from "./cursor";

/** Puts a part of a document into a whole one. */
export type Wrap = (fragment: string) => string;

/** A Warehouse with this spec. */
export const warehouse: Wrap = (spec) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\nmetadata: {name: a, namespace: x}\nspec:\n${spec}\n`;
/** A Stage with these steps. */
export const steps: Wrap = (list) => stage("a", { steps: list });
const inTask: Wrap = (list) => task("t", list);
const whole: Wrap = (text) => text;
const inProject: Wrap = (text) => project(text);
const policies: Wrap = (list) =>
  `apiVersion: kargo.akuity.io/v1alpha1\nkind: ProjectConfig\nmetadata: {name: demo, namespace: demo}\nspec:\n  promotionPolicies:\n${list}\n`;
/** A subscription, for specs that are wrong elsewhere. */
export const image = "  subscriptions:\n  - image: {repoURL: a/b}";

/** What is wrong, the title of the fix, and what it makes of it. */
export type QuickFixRow = readonly [wrap: Wrap, before: string, title: string, after: string];

/** By what the fix does. */
export const quickFixRows: Readonly<Record<string, QuickFixRow>> = {
  "adds a required key behind the last one, comments kept": [
    steps,
    "- uses: git-commit\n  config:\n    path: x # where\n  # behind\n- uses: git-clear\n  config: {path: x}",
    "Add `message`",
    '- uses: git-commit\n  config:\n    path: x # where\n    message: ""\n  # behind\n- uses: git-clear\n  config: {path: x}',
  ],
  "adds the configuration of a step with what must be in it": [
    steps,
    "- uses: git-clone",
    "Add `config`",
    '- uses: git-clone\n  config:\n    repoURL: ""\n    checkout:\n    - path: ""',
  ],
  "adds a required key in flow style": [
    steps,
    "- uses: git-commit\n  config: {path: x}",
    "Add `message`",
    '- uses: git-commit\n  config: {path: x, message: ""}',
  ],
  "adds all required keys to an empty object": [
    steps,
    "- uses: git-commit\n  config: {}",
    "Add all required keys",
    '- uses: git-commit\n  config: {path: "", message: ""}',
  ],
  "adds a required object where nothing stands": [
    warehouse,
    "  interval: 5m",
    "Add `subscriptions`",
    "  interval: 5m\n  subscriptions: []",
  ],
  "corrects a key": [
    warehouse,
    `  intervall: 5m # often\n${image}`,
    "Change to `interval`",
    `  interval: 5m # often\n${image}`,
  ],
  "gives a field of an older Kargo its name of today": [
    warehouse,
    "  subscriptions:\n  - image: {repoURL: a/b, semverConstraint: ^1.0.0}",
    "Change to `constraint`",
    "  subscriptions:\n  - image: {repoURL: a/b, constraint: ^1.0.0}",
  ],
  "corrects a word": [
    warehouse,
    `  freightCreationPolicy: Automatik\n${image}`,
    "Change to `Automatic`",
    `  freightCreationPolicy: Automatic\n${image}`,
  ],
  "offers the other words": [
    warehouse,
    `  freightCreationPolicy: "Automatik"\n${image}`,
    "Change to `Manual`",
    `  freightCreationPolicy: Manual\n${image}`,
  ],
  "corrects a step": [
    steps,
    "- uses: git-clon\n  config: {}",
    "Change to `git-clone`",
    "- uses: git-clone\n  config: {}",
  ],
  "corrects a kind": [
    whole,
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Wharehouse\n",
    "Change to `Warehouse`",
    "apiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\n",
  ],
  "corrects a name of another resource, in its quotes": [
    inProject,
    `${stage("test")}---\n${stage("uat", { from: ['"tset"'] })}`,
    "Change to `test`",
    `${stage("test")}---\n${stage("uat", { from: ['"test"'] })}`,
  ],
  "corrects a name in an expression": [
    steps,
    "- uses: git-clear\n  config:\n    path: ${{ ctx.stag }}",
    "Change to `stage`",
    "- uses: git-clear\n  config:\n    path: ${{ ctx.stage }}",
  ],
  "writes a name with a hyphen in brackets": [
    steps,
    "- uses: git-commit\n  as: my-commit\n  config: {path: x, message: y}\n- uses: git-clear\n  config:\n    path: ${{ outputs.my-commit.commit }}",
    "Change to `outputs['my-commit']`",
    "- uses: git-commit\n  as: my-commit\n  config: {path: x, message: y}\n- uses: git-clear\n  config:\n    path: ${{ outputs['my-commit'].commit }}",
  ],
  "removes an unknown key with its value": [
    warehouse,
    `  interval: 5m\n  colour: # which\n    red: 1\n    green: 2 # both\n${image}`,
    "Remove `colour`",
    `  interval: 5m\n${image}`,
  ],
  "removes the first key of an entry": [
    steps,
    "- colour: red\n  uses: git-clear\n  config: {path: x}",
    "Remove `colour`",
    "- uses: git-clear\n  config: {path: x}",
  ],
  "removes a key in flow style": [
    steps,
    "- uses: git-clear\n  config: {path: x, colour: red}",
    "Remove `colour`",
    "- uses: git-clear\n  config: {path: x}",
  ],
  "removes the only key": [
    steps,
    "- uses: fail\n  config:\n    colour: red",
    "Remove `colour`",
    "- uses: fail\n  config:\n    {}",
  ],
  "removes one of two that exclude each other": [
    warehouse,
    "  subscriptions:\n  - image:\n      repoURL: a/b\n    git:\n      repoURL: https://a.b/c",
    "Remove `image`",
    "  subscriptions:\n  - git:\n      repoURL: https://a.b/c",
  ],
  "removes the other of them": [
    warehouse,
    "  subscriptions:\n  - image:\n      repoURL: a/b\n    git:\n      repoURL: https://a.b/c",
    "Remove `git`",
    "  subscriptions:\n  - image:\n      repoURL: a/b",
  ],
  "keeps a tag text": [
    (list) => stage("a", { vars: "- name: v\n  value: '1.10'", steps: list }),
    "- uses: http\n  config:\n    url: https://a.b\n    body: ${{ vars.v }}",
    "Wrap in quote()",
    "- uses: http\n  config:\n    url: https://a.b\n    body: ${{ quote(vars.v) }}",
  ],
  "creates the Stage that is named, with the origin that is asked of it": [
    inProject,
    stage("uat", { from: ["test"] }),
    "Create the Stage `test`",
    `${stage("uat", { from: ["test"] })}---\n${stage("test").replace("  requestedFreight:\n  - origin:\n      kind: Warehouse\n      name: app\n    sources:\n      direct: true", "  requestedFreight:\n    - origin:\n        kind: Warehouse\n        name: app\n      sources:\n        direct: true")}`,
  ],
  "creates the Warehouse": [
    inProject,
    stage("test").replace("name: app", "name: other"),
    "Create the Warehouse `other`",
    `${stage("test").replace("name: app", "name: other")}---\napiVersion: kargo.akuity.io/v1alpha1\nkind: Warehouse\nmetadata:\n  name: other\n  namespace: demo\nspec:\n  subscriptions:\n    - image:\n        repoURL: ""\n`,
  ],
  "creates the PromotionTask": [
    inProject,
    stage("test", { steps: "- task: {name: push}" }),
    "Create the PromotionTask `push`",
    `${stage("test", { steps: "- task: {name: push}" })}---\napiVersion: kargo.akuity.io/v1alpha1\nkind: PromotionTask\nmetadata:\n  name: push\n  namespace: demo\nspec:\n  steps:\n    - uses: ""\n`,
  ],
  "brings allowTags into the new form": [
    warehouse,
    "  subscriptions:\n  - image:\n      repoURL: a/b\n      allowTags: ^v1\n      # more\n      strictSemvers: true",
    "Change to `allowTagsRegexes`",
    "  subscriptions:\n  - image:\n      repoURL: a/b\n      allowTagsRegexes:\n      - '^v1'\n      # more\n      strictSemvers: true",
  ],
  "brings ignoreTags into the new form, each tag exactly": [
    warehouse,
    "  subscriptions:\n  - image:\n      repoURL: a/b\n      ignoreTags: [latest, v1.0]\n      ignoreTagsRegexes: [x]",
    "Change to `ignoreTagsRegexes`",
    "  subscriptions:\n  - image:\n      repoURL: a/b\n      ignoreTagsRegexes: [x, '^latest$', '^v1\\.0$']",
  ],
  "brings a policy's stage into the new form": [
    policies,
    "  - stage: test # first\n    autoPromotionEnabled: true",
    "Change to `stageSelector`",
    "  - stageSelector:\n      name: test # first\n    autoPromotionEnabled: true",
  ],
  "brings an SSH URL into the new form": [
    warehouse,
    "  subscriptions:\n  - git:\n      repoURL: git@github.com:example/app.git",
    "Change to `https://github.com/example/app.git`",
    "  subscriptions:\n  - git:\n      repoURL: https://github.com/example/app.git",
  ],
  "brings an ssh:// URL with a port into the new form": [
    warehouse,
    "  subscriptions:\n  - git:\n      repoURL: ssh://git@github.com:22/example/app.git",
    "Change to `https://github.com/example/app.git`",
    "  subscriptions:\n  - git:\n      repoURL: https://github.com/example/app.git",
  ],
  "moves the author of a commit to the clone": [
    steps,
    "- uses: git-clone\n  config:\n    repoURL: https://a.b/c\n    checkout:\n    - path: x\n- uses: git-commit\n  config:\n    path: x\n    author:\n      name: Me\n      email: me@a.b\n    message: y",
    "Move `author` to the `git-clone` step",
    "- uses: git-clone\n  config:\n    repoURL: https://a.b/c\n    checkout:\n    - path: x\n    author:\n      name: Me\n      email: me@a.b\n- uses: git-commit\n  config:\n    path: x\n    message: y",
  ],
  "removes what has no effect any more": [
    steps,
    "- uses: git-open-pr\n  config:\n    repoURL: https://a.b/c\n    createTargetBranch: true\n    sourceBranch: a\n    targetBranch: b",
    "Remove `createTargetBranch`",
    "- uses: git-open-pr\n  config:\n    repoURL: https://a.b/c\n    sourceBranch: a\n    targetBranch: b",
  ],
  "makes messageFromSteps an expression": [
    steps,
    "- uses: yaml-update\n  as: set-image\n  config: {path: a, updates: [{key: a, value: b}]}\n- uses: git-commit\n  config:\n    path: x\n    messageFromSteps:\n    - set-image",
    "Change to `message`",
    "- uses: yaml-update\n  as: set-image\n  config: {path: a, updates: [{key: a, value: b}]}\n- uses: git-commit\n  config:\n    path: x\n    message: ${{ outputs['set-image'].commitMessage }}",
  ],
  "gives an alias that is Kargo's own another name, also where it is read": [
    steps,
    "- uses: git-push\n  as: step-7\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ outputs['step-7'].branch }}",
    "Change to `git-push`",
    "- uses: git-push\n  as: git-push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ outputs['git-push'].branch }}",
  ],
  "gives an alias that is taken another name": [
    steps,
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-push\n  as: push\n  config: {path: x}",
    "Change to `git-push`",
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-push\n  as: git-push\n  config: {path: x}",
  ],
  "moves a key under the one it belongs to": [
    (spec) => stage("a").replace("    sources:\n      direct: true", spec),
    "    direct: true",
    "Move `direct` under `sources`",
    "    sources:\n      direct: true",
  ],
  "moves a key one level up": [
    (list) => stage("a", { steps: list }),
    "- uses: git-clear\n  config:\n    path: x\n    continueOnError: true # so be it",
    "Move `continueOnError` one level up",
    "- uses: git-clear\n  config:\n    path: x\n  continueOnError: true",
  ],
  "puts a number in quotes": [
    warehouse,
    `  interval: 5\n${image}`,
    "Put it in quotes",
    `  interval: "5"\n${image}`,
  ],
  "puts a word that YAML takes for a boolean in quotes": [
    (shard) => stage("a").replace("spec:\n", `spec:\n  shard: ${shard}\n`),
    "yes",
    "Put it in quotes",
    '"yes"',
  ],
  "names the version that Kargo's kinds have": [
    (version) => stage("a").replace("kargo.akuity.io/v1alpha1", version),
    '"kargo.akuity.io/v1beta1"',
    "Change to `kargo.akuity.io/v1alpha1`",
    '"kargo.akuity.io/v1alpha1"',
  ],
  "takes off quotes": [
    warehouse,
    "  subscriptions:\n  - image: {repoURL: a/b, discoveryLimit: '5'}",
    "Take off the quotes",
    "  subscriptions:\n  - image: {repoURL: a/b, discoveryLimit: 5}",
  ],
  "makes one text a list": [
    (from) => stage("a", { from: ["x"] }).replace("[x]", from),
    "test",
    "Make it a list",
    "[test]",
  ],
  "puts an expression with a colon in quotes": [
    steps,
    "- uses: git-clear\n  config:\n    path: ${{ ctx.stage + ': ' }}",
    "Put it in quotes",
    "- uses: git-clear\n  config:\n    path: '${{ ctx.stage + '': '' }}'",
  ],
  "puts an expression between braces in quotes": [
    steps,
    "- uses: git-clear\n  config: {path: ./${{ ctx.stage }}}",
    "Put it in quotes",
    "- uses: git-clear\n  config: {path: './${{ ctx.stage }}'}",
  ],
  "puts a text with quotes in quotes of the other kind": [
    steps,
    '- uses: git-clear\n  config:\n    path: "${{ quote("a") }}"',
    "Put it in quotes",
    "- uses: git-clear\n  config:\n    path: '${{ quote(\"a\") }}'",
  ],
  "puts an expression in quotes that a comment cuts off": [
    steps,
    '- uses: git-clear\n  config:\n    path: ${{ ctx.stage + " #1" }}',
    "Put it in quotes",
    "- uses: git-clear\n  config:\n    path: '${{ ctx.stage + \" #1\" }}'",
  ],
  "reads the hash of a commit": [
    steps,
    "- uses: git-clear\n  config:\n    path: ${{ commitFrom('https://a.b/c') }}",
    "Read its `ID`",
    "- uses: git-clear\n  config:\n    path: ${{ commitFrom('https://a.b/c').ID }}",
  ],
  "closes an expression": [
    steps,
    "- uses: git-clear\n  config:\n    path: ${{ ctx.stage",
    "Close the expression",
    "- uses: git-clear\n  config:\n    path: ${{ ctx.stage }}",
  ],
  "closes an expression in quotes that has one brace": [
    steps,
    '- uses: git-clear\n  config:\n    path: "${{ ctx.stage }"',
    "Close the expression",
    '- uses: git-clear\n  config:\n    path: "${{ ctx.stage }}"',
  ],
  "makes a condition an expression": [
    steps,
    "- uses: git-clear\n  if: success()\n  config: {path: x}",
    "Make it an expression",
    "- uses: git-clear\n  if: ${{ success() }}\n  config: {path: x}",
  ],
  "reads outputs of a task's own steps where they are": [
    inTask,
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ outputs.push.branch }}",
    "Read it from `task.outputs`",
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ task.outputs.push.branch }}",
  ],
  "reads outputs of a Stage's steps where they are": [
    steps,
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ task.outputs.push.branch }}",
    "Read it from `outputs`",
    "- uses: git-push\n  as: push\n  config: {path: x}\n- uses: git-clear\n  config:\n    path: ${{ outputs.push.branch }}",
  ],
  "removes a condition from a step that stands for a task": [
    steps,
    "- task: {name: t}\n  if: ${{ success() }}\n  as: x",
    "Remove `if`",
    "- task: {name: t}\n  as: x",
  ],
  "removes a soak time without effect": [
    (sources) => project(stage("test").replace("direct: true", sources)),
    "direct: true\n      requiredSoakTime: 1h",
    "Remove `requiredSoakTime`",
    "direct: true",
  ],
  "ignores a rule on a line": [
    warehouse,
    `  interval: 5\n${image}`,
    "Ignore `type` on this line",
    `  # kargo-ignore: type\n  interval: 5\n${image}`,
  ],
  "joins a comment that ignores another rule": [
    warehouse,
    `  # kargo-ignore: enum\n  interval: 5\n${image}`,
    "Ignore `type` on this line",
    `  # kargo-ignore: enum, type\n  interval: 5\n${image}`,
  ],
  "removes a comment that silences nothing": [
    warehouse,
    `  # kargo-ignore: enum\n  interval: 5m\n${image}`,
    "Remove the comment",
    `  interval: 5m\n${image}`,
  ],
  "removes such a comment behind a value": [
    warehouse,
    `  interval: 5m # kargo-ignore: enum\n${image}`,
    "Remove the comment",
    `  interval: 5m\n${image}`,
  ],
};
