// What Kargo adds to expr-lang: the functions expressions may call and the objects they get, as plain data with words.
// Calls nothing; what the functions do is in engine/promotion, and the editor reads this table to check and explain.

/** Type of a parameter, result or member: a basic type, or the name of an entry of `expressionObjects`. */
export type ExpressionTypeName =
  | "any"
  | "bool"
  | "int"
  | "string"
  | "object"
  | "texts"
  | "time"
  | keyof typeof objects;

/** Sets of functions that are there or not, depending on where an expression stands. */
export type FunctionGroup = "freight" | "data" | "utility" | "status" | "quoting" | "criteria";

/** One parameter. */
export interface FunctionParameter {
  readonly name: string;
  readonly type: ExpressionTypeName;
  readonly doc: string;
  /** What the text names; the editor completes and checks it. */
  readonly names?:
    | "git"
    | "image"
    | "chart"
    | "warehouse"
    | "secret"
    | "configMap"
    | "stage"
    | "freight"
    | "alias";
}

/** A function of Kargo's. */
export interface ExpressionFunction {
  readonly name: string;
  readonly group: FunctionGroup;
  /** One sentence: what it gives. */
  readonly doc: string;
  readonly example: string;
  /** Every way to call it, as upstream declares them; a call must fit one. */
  readonly signatures: readonly (readonly FunctionParameter[])[];
  readonly result: ExpressionTypeName;
  /** Whether the result may be nil although its type does not say so. */
  readonly mayBeNil?: boolean;
}

/** A field or method of an object. */
export interface ExpressionMember {
  readonly type: ExpressionTypeName;
  readonly doc: string;
  /** Parameters of a method; absent for a field. */
  readonly params?: readonly ExpressionTypeName[];
  /** Its value may read as a number, boolean or null once a template has become a value: tags, versions, hashes. */
  readonly risky?: boolean;
}

const tag = (doc: string) => ({ type: "string", doc, risky: true }) as const;
const plain = (doc: string) => ({ type: "string", doc }) as const;

const gitFields = {
  Branch: plain("Branch the commit was found on."),
  Tag: tag("Tag the commit was found by."),
  Author: plain("Author of the commit."),
  Committer: plain("Who made the commit."),
} as const;

const versionParts = {
  Major: { type: "int", doc: "First number.", params: [] },
  Minor: { type: "int", doc: "Second number.", params: [] },
  Patch: { type: "int", doc: "Third number.", params: [] },
  Prerelease: { type: "string", doc: "What follows `-`.", params: [] },
  Metadata: { type: "string", doc: "What follows `+`.", params: [] },
  String: { type: "string", doc: "The version in its normal form.", params: [], risky: true },
  IncMajor: { type: "ChangedVersion", doc: "The next major version.", params: [] },
  IncMinor: { type: "ChangedVersion", doc: "The next minor version.", params: [] },
  IncPatch: { type: "ChangedVersion", doc: "The next patch version.", params: [] },
  SetPrerelease: {
    type: "ChangedVersion",
    doc: "The version with this pre-release part.",
    params: ["string"],
  },
  SetMetadata: { type: "ChangedVersion", doc: "The version with this metadata part.", params: ["string"] },
} as const;

