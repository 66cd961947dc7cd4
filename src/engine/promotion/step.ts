// The contract between the engine and a promotion step: what a step is given, what it may ask for, what it returns.
// Holds no step and runs none; the registry is engine/steps/registry.ts, the loop is orchestrator.ts.
import type { Logger } from "../../base/log";
import type {
  Freight,
  FreightCollection,
  FreightReference,
  FreightRequest,
  HealthCheckStep,
  Stage,
  Warehouse,
} from "../../model/resources";
import type { StepKind } from "../../model/schema/step-kinds";
import type { PushIntegrationPolicy } from "../tools/git-push";

/** What a runner reports of a step that did not fault (pkg/promotion/promotion.go StepResult). */
export interface StepResult {
  /** `Failed` without a StepError keeps the Promotion polling, as on a Kargo server; steps normally throw StepError. */
  readonly status: "Succeeded" | "Skipped" | "Running" | "Failed" | "Errored";
  readonly message?: string;
  /** Becomes `outputs[alias]`; every value must be plain JSON data, or an int as bigint (see StepOutput). */
  readonly output?: StepOutput;
  /** Kept only when the step ends Succeeded. */
  readonly healthCheck?: HealthCheckStep;
  /** Suggested delay in milliseconds before a Running step is run again. */
  readonly retryAfterMs?: number;
  /** Sentences for the user about upstream defects that were reproduced on purpose. Never part of the parity result. */
  readonly warnings?: readonly string[];
}

/** Output of a step: JSON data; a Go `int` that is not a double travels as bigint until it is recorded. */
export type StepOutput = Readonly<Record<string, unknown>>;

/** How a step faults: status, text and whether a retry makes sense (pkg/promotion/errors.go TerminalError). */
export class StepError extends Error {
  readonly status: "Failed" | "Errored";
  /** True: finished at once, no retry, whatever the error threshold says. */
  readonly terminal: boolean;
  readonly output?: StepOutput;
  readonly warnings: readonly string[];

  constructor(
    status: "Failed" | "Errored",
    message: string,
    options: {
      readonly terminal: boolean;
      readonly output?: StepOutput;
      readonly cause?: unknown;
      readonly warnings?: readonly string[];
    },
  ) {
    super(message, { cause: options.cause });
    this.name = "StepError";
    this.status = status;
    this.terminal = options.terminal;
    this.warnings = options.warnings ?? [];
    if (options.output !== undefined) this.output = options.output;
  }
}

