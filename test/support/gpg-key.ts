// A real GPG key for one test, made by the gpg on the PATH in a folder of its own.
// Leaves no agent running.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A key pair. */
export interface GpgKey {
  /** Armoured. */
  readonly privateKey: string;
  readonly fingerprint: string;
  /** Exit code of `git verify-commit` or `git verify-tag` where this key is known. */
  verify(repo: string, kind: "commit" | "tag", ref: string): number | null;
}

/** Why these tests cannot run here, or false. */
export function missingGpg(): string | false {
  return spawnSync("gpg", ["--version"]).status === 0 ? false : "gpg is missing";
}

/** Makes a key for a name and an address; without a passphrase unless one is given. */
export function makeGpgKey(t: TestContext, name: string, email: string, passphrase = ""): GpgKey {
  const home = mkdtempSync(join(tmpdir(), "kw-gpg-"));
  const env = { PATH: process.env.PATH, GNUPGHOME: home, HOME: home };
  const gpg = (...args: readonly string[]) =>
    execFileSync("gpg", ["--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase, ...args], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  t.after(() => {
    spawnSync("gpgconf", ["--kill", "all"], { env });
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  });
  gpg("--quick-gen-key", `${name} <${email}>`, "ed25519", "sign", "never");
  const listed = gpg("--with-colons", "--list-secret-keys");
  return {
    privateKey: gpg("--armor", "--export-secret-keys"),
    fingerprint: /^fpr:::::::::([0-9A-F]+):/m.exec(listed)?.[1] ?? "",
    verify: (repo, kind, ref) => spawnSync("git", [`verify-${kind}`, ref], { cwd: repo, env }).status,
  };
}
