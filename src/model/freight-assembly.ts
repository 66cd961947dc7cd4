// Completes artifacts that a person named with what the Warehouse discovered about them, so that Freight made by hand
// of discovered artifacts is the very Freight the Warehouse would make. Invents nothing: the unknown stays as named.
import type { Artifacts, Chart, DiscoveredArtifacts, GitCommit, Image } from "./resources";
import { normGit } from "./urls";

/** The artifacts with tags, digests, subjects and the like filled in where the person left them out. */
export function completeArtifacts(named: Artifacts, discovered: DiscoveredArtifacts = {}): Artifacts {
  const { commits = [], images = [], charts = [] } = named;
  return {
    ...(commits.length > 0 && { commits: commits.map((commit) => completeCommit(commit, discovered)) }),
    ...(images.length > 0 && { images: images.map((image) => completeImage(image, discovered)) }),
    ...(charts.length > 0 && { charts: charts.map((chart): Chart => chart) }),
  };
}

/** A commit may be named by the beginning of its ID, when only one discovered commit begins so. */
function completeCommit(commit: GitCommit, { git = [] }: DiscoveredArtifacts): GitCommit {
  const { repoURL = "", id = "", branch } = commit;
  const same = git.filter((result) => normGit(result.repoURL) === normGit(repoURL));
  const fitting = same
    .flatMap(({ commits = [] }) => commits)
    .filter((known) => known.id.startsWith(id) && (branch === undefined || known.branch === branch));
  const [found, ...others] = fitting;
  if (found === undefined || (others.length > 0 && found.id !== id)) return commit;
  const { tag, subject, author, committer } = found;
  return withoutEmpty({
    repoURL,
    id: found.id,
    branch: branch ?? found.branch,
    tag,
    message: subject,
    author,
    committer,
  });
}

function completeImage(image: Image, { images = [] }: DiscoveredArtifacts): Image {
  const same = images.filter(({ repoURL }) => repoURL === image.repoURL);
  const found = same
    .flatMap(({ references = [] }) => references)
    .find(({ tag, digest }) => tag === image.tag && (image.digest === undefined || digest === image.digest));
  if (found === undefined) return image;
  return withoutEmpty({ ...image, digest: found.digest, annotations: found.annotations });
}

function withoutEmpty<T extends object>(artifact: T): T {
  const kept = Object.entries(artifact).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(kept) as T;
}
