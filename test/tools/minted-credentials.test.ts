// Credentials that are asked for: each server here checks the signature it is sent for real, with means of its own.
import assert from "node:assert/strict";
import { createHash, createHmac, createVerify, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/log";
import { secretCredentials } from "../../src/engine/credentials";
import type { ResourceStore } from "../../src/engine/ports";
import type { CredentialType } from "../../src/engine/promotion/step";
import { Mint, type MintEndpoints } from "../../src/engine/tools/minting/mint";
import type { Secret } from "../../src/model/resources";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function listen(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A source over one Secret. */
function sourceOf(
  type: CredentialType,
  repoURL: string,
  values: Readonly<Record<string, string>>,
  endpoints: MintEndpoints,
  annotations: Readonly<Record<string, string>> = {},
) {
  const metadata = {
    name: "s",
    namespace: "demo",
    labels: { "kargo.akuity.io/cred-type": type },
    annotations,
  };
  const secret = { apiVersion: "v1", kind: "Secret", metadata, stringData: { ...values, repoURL } } as Secret;
  const list = async (_kind: string, { namespace }: { readonly namespace: string }) =>
    namespace === "demo" ? [secret] : [];
  const source = secretCredentials({ list } as unknown as ResourceStore, silentLogger, new Mint(endpoints));
  const find = (signal = new AbortController().signal, url = repoURL) =>
    source.find({ project: "demo", type, repoURL: url, signal });
  return { find };
}

/** The claims of a token whose signature is right. Throws otherwise. */
function verified(jwt: string): {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
} {
  const [header = "", claims = "", signature = ""] = jwt.split(".");
  const verifier = createVerify("RSA-SHA256").update(`${header}.${claims}`);
  assert.ok(verifier.verify(publicPem, signature, "base64url"), "the signature is wrong");
  const parse = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: parse(header), claims: parse(claims) };
}

const repo = "https://github.com/Acme/Deploy.git";
const app = { githubAppClientID: "Iv1.abc", githubAppInstallationID: "42", githubAppPrivateKey: pem };

/** GitHub's API as far as it is asked: it gives tokens for what is signed, and knows a token only after some probes. */
async function startGithub(
  t: TestContext,
  options: { readonly refusedProbes?: number; readonly life?: number } = {},
) {
  const seen = {
    mints: 0,
    probes: 0,
    servers: [] as string[],
    bodies: [] as unknown[],
    claims: [] as unknown[],
  };
  const url = await listen(t, async (request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (request.method === "POST") {
      assert.equal(request.url, "/app/installations/42/access_tokens");
      seen.claims.push(verified(token).claims);
      seen.bodies.push(JSON.parse(await bodyOf(request)));
      const expires_at = new Date(Date.now() + (options.life ?? 3600) * 1000).toISOString();
      response.writeHead(201).end(JSON.stringify({ token: `ghs_${++seen.mints}`, expires_at }));
      return;
    }
    seen.probes++;
    assert.equal(request.url, "/repos/acme/deploy");
    assert.equal(token, `ghs_${seen.mints}`);
    response.writeHead(seen.probes > (options.refusedProbes ?? 0) ? 200 : 404).end("{}");
  });
  const endpoints: MintEndpoints = {
    githubApi: (server) => {
      seen.servers.push(server);
      return url;
    },
    githubProbeDelaysMs: [1, 1, 1],
  };
  return { seen, endpoints };
}

test("a GitHub App: signed, for one repository, probed, shared and kept", async (t) => {
  const { seen, endpoints } = await startGithub(t, { refusedProbes: 2 });
  const { find } = sourceOf("git", repo, app, endpoints);
  const found = await Promise.all([find(), find(), find()]);
  for (const one of found) assert.deepEqual(one, { username: "kargo", password: "ghs_1" });
  await find();
  assert.equal(seen.mints, 1);
  assert.equal(seen.probes, 3);
  assert.deepEqual(seen.bodies, [{ repositories: ["deploy"] }]);
  assert.deepEqual(seen.servers, ["https://github.com"]);
  const { iss, iat, exp } = seen.claims[0] as { iss: string; iat: number; exp: number };
  assert.equal(iss, "Iv1.abc");
  assert.equal(exp - iat, 600);
  assert.ok(Math.abs(Date.now() / 1000 - 60 - iat) < 30);
});

test("a token that never seems to work is given out all the same", async (t) => {
  const { seen, endpoints } = await startGithub(t, { refusedProbes: 99 });
  assert.equal((await sourceOf("git", repo, app, endpoints).find())?.password, "ghs_1");
  assert.equal(seen.probes, 4);
});

test("a token is minted anew five minutes before it ends", async (t) => {
  const { seen, endpoints } = await startGithub(t);
  const time = { now: new Date() };
  const { find } = sourceOf("git", repo, app, { ...endpoints, now: () => time.now });
  await find();
  time.now = new Date(Date.now() + 54 * 60_000);
  await find();
  assert.equal(seen.mints, 1);
  time.now = new Date(Date.now() + 56 * 60_000);
  await find();
  assert.equal(seen.mints, 2);
});

test("an asker that gives up stops waiting; the mint goes on for the next", async (t) => {
  const { seen, endpoints } = await startGithub(t, { refusedProbes: 1 });
  const { find } = sourceOf("git", repo, app, endpoints);
  const stop = new AbortController();
  const first = find(stop.signal);
  stop.abort();
  await assert.rejects(first, { name: "AbortError" });
  assert.equal((await find())?.password, "ghs_1");
  assert.ok(seen.mints === 1);
});

const scope = "kargo.akuity.io/github-token-scopes";
const appRows: Readonly<
  Record<
    string,
    { values?: Record<string, string>; url?: string; scopes?: string; found?: string; error?: RegExp }
  >
> = {
  "the older App id": { values: { ...app, githubAppClientID: "", githubAppID: "7" }, found: "ghs_1" },
  "a key in base64": { values: { ...app, githubAppPrivateKey: base64(pem) }, found: "ghs_1" },
  "a key in base64 of several lines": {
    values: { ...app, githubAppPrivateKey: base64(pem).replace(/.{64}/g, "$&\n") },
    found: "ghs_1",
  },
  "a broken key in base64": {
    values: { ...app, githubAppPrivateKey: base64(pem).slice(0, 401) },
    error: /getting installation access token|minting installation access token: probable corrupt base64/,
  },
  "no key at all": {
    values: { ...app, githubAppPrivateKey: "-----what-----" },
    error: /is no RSA key in PEM format$/,
  },
  "no installation": { values: { ...app, githubAppInstallationID: "" } },
  "an installation that is no number": {
    values: { ...app, githubAppInstallationID: "x" },
    error: /: error parsing installation ID: /,
  },
  "a URL without a repository": { url: "https://github.com/acme" },
  "an SSH URL": { url: "git@github.com:acme/deploy.git" },
  "in scope": { scopes: '{"demo":["deploy"]}', found: "ghs_1" },
  "another repository in scope": { scopes: '{"demo":["other"]}' },
  "another Project in scope": { scopes: '{"else":["deploy"]}' },
  "names of another case": { scopes: '{"demo":["Deploy"]}' },
  "a scope that is no JSON": { scopes: "{", error: /: error unmarshaling scope map: / },
  "a scope of another shape": { scopes: '{"demo":"deploy"}', error: /: error unmarshaling scope map: / },
  "a pair beside the App": { values: { ...app, username: "u", password: "p" }, found: "p" },
};

for (const [name, { values = app, url = repo, scopes, found, error }] of Object.entries(appRows)) {
  test(`GitHub App: ${name}`, async (t) => {
    const { seen, endpoints } = await startGithub(t);
    const annotations: Record<string, string> = scopes === undefined ? {} : { [scope]: scopes };
    const { find } = sourceOf("git", url, values, endpoints, annotations);
    if (error !== undefined) await assert.rejects(find(), error);
    else assert.equal((await find())?.password, found);
    assert.equal(seen.mints, found?.startsWith("ghs") ? 1 : 0);
  });
}

test("an enterprise server has its API at its usual place", async (t) => {
  const paths: string[] = [];
  const url = await listen(t, (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    const body = JSON.stringify({ token: "ghs_e" });
    response.writeHead(request.method === "POST" ? 201 : 200).end(body);
  });
  const { find } = sourceOf("git", `${url}/acme/deploy`, app, { githubProbeDelaysMs: [] });
  assert.equal((await find())?.password, "ghs_e");
  assert.deepEqual(paths, [
    "POST /api/v3/app/installations/42/access_tokens",
    "GET /api/v3/repos/acme/deploy",
  ]);
});

test("a refusal is told in the server's words, without any secret, and is not kept", async (t) => {
  let refuses = true;
  const url = await listen(t, (request, response) => {
    if (refuses)
      response.writeHead(401).end(JSON.stringify({ message: "A JSON web token could not be decoded" }));
    else response.writeHead(request.method === "POST" ? 201 : 200).end(JSON.stringify({ token: "ghs_2" }));
  });
  const { find } = sourceOf("git", repo, app, { githubApi: () => url, githubProbeDelaysMs: [] });
  const fault = await find().catch((error: Error) => error);
  assert.ok(fault instanceof Error);
  assert.match(fault.message, /: 401 A JSON web token could not be decoded$/);
  assert.ok(!/eyJ|PRIVATE/.test(`${fault.message} ${String(fault.cause)}`));
  refuses = false;
  assert.equal((await find())?.password, "ghs_2");
});

const aws = { awsRegion: "eu-west-1", awsAccessKeyID: "AKIDEXAMPLE", awsSecretAccessKey: "wJalr/XUtn+FEMI" };
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app";

/** True when a request bears the signature of version 4 that its own parts ask for. */
function isSigned(request: IncomingMessage, body: string, secretKey: string): boolean {
  const header = request.headers.authorization ?? "";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (match === null) return false;
  const [, id = "", place = "", date = "", region = "", service = "", names = "", signature] = match;
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac("sha256", key).update(text).digest();
  const lines = names.split(";").map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`);
  const canonical = [request.method, request.url, "", lines.join(""), names, hash(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], place, hash(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, date), region), service), "aws4_request");
  const isFor = id === aws.awsAccessKeyID && region === aws.awsRegion && service === "ecr";
  return isFor && hmac(key, text).toString("hex") === signature && names.includes("host");
}

async function startEcr(t: TestContext, answer: (signed: boolean) => readonly [number, object]) {
  const seen = { asked: 0, regions: [] as string[] };
  const url = await listen(t, async (request, response) => {
    seen.asked++;
    const target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
    assert.equal(request.headers["x-amz-target"], target);
    const [status, body] = answer(isSigned(request, await bodyOf(request), aws.awsSecretAccessKey));
    response.writeHead(status).end(JSON.stringify(body));
  });
  const ecrApi = (region: string): string => {
    seen.regions.push(region);
    return `${url}/`;
  };
  return { seen, ecrApi };
}

const ecrToken = {
  authorizationData: [{ authorizationToken: base64("AWS:pass:word"), expiresAt: Date.now() / 1000 + 43200 }],
};

for (const [type, url] of [
  ["image", `${ecr}:1`.replace(":1", "")],
  ["helm", `oci://${ecr}`],
] as const) {
  test(`ECR access keys sign for a token: ${type}`, async (t) => {
    const { seen, ecrApi } = await startEcr(t, (signed) =>
      signed ? [200, ecrToken] : [403, { message: "bad signature" }],
    );
    const { find } = sourceOf(type, url, aws, { ecrApi });
    assert.deepEqual(await find(), { username: "AWS", password: "pass:word" });
    await find();
    assert.equal(seen.asked, 1);
    assert.deepEqual(seen.regions, ["eu-west-1"]);
  });
}

