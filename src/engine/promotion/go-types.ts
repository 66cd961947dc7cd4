// Kargo's Go types as expressions see them: struct fields by their Go names, JSON by their wire names
// (api/v1alpha1). Values are made from the model's resources; nothing here finds any.
import { compareBytewise } from "../../base/text";
import {
  type Field,
  formatValue,
  MapValue,
  mapEntries,
  namedType,
  PointerValue,
  pointerTo,
  Scalar,
  StructValue,
  structType,
  type Type,
  TypedNil,
  timeOf,
  timePointer,
  timeType,
  typeName,
  types,
} from "../../expression/expression";
import type {
  ArtifactReference,
  Chart,
  FreightOrigin,
  GitCommit,
  Image,
  StepExecutionMetadata,
} from "../../model/resources";
import type { TextMap } from "./expression-data";
import type { PromotionState } from "./step-state";

const packagePath = "github.com/akuity/kargo/api/v1alpha1";

/**
 * A struct type whose JSON names are given; fields that JSON leaves out when empty end in `?`. A pointer to it prints
 * itself as generated protobuf code does.
 */
function apiStruct(name: string, fields: readonly (readonly [string, Type, string])[]): Type {
  return structType({
    name: `v1alpha1.${name}`,
    packagePath,
    methods: [
      {
        name: "String",
        params: [],
        results: [types.string],
        pointer: true,
        call: (receiver) => protobufText(name, fields, receiver),
      },
    ],
    fields: fields.map(([goName, type, json]): Field => {
      const options = json.endsWith("?") ? `${json.slice(0, -1)},omitempty` : json;
      return { name: goName, type, json: options };
    }),
  });
}

function protobufText(
  name: string,
  fields: readonly (readonly [string, Type, string])[],
  receiver: unknown,
): string {
  if (!(receiver instanceof StructValue)) return "nil";
  const texts = fields.map(([goName]) => `${goName}:${fieldText(receiver.get(goName))},`);
  return `&${name}{${texts.join("")}}`;
}

function fieldText(value: unknown): string {
  const entries = mapEntries(value);
  if (entries === undefined) return formatValue(value);
  const texts = entries.map(([key, member]) => `${formatValue(key)}: ${formatValue(member)},`);
  return `map[string]string{${texts.sort(compareBytewise).join("")}}`;
}

const originKindType = namedType({
  name: "v1alpha1.FreightOriginKind",
  packagePath,
  underlying: types.string,
});

/** What `warehouse()` returns. */
export const originType = apiStruct("FreightOrigin", [
  ["Kind", originKindType, "kind"],
  ["Name", types.string, "name"],
]);

/** What `commitFrom()` returns. */
export const commitType = apiStruct("GitCommit", [
  ["RepoURL", types.string, "repoURL?"],
  ["ID", types.string, "id?"],
  ["Branch", types.string, "branch?"],
  ["Tag", types.string, "tag?"],
  ["Message", types.string, "message?"],
  ["Author", types.string, "author?"],
  ["Committer", types.string, "committer?"],
]);

/** What `imageFrom()` returns. */
export const imageType = apiStruct("Image", [
  ["RepoURL", types.string, "repoURL?"],
  ["Tag", types.string, "tag?"],
  ["Digest", types.string, "digest?"],
  ["Annotations", types.stringMap, "annotations?"],
]);

/** What `chartFrom()` returns. */
export const chartType = apiStruct("Chart", [
  ["RepoURL", types.string, "repoURL?"],
  ["Name", types.string, "name?"],
  ["Version", types.string, "version?"],
]);

/** What `artifactFrom()` returns; it has no JSON names, so it keeps the Go names everywhere. */
export const artifactType = structType({
  name: "function.expressionFriendlyArtifactReference",
  packagePath: "github.com/akuity/kargo/pkg/expressions/function",
  fields: [
    { name: "ArtifactType", type: types.string },
    { name: "SubscriptionName", type: types.string },
    { name: "Version", type: types.string },
    { name: "Metadata", type: types.anyMap },
  ],
});

const stepStatusType = namedType({
  name: "v1alpha1.PromotionStepStatus",
  packagePath,
  underlying: types.string,
});

const stepMetadataType = apiStruct("StepExecutionMetadata", [
  ["Alias", types.string, "alias?"],
  ["StartedAt", pointerTo(timeType), "startedAt?"],
  ["FinishedAt", pointerTo(timeType), "finishedAt?"],
  ["ErrorCount", types.uint32, "errorCount?"],
  ["Status", stepStatusType, "status?"],
  ["Message", types.string, "message?"],
  ["ContinueOnError", types.bool, "continueOnError?"],
]);

