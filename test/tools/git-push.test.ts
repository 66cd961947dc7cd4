import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EffectPort } from "../../src/engine/promotion/step";
import {
  commitTo,
  filesAt,
  git,
  makeRemote,
  missingGit,
  processesThatMention,
  writeFiles,
} from "../support/git-repos";
import { committed, GitWork } from "../support/git-steps";

const skip = missingGit();

/** Lets somebody else push before each of the first `times` pushes of ours. */
function faster(remote: () => string, times: number): EffectPort {
  let count = 0;
  return {
    perform: (_effect, act) => {
      if (count++ < times) commitTo(remote(), "main", { [`other-${count}`]: "x" }, `other ${count}`);
      return act();
    },
  };
}

test("git-push: the branch that is checked out", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  const output = await work.succeed("git-push", { path: "src" });
  const head = git(tree, "rev-parse", "HEAD");
  assert.deepEqual(output, { commit: head, branch: "main" });
  assert.equal(git(remote, "rev-parse", "main"), head);
  assert.deepEqual(work.effects, [
    { kind: "git.push", target: `${remote} main`, summary: `Push ${remote} main` },
  ]);
});

test("git-push: clone, commit and push take nine git commands", { skip }, async (t) => {
  const { work } = await committed(t);
  await work.succeed("git-push", { path: "src" });
  const commands = work.log.flatMap((line) => /git (\S+) .* → 0 in/.exec(line)?.[1] ?? []);
  assert.deepEqual(commands, [
    "clone",
    "ls-remote",
    "show-ref",
    "worktree",
    "add",
    "commit",
    "ls-remote",
    "pull",
    "push",
  ]);
});

test("git-push: remote changes come in by rebase first, and the output tells the new commit", {
  skip,
}, async (t) => {
  const { work, remote, tree } = await committed(t);
  const before = git(tree, "rev-parse", "HEAD");
  const other = commitTo(remote, "main", { b: "theirs" }, "theirs");
  const { commit } = await work.succeed("git-push", { path: "src" });
  assert.notEqual(commit, before);
  assert.equal(git(remote, "log", "-1", "--format=%H %P", "main"), `${commit} ${other}`);
  assert.deepEqual(filesAt(remote, "main"), { a: "ours", b: "theirs" });
});

test("git-push: another branch, new or not, is made from the head", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  const head = git(tree, "rev-parse", "HEAD");
  const made = await work.succeed("git-push", { path: "src", targetBranch: "stage/uat" });
  assert.deepEqual(made, { commit: head, branch: "stage/uat" });
  commitTo(remote, "stage/uat", { b: "theirs" }, "theirs");
  writeFiles(tree, { a: "more" });
  await work.succeed("git-commit", { path: "src", message: "more" });
  const { commit } = await work.succeed("git-push", { path: "src", targetBranch: "stage/uat" });
  assert.equal(git(remote, "rev-parse", "stage/uat"), commit);
  assert.deepEqual(filesAt(remote, "stage/uat"), { a: "more", b: "theirs" });
  assert.deepEqual(filesAt(remote, "main"), { a: "base", b: "base" });
});

test("git-push: a generated branch bears the Promotion's name and is overwritten", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  commitTo(remote, "kargo/promotion/promo", { left: "over" }, "of an earlier run");
  const output = await work.succeed("git-push", { path: "src", generateTargetBranch: true });
  const head = git(tree, "rev-parse", "HEAD");
  assert.deepEqual(output, { commit: head, branch: "kargo/promotion/promo" });
  assert.equal(git(remote, "rev-parse", "kargo/promotion/promo"), head);
});

test("git-push: force overwrites and integrates nothing", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  await work.succeed("git-push", { path: "src", force: true });
  assert.equal(git(remote, "rev-parse", "main"), git(tree, "rev-parse", "HEAD"));
});

test("git-push: a tag goes alone; the output names the branch that is checked out", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "one" });
  const output = await work.succeed("git-push", { path: "src", tag: "v1" });
  const head = git(tree, "rev-parse", "HEAD");
  assert.deepEqual(output, { commit: head, branch: "main" });
  assert.equal(git(remote, "rev-parse", "v1^{commit}"), head);
  assert.notEqual(git(remote, "rev-parse", "main"), head);
  assert.equal(work.effects[0]?.target, `${remote} tag v1`);
});

test("git-push: a tag from a detached head tells no branch", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const head = git(remote, "rev-parse", "main");
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ commit: head, path: "src" }] });
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "one" });
  assert.deepEqual(await work.succeed("git-push", { path: "src", tag: "v1" }), { commit: head });
});

test("git-push: a tag the remote has already is refused, once", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  git(remote, "tag", "v1", "main");
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "x", force: true });
  const end = await work.run("git-push", { path: "src", tag: "v1" });
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error pushing tag: error executing cmd \[.*git push origin tag v1]: .*already exists/s,
  );
  assert.deepEqual(work.waits, []);
});

