// Names of the files that rendered resources are written to, and what of a resource they are made of.
// Renders nothing and writes nothing.
import { parse, type Tags } from "yaml";
import { goFloat, goQuote } from "../../base/go-text";
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

/**
 * A scalar as a Go field of type string receives it from YAML: numbers and truth values as text, nothing as empty text.
 * Undefined for lists and mappings (sigs.k8s.io/yaml).
 */
export function scalarText(value: unknown): string | undefined {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return goFloat(value);
  return typeof value === "object" ? undefined : String(value);
}

/** Parses YAML as Go's packages for Kubernetes do: version 1.1, dates as texts, integers as bigint. */
export function parseGoYaml(text: string): unknown {
  const options = { version: "1.1", customTags: withoutDates, uniqueKeys: false, intAsBigInt: true } as const;
  return parse(text, { ...options, logLevel: "error" });
}

/**
 * `[group-]kind[-namespace]-name.yaml`; undefined when the document does not say what it is, or not in texts
 * (helm_template_runner.go generateResourceFilename).
 */
export function flatFileName(document: string): string | undefined {
  const value = parseOrNothing(document);
  if (!isObject(value)) return undefined;
  const metadata = value.metadata ?? {};
  if (!isObject(metadata)) return undefined;
  const fields = [value.apiVersion, value.kind, metadata.namespace, metadata.name].map(scalarText);
  if (fields.includes(undefined)) return undefined;
  const [apiVersion = "", kind = "", namespace = "", name = ""] = fields;
  if (kind === "" || name === "") return undefined;
  const group = apiVersion.slice(0, Math.max(apiVersion.lastIndexOf("/"), 0)).replaceAll(".", "_");
  return `${[group, kind, namespace, name].filter((part) => part !== "").join("-")}.yaml`.toLowerCase();
}

/**
 * Splits YAML text into its documents. A separator is kept when nothing stood before it. Throws Error when one is
 * followed by anything but a comment (k8s.io/apimachinery pkg/util/yaml YAMLReader).
 */
export function* splitDocuments(text: string): Generator<string> {
  let current = "";
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (line.startsWith("---")) {
      const rest = line.slice(3).trim();
      if (rest !== "" && !rest.startsWith("#")) throw new Error(`invalid Yaml document separator: ${rest}`);
      if (current !== "") {
        yield current;
        current = "";
        continue;
      }
    }
    current += line;
  }
  if (current !== "") yield current;
}

/** True when helm takes the document for a hook: it has the annotation, whatever it names. */
export function isHelmHook(document: string): boolean {
  const value = parseOrNothing(document);
  const metadata = isObject(value) ? value.metadata : undefined;
  const annotations = isObject(metadata) ? metadata.annotations : undefined;
  return isObject(annotations) && annotations["helm.sh/hook"] !== undefined;
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

function withoutDates(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:timestamp");
}

function parseOrNothing(document: string): unknown {
  try {
    return parseGoYaml(document);
  } catch {
    return undefined;
  }
}
