// URLs as Go's net/url reads and writes them: what it refuses, and the very bytes a Go client sends as path and query.
// Knows no HTTP; the URLs of the language and of Git have rules of their own elsewhere.
import { isIPv4, isIPv6 } from "node:net";
import { goQuote } from "../../base/go-text";

/** A URL in parts. Texts are as Go keeps them; `path` and `query` as they are sent. */
export interface GoUrl {
  /** Lower case; empty for a relative reference. */
  readonly scheme: string;
  /** What follows the scheme of a URL without slashes, as in `mailto:x`. */
  readonly opaque: string;
  readonly user?: { readonly name: string; readonly password?: string } | undefined;
  /** Host and port. */
  readonly host: string;
  /** True when a scheme is followed by one slash only. */
  readonly isHostless: boolean;
  readonly path: string;
  /** Without `?`; undefined when there is no question mark. */
  readonly query: string | undefined;
  /** Without `#`. */
  readonly fragment: string;
}

const sent = { path: /[A-Za-z0-9\-_.~$&+,/:;=@]/, user: /[A-Za-z0-9\-_.~$&+,;=]/, query: /[A-Za-z0-9\-_.~]/ };
/** Bytes of a path that stay as they were written, though they would be escaped otherwise. */
const keptPath = /^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]%/]*$/;
const hostText = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/;
const hostCharacter = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"\x80-\xff]/;

/** Reads a URL (net/url Parse). Throws an Error in Go's words: `parse "…": …`. */
export function parseGoUrl(text: string): GoUrl {
  const [before, fragment = ""] = cut(text, "#");
  const url = told(before, () => parse(bytesOf(before)));
  told(text, () => unescapeBytes(bytesOf(fragment)));
  return { ...url, fragment };
}

