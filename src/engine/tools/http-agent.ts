// Connections for HTTP clients of the engine: proxies of the environment, certificate checks, and an end to silence.
// Sends no request by itself.
import { type Dispatcher, EnvHttpProxyAgent } from "undici";

/** How long a server may take to begin its answer; it bounds silence, not the length of a transfer. */
const headersTimeoutMs = 30_000;
const connectTimeoutMs = 30_000;
/** Never sent through a proxy, as in Go. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Opens connections for one client; close it when the client is done. */
export function openHttpAgent(options: { readonly insecureSkipTLSVerify?: boolean } = {}): Dispatcher {
  const connect = { timeout: connectTimeoutMs, rejectUnauthorized: options.insecureSkipTLSVerify !== true };
  const configured = process.env.no_proxy ?? process.env.NO_PROXY ?? "";
  return new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    headersTimeout: headersTimeoutMs,
    noProxy: configured === "*" ? configured : [configured, ...loopback].filter(Boolean).join(","),
  });
}
