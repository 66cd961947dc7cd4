// The functions semverDiff and semverParse, and the version they return with all its methods
// (github.com/Masterminds/semver v3.4.0). How versions are read and ordered is in model/semver.ts.
import { goQuote } from "../../base/go-text";
import {
  type FunctionDeclaration,
  isNil,
  type Method,
  PointerValue,
  pointerTo,
  Scalar,
  StructValue,
  structType,
  type Type,
  toBytes,
  typeName,
  types,
} from "../../expression/expression";
import {
  compareVersions,
  nextMajor,
  nextMinor,
  nextPatch,
  parseVersion,
  type SemVer,
  versionDifference,
  versionText,
  withMetadata,
  withPrerelease,
} from "../../model/semver";
import { textArgument } from "./function-context";

const { string, bool, int, uint64, error } = types;
const maxUint64 = 2n ** 64n - 1n;

/** Methods refer to the type they belong to; the list is filled once that is there. */
const methods: Method[] = [];

/** A field name that no expression can write: Go does not export these. */
function hidden(name: string): string {
  return `\u0000${name}`;
}

/** Its fields cannot be reached by expressions, but two versions are equal when all of them are. */
const versionType: Type = structType({
  name: "semver.Version",
  packagePath: "github.com/Masterminds/semver/v3",
  fields: [
    { name: hidden("major"), type: uint64, json: "-" },
    { name: hidden("minor"), type: uint64, json: "-" },
    { name: hidden("patch"), type: uint64, json: "-" },
    { name: hidden("pre"), type: string, json: "-" },
    { name: hidden("metadata"), type: string, json: "-" },
    { name: hidden("original"), type: string, json: "-" },
  ],
  methods,
});
const versionPointer = pointerTo(versionType);

const versions = new WeakMap<StructValue, SemVer>();

function toValue(version: SemVer): StructValue {
  const value = new StructValue(versionType, {
    [hidden("major")]: new Scalar(uint64, version.major),
    [hidden("minor")]: new Scalar(uint64, version.minor),
    [hidden("patch")]: new Scalar(uint64, version.patch),
    [hidden("pre")]: version.prerelease,
    [hidden("metadata")]: version.metadata,
    [hidden("original")]: version.original,
  });
  versions.set(value, version);
  return value;
}

function toVersion(receiver: unknown): SemVer {
  const target = receiver instanceof PointerValue ? receiver.target : receiver;
  const version = target instanceof StructValue ? versions.get(target) : undefined;
  if (version === undefined) throw new Error(`cannot use ${typeName(receiver)} as *semver.Version`);
  return version;
}

/** Comparing takes what `semverParse` returns; the results of the other methods are plain versions, which it refuses. */
function toOther(argument: unknown): SemVer {
  if (isNil(argument)) throw new Error("runtime error: invalid memory address or nil pointer dereference");
  if (!(argument instanceof PointerValue)) {
    throw new Error(`cannot use ${typeName(argument)} as type *semver.Version`);
  }
  return toVersion(argument);
}

function getter(name: string, result: Type, read: (version: SemVer) => unknown): Method {
  return { name, params: [], results: [result], call: (receiver) => read(toVersion(receiver)) };
}

function comparison(name: string, result: Type, judge: (order: -1 | 0 | 1) => unknown): Method {
  return {
    name,
    params: [versionPointer],
    results: [result],
    pointer: true,
    call: (receiver, other) => judge(compareVersions(toVersion(receiver), toOther(other))),
  };
}

function setter(
  name: string,
  change: (version: SemVer, text: string) => SemVer | undefined,
  problem: (text: string) => string,
): Method {
  return {
    name,
    params: [string],
    results: [versionType, error],
    call(receiver, text) {
      const given = String(text);
      const changed = change(toVersion(receiver), given);
      if (changed === undefined) throw new Error(problem(given));
      return toValue(changed);
    },
  };
}

methods.push(
  getter("String", string, versionText),
  { ...getter("Original", string, ({ original }) => original), pointer: true },
  getter("Major", uint64, ({ major }) => new Scalar(uint64, major)),
  getter("Minor", uint64, ({ minor }) => new Scalar(uint64, minor)),
  getter("Patch", uint64, ({ patch }) => new Scalar(uint64, patch)),
  getter("Prerelease", string, ({ prerelease }) => prerelease),
  getter("Metadata", string, ({ metadata }) => metadata),
  getter("IncMajor", versionType, (version) => toValue(nextMajor(version))),
  getter("IncMinor", versionType, (version) => toValue(nextMinor(version))),
  getter("IncPatch", versionType, (version) => toValue(nextPatch(version))),
  setter("SetPrerelease", withPrerelease, prereleaseProblem),
  setter("SetMetadata", withMetadata, () => "invalid metadata string"),
  comparison("Compare", int, (order) => BigInt(order)),
  comparison("Equal", bool, (order) => order === 0),
  comparison("LessThan", bool, (order) => order < 0),
  comparison("LessThanEqual", bool, (order) => order <= 0),
  comparison("GreaterThan", bool, (order) => order > 0),
  comparison("GreaterThanEqual", bool, (order) => order >= 0),
  getter("MarshalJSON", types.bytes, (version) => toBytes(JSON.stringify(versionText(version)))),
  getter("MarshalText", types.bytes, (version) => toBytes(versionText(version))),
);

/** Declarations of this file. */
export const semverFunctions: readonly FunctionDeclaration[] = [
  {
    name: "semverDiff",
    signatures: [{ params: [string, string], result: string }],
    call: (args) =>
      versionDifference(textArgument(args, 0, "first argument"), textArgument(args, 1, "second argument")),
  },
  {
    name: "semverParse",
    signatures: [{ params: [string], result: versionPointer }],
    call(args) {
      const text = textArgument(args, 0, "argument");
      const version = parseVersion(text);
      if (version === undefined) throw new Error(`invalid semantic version: ${versionProblem(text)}`);
      return new PointerValue(versionPointer, toValue(version));
    },
  },
];

/** The library's own sentence about a text that is no version. */
function versionProblem(text: string): string {
  const loose =
    /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?$/;
  const [, ...parts] = loose.exec(text) ?? [];
  const tooBig = parts.slice(0, 3).find((part) => part && BigInt(part.replace(".", "")) > maxUint64);
  if (tooBig !== undefined) {
    const number = goQuote(tooBig.replace(".", ""));
    return `error parsing version segment: strconv.ParseUint: parsing ${number}: value out of range`;
  }
  return parts[4] === undefined ? "invalid semantic version" : prereleaseProblem(parts[4]);
}

function prereleaseProblem(text: string): string {
  const parts = text.split(".");
  const bad = parts.find((part) => /^0[0-9]+$/.test(part) || !/^[0-9A-Za-z-]+$/.test(part));
  return bad !== undefined && /^0[0-9]+$/.test(bad)
    ? "version segment starts with 0"
    : "invalid prerelease string";
}
