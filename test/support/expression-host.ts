// A host for tests of the expression language: functions and values with Go types, as Kargo passes them.
// Holds no expectation.
import {
  durationOf,
  type FunctionDeclaration,
  FunctionValue,
  formatValue,
  functionTable,
  functionType,
  goQuote,
  ListValue,
  MapValue,
  type Method,
  mapOf,
  namedType,
  PointerValue,
  parseJson,
  pointer,
  pointerTo,
  Scalar,
  StructValue,
  sliceOf,
  structType,
  TimeValue,
  type Type,
  TypedNil,
  timeType,
  toBytes,
  typeName,
  types,
  utc,
} from "../../src/expression/expression";
import { parseLayout } from "../../src/expression/go-time-layout";
import {
  compareVersions,
  nextMajor,
  nextMinor,
  nextPatch,
  parseVersion,
  type SemVer,
  versionText,
} from "../../src/model/semver";

const { string, int, int64, uint64, bool, any, float64 } = types;

/** A Go string type of its own. */
export const nsType = namedType({ name: "main.NS", packagePath: "main", underlying: string });
const kindType = namedType({ name: "main.OKind", packagePath: "main", underlying: string });

/** A struct as Kargo's GitCommit. */
export const commitType = structType({
  name: "main.Commit",
  packagePath: "main",
  fields: [
    { name: "ID", type: string, json: "id,omitempty" },
    { name: "Branch", type: string, json: "branch,omitempty" },
    { name: "Tag", type: string, json: "tag,omitempty" },
    { name: "CreatorDate", type: pointerTo(timeType), json: "creatorDate,omitempty" },
    { name: "Annotations", type: types.stringMap, json: "annotations,omitempty" },
  ],
});

function field(struct: unknown, name: string): unknown {
  return struct instanceof StructValue ? struct.get(name) : undefined;
}

function originText(origin: unknown): string {
  const kind = field(origin, "Kind");
  return `${kind instanceof Scalar ? kind.value : ""}/${field(origin, "Name")}`;
}

/** A struct as Kargo's FreightOrigin, with methods. */
export const originType: Type = structType({
  name: "main.Origin",
  packagePath: "main",
  fields: [
    { name: "Kind", type: kindType, json: "kind" },
    { name: "Name", type: string, json: "name" },
  ],
  methods: (): readonly Method[] => [
    {
      name: "Equals",
      params: [pointerTo(originType)],
      results: [bool],
      pointer: true,
      call: (a, b) => field(a, "Name") === field(b instanceof PointerValue ? b.target : b, "Name"),
    },
    { name: "String", params: [], results: [string], call: originText },
  ],
});

const innerType: Type = structType({
  name: "main.Inner",
  packagePath: "main",
  fields: () => [
    { name: "Name", type: string },
    { name: "Deep", type: pointerTo(innerType) },
  ],
});

const outerType = structType({
  name: "main.Outer",
  packagePath: "main",
  fields: [
    { name: "In", type: innerType },
    { name: "Ptr", type: pointerTo(innerType) },
    { name: "List", type: sliceOf(innerType) },
    { name: "Tags", type: types.stringList },
    { name: "Count", type: int },
    { name: "Score", type: float64 },
    { name: "Any", type: any },
    { name: "On", type: bool },
    { name: "When", type: timeType },
    { name: "U", type: uint64 },
  ],
});

/** A version with Masterminds' methods. */
class VersionValue extends StructValue {
  readonly version: SemVer;

  constructor(version: SemVer) {
    super(versionStruct, {
      major: new Scalar(uint64, version.major),
      minor: new Scalar(uint64, version.minor),
      patch: new Scalar(uint64, version.patch),
      pre: version.prerelease,
      metadata: version.metadata,
      original: version.original,
    });
    this.version = version;
  }
}

const versionOf = (value: unknown): SemVer => (value as VersionValue).version;
const versionPointer = (version: SemVer): PointerValue => pointer(new VersionValue(version), versionType);

function other(value: unknown): SemVer {
  if (value instanceof PointerValue) return versionOf(value.target);
  throw new Error("runtime error: invalid memory address or nil pointer dereference");
}

