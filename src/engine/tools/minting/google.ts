// Access tokens for Google's Artifact Registry and Container Registry by a service account's key
// (pkg/credentials/gar/service_account_key.go). Impersonates nobody: that needs an identity which only a cluster has.
import { asString, isObject } from "../../../base/json";
import { askForToken, decodeBase64, refusal, signedJwt } from "./mint-request";
import type { MintedToken } from "./token-cache";

/** Registries of Google: Artifact Registry, and the older Container Registry. */
export const googleRepository = /^(?:.+-docker\.pkg\.dev\/|(?:.+\.)?gcr\.io\/)/;

/** User name that goes with an access token. */
export const googleUsername = "oauth2accesstoken";

const defaultTokenUrl = "https://oauth2.googleapis.com/token";
const scope = "https://www.googleapis.com/auth/devstorage.read_only";
const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const requestTimeoutMs = 60_000;
const jwtLifeSeconds = 3600;
/** Clocks differ (golang.org/x/oauth2/jws). */
const jwtBackdatingSeconds = 10;

/** Trades a base64-encoded key in JSON for a token; the key says where. Undefined when none is given. Throws Error. */
export async function mintGoogleToken(encodedKey: string, now: () => Date): Promise<MintedToken> {
  const key = parseKey(encodedKey);
  const issuedAt = Math.floor(now().getTime() / 1000) - jwtBackdatingSeconds;
  const claims = { iss: key.email, scope, aud: key.tokenUrl, iat: issuedAt, exp: issuedAt + jwtLifeSeconds };
  const assertion = signedJwt(key.id === "" ? {} : { kid: key.id }, claims, key.privateKey);
  const answer = await askForToken(key.tokenUrl, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: grantType, assertion }).toString(),
    timeoutMs: requestTimeoutMs,
  });
  if (answer.status < 200 || answer.status >= 300) throw refusal("POST", key.tokenUrl, answer);
  const value = asString(answer.body.access_token) ?? "";
  const seconds = answer.body.expires_in;
  if (typeof seconds !== "number" || seconds <= 0) return { value };
  return { value, expiresAt: new Date(now().getTime() + seconds * 1000) };
}

function parseKey(encoded: string) {
  const decoded = decodeBase64(encoded);
  if (decoded === undefined) throw new Error("error decoding service account key: it is no base64");
  const fault = "error parsing service account key";
  let key: unknown;
  try {
    key = JSON.parse(decoded.toString("utf8"));
  } catch {
    // What the parser says quotes the key.
    throw new Error(`${fault}: it is no JSON`);
  }
  if (!isObject(key) || key.type !== "service_account") throw new Error(`${fault}: it is of another type`);
  const tokenUrl = asString(key.token_uri) || defaultTokenUrl;
  if (!URL.canParse(tokenUrl) || !/^https?:$/.test(new URL(tokenUrl).protocol)) {
    throw new Error(`${fault}: token_uri is no web address`);
  }
  return {
    tokenUrl,
    email: asString(key.client_email) ?? "",
    privateKey: asString(key.private_key) ?? "",
    id: asString(key.private_key_id) ?? "",
  };
}
