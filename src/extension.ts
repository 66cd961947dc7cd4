// Composition root of the editor: builds the parts, wires the ports over VS Code, and lets go of all of it at the end.
// Starting is cheap: the engine and everything it needs is a bundle of its own, loaded when the view or a command asks.
import {
  commands,
  type ExtensionContext,
  type LogOutputChannel,
  type TreeDataProvider,
  type WorkspaceFolder,
  window,
  workspace,
} from "vscode";
import { DisposableStore } from "./base/disposable";
import { errorMessage } from "./base/errors";
import type { Logger } from "./base/log";
import { Backends, type OpenedBackend } from "./ui/backends";
import { registerCommands } from "./ui/commands";
import type { RememberedSample } from "./ui/commands/act";
import { pipelinesViewId, walkthroughId } from "./ui/contributions";
import { ControlPlaneEvents } from "./ui/control-plane-events";
import { ResourceDocuments } from "./ui/documents";
import type { RunningClient } from "./ui/editor/language-client";
import { LanguageSupport } from "./ui/editor/language-support";
import { offerValidateTask } from "./ui/editor/validate-task";
import { offerYamlSchema } from "./ui/editor/yaml-schema";
import { watchActiveEditor } from "./ui/editor-context";
import { Notify } from "./ui/notify";
import { PipelineRuns, type PipelineRunsOptions } from "./ui/pipeline-runs";
import { EditorSecrets } from "./ui/platform/editor-secrets";
import { gitHubSession } from "./ui/platform/github-session";
import { outputLogger } from "./ui/platform/output-logger";
import {
  ambientCredentials,
  argocdWhenMissing,
  notifiesOfFailures,
  silenceFailures,
  toolPaths,
} from "./ui/platform/settings";
import { watchedFiles } from "./ui/platform/watched-files";
import { RunStatus } from "./ui/run-status";
import { RunSwitch } from "./ui/run-switch";
import { PromotionStatus } from "./ui/status-bar";
import { PipelinesView } from "./ui/trees/pipelines-view";
import type { TreeNode } from "./ui/trees/tree-node";

/** What other extensions, and tests, may use. */
export interface KargoWorkbench {
  /** The tree as VS Code shows it. */
  readonly pipelines: TreeDataProvider<TreeNode>;
}

const sampleKey = "kargo.sample.toShow";
/** True while a Promotion of this workspace has not ended: a window that is reloaded meanwhile takes it up again. */
const promotingKey = "kargo.promoting";

/** Starts the extension. Nothing is read of the workspace until somebody looks or asks, or a Promotion is to go on. */
export function activate(context: ExtensionContext): KargoWorkbench {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const channel = owned.add(window.createOutputChannel("Kargo", { log: true }));
  const log = outputLogger(channel);
  const showLog = () => channel.show(true);
  const notify = new Notify({ log, showLog });
  const secrets = new EditorSecrets(context.secrets, context.globalState);
  const runSwitch = owned.add(new RunSwitch(context.workspaceState));
  const open = (folder: WorkspaceFolder) => openFolder(folder, { secrets, log, runSwitch });
  const backends = owned.add(new Backends({ open, log }));
  const view = owned.add(new PipelinesView(backends, runSwitch));
  const events = owned.add(
    new ControlPlaneEvents({
      notify,
      mayNotify: () => runs.isDriving && notifiesOfFailures(),
      silence: silenceFailures,
      reveal: (target) => view.reveal(target, { expand: true }),
    }),
  );
  const onEvent: PipelineRunsOptions["onEvent"] = (event, folder) => events.tell(event, folder);
  const runs = owned.add(new PipelineRuns({ backends, runSwitch, log, onEvent }));
  owned.add(new RunStatus({ backends, runs, runSwitch }));
  owned.add(new ResourceDocuments(backends, async (resource) => (await embedded()).formatResource(resource)));
  const remember = (promoting: boolean) => void context.workspaceState.update(promotingKey, promoting);
  owned.add(new PromotionStatus(backends, remember));
  owned.add(watchActiveEditor());
  owned.add(
    registerCommands({
      backends,
      view,
      notify,
      log,
      showLog,
      showEvents: () => events.show(),
      runSwitch,
      secrets,
      createSample: async (root, signal) => (await (await embedded()).createSample(root, { signal })).root,
      rememberSample: async (sample) => context.globalState.update(sampleKey, sample),
    }),
  );
  owned.add(new LanguageSupport({ start: () => startLanguageServer(context, channel, notify), log }));
  owned.add(offerYamlSchema({ schema: async () => (await import("./yaml-schema")).schemaText(), log }));
  owned.add(offerValidateTask(context.asAbsolutePath("dist/cli.js")));
  void showSample(context);
  if (context.workspaceState.get(promotingKey) === true || runSwitch.isOn) void backends.ready();
  return { pipelines: view.reader };
}

/** A second bundle, dist/embedded.js. */
function embedded(): Promise<typeof import("./embedded")> {
  return import("./embedded");
}

/** A third and a fourth, dist/language-client.js and dist/server.js; the last in a process of its own. */
async function startLanguageServer(
  context: ExtensionContext,
  channel: LogOutputChannel,
  notify: Notify,
): Promise<RunningClient> {
  const { startLanguageClient } = await import("./ui/editor/language-client");
  return startLanguageClient({
    serverPath: context.asAbsolutePath("dist/server.js"),
    channel,
    onRestarted: () => notify.languageServerRestarted(),
    onGivenUp: (again) => notify.languageServerGaveUp(again),
  });
}

/** Opens the embedded backend of a folder. In a workspace that is not trusted it reads, and runs nothing. */
async function openFolder(
  folder: WorkspaceFolder,
  parts: { readonly secrets: EditorSecrets; readonly log: Logger; readonly runSwitch: RunSwitch },
): Promise<OpenedBackend> {
  const { secrets, log, runSwitch } = parts;
  const { nodeFiles, openLocalBackend } = await embedded();
  const owned = new DisposableStore();
  try {
    const files = owned.add(watchedFiles(folder, nodeFiles(folder.uri.fsPath)));
    const options = {
      files,
      log,
      autonomy: runSwitch,
      opensWith: "first look" as const,
      secrets: secrets.source(folder.uri.toString()),
      tools: toolPaths(folder),
      argocd: argocdWhenMissing(folder),
      ambientCredentials: ambientCredentials(folder),
      moreCredentials: [gitHubSession(() => ambientCredentials(folder).includes("git"))],
    };
    const backend = owned.add(await openLocalBackend(options));
    if (workspace.isTrusted) void backend.resume().catch((error) => log.error(errorMessage(error)));
    return { backend, dispose: () => owned.dispose() };
  } catch (error) {
    owned.dispose();
    throw error;
  }
}

/** Shows the sample that another window has just created. */
async function showSample(context: ExtensionContext): Promise<void> {
  const sample = context.globalState.get<RememberedSample>(sampleKey);
  const isHere =
    workspace.workspaceFolders?.some((folder) => folder.uri.toString() === sample?.folder) ?? false;
  if (sample === undefined || !isHere) return;
  await context.globalState.update(sampleKey, undefined);
  await commands.executeCommand(`${pipelinesViewId}.focus`);
  if (!sample.walkthrough) return;
  const id = `${context.extension.id}#${walkthroughId}`;
  await commands.executeCommand("workbench.action.openWalkthrough", id, true);
}
