import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../src/base/log";
import { firstCredentials, secretCredentials, storedCredentials } from "../../../src/engine/credentials";
import type { ResourceStore } from "../../../src/engine/ports";
import type { CredentialType } from "../../../src/engine/promotion/step";
import type { Secret } from "../../../src/model/resources";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function secret(
  name: string,
  values: Record<string, string>,
  options: { type?: string; namespace?: string; plain?: boolean } = {},
): Secret {
  const { type = "git", namespace = "demo", plain = false } = options;
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { "kargo.akuity.io/cred-type": type } },
    ...(plain ? { stringData: values } : { data }),
  };
}

function sourceOf(...secrets: Secret[]) {
  const store = {
    list: async (_kind: string, { namespace }: { namespace: string }) =>
      secrets.filter((s) => s.metadata.namespace === namespace),
  } as unknown as ResourceStore;
  return secretCredentials(store, silentLogger);
}

const pair = { username: "u", password: "p" };
const find = (source: ReturnType<typeof sourceOf>, repoURL: string, type: CredentialType = "git") =>
  source.find({ project: "demo", type, repoURL, signal: new AbortController().signal });

const rows: Record<string, { secrets: Secret[]; url: string; type?: CredentialType; found: unknown }> = {
  "the same repository written otherwise": {
    secrets: [secret("a", { repoURL: "https://Example.com/Org/Repo.git/", ...pair })],
    url: "https://example.com/org/repo",
    found: pair,
  },
  "another repository": {
    secrets: [secret("a", { repoURL: "https://example.com/org/other", ...pair })],
    url: "https://example.com/org/repo",
    found: undefined,
  },
  "a Secret of another type": {
    secrets: [secret("a", { repoURL: "https://example.com/r", ...pair }, { type: "image" })],
    url: "https://example.com/r",
    found: undefined,
  },
  "a generic Secret": {
    secrets: [secret("a", { repoURL: "https://example.com/r", ...pair }, { type: "generic" })],
    url: "https://example.com/r",
    found: undefined,
  },
  stringData: {
    secrets: [secret("a", { repoURL: "https://example.com/r", ...pair }, { plain: true })],
    url: "https://example.com/r",
    found: pair,
  },
  "a regular expression, unanchored": {
    secrets: [secret("a", { repoURL: "example\\.com/org/", repoURLIsRegex: "true", ...pair })],
    url: "https://example.com/org/repo",
    found: pair,
  },
  "True is not true": {
    secrets: [secret("a", { repoURL: "example", repoURLIsRegex: "True", ...pair })],
    url: "https://example.com/r",
    found: undefined,
  },
  "an expression that does not compile is passed over": {
    secrets: [
      secret("a", { repoURL: "(", repoURLIsRegex: "true", username: "x", password: "x" }),
      secret("b", { repoURL: "https://example.com/r", ...pair }),
    ],
    url: "https://example.com/r",
    found: pair,
  },
  "exact and regular compete in the order of names": {
    secrets: [
      secret("b", { repoURL: "https://example.com/r", ...pair }),
      secret("a", { repoURL: ".*", repoURLIsRegex: "true", username: "first", password: "first" }),
    ],
    url: "https://example.com/r",
    found: { username: "first", password: "first" },
  },
  "the first match is final even when it is unusable": {
    secrets: [
      secret("a", { repoURL: "https://example.com/r", username: "u", password: "" }),
      secret("b", { repoURL: "https://example.com/r", ...pair }),
    ],
    url: "https://example.com/r",
    found: undefined,
  },
  "the shared namespace after the Project's": {
    secrets: [
      secret("a", { repoURL: "https://example.com/r", ...pair }, { namespace: "kargo-shared-resources" }),
    ],
    url: "https://example.com/r",
    found: pair,
  },
  "the Project's own wins over a shared one": {
    secrets: [
      secret(
        "a",
        { repoURL: "https://example.com/r", username: "s", password: "s" },
        { namespace: "kargo-shared-resources" },
      ),
      secret("z", { repoURL: "https://example.com/r", ...pair }),
    ],
    url: "https://example.com/r",
    found: pair,
  },
  "a Secret that says no repository is passed over": {
    secrets: [
      secret("a", { repoURLIsRegex: "true", username: "x", password: "x" }),
      secret("b", { repoURL: "https://example.com/r", ...pair }),
    ],
    url: "https://example.com/r",
    found: pair,
  },
  "a regular expression that fits the URL as it is written": {
    secrets: [
      secret("a", { repoURL: "^https://Example\\.com/Org/R\\.git$", repoURLIsRegex: "true", ...pair }),
    ],
    url: "https://Example.com/Org/R.git",
    found: pair,
  },
  "a regular expression that fits the normalised URL alone": {
    secrets: [secret("a", { repoURL: "^https://example\\.com/org/r$", repoURLIsRegex: "true", ...pair })],
    url: "https://Example.com/Org/R.git",
    found: pair,
  },
  "a regular expression is itself not normalised": {
    secrets: [secret("a", { repoURL: "https://Example.com/org/r.git/", repoURLIsRegex: "true", ...pair })],
    url: "https://example.com/org/r",
    found: undefined,
  },
  "http, https and ssh forms of one repository are three": {
    secrets: [
      secret("a", { repoURL: "http://example.com/o/r", ...pair }),
      secret("b", { repoURL: "git@example.com:o/r", ...pair }),
    ],
    url: "https://example.com/o/r",
    found: undefined,
  },
  "an unusable match in the Project ends the search before the shared namespace": {
    secrets: [
      secret("a", { repoURL: "https://example.com/r", username: "u", password: "" }),
      secret("a", { repoURL: "https://example.com/r", ...pair }, { namespace: "kargo-shared-resources" }),
    ],
    url: "https://example.com/r",
    found: undefined,
  },
  "another Project's Secret": {
    secrets: [secret("a", { repoURL: "https://example.com/r", ...pair }, { namespace: "other" })],
    url: "https://example.com/r",
    found: undefined,
  },
  "a pair beside an SSH key wins": {
    secrets: [secret("a", { repoURL: "https://example.com/r", sshPrivateKey: "KEY", ...pair })],
    url: "https://example.com/r",
    found: pair,
  },
  "a pair without a name is none, an SSH key beside it or not": {
    secrets: [
      secret("a", { repoURL: "https://example.com/r", sshPrivateKey: "KEY", username: "", password: "p" }),
    ],
    url: "https://example.com/r",
    found: undefined,
  },
  "a password alone is no pair": {
    secrets: [secret("a", { repoURL: "https://example.com/r", password: "p" })],
    url: "https://example.com/r",
    found: undefined,
  },
  "an SSH key": {
    secrets: [secret("a", { repoURL: "git@example.com:o/r.git", sshPrivateKey: "KEY" })],
    url: "ssh://git@example.com/o/r",
    found: { sshPrivateKey: "KEY" },
  },
  "nothing over plain HTTP": {
    secrets: [secret("a", { repoURL: "http://example.com/r", ...pair })],
    url: "http://example.com/r",
    found: undefined,
  },
  "plain HTTP to this machine": {
    secrets: [secret("a", { repoURL: "http://127.0.0.1:3000/r", ...pair })],
    url: "http://127.0.0.1:3000/r",
    found: pair,
  },
  "an image on Docker Hub": {
    secrets: [secret("a", { repoURL: "docker.io/library/nginx", ...pair }, { type: "image" })],
    url: "index.docker.io/library/nginx",
    type: "image",
    found: pair,
  },
};
for (const [name, { secrets, url, type, found }] of Object.entries(rows)) {
  test(`credentials: ${name}`, async () => {
    assert.deepEqual(await find(sourceOf(...secrets), url, type), found);
  });
}

