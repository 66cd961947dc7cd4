// The kind Warehouse and its subscriptions.
// What a subscription finds is decided by engine/discovery; conditions across fields are in model/admission.ts.
import { artifactReference, kargo } from "./kind-common";
import { kindOf, refreshAnnotation, shardLabel, statusFields, time } from "./kind-meta";
import {
  branchPattern,
  chartUrlPattern,
  gitUrlPattern,
  imageUrlPattern,
  intervalPattern,
} from "./subscription-patterns";
import { anything, flag, integer, list, map, object, text } from "./types";

const discoveryLimit = (what: string) =>
  integer(`How many ${what} are looked at, and offered when Freight is made by hand; 0 means 20.`, {
    minimum: 0,
    maximum: 100,
    default: 20,
    example: 5,
  });

const insecureSkipTLSVerify = flag("Accepts the server although its TLS certificate cannot be verified.", {
  default: false,
});

const strictSemvers = flag("Takes only tags with major, minor and patch as versions.", { default: true });

const tagFields = (since: string) => ({
  allowTags: text("Pattern that tags must match.", {
    format: "regex",
    example: "^v1",
    deprecated: {
      since,
      removal: "1.13",
      instead: "Use `allowTagsRegexes`; discovery fails while this is set.",
    },
  }),
  allowTagsRegexes: list(
    "Patterns of which a tag must match one.",
    text("A regular expression.", { format: "regex", example: "^v1\\." }),
  ),
  ignoreTags: list("Tags that are passed over.", text("A tag.", { example: "latest" }), {
    deprecated: {
      since,
      removal: "1.13",
      instead: "Use `ignoreTagsRegexes`; discovery fails while this is set.",
    },
  }),
  ignoreTagsRegexes: list(
    "Patterns of tags that are passed over.",
    text("A regular expression.", { format: "regex", example: "-rc\\." }),
  ),
});

const pathSelector = text("A path, or a pattern after `glob:` or `regex:`.", {
  format: "path-selector",
  example: "glob:charts/**",
});

const git = object(
  "Subscription to a git repository.",
  {
    repoURL: text("URL of the repository; SSH forms are deprecated and will go in Kargo 1.13.", {
      minLength: 1,
      pattern: gitUrlPattern,
      patternDoc: "the http(s) or SSH URL of a git repository",
      repository: "git",
      example: "https://github.com/example/app.git",
    }),
    commitSelectionStrategy: text("Which commit counts as the newest.", {
      enum: ["Lexical", "NewestFromBranch", "NewestTag", "SemVer"],
      enumDocs: {
        Lexical: "the tag that sorts last by its text",
        NewestFromBranch: "the head of a branch",
        NewestTag: "the tag made last",
        SemVer: "the tag with the highest version",
      },
      emptyIsUnset: true,
      default: "NewestFromBranch",
      example: "SemVer",
    }),
    branch: text("Branch to follow; only for NewestFromBranch.", {
      emptyIsUnset: true,
      maxLength: 255,
      pattern: branchPattern,
      patternDoc: "a branch name",
      example: "main",
      defaultDoc: "the default branch of the repository",
    }),
    strictSemvers,
    semverConstraint: text("Versions that are wanted; only for SemVer.", {
      format: "semver-constraint",
      example: "^1.2.0",
    }),
    ...tagFields("1.7"),
    expressionFilter: text("Expression that a commit or tag must satisfy.", {
      example: "!(subject contains '[skip ci]')",
      expression: { context: "commit-filter", yields: "bool" },
    }),
    includePaths: list("Paths of which a commit must change one to be taken.", pathSelector),
    excludePaths: list("Paths whose changes alone make no new Freight.", pathSelector),
    since: text("Time before which commits are not looked at.", {
      format: "date-time",
      example: "2026-01-01T00:00:00Z",
    }),
    insecureSkipTLSVerify,
    blobless: flag("Fetches file contents only when they are needed (`--filter=blob:none`).", {
      default: false,
    }),
    discoveryLimit: discoveryLimit("commits"),
  },
  { required: ["repoURL"] },
);

