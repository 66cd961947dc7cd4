// Authorization tokens of AWS ECR for long-lived access keys (pkg/credentials/ecr/access_key.go).
// Assumes no role: that needs an identity which only a cluster has.
import { AwsV4Signer } from "aws4fetch";
import { isObject } from "../../../base/json";
import { askForToken, refusal } from "./mint-request";
import type { MintedToken } from "./token-cache";

/** An access key and where it is valid. */
export interface EcrRequest {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a mint needs of its surroundings. */
export interface EcrParts {
  /** Address of the ECR service of a region. */
  readonly apiUrl: (region: string) => string;
  readonly now: () => Date;
}

/** Registries whose images and charts ECR keys are for; the group is the region. */
export const ecrRepository = /^[0-9]{12}\.dkr\.ecr\.(.+)\.amazonaws\.com\//;

const requestTimeoutMs = 60_000;
const target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";

/** ECR's own address. */
export function ecrApiUrl(region: string): string {
  return `https://api.ecr.${region}.amazonaws.com/`;
}

/** Asks for a token: base64 of a user name, a colon and a password. Throws Error. */
export async function mintEcrToken(request: EcrRequest, parts: EcrParts): Promise<MintedToken> {
  // It becomes part of a host name.
  if (!/^[a-z0-9-]+$/.test(request.region)) throw new Error("the AWS region is none");
  const signed = await new AwsV4Signer({
    ...request,
    url: parts.apiUrl(request.region),
    method: "POST",
    service: "ecr",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
    body: "{}",
    datetime: parts
      .now()
      .toISOString()
      .replace(/[:-]|\.\d{3}/g, ""),
    allHeaders: true,
  }).sign();
  const url = signed.url.href;
  const headers = Object.fromEntries(signed.headers);
  const answer = await askForToken(url, { method: "POST", headers, body: "{}", timeoutMs: requestTimeoutMs });
  if (answer.status !== 200) throw refusal("POST", url, answer);
  const [entry] = Array.isArray(answer.body.authorizationData) ? answer.body.authorizationData : [];
  if (!isObject(entry)) throw new Error("no authorization data returned");
  const { authorizationToken: value, expiresAt } = entry;
  if (typeof value !== "string") throw new Error("no authorization token returned");
  return typeof expiresAt === "number" ? { value, expiresAt: new Date(expiresAt * 1000) } : { value };
}

/** The user name and password in a token. Throws Error without the token in it. */
export function decodeEcrToken(token: string): { readonly username: string; readonly password: string } {
  const text = Buffer.from(token, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw new Error("invalid token format");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
