// Signatures of commits: whether new ones are signed, and what existing ones are worth (pkg/controller/git/gpg.go).
// Signs nothing itself; git does, as the home tells it.
import { type GitClient, type GitRun, hidden } from "./git";
import { GitError, inContext } from "./git-error";

/** What a commit's signature is worth to us: `trusted` is a good one by a key this home trusts. */
export type SignatureStatus = "trusted" | "unsigned" | "untrusted";

/** Who signed a commit. Name and email are empty without a signature. */
export interface CommitSignature {
  readonly trusted: boolean;
  readonly signerName: string;
  readonly signerEmail: string;
}

/** True when new commits get signed (`commit.gpgSign`). */
export async function isSigningConfigured(client: GitClient, run: GitRun): Promise<boolean> {
  try {
    const { stdout } = await client.run(["config", "--get", "commit.gpgSign"], run);
    return stdout.trim() === "true";
  } catch (error) {
    if (GitError.is(error) && error.exitCode === 1) return false;
    throw inContext("error reading commit.gpgSign config", error);
  }
}

/** The signature status of every commit of `range`, newest first. */
export async function signaturesOf(
  client: GitClient,
  range: string,
  run: GitRun,
): Promise<readonly SignatureStatus[]> {
  await client.home.useGpg();
  const args = ["log", "--format=%H %G?", hidden("--end-of-options"), range, hidden("--")];
  const { stdout } = await client.run(args, run);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [toStatus(line.split(" ")[1] ?? "")]));
}

/** Who signed a commit, and whether this home trusts the key (pkg/controller/git/gpg.go GetCommitSignatureInfo). */
export async function commitSignature(
  client: GitClient,
  commit: string,
  run: GitRun,
): Promise<CommitSignature> {
  await client.home.useGpg();
  const args = ["log", "-1", "--format=%G?\t%GS", hidden("--end-of-options"), commit, "--"];
  try {
    const { stdout } = await client.run(args, run);
    const [code = "", ...signer] = stdout.trim().split("\t");
    return { trusted: code === "G", ...parseSigner(signer.join("\t")) };
  } catch (error) {
    throw inContext(`error getting signature info for commit ${commit}`, error);
  }
}

function toStatus(code: string): SignatureStatus {
  if (code === "G") return "trusted";
  return code === "N" || code === "" ? "unsigned" : "untrusted";
}

/** `Name <email>` in its parts. */
function parseSigner(signer: string): { signerName: string; signerEmail: string } {
  const open = signer.lastIndexOf("<");
  const close = signer.lastIndexOf(">");
  if (open < 0 || close <= open) return { signerName: signer.trim(), signerEmail: "" };
  return { signerName: signer.slice(0, open).trim(), signerEmail: signer.slice(open + 1, close) };
}