const objects = {
  FreightOrigin: {
    doc: "Where Freight comes from.",
    members: { Kind: plain("Always `Warehouse`."), Name: plain("Name of the Warehouse.") },
  },
  GitCommit: {
    doc: "A commit of the Freight.",
    members: {
      RepoURL: plain("URL of the repository."),
      ID: tag("Hash of the commit."),
      Message: plain("First line of the commit message."),
      ...gitFields,
    },
  },
  DiscoveredCommit: {
    doc: "The newest commit that was discovered.",
    members: {
      ID: tag("Hash of the commit."),
      Subject: plain("First line of the commit message."),
      CreatorDate: { type: "time", doc: "When it was committed, or its tag was made." },
      ...gitFields,
    },
  },
  Image: {
    doc: "A container image of the Freight.",
    members: {
      RepoURL: plain("Repository of the image."),
      Tag: tag("Tag of the image."),
      Digest: plain("Digest of the image, with its algorithm."),
      Annotations: { type: "texts", doc: "OCI annotations of the image." },
    },
  },
  DiscoveredImage: {
    doc: "The newest image that was discovered.",
    members: {
      Tag: tag("Tag of the image."),
      Digest: plain("Digest of the image, with its algorithm."),
      Annotations: { type: "texts", doc: "OCI annotations of the image." },
      CreatedAt: { type: "time", doc: "When the image was made, where that is known." },
    },
  },
  Chart: {
    doc: "A Helm chart.",
    members: {
      RepoURL: plain("Repository of the chart."),
      Name: plain("Name of the chart; empty in OCI registries."),
      Version: tag("Version of the chart."),
    },
  },
  Artifact: {
    doc: "An artifact found by a generic subscription.",
    members: {
      ArtifactType: plain("Type of the artifact."),
      SubscriptionName: plain("Subscription that found it."),
      Version: tag("Version of the artifact."),
      Metadata: { type: "object", doc: "Facts about the artifact." },
    },
  },
  StepMetadata: {
    doc: "What has become of a step so far.",
    members: {
      Alias: plain("Alias of the step."),
      Status: plain("Running, Succeeded, Skipped, Aborted, Failed or Errored; empty before the step began."),
      Message: plain("Reason of the status."),
      ErrorCount: { type: "int", doc: "How often the step went wrong." },
      ContinueOnError: { type: "bool", doc: "True when a failure of this step does not count." },
      StartedAt: { type: "time", doc: "When it began." },
      FinishedAt: { type: "time", doc: "When it ended." },
    },
  },
  Version: {
    doc: "A semantic version.",
    members: {
      ...versionParts,
      Original: { type: "string", doc: "The version as it was written.", params: [], risky: true },
      Compare: { type: "int", doc: "-1, 0 or 1: older, the same, newer.", params: ["Version"] },
      Equal: { type: "bool", doc: "True when both are the same version.", params: ["Version"] },
      GreaterThan: { type: "bool", doc: "True when it is newer.", params: ["Version"] },
      GreaterThanEqual: { type: "bool", doc: "True when it is not older.", params: ["Version"] },
      LessThan: { type: "bool", doc: "True when it is older.", params: ["Version"] },
      LessThanEqual: { type: "bool", doc: "True when it is not newer.", params: ["Version"] },
    },
  },
  ChangedVersion: {
    doc: "A version made from another; it cannot be compared until `semverParse(x.String())` reads it again.",
    members: versionParts,
  },
} as const satisfies Record<
  string,
  { readonly doc: string; readonly members: Readonly<Record<string, MemberShape>> }
>;

/** `ExpressionMember` before the names of objects are known. */
interface MemberShape {
  readonly type: string;
  readonly doc: string;
  readonly params?: readonly string[];
  readonly risky?: boolean;
}

/** The objects expressions get from functions; members bear Go's names. */
export const expressionObjects: Readonly<
  Record<string, { readonly doc: string; readonly members: Readonly<Record<string, ExpressionMember>> }>
> = objects;

const param = (
  name: string,
  type: ExpressionTypeName,
  doc: string,
  names?: FunctionParameter["names"],
): FunctionParameter => ({ name, type, doc, ...(names === undefined ? {} : { names }) });

const origin = param("origin", "FreightOrigin", "Origin of the Freight, as `warehouse('name')` gives it.");
const gitUrl = param("repoURL", "string", "URL of the repository, as the Warehouse subscribes to it.", "git");
const imageUrl = param("repoURL", "string", "Repository, exactly as the Warehouse names it.", "image");
const chartUrl = param("repoURL", "string", "Repository, exactly as the Warehouse names it.", "chart");
const chartName = param("chartName", "string", "Name of the chart in an HTTP repository.");
const artifactName = param("name", "string", "Name of the subscription.");
const any = param("value", "any", "Any value.");
const version = (name: string) => param(name, "string", "A semantic version, `v` in front allowed.");