const image = object(
  "Subscription to a container image repository.",
  {
    repoURL: text("Repository of the image, without tag.", {
      minLength: 1,
      pattern: imageUrlPattern,
      patternDoc: "an image repository without scheme and tag, such as `ghcr.io/example/app`",
      repository: "image",
      example: "ghcr.io/example/app",
    }),
    imageSelectionStrategy: text("Which image counts as the newest.", {
      enum: ["Digest", "Lexical", "NewestBuild", "SemVer"],
      enumDocs: {
        Digest: "what one mutable tag points to now",
        Lexical: "the tag that sorts last by its text",
        NewestBuild: "the image built last; slow, because every image is read",
        SemVer: "the tag with the highest version",
      },
      emptyIsUnset: true,
      default: "SemVer",
      example: "NewestBuild",
    }),
    constraint: text("For SemVer the versions that are wanted, for Digest the tag to follow.", {
      example: "^1.2.0",
    }),
    strictSemvers,
    ...tagFields("1.7"),
    platform: text("Platform the image must have, as os/arch or os/arch/variant.", {
      example: "linux/amd64",
      defaultDoc: "the platform Kargo runs on",
    }),
    cacheByTag: flag("Remembers what a tag pointed to; only right when tags never move.", { default: false }),
    insecureSkipTLSVerify,
    discoveryLimit: discoveryLimit("images"),
  },
  {
    required: ["repoURL"],
    gone: { gitRepoURL: "Kargo reads the source from the image's OCI annotations." },
    renamed: { semverConstraint: "constraint", tagSelectionStrategy: "imageSelectionStrategy" },
  },
);

const chart = object(
  "Subscription to a Helm chart.",
  {
    repoURL: text("URL of a chart repository, or of a chart in an OCI registry.", {
      minLength: 1,
      pattern: chartUrlPattern,
      patternDoc: "a URL that begins with `http://`, `https://` or `oci://`",
      repository: "chart",
      example: "oci://ghcr.io/example/charts/app",
    }),
    name: text("Name of the chart; needed for http(s), forbidden for `oci://`.", { example: "app" }),
    semverConstraint: text("Versions that are wanted.", { format: "semver-constraint", example: "^1.2.0" }),
    insecureSkipTLSVerify,
    discoveryLimit: discoveryLimit("chart versions"),
  },
  {
    required: ["repoURL"],
    rules: [
      {
        name: "oci-charts-have-no-name",
        message: "must be empty if repoURL starts with oci://",
        field: "name",
        holds: ({ repoURL, name }) => !startsWith(repoURL, "oci://") || name === undefined || name === "",
      },
      {
        name: "http-charts-have-a-name",
        message: "must be non-empty if repoURL starts with http:// or https://",
        field: "name",
        holds: ({ repoURL, name }) =>
          !(startsWith(repoURL, "http://") || startsWith(repoURL, "https://")) ||
          (name !== undefined && name !== ""),
      },
    ],
  },
);

function startsWith(value: unknown, prefix: string): boolean {
  return typeof value === "string" && value.startsWith(prefix);
}

const generic = object(
  "Subscription of a type that open-source Kargo does not know.",
  {
    name: text("Name of the subscription.", { minLength: 1, example: "reports" }),
    config: anything("Configuration of the subscription."),
    discoveryLimit: discoveryLimit("artifacts"),
  },
  { required: ["name"] },
);

const subscription = object(
  "One repository to watch; its only key tells the type.",
  { git, image, chart },
  {
    additional: generic,
    keyDoc: "a type of subscription",
    rules: [
      {
        name: "one-type",
        message: "A subscription has exactly one key: git, image or chart.",
        holds: (value) => Object.keys(value).length === 1,
      },
    ],
  },
);

const discoveredCommit = object("A commit that was found.", {
  id: text("Hash of the commit.", { minLength: 1, example: "3f1c2ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4" }),
  branch: text("Branch it was found on.", { example: "main" }),
  tag: text("Tag it was found by.", { example: "v1.2.3" }),
  subject: text("First line of its message.", { example: "Fix the login form" }),
  author: text("Its author.", { example: "Ada <ada@example.com>" }),
  committer: text("Who made it.", { example: "Ada <ada@example.com>" }),
  creatorDate: time("When it, or its tag, was made."),
});

