// Subscriptions of a Warehouse as JSON schemas. The CRD lets anything through there; what counts are the Go types and
// the webhook (api/v1alpha1/zz_subscription_types.go, pkg/subscription), written down here once more for comparison.
import type { RawSchema } from "./json-schema-samples";

const flag: RawSchema = { type: "boolean" };
const texts: RawSchema = { type: "array", items: { type: "string" } };
/** Nothing is the same as the default. */
const limit: RawSchema = { type: "integer", minimum: 0, maximum: 100 };
const closed = (required: readonly string[], properties: Readonly<Record<string, RawSchema>>): RawSchema => ({
  type: "object",
  required,
  properties,
  additionalProperties: false,
});
const gitUrl =
  "(?:^(ssh|https?)://(?:([\\w-]+)(:(.+))?@)?([\\w-]+(?:\\.[\\w-]+)*)(?::(\\d{1,5}))?(/.*)$)|(?:^([\\w-]+)@([\\w+]+(?:\\.[\\w-]+)*):(/?.*))";

const git = closed(["repoURL"], {
  repoURL: { type: "string", minLength: 1, pattern: gitUrl },
  commitSelectionStrategy: { type: "string", enum: ["Lexical", "NewestFromBranch", "NewestTag", "SemVer"] },
  branch: {
    type: "string",
    maxLength: 255,
    pattern: "^$|^[a-zA-Z0-9]([a-zA-Z0-9._\\/-]*[a-zA-Z0-9_-])?$",
  },
  strictSemvers: flag,
  semverConstraint: { type: "string", pattern: "^$|^\\^1\\.0$" },
  allowTagsRegexes: texts,
  ignoreTagsRegexes: texts,
  expressionFilter: { type: "string" },
  insecureSkipTLSVerify: flag,
  blobless: flag,
  includePaths: texts,
  excludePaths: texts,
  discoveryLimit: limit,
  since: { type: "string", format: "date-time" },
});

const image = closed(["repoURL"], {
  repoURL: {
    type: "string",
    minLength: 1,
    pattern: "^(\\w+([\\.-]\\w+)*(:[\\d]+)?/)?(\\w+([\\.-]\\w+)*)(/\\w+([\\.-]\\w+)*)*$",
  },
  imageSelectionStrategy: { type: "string", enum: ["Lexical", "NewestBuild", "SemVer"] },
  strictSemvers: flag,
  constraint: { type: "string" },
  allowTagsRegexes: texts,
  ignoreTagsRegexes: texts,
  platform: { type: "string", pattern: "^$|/" },
  insecureSkipTLSVerify: flag,
  discoveryLimit: limit,
  cacheByTag: flag,
});

const chart = closed(["repoURL"], {
  repoURL: { type: "string", minLength: 1, pattern: "^(oci://)([\\w\\d\\.\\-]+)(:[\\d]+)?(/.*)*$" },
  semverConstraint: { type: "string", pattern: "^$|^\\^1\\.0$" },
  discoveryLimit: limit,
  insecureSkipTLSVerify: flag,
});

/** One entry of `spec.subscriptions`. */
export const subscriptionSchema: RawSchema = {
  ...closed([], { git, image, chart }),
  minProperties: 1,
  maxProperties: 1,
};
