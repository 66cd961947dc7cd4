// URLs as Go's net/url reads and prints them; JavaScript's own URL class normalises too much to compare with Kargo.
// Resolves no relative reference and knows no default ports.
import { goQuote } from "./go-text";
import { compareBytewise } from "./text";

/** Parts of a URL. User, host, path and fragment are decoded, one character per byte: `goUrlText` makes text of them. */
export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  readonly user?: { readonly name: string; readonly password?: string };
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly forceQuery: boolean;
  readonly rawQuery: string;
  readonly fragment: string;
  readonly rawFragment: string;
  readonly omitHost: boolean;
}

type Mode = "path" | "host" | "zone" | "user" | "query" | "fragment";

const unreserved = "-._~";
/** Punctuation that needs no escape in each part (net/url encoding_table.go). */
const plain: Readonly<Record<Mode, string>> = {
  path: `${unreserved}$&+,/:;=@`,
  host: `${unreserved}!"$&'()*+,:;<=>[]`,
  zone: `${unreserved}!"$&'()*+,:;<=>[]`,
  user: `${unreserved}$&+,;=`,
  query: unreserved,
  fragment: `${unreserved}!$&()*+,/:;=?@`,
};

/** What Go says about a text that is no URL. */
class UrlFault extends Error {}

/** Reads a URL as Go's url.Parse does; undefined where Go gives an error. */
export function parseGoUrl(text: string): GoUrl | undefined {
  try {
    return readGoUrl(text);
  } catch (error) {
    if (error instanceof UrlFault) return undefined;
    throw error;
  }
}

/** Reads a URL as Go's url.Parse does. Throws an Error in Go's words: `parse "…": …`. */
export function readGoUrl(text: string): GoUrl {
  const [main = "", ...fragments] = bytesOf(text).split("#");
  const rawFragment = fragments.join("#");
  const parsed = told(goUrlText(main), () => parseMain(main));
  const fragment = told(text, () => percentDecode(rawFragment, "fragment"));
  return {
    ...parsed,
    fragment,
    rawFragment: percentEncode(fragment, "fragment") === rawFragment ? "" : rawFragment,
  };
}

function told<T>(text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UrlFault) throw new UrlFault(`parse ${goQuote(text)}: ${error.message}`);
    throw error;
  }
}

/** The URL with another path, which is given as it is to be sent (URL.setPath). */
export function withGoPath(url: GoUrl, escaped: string): GoUrl {
  return { ...url, ...pathParts(escaped) };
}

/** Prints a URL as Go's URL.String does. */
export function printGoUrl(url: GoUrl): string {
  let out = url.scheme === "" ? "" : `${url.scheme}:`;
  if (url.opaque !== "") out += url.opaque;
  else {
    out += printAuthority(url);
    const path = escapedGoPath(url);
    if (path !== "" && !path.startsWith("/") && url.host !== "") out += "/";
    if (out === "" && path.split("/", 1)[0]?.includes(":")) out += "./";
    out += path;
  }
  if (url.forceQuery || url.rawQuery !== "") out += `?${url.rawQuery}`;
  if (url.fragment !== "") {
    out += `#${spelling(url.rawFragment, url.fragment, "fragment") ?? percentEncode(url.fragment, "fragment")}`;
  }
  return goUrlText(out);
}

/** A parameter of a query; characters are bytes, as in the other parts. */
export type GoQueryPair = readonly [name: string, value: string];

/** The parameters of a query in written order, without those that Go cannot read (URL.Query). */
export function goQuery({ rawQuery }: GoUrl): GoQueryPair[] {
  return rawQuery.split("&").flatMap((pair): GoQueryPair[] => {
    if (pair === "" || pair.includes(";")) return [];
    const [name = "", ...value] = pair.split("=");
    try {
      return [[percentDecode(name, "query"), percentDecode(value.join("="), "query")]];
    } catch (error) {
      if (error instanceof UrlFault) return [];
      throw error;
    }
  });
}

/** True when the query holds at least one readable parameter (len(URL.Query()) > 0). */
export function hasQueryParameters(url: GoUrl): boolean {
  return goQuery(url).length > 0;
}

