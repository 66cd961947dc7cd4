// A small HTTP server on loopback for one test file: answers by path, and keeps what it was asked.
// Checks nothing.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before } from "node:test";

/** Answers by path, without the query. */
export type Routes = Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>;

/** A request with its whole body. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Names and values by turns, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Serves `routes` while the tests of the file run; another path is 404. `base` is set before the first of them. */
export function serveRoutes(routes: Routes): { base: string; seen: SeenRequest[] } {
  const served = { base: "", seen: [] as SeenRequest[] };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { method = "", url = "", headers, rawHeaders } = request;
      served.seen.push({ method, url, headers, rawHeaders, body });
      const route = routes[url.split("?")[0] ?? ""];
      if (route === undefined) response.writeHead(404).end();
      else route(request, response);
    });
  });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    served.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return served;
}