const freight: readonly ExpressionFunction[] = [
  {
    name: "warehouse",
    group: "freight",
    doc: "Names a Warehouse as the origin of Freight; only usable in place, as an argument.",
    example: "imageFrom('ghcr.io/example/app', warehouse('app')).Tag",
    signatures: [[param("name", "string", "Name of the Warehouse.", "warehouse")]],
    result: "FreightOrigin",
  },
  {
    name: "commitFrom",
    group: "freight",
    doc: "The commit of a repository in the Freight of this Promotion; nil when there is none.",
    example: "commitFrom('https://github.com/example/app.git').ID",
    signatures: [[gitUrl, origin], [gitUrl]],
    result: "GitCommit",
    mayBeNil: true,
  },
  {
    name: "imageFrom",
    group: "freight",
    doc: "The container image of a repository in the Freight of this Promotion; nil when there is none.",
    example: "imageFrom('ghcr.io/example/app').Tag",
    signatures: [[imageUrl, origin], [imageUrl]],
    result: "Image",
    mayBeNil: true,
  },
  {
    name: "chartFrom",
    group: "freight",
    doc: "The Helm chart of a repository in the Freight of this Promotion; nil when there is none.",
    example: "chartFrom('https://charts.example.com', 'app').Version",
    signatures: [[chartUrl, chartName, origin], [chartUrl, chartName], [chartUrl, origin], [chartUrl]],
    result: "Chart",
    mayBeNil: true,
  },
  {
    name: "artifactFrom",
    group: "freight",
    doc: "The artifact of a generic subscription in the Freight of this Promotion; nil when there is none.",
    example: "artifactFrom('reports').Version",
    signatures: [[artifactName, origin], [artifactName]],
    result: "Artifact",
    mayBeNil: true,
  },
];

const criteria: readonly ExpressionFunction[] = [
  {
    name: "commitFrom",
    group: "criteria",
    doc: "The newest commit discovered in a repository; nil when there is none.",
    example: "commitFrom('https://github.com/example/app.git').Tag",
    signatures: [[gitUrl]],
    result: "DiscoveredCommit",
    mayBeNil: true,
  },
  {
    name: "imageFrom",
    group: "criteria",
    doc: "The newest image discovered in a repository; nil when there is none.",
    example: "imageFrom('ghcr.io/example/app').Tag",
    signatures: [[imageUrl]],
    result: "DiscoveredImage",
    mayBeNil: true,
  },
  {
    name: "chartFrom",
    group: "criteria",
    doc: "The newest chart discovered in a repository; nil when there is none.",
    example: "chartFrom('oci://ghcr.io/example/charts/app').Version",
    signatures: [[chartUrl, chartName], [chartUrl]],
    result: "Chart",
    mayBeNil: true,
  },
  {
    name: "artifactFrom",
    group: "criteria",
    doc: "The newest artifact a generic subscription discovered; nil when there is none.",
    example: "artifactFrom('reports').Version",
    signatures: [[artifactName]],
    result: "Artifact",
    mayBeNil: true,
  },
];

function texts(
  name: string,
  doc: string,
  example: string,
  names: "secret" | "configMap" | undefined,
): ExpressionFunction {
  const what = name.endsWith("ecret") ? "Secret" : "ConfigMap";
  const signatures = [[param("name", "string", `Name of the ${what}.`, names)]];
  return { name, group: "data", doc, example, signatures, result: "texts" };
}

