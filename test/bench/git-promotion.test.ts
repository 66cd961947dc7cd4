// A whole Promotion against a local bare repository of 5,000 files, beside a shell script that runs the same git
// commands, in pairs and in turns. Prints figures; asserts nothing but that both did the work.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { git, makeRemote, missingGit } from "../support/git-repos";
import { GitWork } from "../support/git-steps";

const pairs = 20;
const fileCount = 5_000;

const script = `set -e
git config --global init.defaultBranch main
git config --global user.name Kargo
git config --global user.email no-reply@kargo.io
git clone --bare "$1" repo
cd repo
git ls-remote --heads --exit-code "$1" refs/heads/main
git worktree add ../src main
cd ../src
git rev-parse HEAD
sed -i "s/tag: .*/tag: $2/" apps/7/app-7.yaml
git add .
git status -s
git commit -m "Update apps/7/app-7.yaml"
git rev-parse HEAD
git branch --show-current
git ls-remote --heads --exit-code "$1" refs/heads/main
git pull --rebase origin main
git push origin HEAD:main
git rev-parse HEAD
`;

function runScript(root: string, remote: string, tag: string): void {
  const home = mkdtempSync(join(root, "shell-"));
  const env = { PATH: process.env.PATH, HOME: home };
  execFileSync("sh", [join(root, "script.sh"), remote, tag], { cwd: home, env, stdio: "pipe" });
}

async function runSteps(work: GitWork, remote: string, tag: string): Promise<void> {
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  const updates = [{ key: "image.tag", value: tag }];
  const { commitMessage } = await work.succeed("yaml-update", { path: "src/apps/7/app-7.yaml", updates });
  await work.succeed("git-commit", { path: "src", message: commitMessage });
  await work.succeed("git-push", { path: "src" });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test(`clone, update, commit and push ${fileCount} files`, { skip: missingGit() }, async (t) => {
  const first = new GitWork(t);
  const { root } = first;
  const files: Record<string, string> = {};
  for (let i = 0; i < fileCount; i++) {
    files[`apps/${i % 50}/app-${i}.yaml`] =
      `name: app-${i}\nimage:\n  repository: registry.example/app-${i}\n  tag: v0\n`;
  }
  const remotes = { shell: makeRemote(join(root, "shell.git"), files), steps: join(root, "steps.git") };
  git(root, "clone", "--quiet", "--bare", remotes.shell, remotes.steps);
  writeFileSync(join(root, "script.sh"), script);
  const times: { shell: number; steps: number }[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const taken = { shell: 0, steps: 0 };
    const order = pair % 2 === 0 ? (["shell", "steps"] as const) : (["steps", "shell"] as const);
    for (const who of order) {
      const work = new GitWork(t, { workDir: `work-${pair}` }, root);
      const start = performance.now();
      if (who === "shell") runScript(root, remotes.shell, `v${pair + 1}`);
      else await runSteps(work, remotes.steps, `v${pair + 1}`);
      taken[who] = performance.now() - start;
    }
    rmSync(join(root, `work-${pair}`), { recursive: true });
    mkdirSync(join(root, `work-${pair}`));
    if (pair > 0) times.push(taken); // the first pair warms the caches
  }
  const content = git(remotes.shell, "show", "main:apps/7/app-7.yaml");
  assert.match(content, new RegExp(`tag: v${pairs + 1}$`));
  assert.equal(git(remotes.steps, "show", "main:apps/7/app-7.yaml"), content);
  const ratios = times.map(({ shell, steps }) => steps / shell);
  console.log(
    [
      `shell ${median(times.map(({ shell }) => shell)).toFixed(0)} ms`,
      `steps ${median(times.map(({ steps }) => steps)).toFixed(0)} ms`,
      `ratio ${median(ratios).toFixed(2)} (median of ${pairs} pairs; budget 1.30)`,
    ].join(", "),
  );
});
