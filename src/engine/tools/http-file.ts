// Gets one file over HTTP: with a user name and password, retries, a bound on its size, and not again while unchanged.
// Gives the file no meaning.
import { fetch, type Response } from "undici";
import { CodedError } from "../../base/errors";
import { shownUrl } from "./git-auth";
import { openHttpAgent } from "./http-agent";
import { defaultRetryPolicy, failureReason, sendWithRetries } from "./http-retry";
import { readUpTo } from "./read-body";

/** Why a file could not be had. */
export type HttpFileErrorCode = "auth" | "network" | "status" | "tooLarge";

/** A file that could not be had; the message is one sentence without secrets. */
export class HttpFileError extends CodedError<HttpFileErrorCode> {}

/** Marks by which a server knows a version of a file again. */
export interface FileMarks {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** What the server gave; undefined instead when the file is still the one with the given marks. */
export interface HttpFile extends FileMarks {
  readonly content: Buffer;
}

/**
 * Gets a file. Redirects are followed; the user name and password go to no other host. Those written into the URL count
 * when none are given, as with Go's client. Throws HttpFileError.
 */
export async function getFile(
  url: string,
  options: {
    readonly credentials?: { readonly username?: string; readonly password?: string };
    readonly insecureSkipTLSVerify?: boolean;
    readonly marks?: FileMarks;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  },
): Promise<HttpFile | undefined> {
  const { signal, maxBytes } = options;
  const agent = openHttpAgent(options);
  const shown = shownUrl(url);
  try {
    const { bare, written } = splitUser(url);
    const headers = requestHeaders(options.credentials ?? written, options.marks);
    const send = () => fetch(bare, { headers, signal, dispatcher: agent });
    const response = await sendWithRetries(send, defaultRetryPolicy, signal);
    if (response.status === 304) return undefined;
    if (response.status !== 200) {
      const code = response.status === 401 || response.status === 403 ? "auth" : "status";
      throw new HttpFileError(code, `${shown} was answered with HTTP ${response.status}`);
    }
    return { content: await readAll(response, shown, maxBytes), ...readMarks(response) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HttpFileError) throw error;
    throw new HttpFileError("network", `${shown} gave no answer: ${failureReason(error)}`, { cause: error });
  } finally {
    await agent.destroy();
  }
}

/** A URL without the user name and password in it, which `fetch` refuses to send. */
function splitUser(text: string): {
  readonly bare: string | URL;
  readonly written?: { readonly username: string; readonly password: string };
} {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username === "") return { bare: text };
  const written = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  url.username = "";
  url.password = "";
  return { bare: url, written };
}

function requestHeaders(
  credentials: { readonly username?: string; readonly password?: string } | undefined,
  marks: FileMarks = {},
): Record<string, string> {
  const { username = "", password = "" } = credentials ?? {};
  const pair = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
  return {
    ...(credentials && { authorization: `Basic ${pair}` }),
    ...(marks.etag !== undefined && { "if-none-match": marks.etag }),
    ...(marks.lastModified !== undefined && { "if-modified-since": marks.lastModified }),
  };
}

function readMarks({ headers }: Response): FileMarks {
  const etag = headers.get("etag");
  const lastModified = headers.get("last-modified");
  return { ...(etag && { etag }), ...(lastModified && { lastModified }) };
}

async function readAll(response: Response, shown: string, maxBytes: number): Promise<Buffer> {
  const bytes = await readUpTo(response.body, maxBytes);
  if (bytes === undefined)
    throw new HttpFileError("tooLarge", `${shown} is larger than ${maxBytes >> 20} MiB`);
  return bytes;
}
