// A real Prometheus on loopback that scrapes an exporter of the test.
// Everything lives below one directory and ends with `stop`.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A running Prometheus and what it scrapes. */
export interface TestPrometheus {
  readonly address: string;
  /** What the exporter says from now on, in Prometheus' text format. */
  setMetrics(text: string): void;
  /** Resolves once the query gives a sample. */
  untilSampled(query: string): Promise<void>;
  stop(): Promise<void>;
}

/** Why tests with Prometheus cannot run here, or false. */
export function missingPrometheus(): string | false {
  const { error } = spawnSync("prometheus", ["--version"], { stdio: "ignore" });
  return error === undefined ? false : "prometheus is missing";
}

/** Starts a Prometheus whose files live in `root`; it scrapes five times a second. */
export async function startPrometheus(root: string, metrics: string): Promise<TestPrometheus> {
  let text = metrics;
  const exporter = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => exporter.listen(0, "127.0.0.1", resolve));
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  mkdirSync(root, { recursive: true });
  const config = join(root, "prometheus.yml");
  const scrape = `scrape_configs: [{job_name: test, static_configs: [{targets: ["${target}"]}]}]`;
  writeFileSync(config, `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n${scrape}\n`);
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(root, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=error",
  ];
  const child = spawn("prometheus", args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-4000);
  });
  const url = `http://${address}`;
  const stop = async () => {
    await ended(child);
    exporter.closeAllConnections();
    await new Promise((resolve) => exporter.close(resolve));
  };
  try {
    await until(
      child,
      () => log,
      async () => (await fetch(`${url}/-/ready`)).ok,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address: url,
    setMetrics: (next) => {
      text = next;
    },
    untilSampled: (query) =>
      until(
        child,
        () => log,
        async () => {
          const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
          const { data } = (await answer.json()) as { data: { result: unknown[] } };
          return data.result.length > 0;
        },
      ),
    stop,
  };
}

async function until(child: ChildProcess, log: () => string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}: ${log()}`);
    if (await isSo().catch(() => false)) return;
    await delay(100);
  }
  throw new Error(`prometheus is not ready after 30 s: ${log()}`);
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
