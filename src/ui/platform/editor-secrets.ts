// Values of Secrets that a workspace's files do not hold, kept by the editor's SecretStorage, one entry for each Secret.
// Values are never logged and never put into a file; only names are remembered beside them, so that they can be listed.
import type { Memento, SecretStorage } from "vscode";
import { isObject } from "../../base/json";
import type { SecretValueSource } from "../../engine/ports";
import { compareText } from "../../model/pipeline";

/** Names a stored Secret. */
export interface StoredSecret {
  /** URI of the workspace folder as text. */
  readonly folder: string;
  readonly project: string;
  readonly name: string;
}

type Values = Readonly<Record<string, string>>;

const namesKey = "kargo.secrets";

/** The Secrets of this machine's editor. */
export class EditorSecrets {
  readonly #storage: SecretStorage;
  readonly #memory: Memento;

  /** `storage` keeps values, `memory` the names. */
  constructor(storage: SecretStorage, memory: Memento) {
    this.#storage = storage;
    this.#memory = memory;
  }

  /** What the engine asks, for one workspace folder. */
  source(folder: string): SecretValueSource {
    return {
      secret: (namespace, name) => this.#values({ folder, project: namespace, name }),
      names: async (namespace) =>
        this.list(folder)
          .filter((secret) => secret.project === namespace)
          .map((secret) => secret.name),
    };
  }

  /** The stored Secrets of a folder, by Project and name. */
  list(folder: string): StoredSecret[] {
    return this.#names()
      .filter((secret) => secret.folder === folder)
      .sort((a, b) => compareText(keyOf(a), keyOf(b)));
  }

  /** Names of the values of a Secret. */
  async keys(secret: StoredSecret): Promise<string[]> {
    return Object.keys((await this.#values(secret)) ?? {});
  }

  /** Sets one value of a Secret and leaves its others. */
  async set(secret: StoredSecret, key: string, value: string): Promise<void> {
    const values = { ...(await this.#values(secret)), [key]: value };
    await this.#storage.store(keyOf(secret), JSON.stringify(values));
    await this.#memory.update(namesKey, [...this.#names().filter((other) => !isSame(other, secret)), secret]);
  }

  /** Forgets a Secret with all its values. */
  async delete(secret: StoredSecret): Promise<void> {
    await this.#storage.delete(keyOf(secret));
    await this.#memory.update(
      namesKey,
      this.#names().filter((other) => !isSame(other, secret)),
    );
  }

  async #values(secret: StoredSecret): Promise<Values | undefined> {
    const stored = await this.#storage.get(keyOf(secret));
    return stored === undefined ? undefined : parseValues(stored);
  }

  #names(): readonly StoredSecret[] {
    return this.#memory.get<readonly StoredSecret[]>(namesKey, []);
  }
}

function keyOf({ folder, project, name }: StoredSecret): string {
  return `kargo.secret:${JSON.stringify([folder, project, name])}`;
}

function isSame(a: StoredSecret, b: StoredSecret): boolean {
  return keyOf(a) === keyOf(b);
}

function parseValues(text: string): Values | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return undefined;
  }
}
