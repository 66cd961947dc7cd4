// Runs the steps about pull requests against a hosting service on loopback, each with the capabilities it asks for.
// Puts services that live at one address only elsewhere; everything else is as in production.
import assert from "node:assert/strict";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { silentLogger } from "../../src/base/log";
import {
  type AnyStepRunner,
  type CredentialSource,
  type Credentials,
  type Effect,
  type EffectPort,
  StepError,
  type StepOutput,
} from "../../src/engine/promotion/step";
import { makeGitMergePr } from "../../src/engine/steps/git-merge-pr";
import { makeGitOpenPr } from "../../src/engine/steps/git-open-pr";
import { makeGitWaitForPr } from "../../src/engine/steps/git-wait-for-pr";
import type { PullRequestParts } from "../../src/engine/steps/pull-request-step";
import { openProvider } from "../../src/engine/tools/pull-requests/open-provider";
import type { GitProvider } from "../../src/model/git-hosting";
import { GitHosting, type HostingBehaviour } from "./git-hosting-server";
import { commitTo } from "./git-repos";
import { stepContext } from "./step-cases";
import { tempDir } from "./temp";

/** What a step made of it. Absent parts were absent. */
export interface PullRequestStepEnd {
  readonly status: string;
  readonly output?: StepOutput;
  readonly error?: string;
  readonly terminal?: boolean;
  readonly retryAfterMs?: number;
  readonly warnings?: readonly string[];
}

/** What differs from an anonymous user. */
export interface PullRequestWorkOptions {
  readonly credentials?: Credentials;
  readonly lookupFault?: Error;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly uiBaseUrl?: string;
  readonly signal?: AbortSignal;
  readonly effects?: EffectPort;
  /** Run the step as it ships: every service is looked for where it really is. */
  readonly isReal?: boolean;
}

/** A service with one repository that has `main` and a branch `change` one commit ahead. */
export class PullRequestWork {
  readonly hosting: GitHosting;
  readonly repo: string;
  readonly repoURL: string;
  readonly dir: string;
  /** Waits between two looks at an asynchronous merge. */
  readonly waits: number[] = [];
  /** What credentials were looked up for, in order: `project type URL`. */
  readonly lookups: string[] = [];
  effects: Effect[] = [];

  private constructor(hosting: GitHosting, repo: string, dir: string) {
    this.hosting = hosting;
    this.repo = repo;
    this.dir = dir;
    // Azure knows itself by its host alone; git and the API reach it through a proxy.
    this.repoURL = hosting.kind === "azure" ? `http://dev.azure.com/${repo}` : `${hosting.url}/${repo}`;
  }

  static async start(
    t: TestContext,
    kind: GitProvider,
    behaviour: HostingBehaviour = {},
    repo = kind === "azure"
      ? "acme/shop/_git/deploy"
      : kind === "gitlab"
        ? "acme/shop/deploy"
        : "acme/deploy",
  ): Promise<PullRequestWork> {
    const root = realpathSync(tempDir(t));
    const hosting = await GitHosting.start(kind, join(root, "hosting"), behaviour);
    t.after(() => hosting.close());
    const remote = hosting.makeRepository(repo, { a: "1" });
    commitTo(remote, "change", { a: "2" }, "Set a\n\nBecause of b.");
    const dir = join(root, "work");
    mkdirSync(dir);
    return new PullRequestWork(hosting, repo, dir);
  }

  /** Id of a branch's head at the service. */
  head(branch: string): string {
    return this.hosting.head(this.repo, branch);
  }

  /** A pull request from `change` into `main`. */
  opened(more: Partial<Parameters<GitHosting["open"]>[0]> = {}) {
    return this.hosting.open({ repo: this.repo, source: "change", target: "main", ...more });
  }

  /** Runs a step on the repository. Throws what is not a StepError. */
  async run(
    kind: "git-open-pr" | "git-wait-for-pr" | "git-merge-pr",
    config: object,
    options: PullRequestWorkOptions = {},
  ): Promise<PullRequestStepEnd> {
    const runner = runners(options.isReal ? { open: openProvider } : this.#parts())[kind];
    const all = {
      git: { user: { name: "", email: "" }, paths: {} },
      network: { fetch },
      credentials: {
        find: async ({ project, type, repoURL }: Parameters<CredentialSource["find"]>[0]) => {
          this.lookups.push(`${project} ${type} ${repoURL}`);
          if (options.lookupFault !== undefined) throw options.lookupFault;
          return options.credentials ?? { username: "kargo", password: "t0ken" };
        },
      },
      effects: {
        perform: async <T>(effect: Effect, act: () => Promise<T>): Promise<T> => {
          this.effects.push(effect);
          return options.effects === undefined ? act() : options.effects.perform(effect, act);
        },
      },
    };
    const granted = Object.entries(all).filter(([name]) =>
      (runner.needs as readonly string[]).includes(name),
    );
    const context = {
      ...stepContext({}, this.dir, options.signal),
      ...Object.fromEntries(granted),
      log: silentLogger,
      state: options.state ?? {},
      uiBaseUrl: options.uiBaseUrl ?? "",
    };
    const full = { repoURL: this.repoURL, provider: this.hosting.kind, ...config };
    try {
      return await runner.run(context as never, full as never);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const { status, message, terminal, output, warnings } = error;
      assert.ok(!message.includes("t0ken"), `a secret in: ${message}`);
      return {
        status,
        error: message.replaceAll(this.hosting.url, "<url>"),
        terminal,
        ...(output && { output }),
        ...(warnings.length > 0 && { warnings }),
      };
    }
  }

  #parts(): PullRequestParts {
    const { url } = this.hosting;
    const apis = { bitbucket: `${url}/2.0`, azure: url };
    const wait = async (ms: number) => void this.waits.push(ms);
    return { open: (name, options) => openProvider(name, { ...options, apis, wait }) };
  }
}

function runners(parts: PullRequestParts): Readonly<Record<string, AnyStepRunner>> & {
  readonly [K in "git-open-pr" | "git-wait-for-pr" | "git-merge-pr"]: AnyStepRunner;
} {
  return {
    "git-open-pr": makeGitOpenPr(parts),
    "git-wait-for-pr": makeGitWaitForPr(parts),
    "git-merge-pr": makeGitMergePr(parts),
  };
}
