// Kargo's resources as TypeScript types, field by field as the CRDs of v1.11.2 have them (api/v1alpha1/*_types.go).
// Types and tiny accessors only: parsing is parse.ts, rules are admission.ts, freight.ts and stage.ts.
import type { JsonValue } from "../base/json";
import type { AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec } from "./analysis";
import type { LabelRequirement } from "./label-requirement";

/** API group and version of every Kargo resource. */
export const kargoApiVersion = "kargo.akuity.io/v1alpha1";

/** The Kargo kinds this program knows (api/v1alpha1/groupversion_info.go). */
export const kargoKinds = [
  "Project",
  "ProjectConfig",
  "ClusterConfig",
  "Warehouse",
  "Freight",
  "Stage",
  "Promotion",
  "PromotionTask",
  "ClusterPromotionTask",
] as const;

/** One of Kargo's kinds. */
export type KargoKind = (typeof kargoKinds)[number];

/** Kinds of other groups: what pipelines refer to and is read from the workspace too, and the runs of its templates. */
export type ForeignKind =
  | "AnalysisTemplate"
  | "ClusterAnalysisTemplate"
  | "AnalysisRun"
  | "Secret"
  | "ConfigMap";

/** Every kind of resource the model holds. */
export type Kind = KargoKind | ForeignKind;

/** Kinds without a namespace. */
export const clusterScopedKinds: ReadonlySet<Kind> = new Set<Kind>([
  "Project",
  "ClusterConfig",
  "ClusterPromotionTask",
  "ClusterAnalysisTemplate",
]);

/** Kubernetes object metadata, as far as Kargo uses it. Times are RFC 3339 in UTC. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** Kubernetes owner reference. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

interface Resource<K extends Kind> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: ObjectMeta;
}

/** Kubernetes condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** `{name, value}`; the value is always text, possibly a template. */
export interface ExpressionVariable {
  readonly name: string;
  readonly value?: string;
}

/** Where Freight comes from. */
export interface FreightOrigin {
  readonly kind: "Warehouse";
  readonly name: string;
}

/** One step as written in a template, a task or a Promotion. */
export interface PromotionStep {
  readonly uses?: string;
  readonly task?: { readonly name: string; readonly kind?: "PromotionTask" | "ClusterPromotionTask" };
  readonly as?: string;
  readonly if?: string;
  readonly continueOnError?: boolean;
  readonly retry?: { readonly timeout?: string; readonly errorThreshold?: number };
  readonly vars?: readonly ExpressionVariable[];
  readonly config?: JsonValue;
}

/** A commit in Freight; `message` is the subject line. */
export interface GitCommit {
  readonly repoURL?: string;
  readonly id?: string;
  readonly branch?: string;
  readonly tag?: string;
  readonly message?: string;
  readonly author?: string;
  readonly committer?: string;
}

/** A container image in Freight. */
export interface Image {
  readonly repoURL?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Helm chart in Freight; `name` is empty for OCI repositories. */
export interface Chart {
  readonly repoURL?: string;
  readonly name?: string;
  readonly version?: string;
}

/** An artifact of a generic subscription. */
export interface ArtifactReference {
  readonly artifactType: string;
  readonly subscriptionName: string;
  readonly version: string;
  readonly metadata?: JsonValue;
}

/** The artifacts that Freight, and references to it, carry. */
export interface Artifacts {
  readonly commits?: readonly GitCommit[];
  readonly images?: readonly Image[];
  readonly charts?: readonly Chart[];
  readonly artifacts?: readonly ArtifactReference[];
}

/** A piece of Freight as a Promotion and a Stage remember it. */
export interface FreightReference extends Artifacts {
  readonly name: string;
  readonly origin: FreightOrigin;
}

/** Freight of several origins promoted together; `items` is keyed by `Warehouse/<name>`. */
export interface FreightCollection {
  readonly id: string;
  readonly items: Readonly<Record<string, FreightReference>>;
  readonly verificationHistory?: readonly VerificationInfo[];
}

/** The result of one verification run. */
export interface VerificationInfo {
  readonly id?: string;
  readonly actor?: string;
  readonly startTime?: string;
  readonly finishTime?: string;
  readonly phase?: VerificationPhase;
  readonly message?: string;
  readonly analysisRun?: { readonly namespace: string; readonly name: string; readonly phase: string };
}

export type VerificationPhase =
  | "Pending"
  | "Running"
  | "Successful"
  | "Failed"
  | "Error"
  | "Aborted"
  | "Inconclusive";

/** Project: cluster scoped; owns the namespace of its own name. */
export interface Project extends Resource<"Project"> {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly stats?: JsonValue;
  };
}

