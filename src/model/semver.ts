// Versions as github.com/Masterminds/semver v3.4.0 reads and orders them, which Kargo builds on everywhere.
// Not node-semver's rules: those differ in leniency and in pre-releases. Constraints are semver-constraint.ts.
import { compareBytewise } from "../base/text";

/** A parsed version. Numbers are Go's uint64, hence bigint. */
export interface SemVer {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without the leading hyphen; empty when the version is a release. */
  readonly prerelease: string;
  /** Without the leading plus; never takes part in an order. */
  readonly metadata: string;
  /** The text it was read from, with a leading `v` if there was one. */
  readonly original: string;
}

const maxUint64 = 2n ** 64n - 1n;
const lenientForm =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const strictForm =
  /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const identifiers = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;

/**
 * Reads a version leniently (NewVersion): one leading `v`, missing minor or patch, and leading zeros are accepted.
 * Undefined when the text is none.
 */
export function parseVersion(text: string): SemVer | undefined {
  return toVersion(lenientForm.exec(text), text);
}

/** Reads a version to the letter of semver.org (StrictNewVersion): three numbers, no `v`, no leading zeros. */
export function parseStrictVersion(text: string): SemVer | undefined {
  return toVersion(strictForm.exec(text), text);
}

/**
 * Reads the version in a Git or image tag (pkg/controller/semver/parser.go): lenient, and when `strict` is asked for
 * also strict apart from one leading `v`.
 */
export function parseTagVersion(tag: string, options: { readonly strict: boolean }): SemVer | undefined {
  if (!options.strict) return parseVersion(tag);
  // What is strict without its `v` is lenient with it, so one reading is enough.
  return toVersion(strictForm.exec(tag.startsWith("v") ? tag.slice(1) : tag), tag);
}

/** The normal form: no `v`, always three numbers (String). */
export function versionText(version: SemVer): string {
  const { major, minor, patch, prerelease, metadata } = version;
  return `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}${metadata && `+${metadata}`}`;
}

/** Orders two versions: -1, 0 or 1. Metadata and spelling play no part. */
export function compareVersions(a: SemVer, b: SemVer): -1 | 0 | 1 {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** Kargo's order of candidates: greatest version first, equal ones by their original text, descending by bytes. */
export function compareNewestFirst(a: SemVer, b: SemVer): number {
  return compareVersions(b, a) || compareBytewise(b.original, a.original);
}

/** The next major version; pre-release and metadata are dropped. Overflows as uint64 does. */
export function nextMajor(version: SemVer): SemVer {
  return derive(version, {
    major: increment(version.major),
    minor: 0n,
    patch: 0n,
    prerelease: "",
    metadata: "",
  });
}

/** The next minor version; pre-release and metadata are dropped. */
export function nextMinor(version: SemVer): SemVer {
  return derive(version, { minor: increment(version.minor), patch: 0n, prerelease: "", metadata: "" });
}

/** The next patch version; of a pre-release it is the release itself. */
export function nextPatch(version: SemVer): SemVer {
  const patch = version.prerelease === "" ? increment(version.patch) : version.patch;
  return derive(version, { patch, prerelease: "", metadata: "" });
}

/** The version with another pre-release (without hyphen, may be empty), or undefined when that is not well-formed. */
export function withPrerelease(version: SemVer, prerelease: string): SemVer | undefined {
  if (prerelease !== "" && !isPrerelease(prerelease)) return undefined;
  return derive(version, { prerelease });
}

/** The version with other metadata (without plus, may be empty), or undefined when that is not well-formed. */
export function withMetadata(version: SemVer, metadata: string): SemVer | undefined {
  if (metadata !== "" && !identifiers.test(metadata)) return undefined;
  return derive(version, { metadata });
}

/** The most significant part in which two versions differ; pre-releases are not looked at (function `semverDiff`). */
export function versionDifference(
  a: string,
  b: string,
): "Major" | "Minor" | "Patch" | "Metadata" | "None" | "Incomparable" {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left === undefined || right === undefined) return "Incomparable";
  if (left.major !== right.major) return "Major";
  if (left.minor !== right.minor) return "Minor";
  if (left.patch !== right.patch) return "Patch";
  return left.metadata === right.metadata ? "None" : "Metadata";
}

/** Orders two pre-releases; an empty one, which means a release, ranks above all others (comparePrerelease). */
export function comparePrereleases(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === "") return 1;
  if (b === "") return -1;
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? "", right[i] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === "") return -1;
  if (b === "") return 1;
  const left = toUint64(a);
  const right = toUint64(b);
  if (left === undefined && right === undefined) return a > b ? 1 : -1;
  if (right === undefined) return -1;
  if (left === undefined) return 1;
  return left > right ? 1 : -1;
}

function compareNumbers(a: bigint, b: bigint): -1 | 0 | 1 {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The number that Go's ParseUint reads; undefined when the text is no number or does not fit 64 bits. */
function toUint64(text: string): bigint | undefined {
  return /^[0-9]+$/.test(text) ? digitsToUint64(text) : undefined;
}

function digitsToUint64(digits: string): bigint | undefined {
  const value = BigInt(digits);
  return digits.length > 19 && value > maxUint64 ? undefined : value;
}

function toVersion(match: RegExpExecArray | null, original: string): SemVer | undefined {
  if (match === null) return undefined;
  const [, majorText = "", minorText = "0", patchText = "0", prerelease = "", metadata = ""] = match;
  const major = digitsToUint64(majorText);
  const minor = digitsToUint64(minorText);
  const patch = digitsToUint64(patchText);
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  if (prerelease !== "" && !isPrerelease(prerelease)) return undefined;
  return { major, minor, patch, prerelease, metadata, original };
}

function isPrerelease(text: string): boolean {
  return identifiers.test(text) && !text.split(".").some((part) => /^0[0-9]+$/.test(part));
}

function increment(value: bigint): bigint {
  return BigInt.asUintN(64, value + 1n);
}

/** A changed copy whose original text is its normal form, with the `v` of the first one kept. */
function derive(version: SemVer, change: Partial<SemVer>): SemVer {
  const next = { ...version, ...change };
  return { ...next, original: `${version.original.startsWith("v") ? "v" : ""}${versionText(next)}` };
}
