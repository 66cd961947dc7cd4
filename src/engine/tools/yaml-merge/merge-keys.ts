// Which lists of Kubernetes objects are merged element by element, and by which fields (OpenAPI of Kubernetes 1.21.2,
// the one kyaml 0.20.1 carries). Everything not named here is replaced whole.

/** What is known of a field. */
export interface MergeSchema {
  /** A list that is merged, and the fields that tell its elements apart; of texts there are none. */
  readonly mergeKeys?: readonly string[];
  /** Fields below a list's elements. */
  readonly elements?: MergeSchema;
  /** Fields below a mapping. */
  readonly fields?: Readonly<Record<string, MergeSchema>>;
}

/** The schema of an object, if its kind is one that Kubernetes itself has. */
export function schemaOfKind(apiVersion: string, kind: string): MergeSchema | undefined {
  return kinds.get(`${apiVersion} ${kind}`);
}

function fields(byName: Readonly<Record<string, MergeSchema>>): MergeSchema {
  return { fields: byName };
}

function listBy(...mergeKeys: string[]): MergeSchema {
  return { mergeKeys };
}

const conditions = fields({ conditions: listBy("type") });
const metadata = fields({ finalizers: listBy(), ownerReferences: listBy("uid") });

const containerFields = {
  env: listBy("name"),
  volumeDevices: listBy("devicePath"),
  volumeMounts: listBy("mountPath"),
};
const container = fields({ ...containerFields, ports: listBy("containerPort", "protocol") });
const volume = fields({ ephemeral: fields({ volumeClaimTemplate: fields({ metadata }) }) });

const podSpec = fields({
  containers: { mergeKeys: ["name"], elements: container },
  ephemeralContainers: { mergeKeys: ["name"], elements: fields(containerFields) },
  hostAliases: listBy("ip"),
  imagePullSecrets: listBy("name"),
  initContainers: { mergeKeys: ["name"], elements: container },
  topologySpreadConstraints: listBy("topologyKey", "whenUnsatisfiable"),
  volumes: { mergeKeys: ["name"], elements: volume },
});

const template = fields({ metadata, spec: podSpec });
const templated = fields({ template });
const workload = { metadata, spec: templated, status: conditions };
const cronJob = { metadata, spec: fields({ jobTemplate: fields({ metadata, spec: templated }) }) };
const withConditions = { metadata, status: conditions };
const webhooks = { metadata, webhooks: listBy("name") };
const csiNode = { metadata, spec: fields({ drivers: listBy("name") }) };

/** Kinds of which more than `metadata` matters, by API version. */
const richKinds: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, MergeSchema>>>>>> = {
  v1: {
    ComponentStatus: { metadata, conditions: listBy("type") },
    Namespace: withConditions,
    Node: {
      metadata,
      spec: fields({ podCIDRs: listBy() }),
      status: fields({ addresses: listBy("type"), conditions: listBy("type") }),
    },
    PersistentVolumeClaim: withConditions,
    Pod: {
      metadata,
      spec: podSpec,
      status: fields({ conditions: listBy("type"), podIPs: listBy("ip") }),
    },
    PodTemplate: { metadata, template },
    ReplicationController: workload,
    Service: { metadata, spec: fields({ ports: listBy("port", "protocol") }), status: conditions },
    ServiceAccount: { metadata, secrets: listBy("name") },
  },
  "admissionregistration.k8s.io/v1": {
    MutatingWebhookConfiguration: webhooks,
    ValidatingWebhookConfiguration: webhooks,
  },
  "admissionregistration.k8s.io/v1beta1": {
    MutatingWebhookConfiguration: webhooks,
    ValidatingWebhookConfiguration: webhooks,
  },
  "apiregistration.k8s.io/v1": { APIService: withConditions },
  "apiregistration.k8s.io/v1beta1": { APIService: withConditions },
  "apps/v1": { DaemonSet: workload, Deployment: workload, ReplicaSet: workload, StatefulSet: workload },
  "batch/v1": { CronJob: cronJob, Job: workload },
  "batch/v1beta1": { CronJob: cronJob },
  "kustomize.config.k8s.io/v1beta1": {
    Kustomization: { configMapGenerator: listBy("name"), secretGenerator: listBy("name") },
  },
  "policy/v1": { PodDisruptionBudget: withConditions },
  "policy/v1beta1": { PodDisruptionBudget: withConditions },
  "storage.k8s.io/v1": { CSINode: csiNode },
  "storage.k8s.io/v1beta1": { CSINode: csiNode },
};

const roles = "ClusterRole ClusterRoleBinding Role RoleBinding";
const accessReviews =
  "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview";

/** Kinds of which only `metadata` matters, by API version. */
const plainKinds: Readonly<Record<string, string>> = {
  v1: "Binding ConfigMap Endpoints Event LimitRange PersistentVolume ResourceQuota Secret",
  "apiextensions.k8s.io/v1": "CustomResourceDefinition",
  "apiextensions.k8s.io/v1beta1": "CustomResourceDefinition",
  "apps/v1": "ControllerRevision",
  "authentication.k8s.io/v1": "TokenRequest TokenReview",
  "authentication.k8s.io/v1beta1": "TokenReview",
  "authorization.k8s.io/v1": accessReviews,
  "authorization.k8s.io/v1beta1": accessReviews,
  "autoscaling/v1": "HorizontalPodAutoscaler Scale",
  "autoscaling/v2beta1": "HorizontalPodAutoscaler",
  "autoscaling/v2beta2": "HorizontalPodAutoscaler",
  "certificates.k8s.io/v1": "CertificateSigningRequest",
  "certificates.k8s.io/v1beta1": "CertificateSigningRequest",
  "coordination.k8s.io/v1": "Lease",
  "coordination.k8s.io/v1beta1": "Lease",
  "discovery.k8s.io/v1": "EndpointSlice",
  "discovery.k8s.io/v1beta1": "EndpointSlice",
  "events.k8s.io/v1": "Event",
  "events.k8s.io/v1beta1": "Event",
  "extensions/v1beta1": "Ingress",
  "flowcontrol.apiserver.k8s.io/v1beta1": "FlowSchema PriorityLevelConfiguration",
  "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
  "networking.k8s.io/v1beta1": "Ingress IngressClass",
  "node.k8s.io/v1": "RuntimeClass",
  "node.k8s.io/v1beta1": "RuntimeClass",
  "policy/v1beta1": "Eviction PodSecurityPolicy",
  "rbac.authorization.k8s.io/v1": roles,
  "rbac.authorization.k8s.io/v1beta1": roles,
  "scheduling.k8s.io/v1": "PriorityClass",
  "scheduling.k8s.io/v1beta1": "PriorityClass",
  "storage.k8s.io/v1": "CSIDriver StorageClass VolumeAttachment",
  "storage.k8s.io/v1beta1": "CSIDriver CSIStorageCapacity StorageClass VolumeAttachment",
};

const kinds: ReadonlyMap<string, MergeSchema> = new Map([
  ...Object.entries(plainKinds).flatMap(([apiVersion, names]) =>
    names.split(" ").map((kind) => [`${apiVersion} ${kind}`, fields({ metadata })] as const),
  ),
  ...Object.entries(richKinds).flatMap(([apiVersion, byKind]) =>
    Object.entries(byKind).map(([kind, byName]) => [`${apiVersion} ${kind}`, fields(byName)] as const),
  ),
]);