/** Outputs by alias; its methods hide steps of the same alias. */
const stateType = namedType({
  name: "promotion.State",
  packagePath: "github.com/akuity/kargo/pkg/promotion",
  underlying: types.anyMap,
  methods: [
    {
      name: "Get",
      params: [types.string],
      results: [types.any, types.bool],
      call: (state, key) => (state instanceof MapValue ? (state.get(key) ?? null) : null),
    },
    { name: "Set", params: [types.string, types.any], results: [], call: () => null },
    { name: "ToJSON", params: [], results: [types.bytes], call: () => new Uint8Array() },
  ],
});

/** The origin as a struct. */
export function originValue(origin: FreightOrigin): StructValue {
  return new StructValue(originType, { Kind: new Scalar(originKindType, origin.kind), Name: origin.name });
}

/** The origin an argument stands for, undefined when it is none: an object with the same members is not. */
export function toOrigin(value: unknown): FreightOrigin | undefined {
  if (!(value instanceof StructValue) || value.type !== originType) return undefined;
  return { kind: "Warehouse", name: String(value.get("Name")) };
}

/** A pointer to the commit; a nil pointer when there is none. */
export function commitValue(commit: GitCommit | undefined): unknown {
  return structPointer(commitType, commit, ({ repoURL, id, branch, tag, message, author, committer }) => ({
    RepoURL: repoURL,
    ID: id,
    Branch: branch,
    Tag: tag,
    Message: message,
    Author: author,
    Committer: committer,
  }));
}

/** A pointer to the image; a nil pointer when there is none. */
export function imageValue(image: Image | undefined): unknown {
  return structPointer(imageType, image, ({ repoURL, tag, digest, annotations }) => ({
    RepoURL: repoURL,
    Tag: tag,
    Digest: digest,
    Annotations: annotations === undefined ? undefined : textMapValue(annotations),
  }));
}

/** A pointer to the chart; a nil pointer when there is none. */
export function chartValue(chart: Chart | undefined): unknown {
  return structPointer(chartType, chart, ({ repoURL, name, version }) => ({
    RepoURL: repoURL,
    Name: name,
    Version: version,
  }));
}

function structPointer<T>(type: Type, value: T | undefined, fields: (value: T) => object): unknown {
  const pointer = pointerTo(type);
  if (value === undefined) return new TypedNil(pointer);
  return new PointerValue(pointer, new StructValue(type, { ...fields(value) }));
}

/** The artifact as a struct, its metadata as a plain object; nil when there is none. Throws when that is no object. */
export function artifactValue(artifact: ArtifactReference | undefined): unknown {
  if (artifact === undefined) return null;
  const { metadata = {} } = artifact;
  if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw new Error(
      `error unmarshaling metadata for artifact from subscription ${artifact.subscriptionName}: ` +
        `json: cannot unmarshal ${jsonTypeName(metadata)} into Go value of type map[string]interface {}`,
    );
  }
  return new StructValue(artifactType, {
    ArtifactType: artifact.artifactType,
    SubscriptionName: artifact.subscriptionName,
    Version: artifact.version,
    Metadata: metadata ?? new TypedNil(types.anyMap),
  });
}

/** The record of a step as a struct. */
export function stepMetadataValue(record: StepExecutionMetadata): StructValue {
  return new StructValue(stepMetadataType, {
    Alias: record.alias,
    StartedAt: timeValue(record.startedAt),
    FinishedAt: timeValue(record.finishedAt),
    ErrorCount: new Scalar(types.uint32, BigInt(record.errorCount ?? 0)),
    Status: new Scalar(stepStatusType, record.status ?? ""),
    Message: record.message,
    ContinueOnError: record.continueOnError,
  });
}

function timeValue(text: string | undefined): unknown {
  return text === undefined ? undefined : timePointer(timeOf(new Date(text)));
}

/** Outputs as the type upstream gives them; a step without output is a nil map, which reads as an empty one. */
export function stateValue(state: PromotionState): MapValue {
  return new MapValue(
    stateType,
    Object.entries(state).map(([alias, output]) => [alias, output ?? new TypedNil(types.anyMap)]),
  );
}

/** Values of a Secret or ConfigMap: a map of text, whose missing keys are empty text. */
export function textMapValue(values: TextMap): unknown {
  return values === undefined ? new TypedNil(types.stringMap) : MapValue.from(types.stringMap, values);
}

/** How Go's JSON reader names the type of a value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  const name = typeof value;
  return name === "boolean" ? "bool" : name;
}

/** Go's name of the type of a template's value, nil included. */
export function goTypeName(value: unknown): string {
  return typeName(value);
}
