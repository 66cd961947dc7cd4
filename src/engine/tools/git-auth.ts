// How git signs in to one remote: the URL it is given, the password it may ask for, and what must never be shown.
// Finds no credentials; and the password stays in memory and in the environment of the command that needs it.
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goQuote } from "../../base/go-text";
import { goUrlText, parseGoUrl, printGoUrl } from "../../base/go-url";
import { GitError, maskSecrets } from "./git-error";

/** A user name and password, or an SSH key, for one repository. */
export interface GitCredentials {
  readonly username?: string;
  readonly password?: string;
  readonly sshPrivateKey?: string;
}

/** A remote as git reaches it. */
export interface RemoteAccess {
  /** The URL for git: it may name the user, never a password (pkg/controller/git/base_repo.go setupAuth). */
  readonly url: string;
  readonly password?: string;
  readonly sshPrivateKey?: string;
  /** Values to mask wherever text leaves this process. */
  readonly secrets: readonly string[];
}

/**
 * How to reach `repoURL`. A password written into the URL counts as a credential when none was found, so that it does
 * not have to stay in the configuration of the clone. `known` is the URL an earlier clone recorded for git.
 */
export function remoteAccess(repoURL: string, credentials?: GitCredentials, known = repoURL): RemoteAccess {
  const written = writtenCredentials(repoURL);
  const secrets = [
    credentials?.password,
    credentials?.sshPrivateKey,
    written?.password,
    written?.rawPassword,
  ].filter((value) => value !== undefined && value !== "");
  const common = { secrets: secrets as string[] };
  if (credentials?.sshPrivateKey) {
    const url = written === undefined ? known : withUser(known, written.username);
    return { ...common, url, ...passwordOf(credentials), sshPrivateKey: credentials.sshPrivateKey };
  }
  if (credentials?.password) {
    const url = isHttp(known) ? withUser(known, credentials.username ?? "") : known;
    return { ...common, url, password: credentials.password };
  }
  if (written === undefined) return { ...common, url: known };
  return { ...common, url: withUser(known, written.username), password: written.password };
}

/** `repoURL` as it may be shown: a password in it is masked. */
export function shownUrl(repoURL: string): string {
  const written = writtenCredentials(repoURL);
  return written === undefined ? repoURL : maskSecrets(repoURL, [written.rawPassword, written.password]);
}

/**
 * Variables that let git ask for the password. The helper answers for the host of the remote alone: a redirect or a
 * submodule elsewhere does not get it.
 */
export function askpassEnvironment(access: RemoteAccess, helper: string): Record<string, string> {
  if (!access.password) return {};
  const authority = /^[a-z]+:\/\/(?:[^/]*@)?([^/?#]*)/i.exec(access.url)?.[1] ?? "";
  return { GIT_ASKPASS: helper, GIT_PASSWORD: access.password, KARGO_GIT_AUTHORITY: authority };
}

/** What git runs to ask for a password: git's question is the first argument and ends in `user@host': `. */
const askpassScript = `#!/bin/sh
case "$1" in
  *[/@]"$KARGO_GIT_AUTHORITY': ") printf '%s\\n' "$GIT_PASSWORD" ;;
  *) exit 1 ;;
esac
`;

/** Writes the password helper into `home` and returns its path. The file holds no secret. */
export async function writeAskpass(home: string): Promise<string> {
  const path = join(home, "askpass.sh");
  await writeFile(path, askpassScript, { mode: 0o700 });
  return path;
}

/** Command line for GIT_SSH_COMMAND, which git reads as a shell would (pkg/controller/git/base_repo.go). */
export function sshCommand(home: string): string {
  const config = slashes(join(home, ".ssh", "config"));
  const quoted = /^[\w@%+=:,./-]+$/.test(config) ? config : `'${config.replaceAll("'", "'\\''")}'`;
  return `ssh -F ${quoted}`;
}

/** Puts the key and its configuration where `sshCommand` finds them; `removeSshKey` takes them away again. */
export async function writeSshKey(home: string, key: string): Promise<void> {
  const folder = join(home, ".ssh");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyPath = join(folder, "id_rsa");
  const config = [
    "Host *",
    "  StrictHostKeyChecking no",
    "  UserKnownHostsFile=/dev/null",
    `  IdentityFile ${goQuote(slashes(keyPath))}`,
  ];
  await writeFile(join(folder, "config"), `${config.join("\n")}\n`, { mode: 0o600 });
  await writeFile(keyPath, key, { mode: 0o600 });
  await chmod(keyPath, 0o600); // an older, wider file keeps its mode when it is written again
}

/** Removes the SSH key and its configuration; without them ssh refuses to start. */
export async function removeSshKey(home: string): Promise<void> {
  await rm(join(home, ".ssh"), { recursive: true, force: true });
}

interface WrittenCredentials {
  readonly username: string;
  readonly password: string;
  /** As it stands in the URL, percent-encoded. */
  readonly rawPassword: string;
}

/** User and password that are written into an http(s) URL; undefined when it has no password. */
function writtenCredentials(repoURL: string): WrittenCredentials | undefined {
  const rawPassword = /^https?:\/\/[^/?#:]*:([^/?#]*)@/i.exec(repoURL)?.[1];
  if (rawPassword === undefined || rawPassword === "") return undefined;
  const user = parseGoUrl(repoURL)?.user;
  if (user?.password === undefined) return undefined;
  return { username: goUrlText(user.name), password: goUrlText(user.password), rawPassword };
}

function withUser(repoURL: string, username: string): string {
  const parsed = parseGoUrl(repoURL);
  if (parsed === undefined) throw new GitError("other", `error parsing URL ${goQuote(shownUrl(repoURL))}`);
  return printGoUrl({ ...parsed, user: { name: bytes(username) } });
}

/** GoUrl keeps its decoded parts one character per byte. */
function bytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function passwordOf(credentials: GitCredentials): { password?: string } {
  return credentials.password ? { password: credentials.password } : {};
}

function isHttp(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** Git and ssh read forward slashes on every system. */
function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
