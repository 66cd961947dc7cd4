// The private home of one clone: identity, signing key and settings that every git command of it runs with, so that
// the user's own ~/.gitconfig, keys and agents are never in play (pkg/controller/git/base_repo.go).
// Runs no git; only gpg, and only where a key is to be used.
import { mkdir, mkdtemp, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeSshKey, sshCommand, writeAskpass } from "./git-auth";
import { GitError, maskSecrets } from "./git-error";
import { findProgram, hostEnvironment, ProgramError, runProgram } from "./process";
import { tempFolderPrefix } from "./temp-folders";

/** Who commits, and with which key. Empty or absent parts take Kargo's defaults. */
export interface GitIdentity {
  readonly name?: string;
  readonly email?: string;
  /** Armoured private GPG key. Its absence means unsigned commits. */
  readonly signingKey?: string;
}

/** Paths of the programs; looked up on PATH when absent. */
export interface GitPrograms {
  readonly git?: string;
  readonly gpg?: string;
}

/** What a home is set up with. */
export interface GitHomeOptions {
  readonly identity?: GitIdentity;
  readonly insecureSkipTLSVerify?: boolean;
  readonly programs: GitPrograms;
  readonly signal: AbortSignal;
}

/** A directory that plays $HOME. Whoever opens one closes it: that stops the key agent and removes the SSH key. */
export class GitHome {
  readonly dir: string;
  readonly #programs: GitPrograms;
  #gnupg: string | undefined;
  #link: string | undefined;

  private constructor(dir: string, programs: GitPrograms) {
    this.dir = dir;
    this.#programs = programs;
  }

  /** Makes a new home whose path begins so. Throws GitError when the signing key cannot be imported. */
  static async create(prefix: string, options: GitHomeOptions): Promise<GitHome> {
    const home = new GitHome(await realpath(await mkdtemp(prefix)), options.programs);
    try {
      await home.#writeSettings(options);
      await writeAskpass(home.dir);
      const key = options.identity?.signingKey;
      if (key) await home.#importSigningKey(key, options.signal);
      return home;
    } catch (error) {
      await home.remove();
      throw error;
    }
  }

  /** Opens a home that an earlier step left behind; leftovers of a dead key agent are removed. */
  static async open(dir: string, programs: GitPrograms): Promise<GitHome> {
    const home = new GitHome(dir, programs);
    if (await exists(join(dir, ".gnupg"))) {
      await home.useGpg();
      await home.#stopAgent();
    }
    return home;
  }

  /** No home at all: for reading the configuration that tells where the home is. */
  static none(programs: GitPrograms): GitHome {
    return new GitHome("", programs);
  }

  /** The password helper's path. */
  get askpass(): string {
    return join(this.dir, "askpass.sh");
  }

