import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GitError,
  type GitErrorReason,
  isRejected,
  maskSecrets,
  reasonOf,
  withContext,
} from "../../../../src/engine/tools/git-error";

const outputs: readonly (readonly [string, GitErrorReason])[] = [
  ["fatal: Authentication failed for 'https://host/r'", "auth"],
  ["fatal: could not read Username for 'https://host': No such device or address", "auth"],
  ["fatal: could not read Password for 'https://ada@host': terminal prompts disabled", "auth"],
  ["git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.", "auth"],
  ["fatal: unable to access 'https://host/r/': The requested URL returned error: 403", "auth"],
  ["fatal: unable to access 'https://host/r/': SSL certificate problem: self-signed certificate", "tls"],
  ["fatal: unable to access 'https://host/r/': server certificate verification failed.", "tls"],
  ["remote: Repository not found.\nfatal: repository 'https://host/r/' not found", "notFound"],
  ["fatal: '/x' does not appear to be a git repository", "notFound"],
  ["fatal: couldn't find remote ref nope", "notFound"],
  ["fatal: invalid reference: nope", "notFound"],
  ["fatal: unable to access 'https://nowhere/': Could not resolve host: nowhere", "network"],
  ["error: RPC failed; curl 28 Operation too slow. Less than 1024 bytes/sec", "network"],
  ["fatal: unable to access 'https://host/': The requested URL returned error: 502", "network"],
  [" ! [remote rejected] HEAD -> main (pre-receive hook declined)", "refused"],
  [" ! [rejected]        v1 -> v1 (already exists)", "refused"],
  ["fatal: not a git repository (or any of the parent directories): .git", "other"],
  ["", "other"],
];

for (const [output, reason] of outputs) {
  test(`reason of: ${output.split("\n")[0]}`, () => assert.equal(reasonOf(output), reason));
}

const pushes: readonly (readonly [string, boolean])[] = [
  [" ! [rejected]        HEAD -> main (non-fast-forward)", true],
  ["To /r\n ! [rejected]        HEAD -> main (fetch first)\nerror: failed", true],
  [" ! [remote rejected] HEAD -> main (cannot lock ref 'refs/heads/main': is at a but expected b)", true],
  ["\t! [remote rejected] HEAD -> main (incorrect old value provided)  ", true],
  [" ! [remote rejected] HEAD -> main (pre-receive hook declined)", false],
  [" ! [rejected]        v1 -> v1 (already exists)", false],
  ["hint: ! [rejected] HEAD -> main (fetch first)", false],
];

for (const [output, expected] of pushes) {
  test(`${expected ? "a race lost" : "no race"}: ${output.trim()}`, () =>
    assert.equal(isRejected(output), expected));
}

test("secrets are masked as they are and as they stand in URLs", () => {
  const secrets = ["p@ss/w", "", "ab"];
  assert.equal(maskSecrets("https://u:p%40ss%2Fw@h p@ss/w about", secrets), "https://u:***@h *** about");
});

test("context goes before the sentence and the reason stays", async () => {
  const inner = new GitError("auth", "no", { exitCode: 128, output: "out" });
  const outer = await withContext("error cloning", Promise.reject(inner)).catch((error: unknown) => error);
  assert.ok(GitError.is(outer, "auth"));
  assert.equal(outer.message, "error cloning: no");
  assert.equal(outer.exitCode, 128);
  assert.equal(outer.output, "out");
  assert.equal(outer.cause, inner);
  const other = new TypeError("x");
  assert.equal(await withContext("c", Promise.reject(other)).catch((error: unknown) => error), other);
});
