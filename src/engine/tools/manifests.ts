// Names of the files that rendered resources are written to, and what of a resource they are made of.
// Renders nothing and writes nothing.
import { parse } from "yaml";
import { goQuote } from "../../base/go-text";
import { asString, isObject } from "../../base/json";

/** What a resource says it is. Fields are empty when the resource does not say. */
export interface ManifestIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Reads what a YAML document says it is; undefined when it is no mapping. */
export function manifestIdentity(document: string): ManifestIdentity | undefined {
  const value = parseOrNothing(document);
  if (!isObject(value)) return undefined;
  const metadata = isObject(value.metadata) ? value.metadata : {};
  return {
    apiVersion: asString(value.apiVersion) ?? "",
    kind: asString(value.kind) ?? "",
    namespace: asString(metadata.namespace) ?? "",
    name: asString(metadata.name) ?? "",
  };
}

/** True when a path names a YAML file by its ending (Go's filepath.Ext, case-sensitive). */
export function isYamlFile(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/**
 * Refuses a name that is made of what a resource says and could lead out of the directory. Throws Error
 * (pkg/promotion/runner/builtin/resource_filename.go).
 */
export function checkResourceFileName(name: string): void {
  if (name === "") throw new Error("generated resource filename is empty");
  if (name === "." || name === ".." || /[/\\]/.test(name)) {
    throw new Error(`unsafe generated resource filename ${goQuote(name)}`);
  }
}

/** `[namespace-]kind-name.yaml` (kustomize_builder.go fileNameKargo). */
export function kargoFileName({ namespace, kind, name }: ManifestIdentity): string {
  return `${namespace === "" ? "" : `${namespace}-`}${kind}-${name}.yaml`.toLowerCase();
}

/** `[namespace_][group_]version_kind_name.yaml` (kustomize_builder.go fileNameKustomize). */
export function kustomizeFileName(identity: ManifestIdentity, showsNamespace: boolean): string {
  const { apiVersion, kind, namespace, name } = identity;
  const cut = apiVersion.indexOf("/");
  const type = [apiVersion.slice(0, Math.max(cut, 0)), apiVersion.slice(cut + 1), kind];
  const parts = [...type.filter((part) => part !== ""), name];
  return `${[...(showsNamespace && namespace !== "" ? [namespace] : []), ...parts].join("_")}.yaml`.toLowerCase();
}

/** True when kustomize knows the resource's kind to live in no namespace (kyaml 0.20.1 openapi/openapi.go). */
export function isClusterScoped({ apiVersion, kind }: ManifestIdentity): boolean {
  return Object.hasOwn(clusterScoped, apiVersion) && clusterScoped[apiVersion]?.includes(kind) === true;
}

const webhooks = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const clusterRoles = ["ClusterRole", "ClusterRoleBinding"];
const storage = ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"];
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  "admissionregistration.k8s.io/v1": webhooks,
  "admissionregistration.k8s.io/v1beta1": webhooks,
  "apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
  "apiextensions.k8s.io/v1beta1": ["CustomResourceDefinition"],
  "apiregistration.k8s.io/v1": ["APIService"],
  "apiregistration.k8s.io/v1beta1": ["APIService"],
  "certificates.k8s.io/v1": ["CertificateSigningRequest"],
  "certificates.k8s.io/v1beta1": ["CertificateSigningRequest"],
  "flowcontrol.apiserver.k8s.io/v1beta1": ["FlowSchema", "PriorityLevelConfiguration"],
  "networking.k8s.io/v1": ["IngressClass"],
  "networking.k8s.io/v1beta1": ["IngressClass"],
  "node.k8s.io/v1": ["RuntimeClass"],
  "node.k8s.io/v1beta1": ["RuntimeClass"],
  "policy/v1beta1": ["PodSecurityPolicy"],
  "rbac.authorization.k8s.io/v1": clusterRoles,
  "rbac.authorization.k8s.io/v1beta1": clusterRoles,
  "scheduling.k8s.io/v1": ["PriorityClass"],
  "scheduling.k8s.io/v1beta1": ["PriorityClass"],
  "storage.k8s.io/v1": storage,
  "storage.k8s.io/v1beta1": storage,
  v1: ["ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"],
};

function parseOrNothing(document: string): unknown {
  try {
    return parse(document, { logLevel: "error" });
  } catch {
    return undefined;
  }
}
