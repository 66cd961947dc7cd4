// Hands the schema of Kargo's kinds to Red Hat's YAML extension for files in which our own language server is off.
// Where it is on, that extension gets none from us: two servers would say the same things twice.
import { extensions, Uri, workspace } from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable";
import { errorMessage } from "../../base/errors";
import type { Logger } from "../../base/log";
import { fitsSchema } from "./doubles";

/** What is used of the API of that extension. A contributor stays for good, and is asked anew for each file. */
interface YamlApi {
  registerContributor(
    scheme: string,
    requestSchema: (resource: string) => string | undefined,
    requestSchemaContent: (uri: string) => string | undefined,
  ): boolean;
}

const id = "redhat.vscode-yaml";
const enableSetting = "kargo.language.enable";
const scheme = "kargo-schema";
const schemaUri = `${scheme}://schema/kinds.json`;
/** What offering the schema needs. */
export interface YamlSchemaOptions {
  /** The text of the schema; asked for when a file needs it. */
  readonly schema: () => Promise<string>;
  readonly log: Logger;
}

/** Offers the schema as soon as a setting turns our language server off, until it is disposed. */
export function offerYamlSchema({ schema, log }: YamlSchemaOptions): Disposable {
  const owned = new DisposableStore();
  let offered: Promise<void> | undefined;
  let content: string | undefined;
  let ended = false;
  const offer = async () => {
    const extension = extensions.getExtension<Partial<YamlApi> | undefined>(id);
    if (extension === undefined) return;
    const api = await extension.activate();
    content = await schema();
    if (api?.registerContributor === undefined) return;
    api.registerContributor(
      scheme,
      (resource) => (!ended && wantsSchema(resource) ? schemaUri : undefined),
      () => content,
    );
  };
  const look = () => {
    if (offered !== undefined || !isOff() || extensions.getExtension(id) === undefined) return;
    offered = offer().catch((error: unknown) => {
      log.error(`The YAML extension did not take the schema: ${errorMessage(error)}`);
    });
  };
  owned.add(
    workspace.onDidChangeConfiguration((event) => event.affectsConfiguration(enableSetting) && look()),
  );
  owned.add(extensions.onDidChange(look));
  owned.add({
    dispose() {
      ended = true;
    },
  });
  look();
  return owned;
}

/** As LanguageSupport reads it. */
function isOff(): boolean {
  return workspace.getConfiguration().get<boolean>(enableSetting) === false;
}

/** True for a file of Kargo's in which our own language server says nothing. */
function wantsSchema(resource: string): boolean {
  const uri = Uri.parse(resource);
  const document = workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
  return document !== undefined && fitsSchema(document.getText()) && isOff();
}
