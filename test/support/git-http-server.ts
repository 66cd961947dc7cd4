// A git server on loopback: `git http-backend` behind node:http, with basic authentication and ways to misbehave.
// Serves every repository below its root.
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** How the server behaves. Change it while it runs. */
export interface GitServerBehaviour {
  /** Asks for these; without them everyone may come. */
  user?: { readonly name: string; readonly password: string };
  /** Answers with this status and nothing else. */
  refuseWith?: number;
  /** Answers so many requests; every later one gets 500. */
  answersFirst?: number;
  /** Sends every request elsewhere. */
  redirectTo?: string;
  /** Takes requests whose path matches and never answers. */
  hangOn?: RegExp;
  /** Speaks TLS with this certificate; looked at once. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers as Gitea does when it is asked for its version. */
  giteaVersion?: string;
}

/** A running server. */
export interface GitServer {
  /** `http://127.0.0.1:PORT` (https with TLS), without a trailing slash. */
  readonly url: string;
  readonly behaviour: GitServerBehaviour;
  /** User names and passwords that arrived, in order. */
  readonly signIns: readonly string[];
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  /** Resolves once a request hangs. */
  readonly hanging: Promise<void>;
  close(): Promise<void>;
}

/** Serves the repositories below `root`. */
export async function startGitServer(root: string, behaviour: GitServerBehaviour = {}): Promise<GitServer> {
  const signIns: string[] = [];
  const requests: string[] = [];
  let onHanging = () => {};
  const hanging = new Promise<void>((done) => {
    onHanging = done;
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const given = /^Basic (.*)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined) signIns.push(Buffer.from(given, "base64").toString());
    requests.push(`${request.method} ${request.url}`);
    if (behaviour.hangOn?.test(request.url ?? "")) onHanging();
    else if (requests.length > (behaviour.answersFirst ?? Number.POSITIVE_INFINITY)) {
      response.writeHead(500).end();
    } else if (!refuse(behaviour, request, response)) serveGit(root, request, response);
  };
  const { tls } = behaviour;
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http${tls === undefined ? "" : "s"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour,
    signIns,
    requests,
    hanging,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** True when the request was answered with a no. */
function refuse(behaviour: GitServerBehaviour, request: IncomingMessage, response: ServerResponse): boolean {
  const { user, refuseWith, redirectTo, giteaVersion } = behaviour;
  if (giteaVersion !== undefined && request.url === "/api/v1/version") {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ version: giteaVersion }));
    return true;
  }
  if (redirectTo !== undefined) {
    response.writeHead(302, { location: `${redirectTo}${request.url}` }).end();
    return true;
  }
  if (refuseWith !== undefined) {
    response.writeHead(refuseWith).end();
    return true;
  }
  const expected = user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString("base64")}`;
  if (expected === undefined || request.headers.authorization === expected) return false;
  response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
  return true;
}

/** Answers a request of git's smart protocol for the repositories below `root`. */
export function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const backend = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"],
      CONTENT_LENGTH: request.headers["content-length"],
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
      GIT_PROTOCOL: request.headers["git-protocol"] as string | undefined,
      REMOTE_USER: "tester",
      REMOTE_ADDR: "127.0.0.1",
      GIT_CONFIG_NOSYSTEM: "1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  backend.stdin.on("error", () => {});
  request.pipe(backend.stdin);
  response.on("close", () => backend.kill());
  let head: Buffer | undefined = Buffer.alloc(0);
  backend.stdout.on("data", (chunk: Buffer) => {
    if (head === undefined) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    writeHead(head.subarray(0, end).toString(), response);
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  backend.stdout.on("end", () => response.end());
}

/** CGI's header lines; `Status` is the answer's own. */
function writeHead(text: string, response: ServerResponse): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
