// The names of Kargo's open-source promotion steps. Only the names: their configuration is in the schema table.

/** The 34 built-in step kinds of Kargo v1.11.2 (pkg/promotion/runner/builtin). */
export const stepKinds = [
  "argocd-update",
  "argocd-wait",
  "compose-output",
  "copy",
  "delete",
  "fail",
  "file-write",
  "git-clear",
  "git-clone",
  "git-commit",
  "git-merge-pr",
  "git-open-pr",
  "git-push",
  "git-tag",
  "git-wait-for-pr",
  "github-push",
  "helm-template",
  "helm-update-chart",
  "http",
  "http-download",
  "json-parse",
  "json-update",
  "kustomize-build",
  "kustomize-set-image",
  "oci-download",
  "oci-push",
  "set-freight-alias",
  "set-metadata",
  "toml-parse",
  "toml-update",
  "untar",
  "yaml-merge",
  "yaml-parse",
  "yaml-update",
] as const;

/** One of Kargo's open-source step kinds, as written in `uses`. */
export type StepKind = (typeof stepKinds)[number];

/** True when `uses` names an open-source step. */
export function isStepKind(uses: string): uses is StepKind {
  return (stepKinds as readonly string[]).includes(uses);
}
