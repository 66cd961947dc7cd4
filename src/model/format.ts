// Prints a resource as YAML the way a person reads one: the usual order of members, nothing empty.
// Prints only; documents that belong to somebody are edited in place, never printed over.
import { stringify } from "yaml";
import { isObject } from "../base/json";
import type { AnyResource } from "./resources";

const firstMembers = ["apiVersion", "kind", "metadata", "alias", "origin", "spec"];

/** The resource as one YAML document, with `status` last. */
export function formatResource(resource: AnyResource): string {
  const members = Object.entries(resource).filter(([, value]) => !isEmpty(value));
  const rank = (name: string) => {
    const index = firstMembers.indexOf(name);
    return name === "status" ? firstMembers.length + 1 : index < 0 ? firstMembers.length : index;
  };
  const ordered = members.sort(([a], [b]) => rank(a) - rank(b));
  return stringify(withoutEmpty(Object.fromEntries(ordered)), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Members that hold nothing say nothing; entries of lists stay, because their place may mean something. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]): [string, unknown] => [name, withoutEmpty(member)])
      .filter(([, member]) => !isEmpty(member)),
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0);
}
