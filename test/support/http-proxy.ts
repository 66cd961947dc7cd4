// A small HTTP server in front of another: forwards, records, and does what a test tells it to instead.
// Loopback only; speaks TLS when it is given a certificate.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** Answers a request itself, or returns false to have it forwarded. */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  upstream: (path: string) => Promise<Buffer>,
) => boolean | Promise<boolean>;

/** A running proxy. */
export interface TestProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts a proxy in front of `target` (`host:port`, plain HTTP), or a server that stands alone. */
export async function startProxy(
  target: string | undefined,
  intercept: Intercept = () => false,
  certificate?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<TestProxy> {
  const requests: string[] = [];
  const upstream = (path: string) => read(target ?? "", path);
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    void Promise.resolve(intercept(incoming, response, upstream)).then((handled) => {
      if (handled) return;
      if (target === undefined) response.writeHead(404).end();
      else forward(target, incoming, response);
    });
  };
  const server = certificate ? createSecureServer(certificate, answer) : createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Serves a list of tags in pages, as a registry that pages would; for proxies in front of one that does not. */
export const pageTags: Intercept = async (incoming, response, upstream) => {
  const url = new URL(incoming.url ?? "", "http://localhost");
  if (!url.pathname.endsWith("/tags/list")) return false;
  const { name, tags } = JSON.parse((await upstream(url.pathname)).toString("utf8")) as {
    name: string;
    tags: string[];
  };
  const size = Number(url.searchParams.get("n") ?? 100);
  const start = url.searchParams.has("last") ? tags.indexOf(url.searchParams.get("last") ?? "") + 1 : 0;
  const page = tags.slice(start, start + size);
  const last = page.at(-1) ?? "";
  const more = start + size < tags.length;
  response.writeHead(200, {
    "content-type": "application/json",
    ...(more && { link: `<${url.pathname}?n=${size}&last=${encodeURIComponent(last)}>; rel="next"` }),
  });
  response.end(JSON.stringify({ name, tags: page }));
  return true;
};

function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const [host, port] = target.split(":");
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}

function read(target: string, path: string): Promise<Buffer> {
  return new Promise((done, fail) => {
    request(`http://${target}${path}`, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => done(Buffer.concat(chunks)));
    })
      .on("error", fail)
      .end();
  });
}
