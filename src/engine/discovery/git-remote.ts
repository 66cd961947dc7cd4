// A remote repository as discovery reaches it: git in a private home, with the subscription's credentials bound to it.
// Knows nothing of mirrors or selection.
import type { Logger } from "../../base/log";
import type { GitSubscription } from "../../model/resources";
import type { Credentials, ToolPaths } from "../promotion/step";
import { openRemote } from "../tools/git-remote";
import type { GitRemote } from "./git-mirror";

/** Runs `work` with the remote of a subscription; the private home is removed afterwards, whatever happens. */
export async function withGitRemote<T>(
  { repoURL, insecureSkipTLSVerify }: GitSubscription,
  options: {
    readonly credentials: Credentials | undefined;
    /** Holds the mirrors; git looks for no repository above it. */
    readonly mirrorDir: string;
    readonly tools: ToolPaths;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
  work: (remote: GitRemote) => Promise<T>,
): Promise<T> {
  const { credentials, mirrorDir, tools, log, signal } = options;
  const client = await openRemote(undefined, {
    repoURL,
    programs: tools,
    ceiling: mirrorDir,
    log,
    signal,
    ...(credentials && { credentials }),
    ...(insecureSkipTLSVerify && { insecureSkipTLSVerify }),
  });
  try {
    const run = async (args: readonly string[], cwd: string) =>
      (await client.run(args, { cwd, signal })).stdout;
    return await work({ url: client.access?.url ?? repoURL, run });
  } finally {
    await client.home.remove();
  }
}
