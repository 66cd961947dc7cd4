// What every Kubernetes object has: apiVersion, kind, metadata, conditions; with the labels and annotations Kargo reads.
// Knows no kind; the kind-*.ts files say which labels and annotations matter to theirs.
import { anything, type Fields, flag, integer, list, map, type ObjectSchema, object, text } from "./types";

/** Names of most Kubernetes objects (DNS-1123 subdomain). */
export const subdomainPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/** Names of namespaces (DNS-1123 label). */
export const dnsLabelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/** Values of labels. */
export const labelValuePattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

/** What `subdomainPattern` asks for, in words. */
export const subdomainDoc =
  "lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit";

/** A name that Kargo's CRDs hold to `subdomainPattern`. */
export function kubernetesName(doc: string, example: string, options: Parameters<typeof text>[1] = {}) {
  return text(doc, {
    minLength: 1,
    maxLength: 253,
    pattern: subdomainPattern,
    patternDoc: subdomainDoc,
    example,
    ...options,
  });
}

/** An RFC 3339 time a controller writes. */
export function time(doc: string) {
  return text(doc, { format: "date-time", example: "2026-01-31T12:00:00Z", readOnly: true });
}

/** What is particular to the metadata of a kind. */
export interface MetaOptions {
  readonly namespaced: boolean;
  readonly nameDoc: string;
  readonly nameExample: string;
  readonly nameKind?: "subdomain" | "label";
  readonly labels?: Fields;
  readonly annotations?: Fields;
}

const anyAnnotation = text("Value of the annotation.", { example: "text" });
const label = text("Value of the label.", {
  maxLength: 63,
  pattern: labelValuePattern,
  patternDoc: "letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit",
  example: "payments",
});

/** Annotations that any of Kargo's resources may carry. */
const commonAnnotations = {
  "kargo.akuity.io/description": text("Description shown by Kargo's user interface.", {
    example: "User acceptance tests",
  }),
} satisfies Fields;

/** Annotation that makes a controller look at its resource again. */
export const refreshAnnotation = {
  "kargo.akuity.io/refresh": text("Any new value makes Kargo look at the resource again at once.", {
    example: "2026-01-31T12:00:00Z",
  }),
} satisfies Fields;

/** Label that mirrors `spec.shard`. */
export const shardLabel = {
  "kargo.akuity.io/shard": text("Mirror of `spec.shard`; Kargo sets it.", { example: "eu", readOnly: true }),
} satisfies Fields;

/** The metadata of a kind. */
export function metadata(options: MetaOptions) {
  const isLabel = options.nameKind === "label";
  const fields = {
    name: text(options.nameDoc, {
      minLength: 1,
      maxLength: isLabel ? 63 : 253,
      pattern: isLabel ? dnsLabelPattern : subdomainPattern,
      patternDoc: isLabel
        ? "lower-case letters, digits and `-`, beginning and ending with a letter or digit"
        : subdomainDoc,
      example: options.nameExample,
    }),
    namespace: text(
      options.namespaced
        ? "Project the resource belongs to; Kargo's namespaces bear the names of their Projects."
        : "Has no meaning here: this kind belongs to the whole cluster.",
      options.namespaced ? { example: "my-project", reference: { kinds: ["Project"] } } : { example: "" },
    ),
    labels: map("Labels by which resources are found.", label, {
      keyDoc: "a label",
      example: { team: "payments" },
      known: options.labels ?? {},
    }),
    annotations: map("Notes for programs and people.", anyAnnotation, {
      keyDoc: "an annotation",
      example: { "kargo.akuity.io/description": "User acceptance tests" },
      known: { ...commonAnnotations, ...options.annotations },
    }),
    generateName: text("Beginning of a name that the server completes.", { example: "uat." }),
    ...serverFields,
  } satisfies Fields;
  return object("Name, Project, labels and annotations of the resource.", fields, {
    choices: [{ fields: ["name", "generateName"], atLeast: 1, counts: "filled" }],
  });
}

