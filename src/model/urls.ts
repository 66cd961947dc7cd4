// Repository URLs brought to one spelling, so that two ways to write a repository compare equal (pkg/urls of Kargo).
// Checks nothing and reaches no network: what cannot be normalised comes back as it was.
import { goUrlText, hasQueryParameters, parseGoUrl, printGoUrl } from "../base/go-url";

/** An image reference taken apart; exactly one of tag and digest. */
export interface ImageName {
  /** Host and port; Docker Hub's is `index.docker.io`. */
  readonly registry: string;
  /** With `library/` where Docker Hub implies it. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Kinds of repositories a URL can name. */
export type RepoKind = "git" | "image" | "chart";

const scpSyntax = /^((?:[\w-]+@)?[\w-]+(?:\.[\w-]+)*)(?::(.*))?$/;

/** One spelling of a git URL: lower case, no trailing `/` or `.git`, no user in http(s); SCP form becomes `ssh://` (pkg/urls/git.go). */
export function normGit(repoURL: string): string {
  const url = sanitize(lower(repoURL));
  if (/^(https?|ssh):\/\//.test(url)) {
    const parsed = parseGoUrl(url);
    if (parsed === undefined || hasQueryParameters(parsed)) return repoURL;
    const { user, ...rest } = parsed;
    const keepsUser = parsed.scheme === "ssh" && user !== undefined;
    return printGoUrl({ ...rest, ...(keepsUser ? { user } : {}), path: trimGitPath(parsed.path) });
  }
  const scp = scpSyntax.exec(url);
  const parsed = scp === null ? undefined : parseGoUrl(scp[2] ?? "");
  if (parsed === undefined) return repoURL;
  const path = trimGitPath(parsed.path);
  return path === "" ? `ssh://${scp?.[1]}` : `ssh://${scp?.[1]}/${printGoUrl({ ...parsed, path })}`;
}

/** One spelling of an image repository: Docker Hub's host and `library/` vanish, a tag or digest too (pkg/urls/image.go). */
export function normImage(repoURL: string): string {
  const repository = parseRepository(sanitize(lower(repoURL)));
  if (repository === undefined) return repoURL;
  const { registry, path } = repository;
  if (registry === "index.docker.io" || registry === "registry-1.docker.io")
    return path.replace(/^library\//, "");
  return `${registry}/${path}`;
}

/**
 * Takes an image reference apart; undefined when it is none. Without a tag it means `latest`, and a tag in front of a
 * digest is dropped (go-containerregistry pkg/name ParseReference).
 */
export function parseImageName(reference: string): ImageName | undefined {
  const named = splitTag(reference);
  const repository = named === undefined ? undefined : splitRegistry(named);
  if (named !== undefined && repository !== undefined) {
    const tag = reference === named ? "latest" : reference.slice(named.length + 1);
    return { registry: repository.registry, repository: repository.path, tag };
  }
  const found = parseRepository(reference);
  const digest = reference.split("@")[1];
  return found && digest !== undefined
    ? { registry: found.registry, repository: found.path, digest }
    : undefined;
}

/** One spelling of a chart repository: without `oci://`, then as an image; http(s) URLs are only lower-cased (pkg/urls/chart.go). */
export function normChart(repoURL: string): string {
  const url = sanitize(repoURL);
  if (parseGoUrl(url) === undefined) return repoURL;
  return normImage(lower(url).replace(/^oci:\/\//, ""));
}

/** The key that tells charts of one repository apart: Go's path.Join of the normalised URL and the name. */
export function chartKey(repoURL: string | undefined, name: string | undefined): string {
  return joinPath(normChart(repoURL ?? ""), name ?? "");
}

/** Go's path.Join: joins what is not empty and cleans the result, so `//` collapses and trailing slashes vanish. */
export function joinPath(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  if (joined === "") return "";
  const rooted = joined.startsWith("/");
  const kept: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push(part);
  }
  return `${rooted ? "/" : ""}${kept.join("/")}` || ".";
}

/** Drops what cannot be printed (byte order marks, zero-width blanks, tabs), then blanks at both ends (pkg/urls/urls.go). */
function sanitize(url: string): string {
  return url.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "").replace(/^ +| +$/g, "");
}

/** Go lower-cases each code point by itself; JavaScript looks at neighbours. */
function lower(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the fast way out for plain ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return Array.from(text, (char) => (char === "\u0130" ? "i" : char.toLowerCase())).join("");
}

function trimGitPath(path: string): string {
  return path.replace(/\/$/, "").replace(/\.git$/, "");
}

/** Registry and path of an image reference, its tag or digest dropped (go-containerregistry pkg/name, weak validation). */
function parseRepository(reference: string): { registry: string; path: string } | undefined {
  const tagged = splitTag(reference);
  const repository = tagged === undefined ? undefined : splitRegistry(tagged);
  if (repository !== undefined) return repository;
  const [base = "", digest, ...more] = reference.split("@");
  if (more.length > 0 || !/^sha256:[0-9a-f]{64}$/.test(digest ?? "")) return undefined;
  const inner = splitTag(base);
  return (inner === undefined ? undefined : splitRegistry(inner)) ?? splitRegistry(base);
}

/** What stands before the tag; undefined when the tag is not one. */
function splitTag(reference: string): string | undefined {
  const colon = reference.lastIndexOf(":");
  if (colon < 0 || reference.slice(colon).includes("/")) return reference;
  return /^[\w.-]{1,128}$/.test(reference.slice(colon + 1)) ? reference.slice(0, colon) : undefined;
}

function splitRegistry(name: string): { registry: string; path: string } | undefined {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasRegistry = /[.:]/.test(first);
  const path = hasRegistry ? name.slice(slash + 1) : name;
  if (!/^[a-z0-9_./-]{2,255}$/.test(path)) return undefined;
  if (!hasRegistry) return { registry: "index.docker.io", path: withNamespace(path) };
  const authority = parseGoUrl(`//${first}`);
  if (authority === undefined || goUrlText(authority.host) !== first) return undefined;
  const registry = first === "docker.io" ? "index.docker.io" : first;
  return { registry, path: registry === "index.docker.io" ? withNamespace(path) : path };
}

function withNamespace(path: string): string {
  return path.includes("/") ? path : `library/${path}`;
}
