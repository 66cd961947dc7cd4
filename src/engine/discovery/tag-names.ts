// Which tag names of a Git or image repository are candidates: allow and ignore lists, versions, constraints.
// Decides by the name alone; dates, digests and paths come later.
import { goQuote } from "../../base/go-text";
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

/** What stands before the reason when one of the lists is malformed; nothing when left out. */
export interface TagNameFaults {
  readonly allow?: string;
  readonly ignore?: string;
}

/** Builds the test of `allowTagsRegexes` and `ignoreTagsRegexes`; throws when one is malformed. */
export function tagNameFilter(rules: TagNameRules, faults: TagNameFaults = {}): Matcher {
  const { allow: whenAllow, ignore: whenIgnore } = faults;
  const allow = (rules.allowTagsRegexes ?? []).map((text) => toRegex(text, whenAllow));
  if (rules.allowTags) throw removedField("AllowTags");
  const ignore = (rules.ignoreTagsRegexes ?? []).map((text) => toRegex(text, whenIgnore));
  if (rules.ignoreTags?.length) throw removedField("IgnoreTags");
  return (tag) =>
    !ignore.some((matches) => matches(tag)) && (allow.length === 0 || allow.some((matches) => matches(tag)));
}

/** Reads a tag as a version that the constraint admits, undefined otherwise; throws when the constraint is malformed. */
export function versionFilter(rules: {
  readonly constraint?: string;
  readonly strictSemvers?: boolean;
}): (tag: string) => SemVer | undefined {
  const strict = rules.strictSemvers ?? true;
  const admits = constraintFilter(rules.constraint, { as: "semver constraint" });
  return (tag) => {
    const version = parseTagVersion(tag, { strict });
    return version && admits(version) ? version : undefined;
  };
}

/** The test of a constraint; an empty one admits every version. Throws when it is malformed; `as` says what it is. */
export function constraintFilter(
  text: string | undefined,
  { as: noun }: { readonly as: "constraint" | "semver constraint" },
): (version: SemVer) => boolean {
  if (!text) return () => true;
  const { constraint } = parseConstraint(text);
  if (constraint === undefined) {
    const reason = `improper constraint: ${text}`; // in the words of Masterminds/semver
    throw new DiscoveryError("subscription", `error parsing ${noun} ${goQuote(text)}: ${reason}`);
  }
  return (version) => satisfies(version, constraint);
}

function toRegex(text: string, fault: string | undefined): Matcher {
  const { matches, reason = "" } = parseRegex(text);
  if (matches === undefined) {
    const what = [fault, `error compiling regular expression ${goQuote(text)}`, reason];
    throw new DiscoveryError("subscription", what.filter((part) => part !== undefined).join(": "));
  }
  return matches;
}

function removedField(field: string): DiscoveryError {
  const message = `${field} is deprecated and unsupported as of v1.11.0; use ${field}Regexes instead`;
  return new DiscoveryError("subscription", message);
}