test("git-push: somebody faster: the push is tried again, and both commits arrive", { skip }, async (t) => {
  let remote = "";
  const made = await committed(t, { effects: faster(() => remote, 2) });
  remote = made.remote;
  const { work, tree } = made;
  await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "--format=%s", "main"), "ours\nother 2\nother 1\nfirst");
  assert.equal(git(tree, "rev-parse", "HEAD"), git(remote, "rev-parse", "main"));
  assert.equal(work.waits.length, 2);
  work.waits.forEach((ms, index) => {
    const least = 1000 * 1.5 ** index;
    assert.ok(ms >= least && ms < least * 1.5, `wait ${index}: ${ms}`);
  });
});

const limits: readonly (readonly [number | undefined, number, number])[] = [
  [1, 1, 0],
  [3, 3, 0],
  [9, 9, 0],
  [undefined, 9, 1],
  [50, 9, 1],
];

for (const [maxAttempts, attempts, warnings] of limits) {
  test(`git-push: never fast enough, maxAttempts ${maxAttempts ?? "left out"}`, { skip }, async (t) => {
    let remote = "";
    const made = await committed(t, { effects: faster(() => remote, 99) });
    remote = made.remote;
    const end = await made.work.run("git-push", { path: "src", ...(maxAttempts && { maxAttempts }) });
    assert.equal(end.status, "Errored");
    assert.equal(end.terminal, false);
    assert.equal(end.error, "error pushing commits to remote: error pushing branch: non-fast-forward");
    assert.equal(made.work.effects.length, attempts);
    assert.equal(made.work.waits.length, attempts - 1);
    assert.equal(end.warnings.length, warnings);
  });
}

test("git-push: an abort while waiting to try again", { skip }, async (t) => {
  const stopping = new AbortController();
  let remote = "";
  const made = await committed(t, {
    signal: stopping.signal,
    effects: faster(() => remote, 99),
    wait: async (_ms, signal) => {
      stopping.abort(new Error("stopped"));
      signal.throwIfAborted();
    },
  });
  remote = made.remote;
  await assert.rejects(made.work.run("git-push", { path: "src" }), { message: "stopped" });
  assert.deepEqual(processesThatMention(made.work.dir), []);
});

test("git-push: pushes of one runner to one branch go one after the other", { skip }, async (t) => {
  let running = 0;
  let most = 0;
  const effects: EffectPort = {
    perform: async (_effect, act) => {
      most = Math.max(most, ++running);
      const result = await act();
      running--;
      return result;
    },
  };
  const { work, remote, tree } = await committed(t, { effects });
  const config = { repoURL: remote, checkout: [{ branch: "main", path: "two" }] };
  await work.succeed("git-clone", config);
  writeFiles(join(work.dir, "two"), { b: "two" });
  await work.succeed("git-commit", { path: "two", message: "two" });
  const ends = await Promise.all([
    work.run("git-push", { path: "src" }),
    work.run("git-push", { path: "two" }),
  ]);
  assert.deepEqual(
    ends.map((end) => end.status),
    ["Succeeded", "Succeeded"],
  );
  assert.equal(most, 1);
  assert.deepEqual(work.waits, []);
  assert.deepEqual(filesAt(remote, "main"), { a: "ours", b: "two" });
  assert.ok(git(tree, "rev-parse", "HEAD"));
});

test("git-push: a held push changes nothing and the step goes on", { skip }, async (t) => {
  const effects: EffectPort = { perform: async () => undefined as never };
  const { work, remote, tree } = await committed(t, { effects });
  const before = git(remote, "for-each-ref");
  const output = await work.succeed("git-push", { path: "src", targetBranch: "uat" });
  assert.deepEqual(output, { commit: git(tree, "rev-parse", "HEAD"), branch: "uat" });
  assert.equal(git(remote, "for-each-ref"), before);
});

test("git-push: a hook of the remote that says no ends the step at once", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  const hook = join(remote, "hooks/pre-receive");
  writeFileSync(hook, "#!/bin/sh\necho 'main is frozen' >&2\nexit 1\n");
  chmodSync(hook, 0o755);
  const end = await work.run("git-push", { path: "src" });
  assert.equal(end.status, "Errored");
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error pushing branch: error executing cmd/,
  );
  assert.match(end.error ?? "", /remote: main is frozen/);
  assert.match(end.error ?? "", /pre-receive hook declined/);
  assert.equal(work.effects.length, 1);
});

test("git-push: a conflict stops the rebase: Errored as upstream, with a warning, and it stays so", {
  skip,
}, async (t) => {
  const { work, remote, tree } = await committed(t);
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  const end = await work.run("git-push", { path: "src" });
  assert.equal(end.status, "Errored");
  assert.equal(end.terminal, false);
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error pulling and rebasing branch: error executing cmd \[.*git pull --rebase origin main]: .*CONFLICT/s,
  );
  assert.equal(end.warnings.length, 1);
  assert.equal(work.effects.length, 0);
  assert.match(git(tree, "status"), /rebase in progress/);
  const again = await work.run("git-push", { path: "src" });
  assert.equal(again.status, "Errored");
  assert.equal(git(remote, "log", "-1", "--format=%s", "main"), "theirs");
});

