// Pull requests of Azure DevOps Services (pkg/gitprovider/azure).
// Does not know Azure DevOps Server, whose address could be anything.
import { setTimeout as sleep } from "node:timers/promises";
import { isObject } from "../../../base/json";
import {
  about,
  type MergeOptions,
  type NewPullRequest,
  type ProviderOptions,
  type PullRequest,
  PullRequestError,
  type PullRequestFilter,
  type PullRequestProvider,
  type RepositoryAddress,
  unsupportedMethod,
} from "./provider";
import {
  listIn,
  numberAt,
  objectIn,
  type RestAnswer,
  RestClient,
  type RestRequest,
  statusLine,
  textAt,
  valueAt,
} from "./rest";

/** Azure takes any word for a method, so it is checked here. */
const mergeMethods = ["noFastForward", "rebase", "rebaseMerge", "squash"];
const modernHost = "dev.azure.com";
const legacySuffix = "visualstudio.com";
/** The service's area for Git, by which it tells where its endpoints are. */
const gitArea = "4e080c62-fa21-4fbc-8fef-2a10a2b38049";
const apiVersion = "7.1";
/** A merge happens in the background; this is how long it is looked at before a later run takes over. */
const mergeLooks = 10;
const mergePauseMs = 1_000;

/** Opens an Azure repository's pull requests; asks where Git's endpoints are first. Throws PullRequestError. */
export async function openAzure(options: ProviderOptions): Promise<PullRequestProvider> {
  const client = await AzureClient.open(options);
  const wait = options.wait ?? (async (ms, signal) => void (await sleep(ms, undefined, { signal })));
  const pause = () => wait(mergePauseMs, options.signal);
  return {
    create: (request) => create(client, request),
    get: async (id) => convert(await get(client, id), id),
    listOpen: (filter) => listOpen(client, filter),
    merge: (id, mergeOptions) => merge(client, id, mergeOptions, pause),
    close: () => client.close(),
  };
}

interface AzureRepository {
  readonly organization: string;
  readonly project: string;
  readonly name: string;
}

class AzureClient {
  readonly repository: AzureRepository;
  readonly #rest: RestClient;

  private constructor(repository: AzureRepository, rest: RestClient) {
    this.repository = repository;
    this.#rest = rest;
  }

  static async open(options: ProviderOptions): Promise<AzureClient> {
    const { token = "", apis } = options;
    if (token === "") {
      throw new PullRequestError("token", "token is required for Azure DevOps provider");
    }
    const repository = parseAddress(options.repository);
    const baseUrl = `${apis?.azure ?? `https://${modernHost}`}/${encodeURIComponent(repository.organization)}`;
    const basic = Buffer.from(`:${token}`).toString("base64");
    const makeRest = (base: string) =>
      new RestClient({
        baseUrl: base,
        headers: {
          accept: `application/json;api-version=${apiVersion}`,
          authorization: `Basic ${basic}`,
          "x-tfs-fedauthredirect": "Suppress", // a refusal instead of a page to sign in on
        },
        secretHeaders: ["authorization"],
        secrets: [token, basic],
        signal: options.signal, // insecureSkipTLSVerify has no effect here
      });
    const rest = makeRest(baseUrl);
    let gitUrl: string;
    try {
      gitUrl = await about("error creating Azure DevOps client", findGitArea(rest, baseUrl));
    } catch (error) {
      await rest.close();
      throw error;
    }
    if (gitUrl === baseUrl) return new AzureClient(repository, rest);
    await rest.close();
    return new AzureClient(repository, makeRest(gitUrl));
  }

  /** Sends a request about the project's repositories. Throws PullRequestError for every answer but a success. */
  async send(
    method: RestRequest["method"],
    path: string,
    more: Pick<RestRequest, "body" | "query"> = {},
  ): Promise<RestAnswer> {
    const project = encodeURIComponent(this.repository.project);
    const full = `${project}/_apis/git/repositories/${path}`;
    return checked(this.#rest, await this.#rest.send({ method, path: full, ...more }));
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }
}

/** Where Git's endpoints are; the organisation's own address when the server lists no areas. */
async function findGitArea(rest: RestClient, baseUrl: string): Promise<string> {
  const answer = checked(rest, await rest.send({ method: "GET", path: "_apis/resourceAreas" }));
  const areas = listIn(answer, valueAt(answer.json, "value"));
  if (areas.length === 0) return baseUrl;
  const url = textAt(
    areas.find((area) => textAt(area, "id").toLowerCase() === gitArea),
    "locationUrl",
  );
  if (url === "") {
    throw new PullRequestError("protocol", `resource area ${gitArea} is not registered at ${baseUrl}`);
  }
  // The token goes there, so it must not go in the clear where it has not been in the clear before.
  if (!url.startsWith("https://") && new URL(url).origin !== new URL(baseUrl).origin) {
    throw new PullRequestError("protocol", `${baseUrl} names an address for Git that is not https: ${url}`);
  }
  return url.replace(/\/+$/, "");
}

function checked(rest: RestClient, answer: RestAnswer): RestAnswer {
  const { status, method, url, json } = answer;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && json !== undefined) return answer;
  if (isSuccess) {
    // What Azure does with a token it does not know: a page to sign in on, and 203.
    const told = `${method} ${url}: HTTP ${status} with an answer that is no JSON; the token may not be valid`;
    throw new PullRequestError("protocol", told, { status });
  }
  const reason = rest.mask(reasonIn(answer));
  throw new PullRequestError("status", reason || rest.mask(bareRefusal(answer)), { status, reason });
}

