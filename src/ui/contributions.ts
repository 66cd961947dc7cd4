// Every id the extension shares with package.json, as data: commands with their arguments, views, context keys, flags.
// Registers nothing; test/unit/ui/manifest.test.ts holds package.json to it, both ways.
import type { Kind, ResourceRef } from "../model/resources";

/** Names one resource of one workspace folder. Tree nodes are targets; other callers may leave `folder` out. */
export interface ResourceTarget<K extends Kind = Kind> {
  /** URI of the workspace folder as text; may be left out where only one folder has the resource. */
  readonly folder?: string;
  readonly ref: ResourceRef<K>;
}

/** A value a tree item shows and can copy. */
export interface CopyTarget {
  readonly copyText: string;
}

/** What each command takes. Every argument may be left out: the command then asks. */
export interface CommandArguments {
  "kargo.stage.promote": [
    stage?: ResourceTarget<"Stage">,
    freight?: ResourceTarget<"Freight">,
    options?: PromoteOptions,
  ];
  "kargo.freight.promote": [freight?: ResourceTarget<"Freight">];
  "kargo.freight.assemble": [warehouse?: ResourceTarget<"Warehouse">];
  "kargo.freight.copyAlias": [freight?: ResourceTarget<"Freight">];
  "kargo.warehouse.refresh": [warehouse?: ResourceTarget<"Warehouse">];
  "kargo.promotion.abort": [promotion?: ResourceTarget<"Promotion">];
  "kargo.promotion.reveal": [promotion?: ResourceTarget<"Promotion">];
  "kargo.resource.open": [resource?: ResourceTarget];
  "kargo.resource.showState": [resource?: ResourceTarget];
  "kargo.resource.copyName": [resource?: ResourceTarget];
  "kargo.resource.reveal": [];
  "kargo.output.copyValue": [output?: CopyTarget];
  "kargo.pipelines.refresh": [];
  "kargo.pipelines.showMore": [list?: { readonly id: string; readonly page: number }];
  "kargo.sample.create": [options?: SampleOptions];
  "kargo.secret.set": [];
  "kargo.secret.delete": [];
  "kargo.log.show": [];
  "kargo.pipelines.run": [];
  "kargo.pipelines.stop": [];
  "kargo.events.show": [];
  "kargo.stage.refresh": [stage?: ResourceTarget<"Stage">];
  "kargo.stage.verify": [stage?: ResourceTarget<"Stage">];
  "kargo.stage.abortVerification": [stage?: ResourceTarget<"Stage">];
  "kargo.stage.showVerification": [stage?: ResourceTarget<"Stage">];
  "kargo.stage.promoteDownstream": [stage?: ResourceTarget<"Stage">, freight?: ResourceTarget<"Freight">];
  "kargo.stage.resumeAutoPromotion": [stage?: ResourceTarget<"Stage">];
  "kargo.freight.approve": [freight?: ResourceTarget<"Freight">, stage?: ResourceTarget<"Stage">];
  "kargo.freight.setAlias": [freight?: ResourceTarget<"Freight">];
  "kargo.freight.delete": [freight?: ResourceTarget<"Freight">];
  "kargo.garbage.collect": [];
}

/** How a promotion is asked for. */
export interface PromoteOptions {
  /** Ask for the Freight although it is given, with that one chosen beforehand. */
  readonly confirm?: boolean;
}

/** How the sample is asked for. */
export interface SampleOptions {
  /** Open the walkthrough again in the window that shows the sample. */
  readonly walkthrough?: boolean;
}

/** Id of a command. */
export type CommandId = keyof CommandArguments;

/** Where a command may be started. */
export interface CommandPlace {
  /** Listed in the Command Palette, where it asks for what it needs. */
  readonly palette: boolean;
  /** Changes something, so it is off in a workspace that is not trusted. */
  readonly trusted: boolean;
}