/** Which Stages promote by themselves, and webhook receivers. */
export interface ProjectConfig extends Resource<"ProjectConfig"> {
  readonly spec?: {
    readonly promotionPolicies?: readonly PromotionPolicy[];
    readonly webhookReceivers?: JsonValue;
    readonly freightLinks?: JsonValue;
    readonly stageLinks?: JsonValue;
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly observedGeneration?: number };
}

export interface PromotionPolicy {
  readonly stage?: string;
  readonly stageSelector?: {
    readonly name?: string;
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly LabelRequirement[];
  };
  readonly autoPromotionEnabled?: boolean;
}

/** System-wide settings; must be named `cluster`. */
export interface ClusterConfig extends Resource<"ClusterConfig"> {
  readonly spec?: {
    readonly gitClient?: {
      readonly name: string;
      readonly email: string;
      readonly signingKeySecret?: { readonly name: string };
    };
    readonly webhookReceivers?: JsonValue;
    readonly freightLinks?: JsonValue;
    readonly stageLinks?: JsonValue;
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly observedGeneration?: number };
}

export interface GitSubscription {
  readonly repoURL: string;
  readonly commitSelectionStrategy?: "Lexical" | "NewestFromBranch" | "NewestTag" | "SemVer";
  readonly branch?: string;
  readonly strictSemvers?: boolean;
  readonly semverConstraint?: string;
  readonly allowTags?: string;
  readonly ignoreTags?: readonly string[];
  readonly allowTagsRegexes?: readonly string[];
  readonly ignoreTagsRegexes?: readonly string[];
  readonly expressionFilter?: string;
  readonly includePaths?: readonly string[];
  readonly excludePaths?: readonly string[];
  readonly since?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly blobless?: boolean;
  readonly discoveryLimit?: number;
}

export interface ImageSubscription {
  readonly repoURL: string;
  readonly imageSelectionStrategy?: "Digest" | "Lexical" | "NewestBuild" | "SemVer";
  readonly constraint?: string;
  readonly strictSemvers?: boolean;
  readonly allowTags?: string;
  readonly ignoreTags?: readonly string[];
  readonly allowTagsRegexes?: readonly string[];
  readonly ignoreTagsRegexes?: readonly string[];
  readonly platform?: string;
  readonly cacheByTag?: boolean;
  readonly insecureSkipTLSVerify?: boolean;
  readonly discoveryLimit?: number;
}

export interface ChartSubscription {
  readonly repoURL: string;
  readonly name?: string;
  readonly semverConstraint?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly discoveryLimit?: number;
}

export interface GenericSubscription {
  readonly name: string;
  readonly config?: JsonValue;
  readonly discoveryLimit?: number;
}

/** One subscription: an object with exactly one key that names its type. */
export interface RepoSubscription {
  readonly git?: GitSubscription;
  readonly image?: ImageSubscription;
  readonly chart?: ChartSubscription;
  readonly [type: string]: unknown;
}

export interface DiscoveredCommit {
  readonly id: string;
  readonly branch?: string;
  readonly tag?: string;
  readonly subject?: string;
  readonly author?: string;
  readonly committer?: string;
  readonly creatorDate?: string;
}

export interface GitDiscoveryResult {
  readonly repoURL: string;
  readonly commits?: readonly DiscoveredCommit[];
  readonly observedRefs?: {
    readonly branchHead?: string;
    readonly tags?: readonly { readonly name: string; readonly id: string }[];
  };
}

export interface DiscoveredImageReference {
  readonly tag: string;
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createdAt?: string;
}

export interface ImageDiscoveryResult {
  readonly repoURL: string;
  readonly platform?: string;
  readonly references?: readonly DiscoveredImageReference[];
}

export interface ChartDiscoveryResult {
  readonly repoURL: string;
  readonly name?: string;
  readonly semverConstraint?: string;
  readonly versions?: readonly string[];
}

/** What a Warehouse found, every list best first. */
export interface DiscoveredArtifacts {
  readonly discoveredAt?: string;
  readonly git?: readonly GitDiscoveryResult[];
  readonly images?: readonly ImageDiscoveryResult[];
  readonly charts?: readonly ChartDiscoveryResult[];
  readonly results?: readonly {
    readonly name: string;
    readonly artifactReferences?: readonly ArtifactReference[];
  }[];
}