/** What Azure itself says of a refusal; empty when it says nothing. */
function reasonIn({ json, text, headers }: RestAnswer): string {
  if (headers.get("content-type")?.includes("text/plain") === true) return text.slice(0, 500);
  return textAt(json, "message") || textAt(json, "value", "Message");
}

/** A refusal without a word, as Kargo's client tells it (azuredevops/v7 client.go UnwrapError). */
function bareRefusal({ json, text, status }: RestAnswer): string {
  if (text === "") return `Request returned status: ${statusLine(status)}`;
  return json === undefined
    ? `HTTP ${status} with an answer that is no JSON`
    : `REST call returned status code ${status}`;
}

/** `/org/project/_git/repo` of dev.azure.com, or `/project/_git/repo` of `org.visualstudio.com`. */
function parseAddress({ host, path, shown }: RepositoryAddress): AzureRepository {
  const parts = path.split("/");
  const unreadable = () => {
    const text = `could not extract repository organization, project, and name from URL "${shown}"`;
    return new PullRequestError("address", text);
  };
  if (host === modernHost) {
    const [, organization = "", project = "", , name = ""] = parts;
    if (parts.length !== 5) throw unreadable();
    return { organization, project, name };
  }
  if (host.endsWith(legacySuffix)) {
    const [, project = "", , name = ""] = parts;
    if (parts.length !== 4) throw unreadable();
    return { organization: host.replace(/\.visualstudio\.com$/, ""), project, name };
  }
  throw new PullRequestError("address", `unsupported host "${host}"`);
}

async function create(client: AzureClient, request: NewPullRequest): Promise<PullRequest> {
  const { title, description, source, target, labels } = request;
  const { name } = client.repository;
  const found = client.send("GET", encodeURIComponent(name));
  const repository = await about(`error getting repository "${name}"`, found);
  const path = `${encodeURIComponent(textAt(repository.json, "id"))}/pullrequests`;
  const body = {
    title,
    description,
    labels: labels.map((label) => ({ name: label })),
    sourceRefName: `refs/heads/${source}`,
    targetRefName: `refs/heads/${target}`,
  };
  const context = `error creating pull request from "${source}" to "${target}"`;
  const made = objectIn(await about(context, client.send("POST", path, { body })));
  return convert(made, numberAt(made, "pullRequestId"));
}

async function get(client: AzureClient, id: number): Promise<Record<string, unknown>> {
  return objectIn(await client.send("GET", pullRequestPath(client, id)));
}

function pullRequestPath({ repository }: AzureClient, id: number): string {
  return `${encodeURIComponent(repository.name)}/pullrequests/${id}`;
}

/** Branches go without `refs/heads/`, as in Kargo, and the commit is not compared. */
async function listOpen(client: AzureClient, filter: PullRequestFilter): Promise<readonly PullRequest[]> {
  const query = {
    "searchCriteria.status": "active",
    "searchCriteria.targetRefName": filter.target,
    "searchCriteria.sourceRefName": filter.source,
  };
  const path = `${encodeURIComponent(client.repository.name)}/pullrequests`;
  const answer = await client.send("GET", path, { query });
  const values = listIn(answer, valueAt(answer.json, "value"));
  return values.map((json) => convert(json, numberAt(json, "pullRequestId")));
}

async function merge(
  client: AzureClient,
  id: number,
  { method, perform }: MergeOptions,
  pause: () => Promise<void>,
): Promise<PullRequest | undefined> {
  const found = await about(`error getting pull request ${id}`, get(client, id));
  if (found.status === "completed") return convert(found, id);
  if (found.status === "abandoned") throw new PullRequestError("state", `pull request ${id} is abandoned`);
  if (found.status !== "active" || found.isDraft === true) return undefined;
  if (found.mergeStatus !== "succeeded") return undefined;
  if (method !== "" && !mergeMethods.includes(method)) throw unsupportedMethod(method);
  const body = {
    status: "completed",
    // Azure refuses when the source has moved since it was looked at.
    lastMergeSourceCommit: found.lastMergeSourceCommit,
    ...(method !== "" && { completionOptions: { mergeStrategy: method } }),
  };
  const sent = perform(() => client.send("PATCH", pullRequestPath(client, id), { body }));
  await about(`error merging pull request ${id}`, sent);
  for (let look = 0; look < mergeLooks; look++) {
    const now = await about(`error getting pull request ${id} after merge`, get(client, id));
    if (now.status === "completed") return convert(now, id, "merged pull request");
    await pause();
  }
  return undefined;
}

function convert(json: unknown, id: number, noun = "pull request"): PullRequest {
  if (!isObject(valueAt(json, "lastMergeSourceCommit"))) {
    const text = `error converting ${noun} ${id}: no last merge source commit found for pull request ${id}`;
    throw new PullRequestError("protocol", text);
  }
  const number = numberAt(json, "pullRequestId");
  const status = textAt(json, "status");
  return {
    id: number,
    url: `${textAt(json, "repository", "webUrl")}/pullrequest/${number}`,
    isOpen: status === "active",
    isMerged: status === "completed",
    mergeCommit: textAt(json, "lastMergeCommit", "commitId"),
    headCommit: textAt(json, "lastMergeSourceCommit", "commitId"),
  };
}
