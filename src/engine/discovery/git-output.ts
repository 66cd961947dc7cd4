// What git prints, as data: remote refs, commits of a branch with the paths they changed, tags.
// Parses text only; git-mirror.ts runs git.

/** A ref of a remote; an annotated tag's id is that of the tag object. */
export interface RemoteRef {
  readonly name: string;
  readonly id: string;
}

/** The refs of a remote that were asked for. */
export interface RemoteListing {
  readonly refs: readonly RemoteRef[];
  /** Full name of the remote's default branch; empty when it has none or was not asked for it. */
  readonly head: string;
}

/** A commit of a branch. People have the form `Name <email>`. */
export interface CommitRecord {
  readonly id: string;
  /** First parent; empty for a root commit. */
  readonly parent: string;
  /** Committer date, RFC 3339 with the committer's own offset. */
  readonly date: string;
  readonly author: string;
  readonly committer: string;
  /** The whole first paragraph of the message, in one line. */
  readonly subject: string;
  /** Paths changed against the first parent; empty unless they were asked for. */
  readonly paths: readonly string[];
}

/** A tag and the commit it points to. */
export interface TagRecord {
  readonly tag: string;
  /** Id of the object the ref holds: the tag object of an annotated tag, else the commit. */
  readonly refId: string;
  readonly id: string;
  /** Date of the tag, or of the commit of a lightweight tag, RFC 3339 with its own offset. Empty when there is none. */
  readonly date: string;
  readonly author: string;
  readonly committer: string;
  readonly subject: string;
  /** Who made an annotated tag; empty for a lightweight one. */
  readonly tagger: string;
  /** First paragraph of an annotated tag's message. */
  readonly annotation: string;
}

/** Format of `git log -z` that `parseCommits` reads: a marker, then one field per line. */
export const commitFormat = "%x01%H%n%P%n%cI%n%an <%ae>%n%cn <%ce>%n%s";

const tagFields = [
  "%(refname)",
  "%(objectname)",
  "%(creatordate:iso-strict)",
  "%(*objectname)",
  "%(if)%(*objectname)%(then)%(*authorname) %(*authoremail)%(else)%(authorname) %(authoremail)%(end)",
  "%(if)%(*objectname)%(then)%(*committername) %(*committeremail)%(else)%(committername) %(committeremail)%(end)",
  "%(if)%(*objectname)%(then)%(*contents:subject)%(else)%(contents:subject)%(end)",
  "%(if)%(*objectname)%(then)%(taggername) %(taggeremail)%(end)",
  "%(if)%(*objectname)%(then)%(contents:subject)%(end)",
];

/** Format of `git for-each-ref` that `parseTags` reads: fields separated by NUL, one tag per line. */
export const tagFormat = tagFields.join("%00");

/** Reads what `git ls-remote` prints. Peeled entries of annotated tags are left out. */
export function parseRemoteRefs(output: string): RemoteListing {
  const refs: RemoteRef[] = [];
  let head = "";
  for (const line of output.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const id = line.slice(0, tab);
    const name = line.slice(tab + 1);
    if (id.startsWith("ref: ") && name === "HEAD") head = id.slice("ref: ".length);
    else if (!name.endsWith("^{}")) refs.push({ name, id });
  }
  return { refs, head };
}

/** Reads what `git log -z --format=<commitFormat>`, with or without `--name-only`, prints. */
export function parseCommits(output: string): readonly CommitRecord[] {
  const commits: CommitRecord[] = [];
  let paths: string[] = [];
  for (const token of output.split("\0")) {
    if (token.startsWith("\x01")) {
      paths = [];
      commits.push(toCommit(token.slice(1), paths));
    } else if (token !== "") {
      // git puts a line feed between a commit and its first path.
      paths.push(paths.length === 0 && token.startsWith("\n") ? token.slice(1) : token);
    }
  }
  return commits;
}

function toCommit(text: string, paths: readonly string[]): CommitRecord {
  const [id = "", parents = "", date = "", author = "", committer = "", subject = ""] = text.split("\n");
  return { id, parent: parents.split(" ")[0] ?? "", date, author, committer, subject, paths };
}

/** Reads what `git for-each-ref --format=<tagFormat>` prints. */
export function parseTags(output: string): readonly TagRecord[] {
  return output.split("\n").filter(Boolean).map(toTag);
}

function toTag(line: string): TagRecord {
  const [
    name = "",
    refId = "",
    date = "",
    peeled = "",
    author = "",
    committer = "",
    subject = "",
    tagger = "",
    annotation = "",
  ] = line.split("\0");
  const tag = name.replace(/^refs\/tags\//, "");
  return { tag, refId, id: peeled || refId, date, author, committer, subject, tagger, annotation };
}
