// Whether Red Hat's YAML extension is at work too. Then each tells what only it knows: it of broken YAML, ours of Kargo.
// Ours contributes no `yamlValidation`, which would say all twice; yaml-schema.ts hands it a schema where ours is off.
import { extensions, type TextDocument, workspace } from "vscode";

const id = "redhat.vscode-yaml";
/** Hands schemas of Kubernetes kinds to the YAML extension. */
const kubernetesId = "ms-kubernetes-tools.vscode-kubernetes-tools";
const modeline = /^#\s*yaml-language-server:\s*\$schema=/m;

/** True when it reports mistakes of YAML itself. */
export function yamlServerReports(): boolean {
  return (
    extensions.getExtension(id) !== undefined && workspace.getConfiguration("yaml").get("validate") !== false
  );
}

/** True when it may complete keys of the document by a schema: by a setting, a comment, or the Kubernetes extension. */
export function yamlServerCompletes(document: TextDocument): boolean {
  const settings = workspace.getConfiguration("yaml", document);
  if (extensions.getExtension(id) === undefined || settings.get("completion") === false) return false;
  return (
    extensions.getExtension(kubernetesId) !== undefined ||
    Object.keys(settings.get<object>("schemas") ?? {}).length > 0 ||
    modeline.test(document.getText())
  );
}
