// Version constraints as github.com/Masterminds/semver v3.4.0 reads and checks them, its oddities included.
// Says only whether a version satisfies; it does not rank and does not explain.
import { comparePrereleases, compareVersions, parseVersion, type SemVer } from "./semver";

/** A parsed constraint: alternatives of terms that must all hold. */
export interface SemverConstraint {
  readonly alternatives: readonly Alternative[];
}

interface Alternative {
  readonly terms: readonly Term[];
  /** Some term carries a pre-release, which lets pre-releases of every version in (see spec table, "opt-in"). */
  readonly admitsPrereleases: boolean;
}

type Operator = "=" | "!=" | ">" | "<" | ">=" | "<=" | "~" | "^";

interface Term {
  readonly operator: Operator;
  readonly base: SemVer;
  /** Which trailing part was missing or a wildcard; undefined when the version was written in full. */
  readonly wildcard: "major" | "minor" | "patch" | undefined;
}

/** What became of a text: a constraint, or a sentence that says why it is none. */
export type ConstraintResult =
  | { readonly constraint: SemverConstraint; readonly problem?: undefined }
  | { readonly constraint?: undefined; readonly problem: string };

/** White space as Go's `\s` has it. */
const space = "[\\t\\n\\f\\r ]";
const tail = "(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?";
/** A version that may hold wildcards. The bar belongs to the class by an upstream accident. */
const looseVersion = `v?[0-9|xX*]+(?:\\.[0-9|xX*]+)?(?:\\.[0-9|xX*]+)?${tail}`;
const hyphenRange = new RegExp(
  `${space}*(${looseVersion})${space}+-${space}+(${looseVersion})${space}*`,
  "g",
);
const termForm = new RegExp(
  `${space}*(!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|)${space}*(${looseVersion})(${space}*)`,
  "y",
);
const separator = new RegExp(`,${space}*`, "y");
const versionParts =
  /^v?([0-9|xX*]+)(?:\.([0-9|xX*]+))?(?:\.([0-9|xX*]+))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/;

const operators: Readonly<Record<string, Operator>> = {
  "": "=",
  "=": "=",
  "!=": "!=",
  ">": ">",
  "<": "<",
  ">=": ">=",
  "=>": ">=",
  "<=": "<=",
  "=<": "<=",
  "~": "~",
  "~>": "~",
  "^": "^",
};

/** Reads a constraint (NewConstraint). An empty text is none; where Kargo means "any", it does not ask. */
export function parseConstraint(text: string): ConstraintResult {
  const alternatives: Alternative[] = [];
  for (const part of rewriteHyphenRanges(text).split("||")) {
    const terms = parseTerms(part);
    if (terms === undefined) return { problem: `"${part.trim()}" is not a version constraint` };
    alternatives.push({ terms, admitsPrereleases: terms.some((term) => term.base.prerelease !== "") });
  }
  return { constraint: { alternatives } };
}

/** True when the version satisfies the constraint (Constraints.Check). */
export function satisfies(version: SemVer, constraint: SemverConstraint): boolean {
  return constraint.alternatives.some(
    ({ terms, admitsPrereleases }) =>
      (admitsPrereleases || version.prerelease === "") && terms.every((term) => holds(version, term)),
  );
}

/** `1 - 2` becomes `>= 1, <= 2 `; the white space around it is swallowed, upstream's replacement order is kept. */
function rewriteHyphenRanges(text: string): string {
  if (!/[\t\n\f\r ]-[\t\n\f\r ]/.test(text)) return text;
  let result = text;
  for (const [whole, from, to] of text.matchAll(hyphenRange)) {
    result = result.replace(whole, () => `>= ${from}, <= ${to} `);
  }
  return result;
}

