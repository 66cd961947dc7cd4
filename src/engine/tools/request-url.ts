// URLs as Go's HTTP client sends, shows and follows them. How they are read and printed is base/go-url.ts.
import {
  bytesOf,
  escapedGoPath,
  escapeUnsafe,
  type GoUrl,
  goQuery,
  goUrlText,
  printGoQuery,
  printGoUrl,
  printGoUser,
  readGoUrl,
  withGoPath,
} from "../../base/go-url";

/** Reads the URL of a request. Throws an Error in Go's words: `parse "…": …`. */
export function parseRequestUrl(text: string): GoUrl {
  const url = readGoUrl(text);
  // Go's client drops an empty port as soon as it has a request.
  return { ...url, host: url.host.replace(/:$/, "") };
}

/** Host and port as text. */
export function hostOf({ host }: GoUrl): string {
  return goUrlText(host);
}

/** Where a request goes, without its query and user. */
export function requestPlace(url: GoUrl): string {
  return `${url.scheme}://${hostOf(url)}${escapedGoPath(url) || "/"}`;
}

/** What a client asks for: path and query, `/` when there is no path (net/url RequestURI). */
export function requestTarget(url: GoUrl): string {
  const { opaque, forceQuery, rawQuery } = url;
  // Go sends these raw, and servers answer 400; escaped they mean the same.
  const query = forceQuery || rawQuery !== "" ? `?${escapeUnsafe(rawQuery)}` : "";
  return (opaque || escapedGoPath(url) || "/") + query;
}

/** The URL as text with `***` for a password (net/http stripPassword). */
export function shownUrl(url: GoUrl): string {
  const { user } = url;
  const text = printGoUrl(url);
  if (user?.password === undefined) return text;
  // A name is escaped where it stands alone, and not beside a masked password.
  return text.replace(`${printGoUser(user)}@`, () => `${goUrlText(user.name)}:***@`);
}

/** Where a reference leads from a URL (net/url ResolveReference). Throws as parseRequestUrl. */
export function resolveReference(base: GoUrl, text: string): GoUrl {
  const reference = parseRequestUrl(text);
  const path = escapedGoPath(reference);
  if (reference.scheme !== "" || reference.host !== "" || reference.user !== undefined) {
    return withGoPath({ ...reference, scheme: reference.scheme || base.scheme }, withoutDots(path));
  }
  const { scheme, host, user } = base;
  const isSame = path === "" && !reference.forceQuery && reference.rawQuery === "";
  const { forceQuery, rawQuery } = isSame ? base : reference;
  const basePath = escapedGoPath(base);
  const folder = basePath.slice(0, basePath.lastIndexOf("/") + 1);
  const led = path === "" ? basePath : path.startsWith("/") ? path : `${folder}${path}`;
  const place = { ...reference, scheme, host, forceQuery, rawQuery, ...(user && { user }) };
  return withGoPath(place, withoutDots(led));
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
  const pairs = added.map(({ name, value }) => [bytesOf(name), bytesOf(value)] as const);
  return { ...url, rawQuery: printGoQuery([...goQuery(url), ...pairs]) };
}