/** Watches repositories and makes Freight. */
export interface Warehouse extends Resource<"Warehouse"> {
  readonly spec: {
    readonly shard?: string;
    readonly interval?: string;
    readonly freightCreationPolicy?: "Automatic" | "Manual";
    readonly freightCreationCriteria?: { readonly expression?: string };
    readonly subscriptions: readonly RepoSubscription[];
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly lastHandledRefresh?: string;
    readonly observedGeneration?: number;
    readonly lastFreightID?: string;
    readonly discoveredArtifacts?: DiscoveredArtifacts;
  };
}

/** A set of exact artifacts; has no spec, its content is immutable. */
export interface Freight extends Resource<"Freight">, Artifacts {
  readonly alias?: string;
  readonly discoveredAt?: string;
  readonly origin: FreightOrigin;
  readonly status?: FreightStatus;
}

export interface FreightStatus {
  readonly currentlyIn?: Readonly<Record<string, { readonly since?: string }>>;
  readonly verifiedIn?: Readonly<
    Record<string, { readonly verifiedAt?: string; readonly longestSoak?: string }>
  >;
  readonly approvedFor?: Readonly<Record<string, { readonly approvedAt?: string }>>;
  readonly metadata?: Readonly<Record<string, JsonValue>>;
}

/** What Freight a Stage asks for, and from where. */
export interface FreightRequest {
  readonly origin: FreightOrigin;
  readonly sources?: {
    readonly direct?: boolean;
    readonly stages?: readonly string[];
    readonly requiredSoakTime?: string;
    readonly availabilityStrategy?: "All" | "OneOf" | "";
    readonly autoPromotionOptions?: { readonly selectionPolicy?: "NewestFreight" | "MatchUpstream" };
  };
}

export interface StageHealth {
  readonly status?: "Healthy" | "NotApplicable" | "Progressing" | "Unknown" | "Unhealthy";
  readonly issues?: readonly string[];
  readonly config?: JsonValue;
  readonly output?: JsonValue;
}

export interface PromotionReference {
  readonly name: string;
  readonly freight?: FreightReference;
  readonly status?: PromotionStatus;
  readonly finishedAt?: string;
}

export interface AutoPromotionHold {
  readonly freightName: string;
  readonly origin: FreightOrigin;
  readonly promotionName: string;
  readonly actor?: string;
  readonly createdAt?: string;
}

export interface StageStatus {
  readonly conditions?: readonly Condition[];
  readonly freightHistory?: readonly FreightCollection[];
  readonly freightSummary?: string;
  readonly health?: StageHealth;
  readonly currentPromotion?: PromotionReference;
  readonly lastPromotion?: PromotionReference;
  readonly autoPromotionEnabled?: boolean;
  readonly autoPromotionHolds?: Readonly<Record<string, AutoPromotionHold>>;
  readonly effectiveAutoPromotionHolds?: Readonly<Record<string, AutoPromotionHold>>;
  readonly metadata?: Readonly<Record<string, JsonValue>>;
  readonly observedGeneration?: number;
  readonly lastHandledRefresh?: string;
}

/** A place Freight is promoted to. */
export interface Stage extends Resource<"Stage"> {
  readonly spec: {
    readonly shard?: string;
    readonly vars?: readonly ExpressionVariable[];
    readonly requestedFreight: readonly FreightRequest[];
    readonly promotionTemplate?: {
      readonly spec: {
        readonly vars?: readonly ExpressionVariable[];
        readonly steps?: readonly PromotionStep[];
      };
    };
    readonly verification?: {
      readonly analysisTemplates?: readonly { readonly name: string; readonly kind?: string }[];
      readonly analysisRunMetadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly args?: readonly { readonly name: string; readonly value: string }[];
    };
  };
  readonly status?: StageStatus;
}

/** Phases of a Promotion; the last four are terminal, absent means brand new. */
export type PromotionPhase = "Pending" | "Running" | "Succeeded" | "Failed" | "Errored" | "Aborted";

/** Outcome of one step. */
export type StepStatus = "Running" | "Succeeded" | "Skipped" | "Aborted" | "Failed" | "Errored";

export interface StepExecutionMetadata {
  readonly alias?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly errorCount?: number;
  readonly status?: StepStatus;
  readonly message?: string;
  readonly continueOnError?: boolean;
}

/** A criterion by which a Stage's health is judged after a Promotion. */
export interface HealthCheckStep {
  readonly uses: string;
  readonly config?: JsonValue;
}

