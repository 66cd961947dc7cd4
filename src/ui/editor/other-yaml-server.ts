// Whether Red Hat's YAML extension is at work too. Then each tells what only it knows: it of broken YAML, ours of Kargo.
// Ours contributes no `yamlValidation`: that extension's check of the same files against a schema would say all twice.
import { extensions, workspace } from "vscode";

const id = "redhat.vscode-yaml";

/** True when it reports mistakes of YAML itself. */
export function yamlServerReports(): boolean {
  return (
    extensions.getExtension(id) !== undefined && workspace.getConfiguration("yaml").get("validate") !== false
  );
}