/** Every command. */
export const commandPlaces: { readonly [K in CommandId]: CommandPlace } = {
  "kargo.stage.promote": { palette: true, trusted: true },
  "kargo.freight.promote": { palette: false, trusted: true },
  "kargo.freight.assemble": { palette: true, trusted: true },
  "kargo.freight.copyAlias": { palette: false, trusted: false },
  "kargo.warehouse.refresh": { palette: true, trusted: true },
  "kargo.promotion.abort": { palette: true, trusted: true },
  "kargo.promotion.reveal": { palette: false, trusted: false },
  "kargo.resource.open": { palette: true, trusted: false },
  "kargo.resource.showState": { palette: true, trusted: false },
  "kargo.resource.copyName": { palette: true, trusted: false },
  "kargo.resource.reveal": { palette: true, trusted: false },
  "kargo.output.copyValue": { palette: false, trusted: false },
  "kargo.pipelines.refresh": { palette: true, trusted: false },
  "kargo.pipelines.showMore": { palette: false, trusted: false },
  "kargo.sample.create": { palette: true, trusted: false },
  "kargo.secret.set": { palette: true, trusted: true },
  "kargo.secret.delete": { palette: true, trusted: true },
  "kargo.log.show": { palette: true, trusted: false },
  "kargo.pipelines.run": { palette: true, trusted: true },
  "kargo.pipelines.stop": { palette: true, trusted: true },
  "kargo.events.show": { palette: true, trusted: false },
  "kargo.stage.refresh": { palette: true, trusted: true },
  "kargo.stage.verify": { palette: true, trusted: true },
  "kargo.stage.abortVerification": { palette: true, trusted: true },
  "kargo.stage.showVerification": { palette: true, trusted: false },
  "kargo.stage.promoteDownstream": { palette: true, trusted: true },
  "kargo.stage.resumeAutoPromotion": { palette: true, trusted: true },
  "kargo.freight.approve": { palette: true, trusted: true },
  "kargo.freight.setAlias": { palette: true, trusted: true },
  "kargo.freight.delete": { palette: true, trusted: true },
  "kargo.garbage.collect": { palette: true, trusted: true },
};

/** Id of the view container in the activity bar. */
export const containerId = "kargo";

/** Id of the tree of Projects. */
export const pipelinesViewId = "kargo.pipelines";

/** Id of the walkthrough within this extension. */
export const walkthroughId = "kargo.start";

/** Scheme of read-only documents that show a resource with its status. */
export const documentScheme = "kargo";

/** Context keys that `when` clauses of package.json ask for. */
export const contextKeys = {
  /** What the tree has to show: `loading`, `empty` or `ready`. */
  pipelines: "kargo.pipelines.state",
  /** The active editor's text holds resources this program reads. */
  editorHoldsResources: "kargo.editor.holdsResources",
  /** A Promotion of this workspace has not ended. */
  promoting: "kargo.promoting",
  /** Pipelines run by themselves in this workspace. */
  running: "kargo.running",
} as const;

/** Flags a tree item's contextValue is made of; `when` clauses match them as words. */
export const itemFlags = [
  "project",
  "warehouse",
  "refreshable",
  "stage",
  "promotable",
  "upstream",
  "verifiable",
  "verifying",
  "analysed",
  "held",
  "freight",
  "aliased",
  "promotion",
  "abortable",
  "value",
  "more",
  "written",
  "recorded",
] as const;

/** One of them. */
export type ItemFlag = (typeof itemFlags)[number];

/** The contextValue of a tree item: its flags, separated by spaces. */
export function contextValue(...flags: readonly (ItemFlag | undefined)[]): string {
  return flags.filter((flag) => flag !== undefined).join(" ");
}

/** Type of the task that checks a folder. */
export const taskType = "kargo";

/** Settings of the language server, without their section `kargo`; it asks for them itself, trusted or not. */
export const languageSettingNames = [
  "language.enable",
  "language.rules",
  "language.customSteps",
  "language.inlayHints.values",
  "language.inlayHints.defaults",
  "language.features",
] as const;

/** Settings that a backend is built from; without their section `kargo`. */
export const backendSettingNames = [
  "git.path",
  "helm.path",
  "kustomize.path",
  "embedded.argocd",
  "credentials.ambient",
] as const;

/** Settings of what runs here, without their section `kargo`. */
export const settingNames = [
  ...backendSettingNames,
  "discovery.automatic",
  "notifications.failures",
] as const;

/** One of them. */
export type SettingName = (typeof settingNames)[number];
