// Runs git steps as the loop would: one work directory, one set of capabilities, results and faults as plain data.
// Fakes nothing but the ports: git, gpg and the remotes are real.
import assert from "node:assert/strict";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Logger } from "../../src/base/log";
import {
  type AnyStepRunner,
  type Capabilities,
  type Credentials,
  type Effect,
  type EffectPort,
  type GithubPushSettings,
  type GitUser,
  StepError,
  type StepOutput,
} from "../../src/engine/promotion/step";
import { makeGitPush } from "../../src/engine/steps/git-push";
import { makeGithubPush } from "../../src/engine/steps/github-push";
import type { PushParts } from "../../src/engine/steps/push-attempts";
import { stepRunners } from "../../src/engine/steps/registry";
import type { PushIntegrationPolicy } from "../../src/engine/tools/git-push";
import { type Files, makeRemote, writeFiles } from "./git-repos";
import { stepContext } from "./step-cases";
import { tempDir } from "./temp";

/** What a git step made of it. Absent parts were absent. */
export interface GitStepEnd {
  readonly status: string;
  readonly output?: StepOutput;
  readonly error?: string;
  readonly terminal?: boolean;
  readonly warnings: readonly string[];
}

/** The kinds under test, and what changes files between them. */
export type GitStepKind =
  | "git-clear"
  | "git-clone"
  | "git-commit"
  | "git-push"
  | "git-tag"
  | "github-push"
  | "yaml-update";

/** What differs from an anonymous user with Kargo's own identity. */
export interface GitWorkOptions {
  readonly credentials?: Credentials;
  /** What looking for credentials throws. */
  readonly lookupFault?: Error;
  readonly user?: GitUser;
  readonly pushPolicy?: PushIntegrationPolicy;
  readonly githubPush?: GithubPushSettings;
  /** Sits between a push and its act. */
  readonly effects?: EffectPort;
  readonly wait?: PushParts["wait"];
  /** Work directory below the test's folder. */
  readonly workDir?: string;
  readonly signal?: AbortSignal;
}

/** One Promotion's work directory and the steps that run in it. */
export class GitWork {
  /** Folder of the test: remotes go here, beside the work directory. */
  readonly root: string;
  readonly dir: string;
  /** Effects that were told, in order. */
  readonly effects: Effect[] = [];
  /** Waits between push attempts, in milliseconds. */
  readonly waits: number[] = [];
  /** Every line that was logged. */
  readonly log: string[] = [];
  /** What credentials were looked up for, in order: `type URL`. */
  readonly lookups: string[] = [];
  readonly #options: GitWorkOptions;
  readonly #parts: PushParts = {
    wait: async (ms, signal) => {
      this.waits.push(ms);
      await this.#options.wait?.(ms, signal);
    },
  };
  readonly #own: Partial<Record<GitStepKind, AnyStepRunner>> = {
    "git-push": makeGitPush(this.#parts),
    "github-push": makeGithubPush(this.#parts),
  };

  constructor(t: TestContext, options: GitWorkOptions = {}, root = realpathSync(tempDir(t))) {
    this.#options = options;
    this.root = root;
    this.dir = join(root, options.workDir ?? "work");
    mkdirSync(this.dir, { recursive: true });
  }

  /** The same work directory with other capabilities. */
  with(t: TestContext, options: GitWorkOptions): GitWork {
    return new GitWork(t, { ...this.#options, ...options }, this.root);
  }

  /** Runs a step. Throws what is not a StepError. */
  async run(kind: GitStepKind, config: object): Promise<GitStepEnd> {
    const runner = this.#own[kind] ?? stepRunners[kind];
    assert.ok(runner);
    const context = { ...stepContext({}, this.dir, this.#options.signal), log: this.#logger() };
    const granted = Object.entries(this.#capabilities()).filter(([name]) =>
      (runner.needs as readonly string[]).includes(name),
    );
    try {
      const {
        status,
        output,
        warnings = [],
      } = await runner.run({ ...context, ...Object.fromEntries(granted) } as never, config as never);
      return { status, warnings, ...(output && { output }) };
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const { status, message, terminal, warnings } = error;
      return { status, error: message.replaceAll(this.dir, "<work>"), terminal, warnings };
    }
  }

  /** Runs a step that must succeed. */
  async succeed(kind: GitStepKind, config: object): Promise<StepOutput> {
    const end = await this.run(kind, config);
    assert.equal(end.error, undefined);
    assert.equal(end.status, "Succeeded");
    return end.output ?? {};
  }

  #capabilities(): Partial<Capabilities> {
    const { credentials, lookupFault, user, pushPolicy, githubPush, effects } = this.#options;
    return {
      git: {
        user: user ?? { name: "", email: "" },
        paths: {},
        ...(pushPolicy && { pushPolicy }),
        ...(githubPush && { githubPush }),
      },
      credentials: {
        find: async ({ project, type, repoURL }) => {
          assert.equal(project, "demo");
          this.lookups.push(`${type} ${repoURL}`);
          if (lookupFault !== undefined) throw lookupFault;
          return credentials;
        },
      },
      network: { fetch },
      effects: {
        perform: async (effect, act) => {
          this.effects.push(effect);
          return effects === undefined ? await act() : await effects.perform(effect, act);
        },
      },
    };
  }

  #logger(): Logger {
    const add = (line: string) => this.log.push(line);
    return { debug: add, info: add, warn: add, error: add };
  }
}

/** A clone of a remote with one local commit that changes `change`. */
export async function committed(t: TestContext, options: GitWorkOptions = {}, change: Files = { a: "ours" }) {
  const work = new GitWork(t, options);
  const remote = makeRemote(join(work.root, "r.git"), { a: "base", b: "base" });
  const tree = join(work.dir, "src");
  await work.succeed("git-clone", { repoURL: remote, checkout: [{ branch: "main", path: "src" }] });
  writeFiles(tree, change);
  await work.succeed("git-commit", { path: "src", message: "ours" });
  return { work, remote, tree };
}