/** Prints parameters as a query, sorted by name (Values.Encode). */
export function printGoQuery(pairs: readonly GoQueryPair[]): string {
  const escaped = (text: string) => percentEncode(text, "query").replaceAll("%20", "+");
  return [...pairs]
    .sort(([a], [b]) => compareBytewise(a, b))
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join("&");
}

/** Bytes that a query may not hold, escaped; the rest as it is. */
export function escapeUnsafe(query: string): string {
  return query.replace(/[^\x21-\x7e]/g, (byte) => percentEncode(byte, "query"));
}

/** The text of a decoded part, whose characters are bytes of UTF-8. */
export function goUrlText(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

function printAuthority(url: GoUrl): string {
  const { scheme, host, user } = url;
  if (scheme === "" && host === "" && user === undefined) return "";
  if (url.omitHost && host === "" && user === undefined) return "";
  let out = host !== "" || url.path !== "" || user !== undefined ? "//" : "";
  if (user !== undefined) {
    out += `${printGoUser(user)}@`;
  }
  return out + percentEncode(host, "host");
}

/** Prints user and password as Go's Userinfo.String does. */
export function printGoUser({ name, password }: NonNullable<GoUrl["user"]>): string {
  const rest = password === undefined ? "" : `:${percentEncode(password, "user")}`;
  return percentEncode(name, "user") + rest;
}

/** The path as it is sent (URL.EscapedPath). */
export function escapedGoPath(url: GoUrl): string {
  return (
    spelling(url.rawPath, url.path, "path") ?? (url.path === "*" ? "*" : percentEncode(url.path, "path"))
  );
}

/** The spelling the URL came with, when it is valid and still means `decoded`. */
function spelling(raw: string, decoded: string, mode: "path" | "fragment"): string | undefined {
  const valid = [...raw].every((byte) => "!$&'()*+,;=:@[]%".includes(byte) || isPlain(byte, mode));
  return raw !== "" && valid && isSpellingOf(raw, decoded, mode) ? raw : undefined;
}

function isSpellingOf(raw: string, decoded: string, mode: "path" | "fragment"): boolean {
  try {
    return percentDecode(raw, mode) === decoded;
  } catch (error) {
    if (error instanceof UrlFault) return false;
    throw error;
  }
}

function parseMain(text: string): Omit<GoUrl, "fragment" | "rawFragment"> {
  const empty = { scheme: "", opaque: "", host: "", path: "", rawPath: "", rawQuery: "" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses exactly these
  if (/[\x00-\x1f\x7f]/.test(text)) throw new UrlFault("net/url: invalid control character in URL");
  if (text.startsWith(":")) throw new UrlFault("missing protocol scheme");
  if (text === "*") return { ...empty, path: "*", forceQuery: false, omitHost: false };
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? "";
  const [hierarchy = "", ...queries] = text.slice(scheme === "" ? 0 : scheme.length + 1).split("?");
  const rawQuery = queries.join("?");
  const common = { ...empty, scheme: scheme.toLowerCase(), rawQuery, omitHost: false };
  const url = { ...common, forceQuery: queries.length === 1 && rawQuery === "" };
  if (!hierarchy.startsWith("/")) {
    if (scheme !== "") return { ...url, opaque: hierarchy };
    if (hierarchy.split("/", 1)[0]?.includes(":"))
      throw new UrlFault("first path segment in URL cannot contain colon");
  }
  return parseHierarchy(url, hierarchy);
}

function parseHierarchy<T extends { readonly scheme: string }>(url: T, text: string) {
  let path = text;
  let authority: Pick<GoUrl, "host" | "user"> = { host: "" };
  let omitHost = false;
  if (text.startsWith("//") && (url.scheme !== "" || !text.startsWith("///"))) {
    const slash = text.indexOf("/", 2);
    authority = parseAuthority(url.scheme, text.slice(2, slash < 0 ? undefined : slash));
    path = slash < 0 ? "" : text.slice(slash);
  } else omitHost = url.scheme !== "" && text.startsWith("/");
  return { ...url, ...authority, omitHost, ...pathParts(path) };
}

function pathParts(escaped: string): Pick<GoUrl, "path" | "rawPath"> {
  const path = percentDecode(escaped, "path");
  return { path, rawPath: percentEncode(path, "path") === escaped ? "" : escaped };
}

function parseAuthority(scheme: string, text: string): Pick<GoUrl, "host" | "user"> {
  const at = text.lastIndexOf("@");
  const host = parseHost(scheme, text.slice(at + 1));
  if (at < 0) return { host };
  const info = text.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new UrlFault("net/url: invalid userinfo");
  const colon = info.indexOf(":");
  const name = percentDecode(colon < 0 ? info : info.slice(0, colon), "user");
  const password = colon < 0 ? undefined : percentDecode(info.slice(colon + 1), "user");
  return { host, user: password === undefined ? { name } : { name, password } };
}

function parseHost(scheme: string, text: string): string {
  const bracket = text.lastIndexOf("[");
  if (bracket > 0) throw new UrlFault("invalid IP-literal");
  if (bracket === 0) return parseIpLiteral(text);
  const strict = scheme === "http" || scheme === "https";
  const colon = strict ? text.indexOf(":") : text.lastIndexOf(":");
  if (colon >= 0) checkPort(text.slice(colon));
  return percentDecode(text, "host");
}

function parseIpLiteral(text: string): string {
  const close = text.lastIndexOf("]");
  if (close < 0) throw new UrlFault("missing ']' in host");
  checkPort(text.slice(close + 1));
  const literal = text.slice(1, close);
  const zoneAt = literal.indexOf("%25");
  const address = percentDecode(zoneAt < 0 ? literal : literal.slice(0, zoneAt), "host");
  const zone = zoneAt < 0 ? "" : percentDecode(literal.slice(zoneAt), "zone");
  if (isIpv4(address)) throw new UrlFault("invalid IP-literal");
  if (zone === "%" || !isIpv6(address)) {
    throw new UrlFault(`invalid host: ParseAddr(${quoted(address + zone)}): unable to parse IP`);
  }
  return `[${address}${zone}]${text.slice(close + 1)}`;
}

function checkPort(text: string): void {
  if (!/^(?::\d*)?$/.test(text)) throw new UrlFault(`invalid port ${quoted(text)} after host`);
}

function quoted(bytes: string): string {
  return goQuote(goUrlText(bytes));
}

function isIpv4(text: string): boolean {
  return (
    /^(?:\d+\.){3}\d+$/.test(text) && text.split(".").every((n) => /^(0|[1-9]\d{0,2})$/.test(n) && +n < 256)
  );
}

/** True for an IPv6 address without zone, optionally ending in dotted decimals. */
function isIpv6(text: string): boolean {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null && !isIpv4(dotted[2] ?? "")) return false;
  const hex = dotted === null ? text : `${dotted[1]}0:0`;
  const halves = hex.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function isPlain(byte: string, mode: Mode): boolean {
  return /[A-Za-z0-9]/.test(byte) || plain[mode].includes(byte);
}

function percentEncode(text: string, mode: Mode): string {
  let out = "";
  for (const byte of text) {
    if (isPlain(byte, mode)) out += byte;
    else out += `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

/** Decodes `%XX`. Throws UrlFault where Go refuses an escape or, in hosts, a byte. */
function percentDecode(text: string, mode: Mode): string {
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const byte = text.charAt(at);
    if (byte === "%") {
      const escaped = text.slice(at, at + 3);
      const value = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
      if (!/^%[0-9a-fA-F]{2}$/.test(escaped) || isRefused(escaped, value, mode))
        throw new UrlFault(`invalid URL escape ${quoted(escaped)}`);
      out += value;
      at += 2;
    } else {
      if ((mode === "host" || mode === "zone") && byte < "\x80" && !isPlain(byte, mode))
        throw new UrlFault(`invalid character ${quoted(byte)} in host name`);
      out += byte === "+" && mode === "query" ? " " : byte;
    }
  }
  return out;
}

/** In a host only bytes beyond ASCII may be escaped, and `%25` before a zone. */
function isRefused(escaped: string, value: string, mode: Mode): boolean {
  if (escaped === "%25") return false;
  return mode === "host" ? value < "\x80" : mode === "zone" && value !== " " && !isPlain(value, "host");
}

/** A text as the decoded parts are kept: one character for each byte of its UTF-8. */
export function bytesOf(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) out += String.fromCharCode(byte);
  return out;
}
