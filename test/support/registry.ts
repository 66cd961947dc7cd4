// Debian's docker-registry on loopback, with a configuration of its own, and skopeo to fill it.
// Everything lives below one directory and ends with `stop`.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createSign, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type ImagePlan, type IndexPlan, writeLayout } from "./oci-images";

/** How the registry wants clients to sign in. */
export type RegistryAuth = "none" | "basic" | "token";

/** The user that `basic` and `token` let in. */
export const registryUser = { username: "ann", password: "s3cret!" };
/** bcrypt of that password. */
const passwordHash = "$2b$05$abcdefghijklmnopqrstuulXbhLU5N9MDcFlG1r2Raysvz.c5v0j2";

/** A running registry. */
export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Scopes for which tokens were given out, in order, after `user ` or `anonymous `. */
  readonly tokens: readonly string[];
  /** Pushes an image under tags of a repository and answers its digest. */
  push(repository: string, plan: ImagePlan | IndexPlan, ...tags: readonly string[]): Promise<string>;
  /** Puts tags on an image that was pushed already by writing the registry's storage, which is fast. */
  tagMany(repository: string, digest: string, tags: Iterable<string>): void;
  stop(): Promise<void>;
}

/** Why tests with a registry cannot run here, or false. */
export function missingRegistry(): string | false {
  const missing = ["docker-registry", "skopeo", "openssl"].filter((name) => !isOnPath(name));
  return missing.length === 0 ? false : `${missing.join(" and ")} missing`;
}

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      execFileSync("test", ["-x", join(folder, name)]);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts a registry whose files live in `root`. */
export async function startRegistry(root: string, auth: RegistryAuth = "none"): Promise<TestRegistry> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const storage = join(root, "storage");
  mkdirSync(storage, { recursive: true });
  const tokens: string[] = [];
  const tokenServer = auth === "token" ? await startTokenServer(root, tokens) : undefined;
  const config = join(root, "registry.yml");
  writeFileSync(config, configText({ port, storage, root, auth, tokenServer }));
  const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-4000);
  });
  await untilReady(host, child, () => log);
  return {
    host,
    tokens,
    push: (repository, plan, ...tags) => push({ root, host, auth }, repository, plan, tags),
    tagMany: (repository, digest, tags) => tagMany(storage, repository, digest, tags),
    async stop() {
      await endChild(child);
      await new Promise<void>((done) => (tokenServer ? tokenServer.server.close(() => done()) : done()));
    },
  };
}

/** Not execFileSync: the token server in this process has to answer meanwhile. */
const run = promisify(execFile);

interface TokenServer {
  readonly server: Server;
  readonly realm: string;
  readonly certificate: string;
}

function configText(options: {
  readonly port: number;
  readonly storage: string;
  readonly root: string;
  readonly auth: RegistryAuth;
  readonly tokenServer: TokenServer | undefined;
}): string {
  const { port, storage, root, auth, tokenServer } = options;
  const lines = [
    "version: 0.1",
    "log: {level: error, accesslog: {disabled: true}}",
    `storage: {filesystem: {rootdirectory: ${JSON.stringify(storage)}}, delete: {enabled: true}}`,
    `http: {addr: "127.0.0.1:${port}", secret: test}`,
  ];
  if (auth === "basic") {
    const path = join(root, "htpasswd");
    writeFileSync(path, `${registryUser.username}:${passwordHash}\n`);
    lines.push(`auth: {htpasswd: {realm: test, path: ${JSON.stringify(path)}}}`);
  }
  if (tokenServer !== undefined) {
    const token = {
      realm: tokenServer.realm,
      service: "test-registry",
      issuer: "test-issuer",
      rootcertbundle: tokenServer.certificate,
    };
    lines.push(`auth: ${JSON.stringify({ token })}`);
  }
  return `${lines.join("\n")}\n`;
}

async function untilReady(host: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${log()}`);
    const answered = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await delay(25);
  }
  throw new Error(`docker-registry did not answer: ${log()}`);
}

function endChild(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once("exit", () => done());
    child.kill("SIGKILL");
  });
}

async function push(
  { root, host, auth }: { readonly root: string; readonly host: string; readonly auth: RegistryAuth },
  repository: string,
  plan: ImagePlan | IndexPlan,
  tags: readonly string[],
): Promise<string> {
  const layout = join(root, `layout-${randomUUID()}`);
  const digest = writeLayout(layout, plan);
  const { username, password } = registryUser;
  const credentials = auth === "none" ? [] : ["--dest-creds", `${username}:${password}`];
  for (const tag of tags) {
    const target = `docker://${host}/${repository}:${tag}`;
    const options = ["--all", "--preserve-digests", "--dest-tls-verify=false", ...credentials];
    await run("skopeo", ["--insecure-policy", "copy", "--quiet", ...options, `oci:${layout}`, target]);
  }
  return digest;
}

function tagMany(storage: string, repository: string, digest: string, tags: Iterable<string>): void {
  const folder = join(storage, "docker/registry/v2/repositories", repository, "_manifests/tags");
  for (const tag of tags) {
    mkdirSync(join(folder, tag, "current"), { recursive: true });
    writeFileSync(join(folder, tag, "current", "link"), digest);
  }
}

/** Gives tokens to the user, and to anybody for pulling from repositories below `public/`. */
async function startTokenServer(root: string, tokens: string[]): Promise<TokenServer> {
  const key = join(root, "token.key");
  const certificate = join(root, "token.crt");
  const subject = ["-subj", "/CN=test", "-days", "2"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
    stdio: "ignore",
  });
  const pem = readFileSync(certificate, "utf8");
  const x5c = [pem.replace(/-----[^-]+-----|\s/g, "")];
  const expected = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const given = /^Basic (.*)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined && given !== expected) {
      response
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "wrong password" }] }));
      return;
    }
    const scopes = url.searchParams.getAll("scope");
    tokens.push(`${given === undefined ? "anonymous" : "user"} ${scopes.join(" ")}`);
    const access = scopes.flatMap((scope) => {
      const [type, name = "", actions = ""] = scope.split(":");
      const allowed = given !== undefined ? actions.split(",") : name.startsWith("public/") ? ["pull"] : [];
      return allowed.length === 0 ? [] : [{ type, name, actions: allowed }];
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "test-issuer", sub: "ann", aud: "test-registry", access, jti: randomUUID() };
    const times = { exp: now + 300, nbf: now - 10, iat: now - 10 };
    const head = base64Url({ typ: "JWT", alg: "RS256", x5c });
    const body = `${head}.${base64Url({ ...claims, ...times })}`;
    const signature = createSign("RSA-SHA256").update(body).sign(readFileSync(key, "utf8"), "base64url");
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ token: `${body}.${signature}` }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { server, realm: `http://127.0.0.1:${port}/token`, certificate };
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createTcpServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
