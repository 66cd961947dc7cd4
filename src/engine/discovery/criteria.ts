// Whether discovered artifacts meet a Warehouse's criteria for Freight: the expression, its four functions and the Go
// types they return (freightCreationCriteriaSatisfied, pkg/expressions/function/functions.go). Makes no Freight.
import { goQuote } from "../../base/go-text";
import {
  compile,
  type FunctionDeclaration,
  formatValue,
  fromJsonValue,
  functionTable,
  MapValue,
  PointerValue,
  pointerTo,
  StructValue,
  structType,
  TimeValue,
  type Type,
  timeOf,
  timeType,
  types,
} from "../../expression/expression";
import type {
  ArtifactReference,
  DiscoveredArtifacts,
  DiscoveredCommit,
  DiscoveredImageReference,
  Warehouse,
} from "../../model/resources";
import { normChart, normGit, normImage } from "../../model/urls";
import { orDiscoveryError, toBoolean } from "./expression-filter";

/** True when there are no criteria or they hold. Throws DiscoveryError when they cannot be evaluated. */
export function areCriteriaSatisfied(
  criteria: Warehouse["spec"]["freightCreationCriteria"],
  artifacts: DiscoveredArtifacts,
): boolean {
  const expression = criteria?.expression?.trim() ?? "";
  const { git = [], images = [], charts = [] } = artifacts;
  if (expression === "" || git.length + images.length + charts.length === 0) return true;
  const program = orDiscoveryError("error compiling expression", () =>
    compile(expression, { functions: criteriaFunctions }),
  );
  const result = orDiscoveryError("error running expression", () =>
    program.evaluate(null, { context: artifacts }),
  );
  const fault = `failed to parse freight creation criteria expression result ${shown(result)} as bool`;
  return orDiscoveryError(fault, () => toBoolean(result));
}

/** Go's `%q`: text in quotes; what it makes of other types is not worth repeating. */
function shown(result: unknown): string {
  return goQuote(typeof result === "string" ? result : formatValue(result).slice(0, 200));
}

const { string, bool } = types;
const kargoPackage = "github.com/akuity/kargo/api/v1alpha1";

/** Kubernetes' wrapper of a time; methods of the time show through. */
const metaTimeType: Type = structType({
  name: "v1.Time",
  packagePath: "k8s.io/apimachinery/pkg/apis/meta/v1",
  fields: [{ name: "Time", type: timeType, embedded: true }],
  methods: () => [
    {
      name: "IsZero",
      pointer: true,
      params: [],
      results: [bool],
      call: (time) => (timeIn(time)?.unixNanos ?? zeroTimeNanos) === zeroTimeNanos,
    },
    { name: "Before", pointer: true, params: [metaTimePointer], results: [bool], call: isBefore },
    { name: "Equal", pointer: true, params: [metaTimePointer], results: [bool], call: isEqual },
    { name: "Rfc3339Copy", params: [], results: [metaTimeType], call: (time) => time },
  ],
});
const metaTimePointer = pointerTo(metaTimeType);
const zeroTimeNanos = -62_135_596_800_000_000_000n;

const commitType = struct("DiscoveredCommit", {
  ID: [string, "id,omitempty"],
  Branch: [string, "branch,omitempty"],
  Tag: [string, "tag,omitempty"],
  Subject: [string, "subject,omitempty"],
  Author: [string, "author,omitempty"],
  Committer: [string, "committer,omitempty"],
  CreatorDate: [metaTimePointer, "creatorDate,omitempty"],
});
const imageType = struct("DiscoveredImageReference", {
  Tag: [string, "tag"],
  Digest: [string, "digest"],
  Annotations: [types.stringMap, "annotations,omitempty"],
  CreatedAt: [metaTimePointer, "createdAt,omitempty"],
});
const chartType = struct("Chart", {
  RepoURL: [string, "repoURL,omitempty"],
  Name: [string, "name,omitempty"],
  Version: [string, "version,omitempty"],
});
const artifactType = structType({
  name: "function.expressionFriendlyArtifactReference",
  packagePath: "github.com/akuity/kargo/pkg/expressions/function",
  fields: [
    { name: "ArtifactType", type: string },
    { name: "SubscriptionName", type: string },
    { name: "Version", type: string },
    { name: "Metadata", type: types.anyMap },
  ],
});