export interface PromotionStatus {
  readonly phase?: PromotionPhase;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly lastHandledRefresh?: string;
  readonly freight?: FreightReference;
  readonly freightCollection?: FreightCollection;
  readonly healthChecks?: readonly HealthCheckStep[];
  readonly currentStep?: number;
  readonly stepExecutionMetadata?: readonly StepExecutionMetadata[];
  readonly state?: Readonly<Record<string, JsonValue>>;
}

/** One movement of Freight into a Stage. */
export interface Promotion extends Resource<"Promotion"> {
  readonly spec: {
    readonly stage: string;
    readonly freight?: string;
    readonly origin?: FreightOrigin;
    readonly vars?: readonly ExpressionVariable[];
    readonly steps?: readonly PromotionStep[];
  };
  readonly status?: PromotionStatus;
}

interface TaskSpec {
  readonly vars?: readonly ExpressionVariable[];
  readonly steps: readonly PromotionStep[];
}

/** A reusable list of steps within a Project. */
export interface PromotionTask extends Resource<"PromotionTask"> {
  readonly spec: TaskSpec;
}

/** A reusable list of steps for every Project. */
export interface ClusterPromotionTask extends Resource<"ClusterPromotionTask"> {
  readonly spec: TaskSpec;
}

/** Argo Rollouts' AnalysisTemplate; read as far as Stages use it. */
export interface AnalysisTemplate extends Resource<"AnalysisTemplate"> {
  readonly spec: AnalysisTemplateSpec;
}

export interface ClusterAnalysisTemplate extends Resource<"ClusterAnalysisTemplate"> {
  readonly spec: AnalysisTemplateSpec;
}

/** One run of templates that verifies the Freight of a Stage; made by the engine only. */
export interface AnalysisRun extends Resource<"AnalysisRun"> {
  readonly spec: AnalysisRunSpec;
  readonly status?: AnalysisRunStatus;
}

/** A Kubernetes Secret; `data` is base64, `stringData` plain. */
export interface Secret extends Resource<"Secret"> {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface ConfigMap extends Resource<"ConfigMap"> {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** From kind to type. */
export interface ResourceByKind {
  readonly Project: Project;
  readonly ProjectConfig: ProjectConfig;
  readonly ClusterConfig: ClusterConfig;
  readonly Warehouse: Warehouse;
  readonly Freight: Freight;
  readonly Stage: Stage;
  readonly Promotion: Promotion;
  readonly PromotionTask: PromotionTask;
  readonly ClusterPromotionTask: ClusterPromotionTask;
  readonly AnalysisTemplate: AnalysisTemplate;
  readonly ClusterAnalysisTemplate: ClusterAnalysisTemplate;
  readonly AnalysisRun: AnalysisRun;
  readonly Secret: Secret;
  readonly ConfigMap: ConfigMap;
}

/** Any resource of the model. */
export type AnyResource = ResourceByKind[Kind];

/** Names one resource. `namespace` is absent for cluster-scoped kinds. */
export interface ResourceRef<K extends Kind = Kind> {
  readonly kind: K;
  readonly namespace?: string;
  readonly name: string;
}

/** The reference of a resource. */
export function toRef<K extends Kind>(resource: {
  readonly kind: K;
  readonly metadata: ObjectMeta;
}): ResourceRef<K> {
  const { name, namespace } = resource.metadata;
  return namespace === undefined ? { kind: resource.kind, name } : { kind: resource.kind, namespace, name };
}

/** A stable text key of a reference: `Kind/namespace/name`. */
export function refKey(ref: ResourceRef): string {
  return `${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

/** The canonical key of an origin, `Warehouse/<name>` (api/v1alpha1/stage_types.go FreightOrigin.String). */
export function originKey(origin: FreightOrigin): string {
  return `${origin.kind}/${origin.name}`;
}

/** True when the phase is one a Promotion never leaves. */
export function isTerminalPhase(phase: PromotionPhase | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed" || phase === "Errored" || phase === "Aborted";
}

/** The Stage whose Freight a run verifies; a name too long for a label stands in an annotation. */
export function stageOfRun({ metadata }: AnalysisRun): string | undefined {
  const key = "kargo.akuity.io/stage";
  return metadata.annotations?.[key] ?? metadata.labels?.[key];
}

/** True when a Stage only passes Freight on: it has no promotion steps (api/v1alpha1/stage_types.go IsControlFlow). */
export function isControlFlow(stage: Stage): boolean {
  return (stage.spec.promotionTemplate?.spec.steps ?? []).length === 0;
}
