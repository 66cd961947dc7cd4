// Which tag names of a Git or image repository are candidates: allow and ignore lists, versions, constraints.
// Decides by the name alone; dates, digests and paths come later.
import { parseTagVersion, type SemVer } from "../../model/semver";
import { parseConstraint, satisfies } from "../../model/semver-constraint";
import { type Matcher, parseRegex } from "../patterns";
import { DiscoveryError } from "./discovery-error";

/** The fields of a subscription that choose tags by name. */
export interface TagNameRules {
  readonly allowTags?: string;
  readonly ignoreTags?: readonly string[];
  readonly allowTagsRegexes?: readonly string[];
  readonly ignoreTagsRegexes?: readonly string[];
}

/** Builds the test of `allowTagsRegexes` and `ignoreTagsRegexes`; throws when one is malformed. */
export function tagNameFilter(rules: TagNameRules): Matcher {
  const allow = (rules.allowTagsRegexes ?? []).map(toRegex);
  const ignore = (rules.ignoreTagsRegexes ?? []).map(toRegex);
  if (rules.allowTags) throw removedField("allowTags", "allowTagsRegexes");
  if (rules.ignoreTags?.length) throw removedField("ignoreTags", "ignoreTagsRegexes");
  return (tag) =>
    !ignore.some((matches) => matches(tag)) && (allow.length === 0 || allow.some((matches) => matches(tag)));
}

/** Reads a tag as a version that the constraint admits, undefined otherwise; throws when the constraint is malformed. */
export function versionFilter(rules: {
  readonly constraint?: string;
  readonly strictSemvers?: boolean;
}): (tag: string) => SemVer | undefined {
  const strict = rules.strictSemvers ?? true;
  const admits = constraintFilter(rules.constraint);
  return (tag) => {
    const version = parseTagVersion(tag, { strict });
    return version && admits(version) ? version : undefined;
  };
}

/** The test of a constraint; an empty one admits every version. Throws when it is malformed. */
export function constraintFilter(text: string | undefined): (version: SemVer) => boolean {
  if (!text) return () => true;
  const { constraint, problem } = parseConstraint(text);
  if (constraint === undefined) throw new DiscoveryError("subscription", `${problem}.`);
  return (version) => satisfies(version, constraint);
}

function toRegex(text: string): Matcher {
  const { matches, problem } = parseRegex(text);
  if (matches === undefined) throw new DiscoveryError("subscription", `${problem}.`);
  return matches;
}

function removedField(field: string, successor: string): DiscoveryError {
  return new DiscoveryError("subscription", `${field} is no longer supported; use ${successor}.`);
}