test("ECR: a wrong key is refused in AWS' words", async (t) => {
  const { ecrApi } = await startEcr(t, (signed) =>
    signed ? [200, ecrToken] : [400, { message: "The request signature does not match." }],
  );
  const { find } = sourceOf("image", ecr, { ...aws, awsSecretAccessKey: "wrong-secret" }, { ecrApi });
  await assert.rejects(find(), (error: Error) => {
    assert.match(
      error.message,
      /^error getting ECR auth token: POST .*: 400 The request signature does not match\.$/,
    );
    return !error.message.includes("wrong-secret");
  });
});

test("ECR: odd answers and other registries", async (t) => {
  const { seen, ecrApi } = await startEcr(t, () => [200, { authorizationData: [] }]);
  await assert.rejects(sourceOf("image", ecr, aws, { ecrApi }).find(), /no authorization data returned$/);
  assert.equal(await sourceOf("image", "ghcr.io/acme/app", aws, { ecrApi }).find(), undefined);
  const { awsRegion: _, ...rest } = aws;
  assert.equal(await sourceOf("image", ecr, rest, { ecrApi }).find(), undefined);
  const moved = { ...aws, awsRegion: "evil.example/x" };
  await assert.rejects(sourceOf("image", ecr, moved, { ecrApi }).find(), /the AWS region is none$/);
  assert.equal(seen.asked, 1);
});

