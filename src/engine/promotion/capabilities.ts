// Grants steps what they ask for in `needs`, made from the engine's ports for one Project.
// Looks nothing up that no step needs: the Git identity is read when a step with that need runs.
import { secretValues } from "../credentials";
import type { EnginePorts } from "../ports";
import { controlPlane } from "./control-plane";
import { type Capabilities, type CapabilityName, type GitUser, StepError } from "./step";

/** Namespace of Secrets that cluster-scoped resources refer to, as Kargo's chart sets it up. */
const systemNamespace = "kargo-system-resources";
const signingKeyKey = "signingKey";
/** What Kargo signs commits with when nothing is configured (steps.md 0.6). */
const defaultGitUser: GitUser = { name: "Kargo", email: "no-reply@kargo.io" };

/** Hands out capabilities. Throws StepError when one cannot be had. */
export type Grant = (needs: readonly CapabilityName[]) => Promise<Partial<Capabilities>>;

/** The grants of a Project. `fetch` opens HTTP connections. */
export function grantCapabilities(
  ports: EnginePorts,
  namespace: string,
  fetch: typeof globalThis.fetch,
): Grant {
  const makers: { [N in CapabilityName]: () => Promise<Capabilities[N]> | Capabilities[N] } = {
    git: async () => ({
      user: await gitUser(ports),
      paths: ports.tools,
      ...(ports.pushPolicy === undefined ? {} : { pushPolicy: ports.pushPolicy }),
      ...(ports.githubPush === undefined ? {} : { githubPush: ports.githubPush }),
    }),
    credentials: () => ports.credentials,
    network: () => ({ fetch }),
    programs: () => ports.tools,
    argocd: () => ports.argocd,
    controlPlane: () => controlPlane(ports.store, namespace),
    effects: () => ports.effects,
  };
  return async (needs) => {
    const granted = await Promise.all(needs.map(async (name) => [name, await makers[name]()] as const));
    return Object.fromEntries(granted);
  };
}

/** Who commits: what the ClusterConfig says, with its signing key (pkg/promotion/git_user_resolver.go). */
async function gitUser({ store }: EnginePorts): Promise<GitUser> {
  const config = await store.get("ClusterConfig", { name: "cluster" });
  const client = config?.spec?.gitClient;
  if (client === undefined) return defaultGitUser;
  const user = { name: client.name || defaultGitUser.name, email: client.email || defaultGitUser.email };
  const secretName = client.signingKeySecret?.name;
  if (secretName === undefined) return user;
  const secret = await store.get("Secret", { namespace: systemNamespace, name: secretName });
  const signingKey = secret === undefined ? undefined : secretValues(secret)[signingKeyKey];
  if (signingKey !== undefined) return { ...user, signingKey };
  const reason =
    secret === undefined
      ? `error getting signing key Secret "${secretName}": it is not in namespace "${systemNamespace}"`
      : `secret "${secretName}" does not contain expected key "${signingKeyKey}"`;
  throw new StepError("Errored", `error resolving system git user: ${reason}`, { terminal: false });
}