const discovered = object("What the subscriptions found, best first.", {
  discoveredAt: time("When it was found."),
  git: list(
    "Commits by repository.",
    object(
      "One repository.",
      {
        repoURL: text("URL of the repository.", {
          minLength: 1,
          pattern: gitUrlPattern,
          repository: "git",
          example: "https://github.com/example/app.git",
        }),
        commits: list("Commits, best first.", discoveredCommit),
        observedRefs: object("Where the repository stood, to see whether it moved.", {
          branchHead: text("Head of the branch.", { example: "3f1c2ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4" }),
          tags: list(
            "Tags and their commits.",
            object(
              "One tag.",
              {
                name: text("Name of the tag.", { minLength: 1, example: "v1.2.3" }),
                id: text("Hash it points to.", {
                  minLength: 1,
                  example: "3f1c2ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4",
                }),
              },
              { required: ["id", "name"] },
            ),
          ),
        }),
      },
      { required: ["repoURL"] },
    ),
  ),
  images: list(
    "Images by repository.",
    object(
      "One repository.",
      {
        repoURL: text("Repository of the image.", {
          minLength: 1,
          repository: "image",
          example: "ghcr.io/example/app",
        }),
        platform: text("Platform that was asked for.", { example: "linux/amd64" }),
        references: list(
          "Images, best first.",
          object(
            "One image.",
            {
              tag: text("Tag of the image.", {
                minLength: 1,
                maxLength: 128,
                pattern: "^[\\w.\\-\\_]+$",
                example: "1.2.3",
              }),
              digest: text("Digest of the image.", {
                minLength: 1,
                pattern: "^[a-z0-9]+:[a-f0-9]+$",
                example: "sha256:00ff",
              }),
              annotations: map("OCI annotations.", text("Value.", { example: "text" }), {
                keyDoc: "an OCI annotation",
              }),
              createdAt: time("When the image was built."),
            },
            { required: ["digest", "tag"] },
          ),
        ),
      },
      { required: ["repoURL"] },
    ),
  ),
  charts: list(
    "Charts by repository.",
    object(
      "One chart.",
      {
        repoURL: text("Repository of the chart.", {
          minLength: 1,
          repository: "chart",
          example: "https://charts.example.com",
        }),
        name: text("Name of the chart.", { example: "app" }),
        semverConstraint: text("Versions that were asked for.", { example: "^1.2.0" }),
        versions: list("Versions, best first.", text("A version.", { example: "1.2.3" })),
      },
      { required: ["repoURL"] },
    ),
  ),
  results: list(
    "Artifacts of other types by subscription.",
    object(
      "One subscription.",
      {
        name: text("Name of the subscription.", { minLength: 1, example: "reports" }),
        artifactReferences: list("Artifacts, best first.", artifactReference),
      },
      { required: ["name"] },
    ),
  ),
});

/** The kind Warehouse. */
export const warehouse = kindOf(
  "Warehouse",
  kargo,
  "Watches repositories and makes Freight of what it finds.",
  {
    namespaced: true,
    nameDoc: "Name of the Warehouse; Stages request its Freight by it.",
    nameExample: "app",
    labels: shardLabel,
    annotations: refreshAnnotation,
  },
  {
    spec: object(
      "What to watch, and when to make Freight.",
      {
        shard: text("Controller that serves this Warehouse, in a sharded installation.", { example: "eu" }),
        interval: text("How often the repositories are looked at.", {
          pattern: intervalPattern,
          patternDoc: "a duration of hours, minutes and seconds, such as `5m0s`",
          format: "duration",
          default: "5m0s",
          example: "10m",
        }),
        freightCreationPolicy: text("Whether new artifacts become Freight by themselves.", {
          enum: ["Automatic", "Manual"],
          enumDocs: {
            Automatic: "every new combination becomes Freight",
            Manual: "Freight is made by people from what was found",
          },
          default: "Automatic",
          example: "Manual",
        }),
        freightCreationCriteria: object("Condition for making Freight automatically.", {
          expression: text(
            "Expression without `${{ }}` over the newest artifacts; Freight is made when it is true.",
            {
              example: "imageFrom('ghcr.io/example/app').Tag == imageFrom('ghcr.io/example/web').Tag",
              expression: { context: "freight-criteria", yields: "bool" },
            },
          ),
        }),
        subscriptions: list(
          "Repositories to watch; each new artifact among them makes new Freight.",
          subscription,
          {
            minItems: 1,
          },
        ),
      },
      { required: ["subscriptions"] },
    ),
    status: object(
      "What Kargo found; written by Kargo.",
      {
        ...statusFields,
        lastFreightID: text("Name of the Freight made last.", {
          example: "319ddec6bbfbd808d499a0357b027e773aa3707f",
        }),
        discoveredArtifacts: discovered,
      },
      { readOnly: true },
    ),
  },
  { required: ["spec"] },
);