const gar = "europe-west1-docker.pkg.dev/acme/apps/app";

test("a Google service account key is traded for a token, where the key says", async (t) => {
  let asked = 0;
  const url = await listen(t, async (request, response) => {
    asked++;
    const form = new URLSearchParams(await bodyOf(request));
    assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    const { header, claims } = verified(form.get("assertion") ?? "");
    assert.equal(header.kid, "k1");
    assert.deepEqual(
      {
        iss: claims.iss,
        aud: claims.aud,
        scope: claims.scope,
        life: Number(claims.exp) - Number(claims.iat),
      },
      {
        iss: "kargo@acme.iam.gserviceaccount.com",
        aud: `${url}/token`,
        scope: "https://www.googleapis.com/auth/devstorage.read_only",
        life: 3600,
      },
    );
    response.end(JSON.stringify({ access_token: "ya29.x", expires_in: 3600, token_type: "Bearer" }));
  });
  const key = {
    type: "service_account",
    client_email: "kargo@acme.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    private_key_id: "k1",
    token_uri: `${url}/token`,
  };
  const values = { gcpServiceAccountKey: base64(JSON.stringify(key)) };
  const { find } = sourceOf("image", gar, values, {});
  assert.deepEqual(await find(), { username: "oauth2accesstoken", password: "ya29.x" });
  await find();
  assert.equal(asked, 1);
  assert.equal((await sourceOf("helm", "oci://eu.gcr.io/acme/app", values, {}).find())?.password, "ya29.x");
  assert.equal(await sourceOf("image", "ghcr.io/acme/app", values, {}).find(), undefined);
});

const googleRows: Readonly<Record<string, readonly [key: string, error: RegExp]>> = {
  "no base64": ["{}", /error decoding service account key/],
  "no JSON": [base64("PRIVATE"), /error parsing service account key: it is no JSON$/],
  "another type": [base64('{"type":"authorized_user"}'), /it is of another type$/],
  "no private key": [base64('{"type":"service_account"}'), /is no RSA key in PEM format$/],
  "an address that is none": [
    base64('{"type":"service_account","token_uri":"file:///x"}'),
    /token_uri is no web address$/,
  ],
};

for (const [name, [key, error]] of Object.entries(googleRows)) {
  test(`Google key: ${name}`, async () => {
    await assert.rejects(sourceOf("image", gar, { gcpServiceAccountKey: key }, {}).find(), error);
  });
}
