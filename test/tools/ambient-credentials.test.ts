// Credentials of this machine's own tools: a real git with a credential helper, docker's and helm's files.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { ambientCredentials } from "../../src/engine/credentials";
import type { CredentialType } from "../../src/engine/promotion/step";
import { tempDir } from "../support/temp";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function homeWith(t: TestContext, files: Record<string, string>): Record<string, string | undefined> {
  const home = tempDir(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  return { PATH: process.env.PATH, HOME: home };
}

function find(
  env: Record<string, string | undefined>,
  type: CredentialType,
  repoURL: string,
  types: CredentialType[] = ["git", "image", "helm"],
) {
  const source = ambientCredentials({ types: new Set(types), env });
  return source.find({ project: "p", type, repoURL, signal: new AbortController().signal });
}

test("git's own credential helper answers, by host", async (t) => {
  const helper = `[credential "https://git.example.com"]\n  helper = "!f() { echo username=u; echo password=p; }; f"\n`;
  const env = homeWith(t, { ".gitconfig": helper });
  assert.deepEqual(await find(env, "git", "https://git.example.com/o/r.git"), {
    username: "u",
    password: "p",
  });
  assert.equal(await find(env, "git", "https://other.example.com/o/r.git"), undefined);
  assert.equal(await find(env, "git", "git@git.example.com:o/r.git"), undefined);
});

test("nothing is asked that the user did not allow", async (t) => {
  const env = homeWith(t, {
    ".gitconfig": '[credential]\n  helper = "!f() { echo username=u; echo password=p; }; f"\n',
  });
  assert.equal(await find(env, "git", "https://git.example.com/r", ["image"]), undefined);
});

test("git without an answer does not prompt and does not hang", async (t) => {
  assert.equal(await find(homeWith(t, {}), "git", "https://git.example.com/r"), undefined);
});

const dockerConfig = JSON.stringify({
  auths: {
    "ghcr.io": { auth: base64("robot:tok:en") },
    "https://index.docker.io/v1/": { auth: base64("hub:secret") },
    "empty.io": {},
  },
});
const registries: Record<string, [string, CredentialType, unknown]> = {
  "a registry by name": ["ghcr.io/org/app", "image", { username: "robot", password: "tok:en" }],
  "an OCI chart": ["oci://ghcr.io/org/chart", "helm", { username: "robot", password: "tok:en" }],
  "Docker Hub": ["index.docker.io/library/nginx", "image", { username: "hub", password: "secret" }],
  "Docker Hub by a bare name": ["nginx", "image", { username: "hub", password: "secret" }],
  "an entry without a secret": ["empty.io/x", "image", undefined],
  "a registry nobody knows": ["quay.io/x/y", "image", undefined],
};
for (const [name, [repoURL, type, expected]] of Object.entries(registries)) {
  test(`docker's configuration: ${name}`, async (t) => {
    assert.deepEqual(
      await find(homeWith(t, { ".docker/config.json": dockerConfig }), type, repoURL),
      expected,
    );
  });
}

test("docker's helper program goes before what the file says, and the containers file after", async (t) => {
  const env = homeWith(t, {
    ".docker/config.json": JSON.stringify({
      credHelpers: { "reg.example.com": "fake" },
      auths: { "reg.example.com": { auth: base64("a:b") } },
    }),
    ".config/containers/auth.json": JSON.stringify({ auths: { "pod.example.com": { auth: base64("c:d") } } }),
    "bin/docker-credential-fake":
      '#!/bin/sh\nread host\necho "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"s\\"}"\n',
  });
  const program = join(env.HOME ?? "", "bin", "docker-credential-fake");
  chmodSync(program, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${join(env.HOME ?? "", "bin")}${delimiter}${before}`;
  t.after(() => {
    process.env.PATH = before;
  });
  assert.deepEqual(await find(env, "image", "reg.example.com/app"), {
    username: "reg.example.com",
    password: "s",
  });
  assert.deepEqual(await find(env, "image", "pod.example.com/app"), { username: "c", password: "d" });
});

test("helm's repositories are matched by their normalised address", async (t) => {
  const env = homeWith(t, {
    ".config/helm/repositories.yaml":
      "repositories:\n- name: x\n  url: https://Charts.example.com/stable/\n  username: u\n  password: p\n",
  });
  assert.deepEqual(await find(env, "helm", "https://charts.example.com/stable"), {
    username: "u",
    password: "p",
  });
  assert.equal(await find(env, "helm", "https://charts.example.com/other"), undefined);
});

for (const text of ["", "{", "[]", '{"auths":[]}', '{"auths":{"ghcr.io":5}}', '{"credsStore":"../evil"}']) {
  test(`a configuration that says ${JSON.stringify(text)} is no credential`, async (t) => {
    assert.equal(await find(homeWith(t, { ".docker/config.json": text }), "image", "ghcr.io/x"), undefined);
  });
}