test("git-push: AlwaysMerge: remote changes come in by a merge", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t, { pushPolicy: "AlwaysMerge" });
  const ours = git(tree, "rev-parse", "HEAD");
  const theirs = commitTo(remote, "main", { b: "theirs" }, "theirs");
  const { commit } = await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "-1", "--format=%H %P", "main"), `${commit} ${ours} ${theirs}`);
  assert.equal(
    git(remote, "log", "-1", "--format=%s", "main"),
    `Merge branch 'main' of ${join(work.root, "r")}`,
  );
});

test("git-push: AlwaysMerge: a conflict fails at once", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "AlwaysMerge" });
  commitTo(remote, "main", { a: "theirs" }, "theirs");
  const end = await work.run("git-push", { path: "src" });
  assert.deepEqual(end, { status: "Failed", error: "merge conflict", terminal: true, warnings: [] });
});

test("git-push: None: the remote's commits are not brought in", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "None" });
  commitTo(remote, "main", { b: "theirs" }, "theirs");
  const end = await work.run("git-push", { path: "src", maxAttempts: 2 });
  assert.equal(end.error, "error pushing commits to remote: error pushing branch: non-fast-forward");
});

test("git-push: RebaseOrMerge without signatures rebases", { skip }, async (t) => {
  const { work, remote } = await committed(t, { pushPolicy: "RebaseOrMerge" });
  const theirs = commitTo(remote, "main", { b: "theirs" }, "theirs");
  const { commit } = await work.succeed("git-push", { path: "src" });
  assert.equal(git(remote, "log", "-1", "--format=%H %P", "main"), `${commit} ${theirs}`);
});

test("git-push: a detached head cannot guess what a new branch is", { skip }, async (t) => {
  const work = new GitWork(t);
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  const head = git(remote, "rev-parse", "main");
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ commit: head, path: "src" }] });
  writeFiles(join(work.dir, "src"), { a: "2" });
  await work.succeed("git-commit", { path: "src", message: "m" });
  const unnamed = await work.run("git-push", { path: "src" });
  assert.match(unnamed.error ?? "", /fatal: invalid refspec 'HEAD:'/);
  const fresh = await work.run("git-push", { path: "src", targetBranch: "fresh" });
  assert.match(fresh.error ?? "", /The destination you provided is not a full refname/);
  const known = await work.run("git-push", { path: "src", targetBranch: "main" });
  assert.equal(known.status, "Succeeded");
});

test("git-push: target branches that look like options or commands are names", { skip }, async (t) => {
  const { work, remote } = await committed(t);
  const proof = join(work.root, "owned");
  for (const targetBranch of [`--upload-pack=touch ${proof}`, "--force", "-x", `$(touch ${proof})`]) {
    git(remote, "config", "receive.denyCurrentBranch", "ignore");
    const name = targetBranch.replaceAll(" ", "-");
    git(remote, "update-ref", `refs/heads/${name}`, "main");
    const end = await work.run("git-push", { path: "src", targetBranch: name });
    assert.equal(end.error, undefined);
    assert.equal(git(remote, "log", "-1", "--format=%s", `refs/heads/${name}`), "ours");
    const odd = await work.run("git-push", { path: "src", targetBranch });
    if (targetBranch.includes(" ")) assert.equal(odd.status, "Errored");
  }
  assert.equal(existsSync(proof), false);
});

test("git-push: a folder of the tree pushes the whole head", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t, {}, { "deep/x": "1" });
  const output = await work.succeed("git-push", { path: "src/deep" });
  assert.deepEqual(output, { commit: git(tree, "rev-parse", "HEAD"), branch: "main" });
  assert.equal(git(remote, "rev-parse", "main"), output.commit);
});

test("git-push: a tag brings nothing in, whatever the branch has got", { skip }, async (t) => {
  const { work, remote, tree } = await committed(t);
  const head = git(tree, "rev-parse", "HEAD");
  const theirs = commitTo(remote, "main", { a: "theirs" }, "theirs");
  await work.succeed("git-tag", { path: "src", tag: "v1", message: "one" });
  assert.deepEqual(await work.succeed("git-push", { path: "src", tag: "v1" }), {
    commit: head,
    branch: "main",
  });
  assert.equal(git(remote, "rev-parse", "main"), theirs);
});

test("git-push: a tag that is not here", { skip }, async (t) => {
  const { work } = await committed(t);
  const end = await work.run("git-push", { path: "src", tag: "none" });
  assert.deepEqual([end.status, end.terminal], ["Errored", false]);
  assert.match(
    end.error ?? "",
    /^error pushing commits to remote: error pushing tag: error executing cmd \[.*git push origin tag none]: error: src refspec refs\/tags\/none does not match any/,
  );
  assert.deepEqual(work.waits, []);
});

test("git-push: RebaseOrMerge without commits of ours takes the remote's", { skip }, async (t) => {
  const work = new GitWork(t, { pushPolicy: "RebaseOrMerge" });
  const remote = makeRemote(join(work.root, "r.git"), { a: "1" });
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  const theirs = commitTo(remote, "main", { b: "theirs" }, "theirs");
  const output = await work.succeed("git-push", { path: "src" });
  assert.deepEqual(output, { commit: theirs, branch: "main" });
});