function told<T>(text: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Error(`parse ${goQuote(text)}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function parse(text: string): Omit<GoUrl, "fragment"> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error("net/url: invalid control character in URL");
  const none = { scheme: "", opaque: "", host: "", isHostless: false, query: undefined };
  if (text === "*") return { ...none, path: "*" };
  if (text.startsWith(":")) throw new Error("missing protocol scheme");
  const prefix = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  const scheme = (prefix?.[1] ?? "").toLowerCase();
  const [rest, query] = cut(text.slice(prefix?.[0].length ?? 0), "?");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...none, scheme, opaque: rest, path: "", query };
    if (cut(rest, "/")[0].includes(":")) throw new Error("first path segment in URL cannot contain colon");
  }
  if (rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"))) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    const at = parseAuthority(scheme, authority);
    return { ...none, ...at, scheme, path: parsePath(slash < 0 ? "" : rest.slice(slash)), query };
  }
  return { ...none, scheme, isHostless: scheme !== "" && rest.startsWith("/"), path: parsePath(rest), query };
}

function parseAuthority(scheme: string, authority: string): Pick<GoUrl, "user" | "host"> {
  const at = authority.lastIndexOf("@");
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at < 0) return { host };
  const info = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new Error("net/url: invalid userinfo");
  const [name, password] = cut(info, ":").map((part) => part && textOf(unescapeBytes(part)));
  return { host, user: { name: name ?? "", ...(password !== undefined && { password }) } };
}

function parseHost(scheme: string, host: string): string {
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) throw new Error("invalid IP-literal");
  if (bracket === 0) return parseIpLiteral(host);
  const isStrict = scheme === "http" || scheme === "https";
  const colon = isStrict ? host.indexOf(":") : host.lastIndexOf(":");
  if (colon >= 0) checkPort(host.slice(colon));
  // Its client drops an empty port as soon as it has a request.
  return textOf(unescapeHost(host)).replace(/:$/, "");
}

function parseIpLiteral(host: string): string {
  const end = host.lastIndexOf("]");
  if (end < 0) throw new Error("missing ']' in host");
  const port = host.slice(end + 1);
  checkPort(port);
  const address = unescapeBytes(host.slice(1, end));
  if (isIPv4(address)) throw new Error("invalid IP-literal");
  if (!isIPv6(address)) throw new Error(`invalid host: ParseAddr(${goQuote(address)}): unable to parse IP`);
  return `[${address}]${port.replace(/:$/, "")}`;
}

function checkPort(port: string): void {
  if (!/^(:\d*)?$/.test(port)) throw new Error(`invalid port ${goQuote(port)} after host`);
}

/** In a host only bytes beyond ASCII may be escaped. */
function unescapeHost(host: string): string {
  const wrong = [...host.replace(/%[0-9A-Fa-f]{2}/g, "")].find(
    (char) => char !== "%" && !hostCharacter.test(char),
  );
  const escaped = /%(?!25)[0-7][0-9A-Fa-f]/.exec(host)?.[0];
  if (escaped !== undefined) throw new Error(`invalid URL escape ${goQuote(escaped)}`);
  const bytes = unescapeBytes(host);
  if (wrong !== undefined) throw new Error(`invalid character ${goQuote(wrong)} in host name`);
  return bytes;
}

/** The path as it is sent: as written where that is allowed, else escaped anew. */
function parsePath(text: string): string {
  const bytes = unescapeBytes(text);
  return keptPath.test(text) ? text : escapeBytes(bytes, sent.path);
}

/** What a client asks for: path and query, `/` when there is no path (net/url RequestURI). */
export function requestTarget({ opaque, path, query }: GoUrl): string {
  // Go sends these raw, and servers answer 400; escaped they mean the same.
  const safe = query?.replace(/[^\x21-\x7e]/g, (char) => escapeBytes(char, sent.query));
  return (opaque || path || "/") + (safe === undefined ? "" : `?${safe}`);
}

/** The URL as text with `***` for a password (net/http stripPassword). */
export function shownUrl(url: GoUrl): string {
  const { scheme, opaque, user, host, isHostless, path, query, fragment } = url;
  const rest = `${path}${query === undefined ? "" : `?${textOf(query)}`}${fragment === "" ? "" : `#${fragment}`}`;
  const start = scheme === "" ? "" : `${scheme}:`;
  if (opaque !== "") return start + opaque + rest;
  const isBare = host === "" && user === undefined && (isHostless || scheme === "" || path === "");
  if (isBare) return start + rest;
  return `${start}//${shownUser(user)}${escapeBytes(bytesOf(host), hostText)}${path !== "" && !path.startsWith("/") ? "/" : ""}${rest}`;
}

/** Go escapes a name only where it stands alone. */
function shownUser(user: GoUrl["user"]): string {
  if (user === undefined) return "";
  return user.password === undefined ? `${escapeBytes(bytesOf(user.name), sent.user)}@` : `${user.name}:***@`;
}

/** Where a reference leads from a URL (net/url ResolveReference). Throws as parseGoUrl. */
export function resolveGoUrl(base: GoUrl, text: string): GoUrl {
  const reference = parseGoUrl(text);
  const scheme = reference.scheme || base.scheme;
  if (reference.scheme !== "" || reference.host !== "" || reference.user !== undefined) {
    return { ...reference, scheme, path: withoutDots(reference.path) };
  }
  const { host, user } = base;
  const isSame = reference.path === "" && reference.query === undefined;
  const query = isSame ? base.query : reference.query;
  const folder = base.path.slice(0, base.path.lastIndexOf("/") + 1);
  const path = reference.path.startsWith("/") ? reference.path : `${folder}${reference.path}`;
  return {
    ...reference,
    scheme,
    host,
    user,
    query,
    path: withoutDots(reference.path === "" ? base.path : path),
  };
}

function withoutDots(path: string): string {
  if (path === "") return "";
  const kept: string[] = [];
  const names = path.replace(/^\//, "").split("/");
  for (const name of names) {
    if (name === "..") kept.pop();
    else if (name !== ".") kept.push(name);
  }
  if (/^\.\.?$/.test(names.at(-1) ?? "")) kept.push("");
  return `/${kept.join("/")}`.replace(/^\/\//, "/");
}

/**
 * The URL with parameters added and its whole query written anew: sorted by name, and without what Go cannot read
 * (net/url Query, Values.Encode).
 */
export function withParameters(
  url: GoUrl,
  added: readonly { readonly name: string; readonly value: string }[],
): GoUrl {
  const pairs: [string, string][] = [];
  for (const part of (url.query ?? "").split("&")) {
    if (part === "" || part.includes(";")) continue;
    const [name, value = ""] = cut(part, "=");
    try {
      pairs.push([unescapeQuery(name), unescapeQuery(value)]);
    } catch {
      // Go leaves it out as well.
    }
  }
  pairs.push(...added.map(({ name, value }): [string, string] => [bytesOf(name), bytesOf(value)]));
  const sorted = pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    ...url,
    query: sorted.map(([name, value]) => `${escapeQuery(name)}=${escapeQuery(value)}`).join("&"),
  };
}

function unescapeQuery(text: string): string {
  return unescapeBytes(text.replaceAll("+", " "));
}

function escapeQuery(bytes: string): string {
  return escapeBytes(bytes, sent.query).replaceAll("%20", "+");
}

function unescapeBytes(text: string): string {
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0];
  if (wrong !== undefined) throw new Error(`invalid URL escape ${goQuote(textOf(wrong))}`);
  return text.replace(/%(..)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function escapeBytes(bytes: string, kept: RegExp): string {
  const escaped = (char: string): string => {
    if (kept.test(char)) return char;
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  };
  return Array.from(bytes, escaped).join("");
}

/** The text up to the first separator, and what follows it; undefined when there is none. */
function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** UTF-8 bytes, one in each character. */
function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