  /** The environment of every command: this home, stall detection, and what the machine needs to reach the network. */
  environment(): Record<string, string> {
    return {
      ...hostEnvironment(),
      HOME: this.dir,
      GIT_HTTP_LOW_SPEED_LIMIT: "1024",
      GIT_HTTP_LOW_SPEED_TIME: "30",
      GIT_SSH_COMMAND: sshCommand(this.dir),
      // Kargo's image has no LFS: pointer files stay pointer files, here too.
      GIT_LFS_SKIP_SMUDGE: "1",
      ...networkEnvironment(),
      ...(this.#gnupg === undefined ? {} : { GNUPGHOME: this.#gnupg }),
    };
  }

  /** Makes commands use the keys of this home, also where there are none yet. */
  async useGpg(): Promise<void> {
    if (this.#gnupg !== undefined) return;
    const dir = join(this.dir, ".gnupg");
    await mkdir(dir, { recursive: true, mode: 0o700 });
    // No question may ever reach a person: a key that needs a passphrase fails instead.
    await writeFile(join(dir, "gpg.conf"), "batch\nno-tty\npinentry-mode error\n", { mode: 0o600 });
    this.#gnupg = await this.#shortPath(dir);
  }

  /** Stops the key agent and takes the SSH key away. The home itself stays for later steps. */
  async close(): Promise<void> {
    await removeSshKey(this.dir);
    if (this.#gnupg === undefined) return;
    await this.#stopAgent();
    if (this.#link !== undefined) await rm(this.#link, { recursive: true, force: true });
    this.#gnupg = undefined;
  }

  /** Closes the home and deletes it. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Sockets have about a hundred bytes for their path, which a work directory deep in a profile exceeds. */
  async #shortPath(dir: string): Promise<string> {
    if (process.platform === "win32" || Buffer.byteLength(join(dir, "S.gpg-agent.browser")) < 100) return dir;
    const folder = await mkdtemp(tempFolderPrefix());
    this.#link = folder;
    await symlink(dir, join(folder, "home"));
    return join(folder, "home");
  }

  async #writeSettings(options: GitHomeOptions): Promise<void> {
    const { identity, insecureSkipTLSVerify, programs } = options;
    const signs = String(Boolean(identity?.signingKey));
    const settings: GitSetting[] = [
      ["init", "defaultBranch", "main"],
      ["user", "name", identity?.name || "Kargo"],
      ["user", "email", identity?.email || "no-reply@kargo.io"],
      ["commit", "gpgSign", signs],
      ["tag", "gpgSign", signs],
      // The rest undoes what a system-wide configuration may bring and Kargo's image does not have.
      ["credential", "helper", ""],
      ["core", "autocrlf", "false"],
      ["core", "longpaths", "true"],
    ];
    if (insecureSkipTLSVerify) settings.push(["http", "sslVerify", "false"]);
    if (programs.gpg) settings.push(["gpg", "program", programs.gpg]);
    await writeFile(join(this.dir, ".gitconfig"), configText(settings), { mode: 0o600 });
  }

  /** Imports the key and trusts it fully, so that its own commits count as trusted (base_repo.go setUltimateTrust). */
  async #importSigningKey(key: string, signal: AbortSignal): Promise<void> {
    await this.useGpg();
    const imported = await this.#gpg(["--with-colons", "--import-options", "import-show", "--import"], {
      input: key,
      signal,
      failure: "error importing gpg key",
      secret: key,
    });
    const fingerprint = /^fpr:(?:[^:\n]*:){8}([^:\n]+):/m.exec(imported)?.[1];
    if (fingerprint === undefined) {
      throw new GitError("other", "could not determine fingerprint of gpg key");
    }
    await this.#gpg(["--import-ownertrust"], {
      input: `${fingerprint}:6:\n`,
      signal,
      failure: "error setting ultimate trust on gpg key",
      secret: key,
    });
  }

  async #gpg(
    args: readonly string[],
    run: {
      readonly input: string;
      readonly signal: AbortSignal;
      readonly failure: string;
      readonly secret: string;
    },
  ): Promise<string> {
    const { input, signal } = run;
    const env = this.environment();
    try {
      const command = await findProgram("gpg", this.#programs.gpg);
      const end = await runProgram({ command, args, cwd: this.dir, env, input, signal });
      if (end.exitCode === 0) return end.output;
      const output = maskSecrets(end.output, [run.secret]);
      const text = `${run.failure}: error executing cmd [${command} ${args.join(" ")}]: ${output}`;
      throw new GitError("other", text, { exitCode: end.exitCode, output });
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const advice = "install GnuPG or leave the signing key out";
      throw new GitError("missingProgram", `${run.failure}: ${error.message}; ${advice}`, { cause: error });
    }
  }

  /** Ends the agent that gpg leaves running, then removes its locks and sockets (base_repo.go reconcileGPGState). */
  async #stopAgent(): Promise<void> {
    const run = { cwd: this.dir, env: this.environment(), signal: new AbortController().signal };
    try {
      const beside =
        this.#programs.gpg === undefined ? undefined : join(dirname(this.#programs.gpg), "gpgconf");
      const command = await findProgram("gpgconf", beside);
      await runProgram({ ...run, command, args: ["--kill", "gpg-agent"] });
      await runProgram({ ...run, command, args: ["--remove-socketdir"] });
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error; // without gpgconf there was no agent to begin with
    }
    await removeGpgLeftovers(join(this.dir, ".gnupg"));
  }
}

async function removeGpgLeftovers(dir: string): Promise<void> {
  // The dying agent removes its sockets too, so that what was there may be gone.
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const stale = entry.name.endsWith(".lock") || entry.name.startsWith(".#lk") || entry.isSocket();
    if (stale) await rm(join(entry.parentPath, entry.name), { force: true });
  }
}

/** Proxies and certificate authorities of this machine; Kargo takes the lower-case proxies alone. */
function networkEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    const value = process.env[name] || process.env[name.toUpperCase()];
    if (value) env[name] = value;
  }
  for (const name of ["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"]) {
    const value = process.env[name];
    if (value) env[name] = value;
  }
  if (process.platform === "win32") env.GIT_TERMINAL_PROMPT = "0"; // elsewhere there is no terminal to ask on
  return env;
}

/** Section, key and value of a setting. */
export type GitSetting = readonly [string, string, string];

/** The text of a git configuration file. Values are quoted, so that any of them comes back as it was. */
export function configText(settings: readonly GitSetting[]): string {
  return settings.map(([section, key, value]) => `[${section}]\n\t${key} = ${configValue(value)}\n`).join("");
}

function configValue(value: string): string {
  const escaped = value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
