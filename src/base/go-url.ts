// URLs as Go's net/url reads and prints them; JavaScript's own URL class normalises too much to compare with Kargo.
// Resolves no relative reference and knows no default ports.

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

/** Reads a URL as Go's url.Parse does; undefined where Go gives an error. */
export function parseGoUrl(text: string): GoUrl | undefined {
  const [main = "", ...fragments] = bytesOf(text).split("#");
  const rawFragment = fragments.join("#");
  const parsed = parseMain(main);
  const fragment = percentDecode(rawFragment, "fragment");
  if (parsed === undefined || fragment === undefined) return undefined;
  return {
    ...parsed,
    fragment,
    rawFragment: percentEncode(fragment, "fragment") === rawFragment ? "" : rawFragment,
  };
}

/** Prints a URL as Go's URL.String does. */
export function printGoUrl(url: GoUrl): string {
  let out = url.scheme === "" ? "" : `${url.scheme}:`;
  if (url.opaque !== "") out += url.opaque;
  else {
    out += printAuthority(url);
    const path = escapedPath(url);
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

/** True when the query holds at least one readable parameter (len(URL.Query()) > 0). */
export function hasQueryParameters(url: GoUrl): boolean {
  return url.rawQuery.split("&").some((pair) => {
    if (pair === "" || pair.includes(";")) return false;
    const [key = "", ...value] = pair.split("=");
    return percentDecode(key, "query") !== undefined && percentDecode(value.join("="), "query") !== undefined;
  });
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
    out += percentEncode(user.name, "user");
    if (user.password !== undefined) out += `:${percentEncode(user.password, "user")}`;
    out += "@";
  }
  return out + percentEncode(host, "host");
}

function escapedPath(url: GoUrl): string {
  return (
    spelling(url.rawPath, url.path, "path") ?? (url.path === "*" ? "*" : percentEncode(url.path, "path"))
  );
}

/** The spelling the URL came with, when it is valid and still means `decoded`. */
function spelling(raw: string, decoded: string, mode: "path" | "fragment"): string | undefined {
  const valid = [...raw].every((byte) => "!$&'()*+,;=:@[]%".includes(byte) || isPlain(byte, mode));
  return raw !== "" && valid && percentDecode(raw, mode) === decoded ? raw : undefined;
}

function parseMain(text: string): Omit<GoUrl, "fragment" | "rawFragment"> | undefined {
  const empty = { scheme: "", opaque: "", host: "", path: "", rawPath: "", rawQuery: "" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses exactly these
  if (/[\x00-\x1f\x7f]/.test(text) || text.startsWith(":")) return undefined;
  if (text === "*") return { ...empty, path: "*", forceQuery: false, omitHost: false };
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? "";
  const [hierarchy = "", ...queries] = text.slice(scheme === "" ? 0 : scheme.length + 1).split("?");
  const rawQuery = queries.join("?");
  const common = { ...empty, scheme: scheme.toLowerCase(), rawQuery, omitHost: false };
  const url = { ...common, forceQuery: queries.length === 1 && rawQuery === "" };
  if (!hierarchy.startsWith("/")) {
    if (scheme !== "") return { ...url, opaque: hierarchy };
    if (hierarchy.split("/", 1)[0]?.includes(":")) return undefined;
  }
  return parseHierarchy(url, hierarchy);
}

function parseHierarchy<T extends { readonly scheme: string }>(url: T, text: string) {
  let path = text;
  let authority: Pick<GoUrl, "host" | "user"> = { host: "" };
  let omitHost = false;
  if (text.startsWith("//") && (url.scheme !== "" || !text.startsWith("///"))) {
    const slash = text.indexOf("/", 2);
    const parsed = parseAuthority(url.scheme, text.slice(2, slash < 0 ? undefined : slash));
    if (parsed === undefined) return undefined;
    authority = parsed;
    path = slash < 0 ? "" : text.slice(slash);
  } else omitHost = url.scheme !== "" && text.startsWith("/");
  const decoded = percentDecode(path, "path");
  if (decoded === undefined) return undefined;
  const rawPath = percentEncode(decoded, "path") === path ? "" : path;
  return { ...url, ...authority, omitHost, path: decoded, rawPath };
}

function parseAuthority(scheme: string, text: string): Pick<GoUrl, "host" | "user"> | undefined {
  const at = text.lastIndexOf("@");
  const host = parseHost(scheme, text.slice(at + 1));
  if (host === undefined) return undefined;
  if (at < 0) return { host };
  const info = text.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) return undefined;
  const colon = info.indexOf(":");
  const name = percentDecode(colon < 0 ? info : info.slice(0, colon), "user");
  const password = colon < 0 ? undefined : percentDecode(info.slice(colon + 1), "user");
  if (name === undefined || (colon >= 0 && password === undefined)) return undefined;
  return { host, user: password === undefined ? { name } : { name, password } };
}

function parseHost(scheme: string, text: string): string | undefined {
  const bracket = text.lastIndexOf("[");
  if (bracket > 0) return undefined;
  if (bracket === 0) return parseIpLiteral(text);
  const strict = scheme === "http" || scheme === "https";
  const colon = strict ? text.indexOf(":") : text.lastIndexOf(":");
  if (colon >= 0 && !isPort(text.slice(colon))) return undefined;
  return percentDecode(text, "host");
}

function parseIpLiteral(text: string): string | undefined {
  const close = text.lastIndexOf("]");
  if (close < 0 || !isPort(text.slice(close + 1))) return undefined;
  const literal = text.slice(1, close);
  const zoneAt = literal.indexOf("%25");
  const address = percentDecode(zoneAt < 0 ? literal : literal.slice(0, zoneAt), "host");
  const zone = zoneAt < 0 ? "" : percentDecode(literal.slice(zoneAt), "zone");
  if (address === undefined || zone === undefined || zone === "%" || !isIpv6(address)) return undefined;
  return `[${address}${zone}]${text.slice(close + 1)}`;
}

function isPort(text: string): boolean {
  return /^(?::\d*)?$/.test(text);
}

/** True for an IPv6 address without zone, optionally ending in dotted decimals. */
function isIpv6(text: string): boolean {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (
    dotted !== null &&
    !(dotted[2] ?? "").split(".").every((n) => /^(0|[1-9]\d{0,2})$/.test(n) && +n < 256)
  ) {
    return false;
  }
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

/** Decodes `%XX`; undefined where Go refuses an escape or, in hosts, a byte. */
function percentDecode(text: string, mode: Mode): string | undefined {
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const byte = text.charAt(at);
    if (byte === "%") {
      const digits = text.slice(at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
      const value = String.fromCharCode(Number.parseInt(digits, 16));
      if (digits !== "25" && mode === "host" && value.charCodeAt(0) < 0x80) return undefined;
      if (digits !== "25" && mode === "zone" && value !== " " && !isPlain(value, "host")) return undefined;
      out += value;
      at += 2;
    } else {
      if ((mode === "host" || mode === "zone") && byte < "\x80" && !isPlain(byte, mode)) return undefined;
      out += byte === "+" && mode === "query" ? " " : byte;
    }
  }
  return out;
}

function bytesOf(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) out += String.fromCharCode(byte);
  return out;
}