/** The terms of one alternative, or undefined when any of it does not fit the grammar. */
function parseTerms(text: string): readonly Term[] | undefined {
  const terms: Term[] = [];
  let position = 0;
  while (true) {
    termForm.lastIndex = position;
    const match = termForm.exec(text);
    const term = match && toTerm(match[1] ?? "", match[2] ?? "");
    if (!match || !term) return undefined;
    terms.push(term);
    position = termForm.lastIndex;
    if (position === text.length) return terms;
    separator.lastIndex = position;
    if (separator.test(text)) position = separator.lastIndex;
    else if (match[3] === "") return undefined;
  }
}

function toTerm(operatorText: string, versionText: string): Term | undefined {
  const operator = operators[operatorText];
  const parts = versionParts.exec(versionText);
  if (operator === undefined || parts === null) return undefined;
  const [, major = "", minor, patch, prerelease = ""] = parts;
  const wildcard = isWildcard(major)
    ? "major"
    : isWildcard(minor)
      ? "minor"
      : isWildcard(patch)
        ? "patch"
        : undefined;
  const text =
    wildcard === "major"
      ? `0.0.0${prerelease}`
      : wildcard === "minor"
        ? `${major}.0.0${prerelease}`
        : wildcard === "patch"
          ? `${major}.${minor}.0${prerelease}`
          : versionText;
  const base = parseVersion(text);
  return base && { operator, base, wildcard };
}

function isWildcard(part: string | undefined): boolean {
  return part === undefined || part === "x" || part === "X" || part === "*";
}

function holds(version: SemVer, term: Term): boolean {
  const { operator, base, wildcard } = term;
  switch (operator) {
    case "=":
      return wildcard === undefined ? compareVersions(version, base) === 0 : isWithinTilde(version, term);
    case "!=":
      return isDifferent(version, term);
    case ">":
      return isGreater(version, term);
    case "<":
      return compareVersions(version, base) < 0;
    case ">=":
      return compareVersions(version, base) >= 0;
    case "<=":
      return isLessOrEqual(version, term);
    case "~":
      return isWithinTilde(version, term);
    case "^":
      return isWithinCaret(version, term);
  }
}

function isDifferent(version: SemVer, { base, wildcard }: Term): boolean {
  if (wildcard === undefined) return compareVersions(version, base) !== 0;
  if (version.major !== base.major) return true;
  if (wildcard === "minor") return false;
  if (version.minor !== base.minor) return true;
  if (wildcard === "patch") return comparePrereleases(version.prerelease, base.prerelease) !== 0;
  return version.patch !== base.patch || compareVersions(version, base) !== 0;
}

function isGreater(version: SemVer, { base, wildcard }: Term): boolean {
  if (wildcard === undefined) return compareVersions(version, base) > 0;
  if (version.major !== base.major) return version.major > base.major;
  if (wildcard === "minor") return false;
  if (wildcard === "patch") return version.minor > base.minor;
  return compareVersions(version, base) > 0;
}

function isLessOrEqual(version: SemVer, { base, wildcard }: Term): boolean {
  if (wildcard === undefined) return compareVersions(version, base) <= 0;
  if (version.major > base.major) return false;
  return !(version.major === base.major && version.minor > base.minor && wildcard !== "minor");
}

/** `~0.0.0` and a lone wildcard hold for everything from the base up. */
function isWithinTilde(version: SemVer, { base, wildcard }: Term): boolean {
  if (compareVersions(version, base) < 0) return false;
  const isZero = base.major === 0n && base.minor === 0n && base.patch === 0n;
  if (isZero && wildcard !== "minor" && wildcard !== "patch") return true;
  return version.major === base.major && (wildcard === "minor" || version.minor === base.minor);
}

function isWithinCaret(version: SemVer, { base, wildcard }: Term): boolean {
  if (compareVersions(version, base) < 0) return false;
  if (base.major > 0n || wildcard === "minor") return version.major === base.major;
  if (version.major > 0n) return false;
  if (base.minor > 0n || wildcard === "patch") return version.minor === base.minor;
  return version.minor === 0n && version.patch === base.patch;
}
