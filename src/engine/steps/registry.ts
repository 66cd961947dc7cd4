// Which runner carries out which step kind. An explicit table: a runner that is not listed does not exist.
// Runs nothing; the loop is engine/promotion/orchestrator.ts.
import type { StepKind } from "../../model/schema/step-kinds";
import type { AnyStepRunner } from "../promotion/step";
import { argocdUpdate } from "./argocd-update";
import { argocdWait } from "./argocd-wait";
import { composeOutput } from "./compose-output";
import { copy } from "./copy";
import { deleteFiles } from "./delete";
import { fail } from "./fail";
import { fileWrite } from "./file-write";
import { gitClear } from "./git-clear";
import { gitClone } from "./git-clone";
import { gitCommit } from "./git-commit";
import { gitMergePr } from "./git-merge-pr";
import { gitOpenPr } from "./git-open-pr";
import { gitPush } from "./git-push";
import { gitTag } from "./git-tag";
import { gitWaitForPr } from "./git-wait-for-pr";
import { githubPush } from "./github-push";
import { helmTemplate } from "./helm-template";
import { helmUpdateChart } from "./helm-update-chart";
import { http } from "./http";
import { httpDownload } from "./http-download";
import { jsonParse } from "./json-parse";
import { jsonUpdate } from "./json-update";
import { kustomizeBuild } from "./kustomize-build";
import { kustomizeSetImage } from "./kustomize-set-image";
import { ociDownload } from "./oci-download";
import { ociPush } from "./oci-push";
import { setFreightAlias } from "./set-freight-alias";
import { setMetadata } from "./set-metadata";
import { tomlParse } from "./toml-parse";
import { tomlUpdate } from "./toml-update";
import { untar } from "./untar";
import { yamlMerge } from "./yaml-merge";
import { yamlParse } from "./yaml-parse";
import { yamlUpdate } from "./yaml-update";

/** Every open-source step kind; one without a runner does not compile (pkg/promotion/registry.go). */
export const stepRunners: Readonly<Record<StepKind, AnyStepRunner>> = {
  "argocd-update": argocdUpdate,
  "argocd-wait": argocdWait,
  "compose-output": composeOutput,
  copy,
  delete: deleteFiles,
  fail,
  "file-write": fileWrite,
  "git-clear": gitClear,
  "git-clone": gitClone,
  "git-commit": gitCommit,
  "git-merge-pr": gitMergePr,
  "git-open-pr": gitOpenPr,
  "git-push": gitPush,
  "git-tag": gitTag,
  "git-wait-for-pr": gitWaitForPr,
  "github-push": githubPush,
  "helm-template": helmTemplate,
  "helm-update-chart": helmUpdateChart,
  http,
  "http-download": httpDownload,
  "json-parse": jsonParse,
  "json-update": jsonUpdate,
  "kustomize-build": kustomizeBuild,
  "kustomize-set-image": kustomizeSetImage,
  "oci-download": ociDownload,
  "oci-push": ociPush,
  "set-freight-alias": setFreightAlias,
  "set-metadata": setMetadata,
  "toml-parse": tomlParse,
  "toml-update": tomlUpdate,
  untar,
  "yaml-merge": yamlMerge,
  "yaml-parse": yamlParse,
  "yaml-update": yamlUpdate,
};
