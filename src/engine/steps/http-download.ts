// Step `http-download`: fetches a file into the work directory, whole or not at all.
// Sends nothing but GET; the step `http` does the rest.
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { posix } from "node:path";
import { goQuote } from "../../base/go-text";
import { type StepContext, StepError, type StepRunner } from "../promotion/step";
import { makeDirsInside, removeInside, replaceInside, statInside, withFile } from "../tools/files";
import type { HttpAnswer } from "../tools/http-request";
import { insideWorkDir } from "../tools/paths";
import { configuredMs, type ExchangeConfig, exchange, requestUrl } from "./http-exchange";
import { asFault, because, errored, erroredBecause } from "./step-failure";

/** Configuration of `http-download`. */
export interface HttpDownloadConfig extends ExchangeConfig {
  readonly outPath: string;
  readonly allowOverwrite?: boolean;
  /** Go duration; 5m when absent. */
  readonly timeout?: string;
}

const defaultTimeoutMs = 5 * 60_000;
const bodyContext = "failed to read response body";
const maxBytes = 100 * 1024 * 1024;

/** Runs `http-download` (pkg/promotion/runner/builtin/http_downloader.go). */
export const httpDownload: StepRunner<"http-download", HttpDownloadConfig, "network"> = {
  kind: "http-download",
  needs: ["network"],
  async run(context, config) {
    const target = await prepareTarget(context, config).catch((error) => {
      throw asFault(error, errored);
    });
    const url = asTerminal(() => requestUrl(config));
    const timeoutMs = timeoutOf(config);
    const { headers = [], insecureSkipTLSVerify = false } = config;
    const request = { url, method: "GET", headers, insecureSkipTLSVerify };
    try {
      await exchange(context, request, { timeoutMs, bodyContext }, (answer, signal) =>
        save(context, answer, target, signal).catch((error) => {
          throw signal.aborted ? error : asFault(error, errored);
        }),
      );
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof StepError) throw error;
      throw erroredBecause("error sending HTTP request", error);
    }
    return { status: "Succeeded" };
  },
};

function timeoutOf({ timeout }: HttpDownloadConfig): number {
  try {
    return configuredMs("timeout", timeout, defaultTimeoutMs);
  } catch (error) {
    throw erroredBecause("error creating HTTP client", error);
  }
}

async function prepareTarget(
  { workDir }: StepContext,
  { outPath, allowOverwrite }: HttpDownloadConfig,
): Promise<string> {
  const target = await because(`failed to join path ${goQuote(outPath)}`, insideWorkDir(workDir, outPath));
  if (allowOverwrite !== true) {
    const present = await because("error checking destination file", statInside(workDir, target));
    if (present !== undefined) {
      const message = `file already exists at ${outPath} and overwrite is not allowed`;
      throw new StepError("Errored", message, { terminal: true });
    }
  }
  const folder = posix.dirname(target);
  await because("failed to create destination directory", makeDirsInside(workDir, folder, 0o700));
  return target;
}

/** A request that cannot be built will not be better next time. */
function asTerminal<T>(build: () => T): T {
  try {
    return build();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StepError("Errored", `error building HTTP request: ${reason}`, { terminal: true, cause });
  }
}

async function save(
  context: StepContext,
  answer: HttpAnswer,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const { status, contentLength } = answer;
  if (status < 200 || status >= 300) {
    throw new StepError("Failed", `HTTP request failed with status ${status}`, { terminal: false });
  }
  if (contentLength !== undefined && contentLength > maxBytes) {
    throw new StepError("Failed", `download exceeds limit of ${maxBytes} bytes`, { terminal: true });
  }
  const { workDir } = context;
  const partial = `${target}.tmp${randomBytes(5).toString("hex")}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    await withFile(workDir, partial, flags, 0o600, async (file) => {
      let written = 0;
      try {
        for await (const chunk of answer.body) {
          signal.throwIfAborted();
          written += (chunk as Uint8Array).length;
          if (written > maxBytes) throw errored(`download exceeds limit of ${maxBytes} bytes`);
          await file.writeFile(chunk as Uint8Array);
        }
      } catch (error) {
        if (error instanceof StepError || signal.aborted) throw error;
        throw erroredBecause(bodyContext, error);
      }
    });
    await because(
      "failed to move file to final destination",
      replaceInside(workDir, partial, target, signal),
    );
  } finally {
    await removeInside(workDir, partial).catch(() => {});
  }
}
