// The Freight that Stages name in their statuses, once for all of them: a piece of Freight passes through every Stage of
// its pipeline and stays in each one's history. Objects of state are never changed, so nobody can tell.
import { isObject } from "../../base/json";
import type { StoredObject } from "./state-files";

/** So many pieces of Freight are told apart; with more, those named first are held anew. */
const maxParts = 20_000;

/** What statuses share. */
export class SharedParts {
  readonly #byName = new Map<string, object>();

  /** The object, with equal references to Freight as the same objects. Only of Stages, which repeat them. */
  share(object: StoredObject): StoredObject {
    if (object.kind !== "Stage" || !isObject(object.status)) return object;
    const { status } = object;
    const shared = this.#shared(status);
    return shared === status ? object : { ...object, status: shared };
  }

  /** The same object when nothing in it is shared. */
  #shared(value: unknown): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#shared(item));
      return items.some((item, place) => item !== value[place]) ? items : value;
    }
    if (!isObject(value)) return value;
    if (isFreightReference(value)) return this.#one(value.name, value);
    let copy: Record<string, unknown> | undefined;
    for (const [key, member] of Object.entries(value)) {
      const shared = typeof member === "object" ? this.#shared(member) : member;
      if (shared === member) continue;
      copy ??= { ...value };
      copy[key] = shared;
    }
    return copy ?? value;
  }

  /** A name stands for artifacts, but not for every member. */
  #one(name: string, reference: object): object {
    const known = this.#byName.get(name);
    if (known === reference) return known;
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(reference)) return known;
    if (this.#byName.size >= maxParts) this.#byName.clear();
    this.#byName.set(name, reference);
    return reference;
  }
}

function isFreightReference(value: Readonly<Record<string, unknown>>): value is { readonly name: string } {
  return typeof value.name === "string" && isObject(value.origin);
}