const versionStruct: Type = structType({
  name: "semver.Version",
  packagePath: "github.com/Masterminds/semver/v3",
  fields: [
    { name: "major", type: uint64 },
    { name: "minor", type: uint64 },
    { name: "patch", type: uint64 },
    { name: "pre", type: string },
    { name: "metadata", type: string },
    { name: "original", type: string },
  ],
  methods: (): readonly Method[] => [
    ...(["Major", "Minor", "Patch"] as const).map((name) => ({
      name,
      params: [],
      results: [uint64],
      call: (v: unknown) => (v as StructValue).get(name.toLowerCase()),
    })),
    { name: "Prerelease", params: [], results: [string], call: (v) => versionOf(v).prerelease },
    { name: "Metadata", params: [], results: [string], call: (v) => versionOf(v).metadata },
    { name: "String", params: [], results: [string], call: (v) => versionText(versionOf(v)) },
    { name: "Original", pointer: true, params: [], results: [string], call: (v) => versionOf(v).original },
    ...Object.entries({ IncMajor: nextMajor, IncMinor: nextMinor, IncPatch: nextPatch }).map(
      ([name, next]) => ({
        name,
        params: [],
        results: [versionStruct],
        call: (v: unknown) => new VersionValue(next(versionOf(v))),
      }),
    ),
    ...Object.entries({
      LessThan: (order: number) => order < 0,
      GreaterThan: (order: number) => order > 0,
      Equal: (order: number) => order === 0,
      LessThanEqual: (order: number) => order <= 0,
      GreaterThanEqual: (order: number) => order >= 0,
    }).map(([name, holds]) => ({
      name,
      pointer: true,
      params: [versionType],
      results: [bool],
      call: (a: unknown, b: unknown) => holds(compareVersions(versionOf(a), other(b))),
    })),
    {
      name: "Compare",
      pointer: true,
      params: [versionType],
      results: [int],
      call: (a, b) => BigInt(compareVersions(versionOf(a), other(b))),
    },
    {
      name: "MarshalJSON",
      params: [],
      results: [types.bytes, types.error],
      call: (v) => toBytes(goQuote(versionText(versionOf(v)))),
    },
  ],
});
const versionType = pointerTo(versionStruct);

const headerType = namedType({
  name: "http.Header",
  packagePath: "net/http",
  underlying: mapOf(string, types.stringList),
  methods: [
    {
      name: "Get",
      params: [string],
      results: [string],
      call: (header, name) => {
        const list = header instanceof MapValue ? header.get(name) : undefined;
        return list instanceof ListValue ? (list.items[0] ?? "") : "";
      },
    },
  ],
});

/** A time from RFC 3339. */
export function time(text: string): TimeValue {
  return new TimeValue(parseLayout("2006-01-02T15:04:05Z07:00", text));
}

const commit = new StructValue(commitType, { ID: "abc", Tag: "v1" });
const outer = new StructValue(outerType, {
  In: new StructValue(innerType, { Name: "in" }),
  Ptr: pointer(new StructValue(innerType, { Name: "p" }), pointerTo(innerType)),
  List: new ListValue(sliceOf(innerType), [new StructValue(innerType, { Name: "l0" })]),
  Tags: new ListValue(types.stringList, ["t"]),
  Count: 2n,
  Score: 1.5,
  Any: 5n,
  On: true,
  When: new TimeValue({ seconds: 1_704_164_645, nanos: 6000, location: utc }),
  U: new Scalar(uint64, 9n),
});

const json = `{"num":3,"neg":-2.5,"str":"hello","t":true,"nul":null,"list":[1,2,3],
  "objs":[{"n":"a","v":1},{"n":"b","v":2}],"obj":{"x":{"y":"z"}},"words":["b","a","c"],
  "empty":{},"none":[],"big":1e21,"mixed":[1,"a",null,true,[2],{"k":"v"}]}`;

