// How a registry wants to be asked: its WWW-Authenticate challenges, and where tokens come from.
// Reads and writes text only; registry.ts sends the requests.
import { isObject } from "../../base/json";
import { RegistryError } from "./registry-error";

/** User name and password for a registry; either may be missing. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** One challenge of a WWW-Authenticate header. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads the challenges of a WWW-Authenticate header, in order (RFC 7235). */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /\s*,?\s*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;
  while (token.lastIndex < header.length) {
    const match = token.exec(header);
    if (match === null) break;
    const [, name = "", quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    const current = challenges.at(-1);
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else if (current !== undefined) current.parameters[name.toLowerCase()] = value;
  }
  return challenges;
}

/** The first challenge that can be met: Basic or Bearer. */
export function usableChallenge(header: string | null): Challenge | undefined {
  return parseChallenges(header ?? "").find(({ scheme }) => scheme === "basic" || scheme === "bearer");
}

/** The Authorization header for a user name and password. */
export function basicAuthorization({ username = "", password = "" }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

/** True when there are both a user name and a password; half of a pair is never sent. */
export function isComplete(credentials: RegistryCredentials | undefined): credentials is RegistryCredentials {
  return Boolean(credentials?.username) && Boolean(credentials?.password);
}

/** Where a token for these scopes is to be had (distribution specification, token authentication). */
export function tokenUrl(challenge: Challenge, scopes: readonly string[]): URL {
  const { realm, service } = challenge.parameters;
  if (!realm || !URL.canParse(realm)) {
    throw new RegistryError("protocol", "The registry asks for a token without saying where to get one");
  }
  const url = new URL(realm);
  url.searchParams.delete("scope");
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (service) url.searchParams.set("service", service);
  return url;
}

/** Reads a token answer; throws when there is no token in it. */
export function readToken(body: string): string {
  const value: unknown = parse(body);
  const token = isObject(value) ? value.access_token || value.token : undefined;
  if (typeof token !== "string" || token === "") {
    throw new RegistryError("protocol", "The registry's token service answered without a token");
  }
  return token;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