/** What every step is given (pkg/promotion/promotion.go StepContext). */
export interface StepContext {
  /** Absolute path of the Promotion's own directory; every path of a step is joined safely to it. */
  readonly workDir: string;
  readonly project: string;
  readonly stage: string;
  readonly promotion: string;
  /** Who asked for the Promotion, empty when nobody did (engine.md 6.10). */
  readonly actor: string;
  readonly alias: string;
  readonly uiBaseUrl: string;
  readonly freightRequests: readonly FreightRequest[];
  readonly freight: FreightCollection;
  readonly targetFreight: FreightReference;
  /** Outputs of earlier steps by alias, and this step's own of an earlier run. */
  readonly state: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Types of credentials (pkg/credentials/credentials.go); the label `kargo.akuity.io/cred-type` of a Secret. */
export type CredentialType = "git" | "helm" | "image";

/** A user name and password, or an SSH key, for one repository. Never logged, never recorded. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly sshPrivateKey?: string;
}

/** Finds credentials of a Project for a repository (credentials.md section 3). */
export interface CredentialSource {
  find(query: {
    readonly project: string;
    readonly type: CredentialType;
    readonly repoURL: string;
    readonly signal: AbortSignal;
  }): Promise<Credentials | undefined>;
}

/** Author identity and signing key that commits carry when a step gives none (steps.md 0.6). */
export interface GitUser {
  readonly name: string;
  readonly email: string;
  /** Armoured private GPG key. */
  readonly signingKey?: string;
}

/** An act that leaves this machine, told before it happens: rehearsals hold it, debuggers step over it. */
export interface Effect {
  readonly kind:
    | "git.push"
    | "pull-request.open"
    | "pull-request.merge"
    | "http.request"
    | "registry.write"
    | "github.push"
    | "argocd.sync"
    | "metadata.write";
  /** The remote thing, without credentials: a repository URL and branch, a URL, an image reference. */
  readonly target: string;
  /** One sentence that names the act. */
  readonly summary: string;
}

/** Every effect that leaves the machine passes through here. */
export interface EffectPort {
  perform<T>(effect: Effect, act: () => Promise<T>): Promise<T>;
}

/** The control plane's objects, as far as steps read or change them. */
export interface ControlPlane {
  warehouse(name: string): Promise<Warehouse | undefined>;
  freight(name: string): Promise<Freight | undefined>;
  stage(name: string): Promise<Stage | undefined>;
  /** Sets the alias of Freight, field and label; throws when it is taken. */
  setFreightAlias(freight: string, alias: string): Promise<void>;
  setFreightMetadata(freight: string, values: Readonly<Record<string, unknown>>): Promise<void>;
  setStageMetadata(stage: string, values: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Paths of programs a step may start; resolved by settings or PATH when absent. */
export interface ToolPaths {
  readonly git?: string;
  readonly helm?: string;
  readonly kustomize?: string;
  readonly gpg?: string;
}

/** Reads and changes Argo CD Applications of a connected cluster. Objects are Kubernetes-shaped. */
export interface ArgoCdPort {
  /** Undefined when there is none of that name. */
  get(namespace: string, name: string): Promise<unknown>;
  list(namespace: string, labelSelector: string): Promise<readonly unknown[]>;
  /** Applies a merge patch (RFC 7386). A conflict throws an error whose `code` is 409 or `conflict`. */
  patch(namespace: string, name: string, patch: unknown): Promise<unknown>;
  /** Writes a Kubernetes Event about an Application; absent where none can be written. */
  createEvent?(namespace: string, event: unknown): Promise<void>;
  readonly defaultNamespace: string;
}

/** What an operator may set for github-push (GITHUB_PUSH_MAX_REVISIONS, GITHUB_PUSH_VERIFY_UNTRUSTED_COMMITS). */
export interface GithubPushSettings {
  /** Most commits that one push may replay; 10 when absent. */
  readonly maxRevisions?: number;
  /** Let GitHub sign commits too that no trusted key has signed; false when absent. */
  readonly verifiesUntrustedCommits?: boolean;
}

/**
 * Everything a step may ask for in `needs`. A step that does not name a capability does not receive it, so `copy`
 * cannot reach the network.
 */
export interface Capabilities {
  /** May start git in working copies below the work directory. */
  readonly git: {
    readonly user: GitUser;
    readonly paths: ToolPaths;
    /** The operator's GIT_PUSH_INTEGRATION_POLICY; absent means AlwaysRebase, Kargo's default. */
    readonly pushPolicy?: PushIntegrationPolicy;
    /** The operator's settings of github-push; absent means Kargo's defaults. */
    readonly githubPush?: GithubPushSettings;
  };
  readonly credentials: CredentialSource;
  /** May open HTTP connections. Certificates are checked unless the step's configuration says otherwise. */
  readonly network: { readonly fetch: typeof fetch };
  /** May start helm and kustomize. */
  readonly programs: ToolPaths;
  /** Absent Argo CD: `undefined`; `whenMissing` says whether a step is then skipped or fails. */
  readonly argocd: { readonly client: ArgoCdPort | undefined; readonly whenMissing: "skip" | "require" };
  readonly controlPlane: ControlPlane;
  readonly effects: EffectPort;
}

/** Name of a capability. */
export type CapabilityName = keyof Capabilities;

/**
 * One step kind: which capabilities it needs and how it runs. `config` has been evaluated and has passed the kind's
 * schema when `run` is called; what the schema cannot say, the runner checks. Throws StepError; anything else thrown
 * ends the step as Errored.
 */
export interface StepRunner<K extends StepKind, Config, Needs extends CapabilityName = never> {
  readonly kind: K;
  readonly needs: readonly Needs[];
  /** Default timeout in milliseconds; absent means none. */
  readonly defaultTimeoutMs?: number;
  /** Outputs are copied into the task's own namespace too (only compose-output). */
  readonly propagatesTaskOutput?: boolean;
  /** True when running the step again over its own half-done work is safe; otherwise a crash in it restarts the run. */
  readonly resumable?: boolean;
  run(context: StepContext & Pick<Capabilities, Needs>, config: Config): Promise<StepResult>;
}

/** A runner whose types are erased: what the registry hands to the loop. */
export interface AnyStepRunner {
  readonly kind: StepKind;
  readonly needs: readonly CapabilityName[];
  readonly defaultTimeoutMs?: number;
  readonly propagatesTaskOutput?: boolean;
  readonly resumable?: boolean;
  run(context: StepContext & Capabilities, config: never): Promise<StepResult>;
}
