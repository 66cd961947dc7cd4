// Values of Secrets and ConfigMaps that a workspace's files do not hold, kept by the editor's SecretStorage.
// Values are never logged and never put into a file.
import type { SecretStorage } from "vscode";
import { isObject } from "../../base/json";
import type { SecretValueSource } from "../../engine/ports";

/** Reads what was stored for one workspace folder. */
export function editorSecrets(storage: SecretStorage, folder: string): SecretValueSource {
  return {
    async secret(namespace, name) {
      const stored = await storage.get(secretKey(folder, namespace, name));
      return stored === undefined ? undefined : parseValues(stored);
    },
  };
}

/** Under which key the values of a Secret are kept. */
export function secretKey(folder: string, namespace: string, name: string): string {
  return `kargo.secret:${JSON.stringify([folder, namespace, name])}`;
}

function parseValues(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).filter((e): e is [string, string] => typeof e[1] === "string"),
    );
  } catch {
    return undefined;
  }
}