const data: readonly ExpressionFunction[] = [
  texts(
    "configMap",
    "The data of a ConfigMap of the Project; empty when there is none.",
    "configMap('settings').region",
    "configMap",
  ),
  texts(
    "secret",
    "The data of a Secret of the Project, decoded; empty when there is none.",
    "secret('api').token",
    "secret",
  ),
  texts(
    "sharedConfigMap",
    "The data of a ConfigMap shared by all Projects; empty when there is none.",
    "sharedConfigMap('settings').region",
    undefined,
  ),
  texts(
    "sharedSecret",
    "The data of a generic Secret shared by all Projects; empty when there is none.",
    "sharedSecret('api').token",
    undefined,
  ),
  {
    name: "freightMetadata",
    group: "data",
    doc: "What `set-metadata` has written on Freight; nil when nothing was, so use `?.`.",
    example: "freightMetadata(ctx.targetFreight.name)?.ticket",
    signatures: [[param("freightName", "string", "Name of the Freight, not its alias.", "freight")]],
    result: "object",
    mayBeNil: true,
  },
  {
    name: "stageMetadata",
    group: "data",
    doc: "What `set-metadata` has written on a Stage; nil when nothing was, so use `?.`.",
    example: "stageMetadata('uat')?.url",
    signatures: [[param("stageName", "string", "Name of the Stage.", "stage")]],
    result: "object",
    mayBeNil: true,
  },
];

const utility: readonly ExpressionFunction[] = [
  {
    name: "semverDiff",
    group: "utility",
    doc: "The largest part in which two versions differ: Major, Minor, Patch, Metadata, None or Incomparable.",
    example: "semverDiff('1.2.3', '1.3.0') == 'Minor'",
    signatures: [[version("a"), version("b")]],
    result: "string",
  },
  {
    name: "semverParse",
    group: "utility",
    doc: "The text as a semantic version; an error when it is none.",
    example: "semverParse('1.2.3').Major()",
    signatures: [[version("version")]],
    result: "Version",
  },
];

const status: readonly ExpressionFunction[] = [
  {
    name: "always",
    group: "status",
    doc: "True, so that a step runs whatever happened before.",
    example: "always()",
    signatures: [[]],
    result: "bool",
  },
  {
    name: "success",
    group: "status",
    doc: "True while no step has failed.",
    example: "success()",
    signatures: [[]],
    result: "bool",
  },
  {
    name: "failure",
    group: "status",
    doc: "True once a step has failed.",
    example: "failure()",
    signatures: [[]],
    result: "bool",
  },
  {
    name: "status",
    group: "status",
    doc: "How the step with this alias stands; empty before it began.",
    example: "status('push') == 'Succeeded'",
    signatures: [[param("alias", "string", "Alias of a step of the same list.", "alias")]],
    result: "string",
  },
];

const quoting: readonly ExpressionFunction[] = [
  {
    name: "quote",
    group: "quoting",
    doc: "Keeps a value text, so that `1.10` does not become a number.",
    example: "quote(imageFrom('ghcr.io/example/app').Tag)",
    signatures: [[any]],
    result: "string",
  },
  {
    name: "unsafeQuote",
    group: "quoting",
    doc: "The JSON of a value as text; what is in the value is not escaped again.",
    example: "unsafeQuote(vars.settings)",
    signatures: [[any]],
    result: "string",
  },
  {
    name: "asYAML",
    group: "quoting",
    doc: "A value as a text of YAML.",
    example: "asYAML(vars.settings)",
    signatures: [[any]],
    result: "string",
  },
  {
    name: "asJSON",
    group: "quoting",
    doc: "A value as a text of indented JSON.",
    example: "asJSON(vars.settings)",
    signatures: [[any]],
    result: "string",
  },
];

/** Every function of Kargo's, as pkg/expressions/function/functions.go and pkg/expressions/json_templates.go declare them. */
export const expressionFunctions: readonly ExpressionFunction[] = [
  ...freight,
  ...criteria,
  ...data,
  ...utility,
  ...status,
  ...quoting,
];