/** Variables with a value of every kind; `j` came through JSON. */
export function hostEnv(): Record<string, unknown> {
  const ints = sliceOf(int);
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    i: 7n,
    z: 0n,
    f: 2.5,
    s: "hello",
    u: "héllo",
    b: true,
    n: null,
    d: time("2024-03-05T14:30:15+01:00"),
    dur: durationOf(5_400_000_000_000n),
    u8: new Scalar(types.uint8, 200n),
    "my var": 1n,
    len: "shadow",
    ns: new Scalar(nsType, "ok"),
    ms: MapValue.from(types.stringMap, { k: "v" }),
    sum2: new FunctionValue(functionType([int, int], [int]), (a, b) =>
      BigInt.asIntN(64, (a as bigint) + (b as bigint)),
    ),
    c: commit,
    nilc: new TypedNil(pointerTo(commitType)),
    j: parseJson(json).value,
    i64: new Scalar(int64, 404n),
    u64: new Scalar(uint64, 18_446_744_073_709_551_615n),
    i8: new Scalar(types.int8, -128n),
    f32: new Scalar(types.float32, Math.fround(1.1)),
    u16: new Scalar(types.uint16, 3n),
    i32: new Scalar(types.int32, -5n),
    strs: new ListValue(types.stringList, ["x", "y"]),
    ints: new ListValue(ints, [3n, 1n, 2n]),
    floats: new ListValue(sliceOf(float64), [2.5, 1.5]),
    nilstrs: new TypedNil(types.stringList),
    nilmap: new TypedNil(types.anyMap),
    nilms: new TypedNil(types.stringMap),
    bytes: toBytes("héy"),
    pc: pointer(new StructValue(commitType, { ID: "p", Tag: "v2" }), pointerTo(commitType)),
    mi: new MapValue(mapOf(string, int), [["a", 1n]]),
    im: new MapValue(mapOf(int, string), [[1n, "one"]]),
    hdr: new MapValue(headerType, [["Content-Type", new ListValue(types.stringList, ["a", "b"])]]),
    vf: new FunctionValue(functionType([ints], [int], true), (...args) => BigInt(args.length)),
    sf: new FunctionValue(functionType([string], [string]), (s) => `${text(s)}!`),
    anyf: new FunctionValue(functionType([any], [any]), (a) => a),
    errf: new FunctionValue(functionType([string], [string, types.error]), (s) => {
      if (s === "") throw new Error("empty!");
      return s;
    }),
    two: new FunctionValue(functionType([], [int, string]), () => 1n),
    o: outer,
    po: pointer(new StructValue(outerType, { Any: "any" }), pointerTo(outerType)),
    orig: new StructValue(originType, { Kind: new Scalar(kindType, "Warehouse"), Name: "w" }),
    bad: "a\udcffb\udcc3",
  };
}

/** Environments by name, `main` being the usual one. */
export const hostEnvs: Readonly<Record<string, unknown>> = {
  main: hostEnv(),
  nil: null,
  list: [1, "a", null, { k: 1 }],
  string: "text",
  number: 4,
};

function onText(name: string, result: Type, call: (text: string) => unknown): FunctionDeclaration {
  return {
    name,
    signatures: [{ params: [string], result }],
    call: ([text]) => {
      if (typeof text === "string") return call(text);
      throw new Error(`argument must be string, got ${typeName(text)}`);
    },
  };
}

function commitFrom([name, ...rest]: readonly unknown[]): unknown {
  if (rest.length > 1 || name === undefined)
    throw new Error(`expected 1-2 arguments, got ${rest.length + 1}`);
  if (typeof name !== "string") throw new Error(`first argument must be string, got ${typeName(name)}`);
  if (name === "none") return null;
  return pointer(new StructValue(commitType, { ID: "c0ffee", Tag: "v1.2.3" }), pointerTo(commitType));
}

/** Functions with declared types, as Kargo registers them, and a few more. */
export const hostFunctions = functionTable(
  {
    name: "commitFrom",
    signatures: [
      { params: [string, originType], result: commitType },
      { params: [string], result: commitType },
    ],
    call: commitFrom,
  },
  onText("warehouse", originType, (name) => {
    return new StructValue(originType, { Kind: new Scalar(kindType, "Warehouse"), Name: name });
  }),
  onText("secret", types.stringMap, () => MapValue.from(types.stringMap, { k: "v" })),
  onText("freightMetadata", types.anyMap, (name) =>
    name === "set" ? { foo: "bar", n: 1 } : new TypedNil(types.anyMap),
  ),
  { name: "failure", signatures: [{ params: [], result: bool }], call: () => false },
  onText("semverParse", versionType, (text) => {
    const version = parseVersion(text);
    if (version === undefined) throw new Error("invalid semantic version");
    return versionPointer(version);
  }),
  {
    name: "outer",
    signatures: [{ params: [], result: outerType }],
    call: () => pointer(outer, pointerTo(outerType)),
  },
  {
    name: "outerPtr",
    signatures: [{ params: [], result: pointerTo(outerType) }],
    call: () => pointer(outer, pointerTo(outerType)),
  },
  {
    name: "quote",
    signatures: [{ params: [any], result: string }],
    call: ([value]) => goQuote(formatValue(value)),
  },
  {
    name: "half",
    signatures: [{ params: [float64], result: float64 }],
    call: ([value]) => {
      if (typeof value === "number") return value / 2;
      throw new Error(
        `interface conversion: interface {} is ${typeName(value).replace("<nil>", "nil")}, not float64`,
      );
    },
  },
  { name: "wide", signatures: [{ params: [int64], result: int64 }], call: ([value]) => value },
  {
    name: "vari",
    signatures: [{ params: [string, sliceOf(int)], variadic: true, result: int }],
    call: (args) => BigInt(args.length),
  },
  { name: "untyped", signatures: [], call: (args) => BigInt(args.length) },
  {
    name: "strlist",
    signatures: [{ params: [], result: types.stringList }],
    call: () => new ListValue(types.stringList, ["p", "q"]),
  },
);
