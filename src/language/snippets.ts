// Whole documents to begin with: one for each kind that people write.
// Fills in nothing from the workspace.
import type { Completion } from "./completion";

const head = (kind: string) => `apiVersion: kargo.akuity.io/v1alpha1\nkind: ${kind}\nmetadata:\n`;
const named = "  name: ${1:name}\n  namespace: ${2:project}\n";

const documents: readonly (readonly [label: string, doc: string, body: string])[] = [
  [
    "Project and ProjectConfig",
    "A Project whose first Stage promotes by itself.",
    `${head("Project")}  name: \${1:project}\n---\n${head("ProjectConfig")}  name: \${1:project}\n  namespace: \${1:project}\nspec:\n  promotionPolicies:\n  - stageSelector:\n      name: \${2:test}\n    autoPromotionEnabled: true\n`,
  ],
  ["Project", "A Project.", `${head("Project")}  name: \${1:name}\n`],
  [
    "Warehouse: image",
    "A Warehouse that finds the newest version of a container image.",
    `${head("Warehouse")}${named}spec:\n  subscriptions:\n  - image:\n      repoURL: \${3:ghcr.io/example/app}\n      constraint: \${4:^1.0.0}\n`,
  ],
  [
    "Warehouse: git",
    "A Warehouse that finds the newest commit of a branch.",
    `${head("Warehouse")}${named}spec:\n  subscriptions:\n  - git:\n      repoURL: \${3:https://github.com/example/app.git}\n      branch: \${4:main}\n`,
  ],
  [
    "Warehouse: chart",
    "A Warehouse that finds the newest version of a Helm chart.",
    `${head("Warehouse")}${named}spec:\n  subscriptions:\n  - chart:\n      repoURL: \${3:oci://ghcr.io/example/charts/app}\n      semverConstraint: \${4:^1.0.0}\n`,
  ],
  [
    "Stage: straight from a Warehouse",
    "A Stage that renders manifests and pushes them to a branch of its own.",
    `${head("Stage")}${named}spec:\n  requestedFreight:\n  - origin:\n      kind: Warehouse\n      name: \${3:warehouse}\n    sources:\n      direct: true\n  promotionTemplate:\n    spec:\n      steps:\n      - uses: git-clone\n        config:\n          repoURL: \${4:https://github.com/example/deploy.git}\n          checkout:\n          - branch: \${5:main}\n            path: ./src\n      - uses: $0\n`,
  ],
  [
    "Stage: after another Stage",
    "A Stage that takes Freight once another Stage has verified it.",
    `${head("Stage")}${named}spec:\n  requestedFreight:\n  - origin:\n      kind: Warehouse\n      name: \${3:warehouse}\n    sources:\n      stages:\n      - \${4:test}\n  promotionTemplate:\n    spec:\n      steps:\n      - task:\n          name: \${5:promote}\n`,
  ],
  [
    "Stage: control flow",
    "A Stage without steps, through which Freight only passes.",
    `${head("Stage")}${named}spec:\n  requestedFreight:\n  - origin:\n      kind: Warehouse\n      name: \${3:warehouse}\n    sources:\n      stages:\n      - \${4:test}\n`,
  ],
  [
    "PromotionTask",
    "Steps that several Stages share.",
    `${head("PromotionTask")}${named}spec:\n  vars:\n  - name: \${3:branch}\n  steps:\n  - uses: $0\n`,
  ],
  [
    "AnalysisTemplate: HTTP",
    "An analysis that asks an address whether all is well.",
    `apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata:\n${named}spec:\n  metrics:\n  - name: \${3:health}\n    successCondition: result.status == "ok"\n    provider:\n      web:\n        url: \${4:https://example.com/health}\n        jsonPath: "{$}"\n`,
  ],
];

/** Snippets for an empty document. */
export function documentSnippets(offset: number, text: string): Completion[] {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const typed = text.slice(lineStart, offset);
  if (!/^[\w :]*$/.test(typed)) return [];
  return documents.map(([label, doc, body], rank) => ({
    start: lineStart,
    end: offset,
    label,
    kind: "snippet",
    detail: "Kargo",
    doc,
    insert: body.replace("{$}", "{\\$}"),
    snippet: true,
    rank,
  }));
}
