// Fields that several steps have in common, so that each is described once.
// Holds no step.
import { type Fields, flag, list, object, type StringSchema, text } from "./types";

/** Kargo's own pattern for durations in step configurations. Searched, so it lets through more than Go parses. */
const durationPattern = "(?:\\d+(ns|us|µs|ms|s|m|h))+";

/** A duration such as `30s`. */
export function duration(doc: string, defaultValue: string): StringSchema {
  return text(doc, {
    pattern: durationPattern,
    patternDoc: "a duration such as `30s` or `1h30m`",
    format: "duration",
    example: "30s",
    default: defaultValue,
  });
}

/** A path that must not be empty, relative to the Promotion's work directory. */
export function path(doc: string, example: string, kind: "file" | "directory" | "any" = "any"): StringSchema {
  return text(doc, { minLength: 1, example, path: kind });
}

/** Text that must not be empty. */
export function filled(doc: string, example: string): StringSchema {
  return text(doc, { minLength: 1, example });
}

/** Turning off certificate checks. */
export function insecure(what: string) {
  return flag(`Accepts ${what} although its TLS certificate cannot be verified.`, { default: false });
}

const namedWarehouse = "Name the Warehouse in the expression, such as `imageFrom(url, warehouse('app'))`.";

/** Fields of Kargo 1.2 and older that said from which Warehouse an artifact comes; expressions do now. */
export const goneOrigin = { fromOrigin: namedWarehouse } as const;

/** As `goneOrigin`, and the choice between tag and digest. */
export const goneImageFields = {
  ...goneOrigin,
  useDigest: "Set `digest: ${{ imageFrom(url).Digest }}`.",
} as const;

/** Git hosting providers Kargo knows (pkg/gitprovider). */
export const provider = text(
  "Git hosting service behind the URL; only needed when the host name does not tell.",
  {
    enum: ["azure", "bitbucket", "gitea", "github", "gitlab"],
    enumDocs: {
      azure: "Azure DevOps",
      bitbucket: "Bitbucket Cloud",
      gitea: "Gitea",
      github: "GitHub, also Enterprise",
      gitlab: "GitLab, also self-managed",
    },
    example: "github",
    defaultDoc: "inferred from the host name of the repository URL",
  },
);

/** Author of commits, as git-clone and git-commit take it. */
export function author(
  doc: string,
  options: { readonly deprecated?: { since: string; removal: string; instead: string } } = {},
) {
  return object(
    doc,
    {
      email: text("E-mail address of the author.", { format: "email", example: "kargo@example.com" }),
      name: text("Name of the author.", { minLength: 1, example: "Kargo" }),
      signingKey: text("GPG private key that signs the commits, armoured.", {
        secret: true,
        example: "${{ secret('gpg').signingKey }}",
      }),
    },
    { required: ["name", "email"], ...options },
  );
}

function namedValues(what: string, nameExample: string, valueExample: string) {
  return object(
    `One ${what}.`,
    {
      name: filled(`Name of the ${what}.`, nameExample),
      value: filled(`Value of the ${what}.`, valueExample),
    },
    { required: ["name", "value"] },
  );
}

/** Headers of an HTTP request. */
export const httpHeaders = list(
  "Headers sent with the request, in this order; a name may occur more than once.",
  namedValues("request header", "Authorization", "Bearer ${{ secret('api').token }}"),
);

/** Query parameters of an HTTP request. */
export const httpQueryParams = list(
  "Query parameters added to those already in the URL.",
  namedValues("query parameter", "env", "${{ ctx.stage }}"),
);

/** Outputs taken from a document or a response by expressions. */
export function expressionOutputs(doc: string, context: "http-response" | "document", example: string) {
  return {
    doc,
    item: object(
      "One output and the expression it comes from.",
      {
        name: filled("Name under which later steps find the value in `outputs`.", "version"),
        fromExpression: text("Expression without `${{ }}` that gives the value.", {
          minLength: 1,
          example,
          expression: { context, yields: "any" },
        }),
      },
      { required: ["name", "fromExpression"] },
    ),
  };
}

/** Fields of the three parse steps. */
export function parseFields(format: string, file: string) {
  const { doc, item } = expressionOutputs(
    `Values to take out of the ${format} document.`,
    "document",
    "image.tag",
  );
  return {
    path: path(`Path of the ${format} file to read.`, file, "file"),
    outputs: list(doc, item, { minItems: 1 }),
  } satisfies Fields;
}

/** Output `commitMessage` of the steps that edit files. */
export const commitMessage = {
  commitMessage: text("A sentence about the change, ready for `git-commit`.", {
    example: "Updated values.yaml",
  }),
} satisfies Fields;

/** Output `commit` of the steps that make or find a commit. */
export const commitOutput = (doc: string) =>
  text(doc, { example: "3f1c2ab0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4" });
