// What expression functions read of the Project: Warehouses, metadata, Secrets, ConfigMaps. Functions cannot wait, the
// store can only be waited for; so what is missing is asked for by throwing, read, and the expression evaluated again.
import { errorMessage } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import type { Warehouse } from "../../model/resources";
import { secretValues, sharedResourcesNamespace } from "../credentials";
import type { EnginePorts } from "../ports";
import { labelKeys } from "./annotations";
import type { SecretMask } from "./secret-mask";

/** Values of a Secret or a ConfigMap; undefined stands for a ConfigMap that has no data at all. */
export type TextMap = Readonly<Record<string, string>> | undefined;

/** What functions may read, at once. Throws an Error that says what could not be read. */
export interface ExpressionData {
  readonly project: string;
  warehouse(name: string): Warehouse | undefined;
  /** `null`: not found, or without metadata. */
  metadata(kind: "Freight" | "Stage", name: string): JsonObject | null;
  /** `null`: not found, or not to be shown. */
  secret(name: string, scope: "project" | "shared"): TextMap | null;
  configMap(name: string, scope: "project" | "shared"): TextMap | null;
}

/** Where the data comes from. */
export type DataPorts = Pick<EnginePorts, "store" | "secrets">;

type Answer = { readonly value: unknown } | { readonly error: string };

/** Asks for something that has not been read yet. Never seen outside `withData`. */
class NotReadYet extends Error {
  readonly key: string;
  readonly read: () => Promise<unknown>;

  constructor(key: string, read: () => Promise<unknown>) {
    super(`not read yet: ${key}`);
    this.key = key;
    this.read = read;
  }
}

/** More look-ups than any expression makes on purpose. */
const maxReads = 10_000;

/**
 * The data of one step's expressions. ConfigMaps and Secrets that were found stay the same for the whole step; all else
 * is read anew for every evaluation, because steps may have changed it.
 */
export class StepData {
  readonly #ports: DataPorts;
  readonly #project: string;
  readonly #mask: SecretMask;
  readonly #found = new Map<string, TextMap>();

  constructor(ports: DataPorts, project: string, mask: SecretMask) {
    this.#ports = ports;
    this.#project = project;
    this.#mask = mask;
  }

  /** Runs `evaluate` until it has all it asks for. It must have no effects; throws what it throws. */
  async withData<T>(evaluate: (data: ExpressionData) => T): Promise<T> {
    const answers = new Map<string, Answer>();
    const data = this.#view(answers);
    for (;;) {
      try {
        return evaluate(data);
      } catch (error) {
        const missing = findMissing(error);
        if (missing === undefined || answers.size >= maxReads) throw error;
        answers.set(missing.key, await answer(missing.read));
      }
    }
  }

  #view(answers: Map<string, Answer>): ExpressionData {
    const { store } = this.#ports;
    const project = this.#project;
    const ask = <T>(key: string, read: () => Promise<T>): T => {
      const known = answers.get(key);
      if (known === undefined) throw new NotReadYet(key, read);
      if ("error" in known) throw new Error(known.error);
      return known.value as T;
    };
    const texts = (kind: string, name: string, namespace: string, read: () => Promise<TextMap | null>) => {
      const key = `${kind}/${namespace}/${name}`;
      if (this.#found.has(key)) return this.#found.get(key);
      return ask(key, async () => {
        const found = await described(`failed to get ${kind.toLowerCase()} ${name}`, read);
        if (found !== null) this.#found.set(key, found);
        return found;
      });
    };
    const namespaceOf = (scope: "project" | "shared") =>
      scope === "project" ? project : sharedResourcesNamespace;
    return {
      project,
      warehouse: (name) =>
        ask(`Warehouse/${name}`, () =>
          described(`error getting Warehouse "${name}" in namespace "${project}"`, () =>
            store.get("Warehouse", { namespace: project, name }),
          ),
        ),
      metadata: (kind, name) =>
        ask(`${kind}/${name}`, () =>
          described(`failed to get ${kind.toLowerCase()} ${name}`, async () => {
            const found = await store.get(kind, { namespace: project, name });
            return found?.status?.metadata ?? null;
          }),
        ),
      secret: (name, scope) => texts("Secret", name, namespaceOf(scope), () => this.#readSecret(name, scope)),
      configMap: (name, scope) =>
        texts("ConfigMap", name, namespaceOf(scope), async () => {
          const found = await store.get("ConfigMap", { namespace: namespaceOf(scope), name });
          return found === undefined ? null : found.data;
        }),
    };
  }

  /** A shared Secret is shown only when it is labelled generic: repository credentials can be used, never read. */
  async #readSecret(name: string, scope: "project" | "shared"): Promise<TextMap | null> {
    const namespace = scope === "project" ? this.#project : sharedResourcesNamespace;
    const secret = await this.#ports.store.get("Secret", { namespace, name });
    if (secret !== undefined && scope === "shared") {
      if (secret.metadata.labels?.[labelKeys.credentialType] !== "generic") return null;
    }
    const other = scope === "project" ? this.#ports.secrets : undefined;
    const values = secret === undefined ? await other?.secret(namespace, name) : secretValues(secret);
    for (const value of Object.values(values ?? {})) this.#mask.add(value);
    return values ?? null;
  }
}

async function answer(read: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await read() };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

async function described<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new Error(`${what}: ${errorMessage(cause)}`, { cause });
  }
}

/** The question inside an error; the expression library wraps what functions throw. */
function findMissing(error: unknown): NotReadYet | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotReadYet) return cause;
  }
  return undefined;
}