/** The functions criteria may call. */
export const criteriaFunctions = functionTable(
  lookup("commitFrom", commitType, 1, ({ git = [] }, [repoURL = ""]) => {
    const wanted = normGit(repoURL);
    const result = git.find((one) => normGit(one.repoURL) === wanted && one.commits?.length);
    const [commit] = result?.commits ?? [];
    return commit && commitValue(commit);
  }),
  lookup("imageFrom", imageType, 1, ({ images = [] }, [repoURL = ""]) => {
    const wanted = normImage(repoURL);
    const result = images.find((one) => normImage(one.repoURL) === wanted && one.references?.length);
    const [reference] = result?.references ?? [];
    return reference && imageValue(reference);
  }),
  lookup("chartFrom", chartType, 2, ({ charts = [] }, [repoURL = "", name = ""]) => {
    const wanted = normChart(repoURL);
    const isWanted = (other = "") => name === "" || other === name;
    const result = charts.find(
      (one) => normChart(one.repoURL) === wanted && isWanted(one.name) && one.versions?.length,
    );
    if (result === undefined) return undefined;
    const [version = ""] = result.versions ?? [];
    return new StructValue(chartType, { RepoURL: wanted, Name: result.name ?? "", Version: version });
  }),
  lookup("artifactFrom", artifactType, 1, ({ results = [] }, [name]) => {
    const result = results.findLast((one) => one.name === name && one.artifactReferences?.length);
    const [reference] = result?.artifactReferences ?? [];
    return reference && artifactValue(reference);
  }),
);

type Find = (artifacts: DiscoveredArtifacts, names: readonly string[]) => StructValue | undefined;

/** A function of one text, or of one or two, that finds something or gives nil. */
function lookup(name: string, result: Type, most: 1 | 2, find: Find): FunctionDeclaration {
  const signatures = Array.from({ length: most }, (_, i) => ({
    params: Array.from({ length: most - i }, () => string),
    result,
  }));
  return {
    name,
    signatures,
    call: (args, context) => {
      const wrong = args.findIndex((arg) => typeof arg !== "string");
      if (args.length === 0 || args.length > most)
        throw new Error(`${name} takes ${most === 1 ? "1 text" : "1 or 2 texts"}`);
      if (wrong >= 0) throw new Error(`argument ${wrong + 1} of ${name} is no text`);
      return find(context as DiscoveredArtifacts, args as readonly string[]) ?? null;
    },
  };
}

function commitValue({
  id,
  branch,
  tag,
  subject,
  author,
  committer,
  creatorDate,
}: DiscoveredCommit): StructValue {
  return new StructValue(commitType, {
    ID: id,
    Branch: branch ?? "",
    Tag: tag ?? "",
    Subject: subject ?? "",
    Author: author ?? "",
    Committer: committer ?? "",
    ...(creatorDate !== undefined && { CreatorDate: metaTime(creatorDate) }),
  });
}

function imageValue({ tag, digest, annotations, createdAt }: DiscoveredImageReference): StructValue {
  return new StructValue(imageType, {
    Tag: tag,
    Digest: digest,
    ...(annotations !== undefined && { Annotations: MapValue.from(types.stringMap, annotations) }),
    ...(createdAt !== undefined && { CreatedAt: metaTime(createdAt) }),
  });
}

function artifactValue({
  artifactType: type,
  subscriptionName,
  version,
  metadata,
}: ArtifactReference): StructValue {
  return new StructValue(artifactType, {
    ArtifactType: type,
    SubscriptionName: subscriptionName,
    Version: version,
    Metadata: metadata === undefined ? {} : fromJsonValue(metadata),
  });
}

function metaTime(time: string): PointerValue {
  return new PointerValue(metaTimePointer, new StructValue(metaTimeType, { Time: timeOf(new Date(time)) }));
}

/** The time in a wrapper or behind a pointer to one; undefined for nil. */
function timeIn(value: unknown): TimeValue | undefined {
  const target = value instanceof PointerValue ? value.target : value;
  const time = target instanceof StructValue ? target.get("Time") : undefined;
  return time instanceof TimeValue ? time : undefined;
}

/** Only a time is before a time; nil never is. */
function isBefore(receiver: unknown, argument: unknown): boolean {
  const [left, right] = [timeIn(receiver), timeIn(argument)];
  return left !== undefined && right !== undefined && left.unixNanos < right.unixNanos;
}

function isEqual(receiver: unknown, argument: unknown): boolean {
  return timeIn(receiver)?.unixNanos === timeIn(argument)?.unixNanos;
}

function struct(name: string, fields: Readonly<Record<string, readonly [type: Type, json: string]>>): Type {
  return structType({
    name: `v1alpha1.${name}`,
    packagePath: kargoPackage,
    fields: Object.entries(fields).map(([field, [type, json]]) => ({ name: field, type, json })),
  });
}