test("sources are asked in turn until one answers", async () => {
  const nothing = { find: async () => undefined };
  const something = { find: async () => pair };
  const last = { find: async () => assert.fail("must not be asked") };
  assert.deepEqual(await find(firstCredentials([nothing, something, last]), "https://example.com/r"), pair);
});

const stored: Record<string, [Record<string, Record<string, string>>, CredentialType, unknown]> = {
  "a stored pair is for git when it says nothing": [
    { a: { repoURL: "https://example.com/r", ...pair } },
    "git",
    pair,
  ],
  "its type is what it says": [
    { a: { repoURL: "https://example.com/r", credType: "helm", ...pair } },
    "git",
    undefined,
  ],
  "values without an address are no credentials": [{ a: { token: "x" } }, "git", undefined],
  "the first by name is final": [
    {
      b: { repoURL: "https://example.com/r", ...pair },
      a: { repoURL: ".*", repoURLIsRegex: "true", username: "u", password: "" },
    },
    "git",
    undefined,
  ],
};
for (const [name, [secrets, type, found]] of Object.entries(stored)) {
  test(`credentials: ${name}`, async () => {
    const source = storedCredentials(
      {
        names: async (namespace) => (namespace === "demo" ? Object.keys(secrets) : []),
        secret: async (_namespace, name) => secrets[name],
      },
      silentLogger,
    );
    assert.deepEqual(await find(source, "https://example.com/r", type), found);
  });
}
