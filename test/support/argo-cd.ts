// Argo CD Applications kept in memory behind the port that steps use: label selectors, merge patches, conflicts.
// Syncs nothing; a test says what became of an operation.
import type { ArgoCdPort } from "../../src/engine/promotion/step";

type Json = Record<string, unknown>;

/** An Application as the cluster holds it. */
export interface TestApplication extends Json {
  metadata: Json & { name: string; namespace: string };
}

/** A conflict, as a Kubernetes API server answers it. */
class ConflictError extends Error {
  readonly code = 409;
}

/** Applications in memory. */
export class TestArgoCd implements ArgoCdPort {
  readonly defaultNamespace = "argocd";
  /** `REASON: MESSAGE by COMPONENT` of every Event. */
  readonly events: string[] = [];
  /** Runs before each patch; may change things, as somebody else would. */
  beforePatch: () => void = () => {};
  readonly #apps = new Map<string, TestApplication>();
  #version = 0;

  constructor(apps: readonly TestApplication[]) {
    for (const app of apps) this.put(app);
  }

  /** Puts an Application, as somebody else would. */
  put(app: TestApplication): void {
    const metadata = { ...app.metadata, resourceVersion: String(++this.#version) };
    this.#apps.set(`${metadata.namespace}/${metadata.name}`, structuredClone({ ...app, metadata }));
  }

  /** Every Application, by namespace and name. */
  all(): TestApplication[] {
    return [...this.#apps].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, app]) => structuredClone(app));
  }

  async get(namespace: string, name: string): Promise<unknown> {
    return structuredClone(this.#apps.get(`${namespace}/${name}`));
  }

  async list(namespace: string, labelSelector: string): Promise<readonly unknown[]> {
    return this.all().filter(({ metadata }) => {
      const labels = (metadata.labels ?? {}) as Record<string, string>;
      return metadata.namespace === namespace && terms(labelSelector).every((term) => holds(term, labels));
    });
  }

  async patch(namespace: string, name: string, patch: unknown): Promise<unknown> {
    this.beforePatch();
    const app = this.#apps.get(`${namespace}/${name}`);
    if (app === undefined) throw new Error(`applications.argoproj.io "${name}" not found`);
    const wanted = (patch as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== app.metadata.resourceVersion) {
      throw new ConflictError(
        "the object has been modified; please apply your changes to the latest version",
      );
    }
    this.put(merged(app, patch) as TestApplication);
    return await this.get(namespace, name);
  }

  async createEvent(_namespace: string, event: unknown): Promise<void> {
    const { reason, message, source } = event as Json & { source: Json };
    this.events.push(`${reason}: ${message} by ${source.component}`);
  }
}

/** Splits at commas outside parentheses. */
function terms(selector: string): string[] {
  return selector === "" ? [] : selector.split(/,(?![^(]*\))/);
}

function holds(term: string, labels: Record<string, string>): boolean {
  const set = /^(\S+) (in|notin) \((.*)\)$/.exec(term);
  if (set) {
    const [, key = "", operator, values = ""] = set;
    const value = labels[key];
    const isListed = value !== undefined && values.split(",").includes(value);
    return operator === "in" ? isListed : !isListed;
  }
  const [key = "", value] = term.split("=");
  if (value !== undefined) return labels[key] === value;
  return key.startsWith("!") ? labels[key.slice(1)] === undefined : labels[key] !== undefined;
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isMap = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Json = isMap ? { ...(target as Json) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