/** What the API server and controllers keep in metadata. */
const serverFields = {
  uid: text("Identity given by the server.", {
    readOnly: true,
    example: "8cb745cb-554b-4141-80ee-e0df181cd56e",
  }),
  resourceVersion: text("Version of the stored object.", { readOnly: true, example: "54013326" }),
  generation: integer("Counts changes of what is wanted.", { readOnly: true, example: 3 }),
  creationTimestamp: text("When the object was created.", {
    readOnly: true,
    example: "2026-01-31T12:00:00Z",
  }),
  deletionTimestamp: text("When deletion was asked for.", {
    readOnly: true,
    example: "2026-01-31T12:00:00Z",
  }),
  deletionGracePeriodSeconds: integer("How long deletion may take.", { readOnly: true, example: 30 }),
  selfLink: text("Address of the object; no longer filled.", { readOnly: true, example: "" }),
  finalizers: list(
    "What must happen before the object is gone.",
    text("A finalizer.", { example: "kargo.akuity.io/finalizer" }),
    {
      readOnly: true,
    },
  ),
  ownerReferences: list(
    "Objects with which this one is deleted.",
    object(
      "An owner.",
      {
        apiVersion: text("API version of the owner.", { example: "kargo.akuity.io/v1alpha1" }),
        kind: text("Kind of the owner.", { example: "Stage" }),
        name: text("Name of the owner.", { example: "uat" }),
        uid: text("Identity of the owner.", { example: "8cb745cb-554b-4141-80ee-e0df181cd56e" }),
        controller: flag("True when the owner manages this object."),
        blockOwnerDeletion: flag("True when the owner stays until this object is gone."),
      },
      { required: ["apiVersion", "kind", "name", "uid"] },
    ),
    { readOnly: true },
  ),
  managedFields: list("Who manages which field.", anything("An entry of the server."), { readOnly: true }),
} satisfies Fields;

/** Conditions of a status. */
export const conditions = list(
  "Latest observations, one of each type.",
  object(
    "One observation.",
    {
      lastTransitionTime: time("When the condition was first observed."),
      message: text("The observation in words.", {
        maxLength: 32768,
        example: "Freight has been verified",
        readOnly: true,
      }),
      observedGeneration: integer("Generation of the resource that was observed.", {
        minimum: 0,
        readOnly: true,
        example: 3,
      }),
      reason: text("The observation in one word.", {
        minLength: 1,
        maxLength: 1024,
        pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        patternDoc: "a word in CamelCase",
        example: "Verified",
        readOnly: true,
      }),
      status: text("Whether the condition holds.", {
        enum: ["True", "False", "Unknown"],
        readOnly: true,
        example: "True",
      }),
      type: text("What was observed.", {
        maxLength: 316,
        pattern:
          "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        patternDoc: "a word in CamelCase, possibly after a domain and `/`",
        example: "Ready",
        readOnly: true,
      }),
    },
    { required: ["lastTransitionTime", "message", "reason", "status", "type"] },
  ),
  { readOnly: true },
);

/** Fields of a status that most kinds have. */
export const statusFields = {
  conditions,
  lastHandledRefresh: text("Refresh request that was handled last.", {
    readOnly: true,
    example: "2026-01-31T12:00:00Z",
  }),
  observedGeneration: integer("Generation that was reconciled last.", { readOnly: true, example: 3 }),
} satisfies Fields;

/** A kind of resource and everything about it. */
export interface KindSchema {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly schema: ObjectSchema;
}

/** A kind with its fields; apiVersion, kind and metadata are added. */
export function kindOf(
  kind: string,
  apiVersion: string,
  doc: string,
  meta: MetaOptions,
  fields: Fields,
  options: { readonly required?: readonly string[]; readonly gone?: Readonly<Record<string, string>> } = {},
): KindSchema {
  const common = {
    apiVersion: text("Group and version of the kind.", { enum: [apiVersion], example: apiVersion }),
    kind: text("Kind of the resource.", { enum: [kind], example: kind }),
    metadata: metadata(meta),
  };
  const { required = [], gone } = options;
  const schema: ObjectSchema = {
    type: "object",
    doc,
    fields: { ...common, ...fields },
    required: ["apiVersion", "kind", "metadata", ...required],
    ...(gone === undefined ? {} : { gone }),
  };
  return { kind, apiVersion, namespaced: meta.namespaced, schema };
}
