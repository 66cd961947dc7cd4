// Secrets and ConfigMaps, as far as Kargo reads them: credentials of repositories, and data for expressions.
// Any other Secret or ConfigMap is right here whatever it holds.
import { kindOf } from "./kind-meta";
import { type Fields, flag, map, text } from "./types";

const credential = (doc: string, example: string) => text(doc, { example, secret: true });

/** Keys of Secrets that hold credentials (credentials of pkg/credentials). */
const credentialKeys = {
  repoURL: text("URL the credentials are for, or a pattern when `repoURLIsRegex` is `true`.", {
    example: "https://github.com/example/deploy.git",
  }),
  repoURLIsRegex: text("The word `true` makes `repoURL` a regular expression.", {
    suggestions: ["true", "false"],
    example: "true",
  }),
  username: credential("User name.", "kargo"),
  password: credential("Password or token.", "<token>"),
  sshPrivateKey: text("SSH private key in PEM form; only for SSH URLs.", {
    secret: true,
    example: "<key>",
    deprecated: { since: "1.10", removal: "1.13", instead: "Use an https URL with user name and password." },
  }),
  githubAppClientID: credential("Client id of a GitHub App.", "Iv1.0123456789abcdef"),
  githubAppID: text("Id of a GitHub App; the client id is preferred.", { example: "12345" }),
  githubAppInstallationID: credential("Id of the App's installation.", "67890"),
  githubAppPrivateKey: credential("Private key of the App.", "<key>"),
  awsRegion: credential("AWS region of the registry.", "eu-central-1"),
  awsAccessKeyID: credential("AWS access key id.", "<id>"),
  awsSecretAccessKey: credential("AWS secret access key.", "<key>"),
  gcpServiceAccountKey: credential("Key of a Google service account, base64.", "<key>"),
} satisfies Fields;

const dataKeyDoc = "a key";

/** The kind Secret. */
export const secret = kindOf(
  "Secret",
  "v1",
  "Credentials of a repository, or values for `secret()` in expressions.",
  {
    namespaced: true,
    nameDoc: "Name of the Secret.",
    nameExample: "github",
    labels: {
      "kargo.akuity.io/cred-type": text("What Kargo uses the Secret for.", {
        enum: ["git", "helm", "image", "generic"],
        enumDocs: {
          git: "credentials of a git repository",
          helm: "credentials of a chart repository",
          image: "credentials of an image repository",
          generic: "values for expressions, managed through Kargo",
        },
        example: "git",
      }),
      "kargo.akuity.io/replicated-from": text("Secret this one is a copy of; Kargo sets it.", {
        readOnly: true,
        example: "shared",
      }),
    },
    annotations: {
      "kargo.akuity.io/replicate-to": text("`*` copies the Secret into every Project.", {
        suggestions: ["*"],
        example: "*",
      }),
      "kargo.akuity.io/github-token-scopes": text(
        "Repositories each Project may reach through the GitHub App, as JSON.",
        {
          example: '{"my-project": ["deploy"]}',
        },
      ),
    },
  },
  {
    type: text("Type of the Secret for Kubernetes.", { default: "Opaque", example: "Opaque" }),
    data: map("Values, base64.", text("A value, base64.", { secret: true, example: "dmFsdWU=" }), {
      known: credentialKeys,
      keyDoc: dataKeyDoc,
    }),
    stringData: map(
      "Values, plain; they win over `data`.",
      text("A value.", { secret: true, example: "value" }),
      {
        known: credentialKeys,
        keyDoc: dataKeyDoc,
      },
    ),
    immutable: flag("Forbids changes of the values.", { default: false }),
  },
);

/** The kind ConfigMap. */
export const configMap = kindOf(
  "ConfigMap",
  "v1",
  "Values for `configMap()` in expressions.",
  {
    namespaced: true,
    nameDoc: "Name of the ConfigMap.",
    nameExample: "settings",
    annotations: {
      "kargo.akuity.io/replicate-to": text("`*` copies the ConfigMap into every Project.", {
        suggestions: ["*"],
        example: "*",
      }),
    },
  },
  {
    data: map("Values.", text("A value.", { example: "value" }), { keyDoc: dataKeyDoc }),
    binaryData: map("Values that are no text, base64.", text("A value, base64.", { example: "dmFsdWU=" }), {
      keyDoc: dataKeyDoc,
    }),
    immutable: flag("Forbids changes of the values.", { default: false }),
  },
);
