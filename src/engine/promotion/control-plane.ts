// The control plane as steps of one Project see it: Kargo's objects behind the six verbs of ControlPlane.
// Passes on; what a step makes of a missing object or a taken alias is the step's business.
import { isObject, type JsonValue } from "../../base/json";
import { aliasProblem, changedFreightProblems } from "../../model/admission";
import type { Freight, Stage } from "../../model/resources";
import { type ResourceStore, StoreError } from "../ports";
import { labelKeys } from "./annotations";
import type { ControlPlane } from "./step";

/** The control plane of the Project that owns `namespace`. */
export function controlPlane(store: ResourceStore, namespace: string): ControlPlane {
  return {
    warehouse: (name) => store.get("Warehouse", { namespace, name }),
    freight: (name) => store.get("Freight", { namespace, name }),
    stage: (name) => store.get("Stage", { namespace, name }),
    setFreightAlias: (name, alias) => setFreightAlias(store, namespace, name, alias),
    setFreightMetadata: async (name, values) => {
      await store.update<"Freight">({ kind: "Freight", namespace, name }, (freight) =>
        withMetadata(freight, values),
      );
    },
    setStageMetadata: async (name, values) => {
      await store.update<"Stage">({ kind: "Stage", namespace, name }, (stage) => withMetadata(stage, values));
    },
  };
}

/** Field and label change together; what an API server and Kargo's webhook refuse is refused here. */
async function setFreightAlias(
  store: ResourceStore,
  namespace: string,
  name: string,
  alias: string,
): Promise<void> {
  const unfit = aliasProblem(alias);
  if (unfit !== undefined) throw new StoreError("invalid", unfit);
  const all = await store.list("Freight", { namespace });
  const current = all.find((freight) => freight.metadata.name === name);
  const [problem] = current === undefined ? [] : changedFreightProblems(current, { ...current, alias }, all);
  if (problem !== undefined) throw new StoreError("invalid", problem.message);
  await store.update<"Freight">({ kind: "Freight", namespace, name }, (freight) => ({
    ...freight,
    alias,
    metadata: { ...freight.metadata, labels: { ...freight.metadata.labels, [labelKeys.alias]: alias } },
  }));
}

/** A null value removes its key, and null members vanish, because Kargo stores metadata with a merge patch. */
function withMetadata<R extends Freight | Stage>(resource: R, values: Readonly<Record<string, unknown>>): R {
  if (Object.hasOwn(values, "")) throw new StoreError("invalid", "key must not be empty");
  const merged = { ...resource.status?.metadata, ...(values as Record<string, JsonValue>) };
  return { ...resource, status: { ...resource.status, metadata: withoutNulls(merged) } };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]));
}
