// Credentials this machine's own tools know: git's credential helpers, docker's, containers' and helm's configuration.
// Asks only; stores nothing, prompts nobody, and keeps no secret longer than the answer.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { asString, isObject } from "../../base/json";
import { findProgram, type ProgramEnd, runProgram } from "./process";

/** A user name and a password. */
export interface UsernamePassword {
  readonly username: string;
  readonly password: string;
}

/** What the look-ups need of their surroundings. */
export interface AmbientOptions {
  readonly signal: AbortSignal;
  /** Path of git; looked up on PATH when absent. */
  readonly git?: string;
  /** The environment of the user; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const dockerHub = "https://index.docker.io/v1/";

/** What `git credential fill` says for an http(s) repository, in the user's own home; undefined when it would ask. */
export async function gitHelperCredentials(
  repoURL: string,
  options: AmbientOptions,
): Promise<UsernamePassword | undefined> {
  if (!/^https?:/i.test(repoURL) || !URL.canParse(repoURL)) return undefined;
  const url = new URL(repoURL);
  const lines = [
    `protocol=${url.protocol.slice(0, -1)}`,
    `host=${url.host}`,
    `path=${url.pathname.slice(1)}`,
  ];
  if (url.username !== "") lines.push(`username=${decodeURIComponent(url.username)}`);
  const env = { GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", SSH_ASKPASS: "", GCM_INTERACTIVE: "never" };
  const end = await ask("git", options.git, ["credential", "fill"], `${lines.join("\n")}\n\n`, {
    ...options,
    extraEnv: env,
  });
  if (end === undefined || end.exitCode !== 0) return undefined;
  const answer = Object.fromEntries(end.stdout.split("\n").map((line) => splitAt(line, "=")));
  return pair(answer.username, answer.password);
}

/** What docker's, containers' or helm's registry configuration says for a registry such as `ghcr.io`. */
export async function registryCredentials(
  registry: string,
  options: AmbientOptions,
): Promise<UsernamePassword | undefined> {
  const env = options.env ?? process.env;
  const home = env.HOME ?? homedir();
  const files = [
    join(env.DOCKER_CONFIG ?? join(home, ".docker"), "config.json"),
    join(env.XDG_CONFIG_HOME ?? join(home, ".config"), "containers", "auth.json"),
    env.HELM_REGISTRY_CONFIG ??
      join(env.XDG_CONFIG_HOME ?? join(home, ".config"), "helm", "registry", "config.json"),
  ];
  const isHub =
    registry === "docker.io" || registry === "index.docker.io" || registry === "registry-1.docker.io";
  const names = isHub ? [dockerHub, "index.docker.io", "docker.io"] : [registry, `https://${registry}`];
  for (const file of files) {
    const config = await readConfig(file);
    for (const name of names) {
      const found = config && ((await fromHelper(config, name, options)) ?? fromAuths(config, name));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** What helm's repositories.yaml says for a classic chart repository; `isSame` compares addresses. */
export async function helmRepositoryCredentials(
  isSame: (url: string) => boolean,
  options: AmbientOptions,
): Promise<UsernamePassword | undefined> {
  const env = options.env ?? process.env;
  const base = env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), ".config");
  const text = await readFile(
    env.HELM_REPOSITORY_CONFIG ?? join(base, "helm", "repositories.yaml"),
    "utf8",
  ).catch(() => "");
  const value: unknown = safely(() => parseYaml(text));
  const repositories =
    isObject(value) && Array.isArray(value.repositories) ? value.repositories.filter(isObject) : [];
  const match = repositories.find(
    (repository) => typeof repository.url === "string" && isSame(repository.url),
  );
  return match && pair(match.username, match.password);
}

async function readConfig(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const value: unknown = safely(() => JSON.parse(text));
  return isObject(value) ? value : undefined;
}

/** A helper for this registry goes before the one for all. */
async function fromHelper(
  config: Record<string, unknown>,
  name: string,
  options: AmbientOptions,
): Promise<UsernamePassword | undefined> {
  const own = isObject(config.credHelpers) ? asString(config.credHelpers[name]) : undefined;
  const helper = own ?? asString(config.credsStore);
  if (helper === undefined || !/^[\w.-]+$/.test(helper)) return undefined;
  const end = await ask(`docker-credential-${helper}`, undefined, ["get"], name, options);
  const answer: unknown = end?.exitCode === 0 ? safely(() => JSON.parse(end.stdout)) : undefined;
  return isObject(answer) ? pair(answer.Username, answer.Secret) : undefined;
}

function fromAuths(config: Record<string, unknown>, name: string): UsernamePassword | undefined {
  const entry = isObject(config.auths) ? config.auths[name] : undefined;
  if (!isObject(entry)) return undefined;
  if (typeof entry.auth !== "string") return pair(entry.username, entry.password);
  const [username, password] = splitAt(Buffer.from(entry.auth, "base64").toString("utf8"), ":");
  return pair(username, password);
}

/** Runs a helper in the user's own environment; undefined when there is none. */
async function ask(
  program: string,
  configured: string | undefined,
  args: readonly string[],
  input: string,
  options: AmbientOptions & { readonly extraEnv?: Readonly<Record<string, string>> },
): Promise<ProgramEnd | undefined> {
  try {
    const command = await findProgram(program, configured);
    const entries = Object.entries({ ...(options.env ?? process.env), ...options.extraEnv });
    const env = Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
    return await runProgram({ command, args, cwd: homedir(), env, input, signal: options.signal });
  } catch {
    options.signal.throwIfAborted();
    return undefined;
  }
}

function pair(username: unknown, password: unknown): UsernamePassword | undefined {
  if (typeof password !== "string" || password === "") return undefined;
  return { username: typeof username === "string" && username !== "" ? username : "kargo", password };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1).replace(/\r$/, "")];
}

function safely(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
