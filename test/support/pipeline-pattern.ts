// A pattern of test/fixtures/pipelines come to life: its repositories on a Git server, its images in a registry, its YAML
// in a workspace that names both. Judges nothing.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Freight, Promotion, Stage } from "../../src/model/resources";
import { runCli } from "./cli";
import { startGitServer } from "./git-http-server";
import { commitTo, type Files, filesAt, git, makeRemote } from "./git-repos";
import { startRegistry, type TestRegistry } from "./registry";
import { listed, succeeds } from "./sample-cli";
import { tempDir } from "./temp";

const fixtures = join(process.cwd(), "test", "fixtures", "pipelines");

/** Names of all patterns. */
export function patternNames(): readonly string[] {
  return readdirSync(fixtures).sort();
}

/** The folder of a pattern, as a user would keep it. */
export function patternFolder(name: string): string {
  return join(fixtures, name);
}

/** One pattern that can be run. */
export class Pattern {
  readonly root: string;
  readonly #repositories: string;
  readonly #registry: TestRegistry | undefined;

  private constructor(root: string, repositories: string, registry: TestRegistry | undefined) {
    this.root = root;
    this.#repositories = repositories;
    this.#registry = registry;
  }

  /** Sets a pattern up below a temporary folder. Images need docker-registry and skopeo. */
  static async open(
    t: TestContext,
    name: string,
    options: { readonly images?: true } = {},
  ): Promise<Pattern> {
    const folder = tempDir(t);
    const repositories = join(folder, "repositories");
    const source = join(patternFolder(name), "repositories");
    for (const repository of readdirSync(source)) {
      makeRemote(join(repositories, `${repository}.git`), filesBelow(join(source, repository)));
    }
    const server = await startGitServer(repositories);
    t.after(() => server.close());
    const registry = options.images && (await startRegistry(folder));
    if (registry !== undefined) t.after(() => registry.stop());
    const root = join(folder, "workspace");
    mkdirSync(root);
    const yaml = readFileSync(join(patternFolder(name), "pipeline.yaml"), "utf8")
      .replaceAll("https://git.example.com", server.url)
      .replaceAll("registry.example.com", registry?.host ?? "registry.example.com");
    writeFileSync(join(root, "pipeline.yaml"), yaml);
    cpSync(join(patternFolder(name), "README.md"), join(root, "README.md"));
    return new Pattern(root, repositories, registry);
  }

  /** The bare repository. */
  repository(name: string): string {
    return join(this.#repositories, `${name}.git`);
  }

  /** Pushes an image under a tag; answers its digest. */
  async image(name: string, tag: string): Promise<string> {
    assert.ok(this.#registry);
    return this.#registry.push(`shop/${name}`, { labels: { tag } }, tag);
  }

  /** Commits to main from outside; answers the commit's id. */
  commit(repository: string, files: Files, message: string): string {
    return commitTo(this.repository(repository), "main", files, message);
  }

  /** Looks at every Warehouse now and lets the pipelines run until nothing is left to do. */
  async run(...warehouses: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.tryRun(...warehouses);
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stderr, "");
  }

  /** The same, however it ends. */
  async tryRun(...warehouses: readonly string[]) {
    for (const name of warehouses) await succeeds(["refresh", "warehouse", name, "-w", this.root]);
    return runCli(["run", "--until-idle", "-w", this.root]);
  }

  /** Content of a file of a branch. */
  file(repository: string, branch: string, path: string): string | undefined {
    return filesAt(this.repository(repository), branch)[path];
  }

  /** Subjects of a branch's commits, newest first. */
  subjects(repository: string, branch: string): readonly string[] {
    return git(this.repository(repository), "log", "--format=%s", branch).split("\n");
  }

  freight(): Promise<readonly Freight[]> {
    return listed<Freight>(this.root, "freight");
  }

  promotions(): Promise<readonly Promotion[]> {
    return listed<Promotion>(this.root, "promotions");
  }

  async stage(name: string): Promise<Stage> {
    return JSON.parse(await succeeds(["get", "stages", name, "-o", "json", "-w", this.root])) as Stage;
  }

  /** The Freight that carries an artifact: a commit's id or an image's tag. */
  async freightWith(artifact: string): Promise<Freight> {
    const found = (await this.freight()).find(
      ({ commits = [], images = [] }) =>
        commits.some(({ id }) => id === artifact) || images.some(({ tag }) => tag === artifact),
    );
    assert.ok(found, `no Freight with ${artifact}`);
    return found;
  }

  /** Stages in which the Freight with an artifact was verified. */
  async verifiedIn(artifact: string): Promise<readonly string[]> {
    return Object.keys((await this.freightWith(artifact)).status?.verifiedIn ?? {}).sort();
  }

  /** Stages that run the Freight with an artifact now. */
  async currentlyIn(artifact: string): Promise<readonly string[]> {
    return Object.keys((await this.freightWith(artifact)).status?.currentlyIn ?? {}).sort();
  }
}

function filesBelow(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}
