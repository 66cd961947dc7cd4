// What the embedded engine asks of its surroundings. Implemented by backend/local, ui/platform, the terminal and tests.
// Nothing here knows an editor or a disk layout.
import { CodedError } from "../base/errors";
import type { Event } from "../base/events";
import type { Logger } from "../base/log";
import type { AnyResource, Kind, ResourceByKind, ResourceRef } from "../model/resources";
import type {
  ArgoCdPort,
  CredentialSource,
  EffectPort,
  GithubPushSettings,
  ToolPaths,
} from "./promotion/step";
import type { PushIntegrationPolicy } from "./tools/git-push";

/** Which resources `list` returns; every given part must match. */
export interface ListOptions {
  readonly namespace?: string;
  /** Only Promotions of this Stage. */
  readonly stage?: string;
  /** Only Freight of this Warehouse. */
  readonly warehouse?: string;
  /** Only Freight that this Stage runs on, as the Freight's status has it. */
  readonly currentlyIn?: string;
  /** Only what has all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A resource that was created, changed or deleted, in its spec or in its status. */
export interface ResourceChange extends ResourceRef {
  /** What it was before, as far as this process knew it; absent when it is new. */
  readonly before?: AnyResource;
}

/** Why a write was refused. */
export type StoreErrorCode = "alreadyExists" | "notFound" | "invalid" | "io";

/** Thrown by ResourceStore; the message is one sentence for the user. */
export class StoreError extends CodedError<StoreErrorCode> {}

/**
 * Durable home of every resource. Specs come from elsewhere (workspace files); Freight, Promotions and every status are
 * written here. An acknowledged write survives a crash; no reader ever sees half of one; two processes may use it at once.
 */
export interface ResourceStore {
  get<K extends Kind>(
    kind: K,
    ref: { readonly namespace?: string; readonly name: string },
  ): Promise<ResourceByKind[K] | undefined>;
  list<K extends Kind>(kind: K, options?: ListOptions): Promise<readonly ResourceByKind[K][]>;
  /** Stores a new resource and returns it with uid, creationTimestamp and generation. Throws `alreadyExists`. */
  create<K extends Kind>(resource: ResourceByKind[K]): Promise<ResourceByKind[K]>;
  /**
   * Reads the newest version, applies `change` and writes the result, as one act that no other process can split.
   * `change` returns undefined to leave it as it is. Specs that live in workspace files are never changed. Throws `notFound`.
   */
  update<K extends Kind>(
    ref: ResourceRef<K>,
    change: (current: ResourceByKind[K]) => ResourceByKind[K] | undefined,
  ): Promise<ResourceByKind[K]>;
  delete(ref: ResourceRef): Promise<void>;
  /** Fires after a change by this process or another; carries what changed and what it was, not the new value. */
  readonly onDidChange: Event<ResourceChange>;
}

/** Values of Secrets and ConfigMaps that are not in the workspace (the editor's SecretStorage). */
export interface SecretValueSource {
  secret(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Names of the Secrets kept for a namespace, for finding repository credentials among them. */
  names(namespace: string): Promise<readonly string[]>;
}

/** Exclusive right to drive one Stage; another process takes over when its holder has died. */
export interface StageLocks {
  /** Resolves with a release function once this process holds the Stage; waits while another one does. */
  acquire(
    namespace: string,
    stage: string,
    signal: AbortSignal,
  ): Promise<{ release(): Promise<void>; readonly lost: AbortSignal }>;
}

/** Time, so that tests can hold it. */
export interface Clock {
  now(): Date;
}

/** Whether Stages may promote by themselves now. A Project's policies say which could; the user says whether any may. */
export interface AutonomySwitch {
  readonly isOn: boolean;
}

/** Everything an engine is built from. */
export interface EnginePorts {
  readonly store: ResourceStore;
  readonly locks: StageLocks;
  readonly credentials: CredentialSource;
  readonly secrets?: SecretValueSource;
  readonly effects: EffectPort;
  readonly argocd: { readonly client: ArgoCdPort | undefined; readonly whenMissing: "skip" | "require" };
  readonly tools: ToolPaths;
  /** How git-push brings in remote changes; absent means AlwaysRebase (GIT_PUSH_INTEGRATION_POLICY of a Kargo server). */
  readonly pushPolicy?: PushIntegrationPolicy;
  /** An operator's settings of github-push; absent means a Kargo server's defaults. */
  readonly githubPush?: GithubPushSettings;
  readonly autonomy: AutonomySwitch;
  readonly clock: Clock;
  readonly log: Logger;
  /** Directory that holds `promotion-<UID>` work directories; absolute. */
  readonly workRoot: string;
  /** Directory for what can be had again, such as Git mirrors; absolute, made when needed. */
  readonly cacheRoot: string;
  /** `ctx.uiBaseUrl` of expressions; empty when there is no Kargo UI. */
  readonly uiBaseUrl: string;
}
