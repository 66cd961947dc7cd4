// Values with Go types: what a host can declare, how values print and become JSON. Built-ins are in rows.test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  durationOf,
  evaluate,
  FunctionValue,
  formatValue,
  fromBytes,
  functionType,
  goQuote,
  JsonError,
  ListValue,
  MapValue,
  mapOf,
  namedType,
  parseJson,
  pointer,
  pointerTo,
  Scalar,
  StructValue,
  sliceOf,
  structType,
  TimeValue,
  TypedNil,
  timeOf,
  timeType,
  toBytes,
  toJson,
  typeName,
  types,
  utc,
  zeroValue,
} from "../../../src/expression/expression";

const { string, int, any, bool, uint8, float32 } = types;
const phaseType = namedType({ name: "v1.Phase", packagePath: "k8s.io/v1", underlying: string });
const timestampType = structType({
  name: "v1.Time",
  packagePath: "k8s.io/apimachinery/pkg/apis/meta/v1",
  fields: [{ name: "Time", type: timeType, embedded: true }],
  methods: [
    {
      name: "MarshalJSON",
      params: [],
      results: [types.bytes, types.error],
      call: (value) => {
        const inner = value instanceof StructValue ? value.get("Time") : undefined;
        return toBytes(inner instanceof TimeValue ? `"${inner.format("2006-01-02T15:04:05Z")}"` : "null");
      },
    },
  ],
});
const metaType = structType({
  name: "v1.Meta",
  packagePath: "k8s.io/v1",
  fields: [
    { name: "Name", type: string, json: "name" },
    { name: "Labels", type: types.stringMap, json: "labels,omitempty" },
  ],
});
const podType = structType({
  name: "v1.Pod",
  packagePath: "k8s.io/v1",
  fields: [
    { name: "Meta", type: metaType, embedded: true },
    { name: "Phase", type: phaseType, json: "phase,omitempty" },
    { name: "Count", type: int, json: "count,omitempty" },
    { name: "Secret", type: string, json: "-" },
    { name: "Bare", type: bool },
    { name: "When", type: pointerTo(timestampType), json: "when,omitempty" },
    { name: "Any", type: any, json: "any,omitempty" },
    { name: "Tags", type: types.stringList, json: "tags" },
  ],
});

const time = new TimeValue({ seconds: 1_700_000_000, nanos: 5_000_000, location: utc });
const pod = new StructValue(podType, {
  Meta: new StructValue(metaType, { Name: "p" }),
  Phase: new Scalar(phaseType, "Running"),
  Secret: "hidden",
  When: pointer(new StructValue(timestampType, { Time: time }), pointerTo(timestampType)),
});

describe("structs a host declares", () => {
  const rows: readonly (readonly [source: string, expected: unknown])[] = [
    ["pod.Name", "p"],
    ["pod.Meta.Name", "p"],
    ["pod.Labels.x", ""],
    ["pod.Count", 0n],
    ["pod.Bare", false],
    ["pod.Tags == nil", true],
    ["pod.Any", null],
    ["pod.When.Unix()", "1700000000"],
    ["pod.When.Time.Year()", 2023n],
    ["pod.When.Year()", 2023n],
    ['string(pod.Phase) == "Running"', true],
    ['pod.Phase == "Running"', false],
    ['"Name" in pod', true],
    ['"Phase" in pod', true],
    ["type(pod)", "k8s.io/v1.Pod"],
    ["string(pod.Phase)", "Running"],
  ];
  for (const [source, expected] of rows) {
    it(source, () => {
      const value = evaluate(source, { pod });
      assert.equal(value instanceof Scalar ? String(value.value) : value, expected);
    });
  }

  it("have zero values where nothing was given", () => {
    assert.equal(formatValue(new StructValue(podType, {})), "{{ map[]}  0  false <nil> <nil> []}");
  });
});

describe("JSON of values", () => {
  const rows: readonly (readonly [name: string, value: unknown, json: string])[] = [
    [
      "a struct by its tags",
      pod,
      '{"name":"p","phase":"Running","Bare":false,"when":"2023-11-14T22:13:20Z","tags":null}',
    ],
    ["a pointer", pointer(pod, pointerTo(podType)), toJson(pod)],
    [
      "keys sorted by bytes",
      { b: 1, a: 2, é: 3, "😀": 4, "\uffff": 5 },
      '{"a":2,"b":1,"é":3,"\uffff":5,"😀":4}',
    ],
    [
      "integers exactly",
      [9007199254740993n, new Scalar(types.uint64, 18446744073709551615n)],
      "[9007199254740993,18446744073709551615]",
    ],
    [
      "floats",
      [1, 1.5, 1e21, 1e-7, 1e20, -0, 123456789],
      "[1,1.5,1e+21,1e-7,100000000000000000000,-0,123456789]",
    ],
    [
      "32-bit floats",
      [new Scalar(float32, Math.fround(1.1)), new Scalar(float32, Math.fround(1e-7))],
      "[1.1,1e-7]",
    ],
    [
      "text",
      '<>&\u2028\u2029"\\\b\f\n\r\t\u0001é😀',
      '"\\u003c\\u003e\\u0026\\u2028\\u2029\\"\\\\\\b\\f\\n\\r\\t\\u0001é😀"',
    ],
    ["broken bytes", "a\udcff", '"a\\ufffd"'],
    ["bytes", toBytes("héy"), '"aMOpeQ=="'],
    ["a list of bytes", new ListValue(sliceOf(uint8), [new Scalar(uint8, 97n)]), '"YQ=="'],
    [
      "nil lists and maps",
      [new TypedNil(types.stringList), new TypedNil(types.anyMap), null, undefined],
      "[null,null,null,null]",
    ],
    [
      "integer keys",
      new MapValue(mapOf(int, string), [
        [10n, "b"],
        [9n, "a"],
      ]),
      '{"10":"b","9":"a"}',
    ],
    ["named keys", new MapValue(mapOf(phaseType, int), [[new Scalar(phaseType, "x"), 1n]]), '{"x":1}'],
    ["durations", durationOf(1500n), "1500"],
    ["times", time, '"2023-11-14T22:13:20.005Z"'],
    ["empty ones", [[], {}], "[[],{}]"],
  ];
  for (const [name, value, json] of rows) it(name, () => assert.equal(toJson(value), json));

  it("indented", () => {
    assert.equal(
      toJson({ a: [1, {}], b: [] }, { indent: "  " }),
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}',
    );
  });

  const refused: readonly (readonly [name: string, value: unknown, message: string])[] = [
    ["NaN", Number.NaN, "json: unsupported value: NaN"],
    ["an infinity", [Number.NEGATIVE_INFINITY], "json: unsupported value: -Inf"],
    ["a function", { f: () => 1 }, "json: unsupported type: func(...interface {}) (interface {}, error)"],
    [
      "a typed function",
      new FunctionValue(functionType([int], [int]), () => 1n),
      "json: unsupported type: func(int) int",
    ],
    [
      "keys of any type",
      new MapValue(types.pairsMap, [["a", 1]]),
      "json: unsupported type: map[interface {}]interface {}",
    ],
    [
      "a year beyond 9999",
      new TimeValue({ seconds: 1e12, nanos: 0, location: utc }),
      "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]",
    ],
  ];
  for (const [name, value, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => toJson(value),
        (error: unknown) => error instanceof JsonError && error.message === message,
      );
    });
  }

  it("refuses a list that contains itself", () => {
    const list: unknown[] = [];
    list.push(list);
    assert.throws(() => toJson(list), JsonError);
  });
});

describe("reading JSON", () => {
  it("keeps keys that objects have anyway", () => {
    const { value } = parseJson('{"__proto__": {"a": 1}, "constructor": 2}');
    assert.equal(toJson(value), '{"__proto__":{"a":1},"constructor":2}');
    assert.equal(({} as { a?: unknown }).a, undefined);
  });

  it("replaces half characters", () => {
    assert.deepEqual(parseJson('{"\\ud800": "\\udc00x"}').value, { "\ufffd": "\ufffdx" });
  });

  it("says what is wrong in Go's words", () => {
    assert.equal(parseJson("[1,]").problem, "invalid character ']' looking for beginning of value");
    assert.equal(parseJson("").problem, "unexpected end of JSON input");
    assert.equal(parseJson(`${"[".repeat(10_001)}${"]".repeat(10_001)}`).problem, "exceeded max depth");
  });
});

describe("Go's printing", () => {
  const rows: readonly (readonly [name: string, value: unknown, text: string])[] = [
    ["a struct", pod, "{{p map[]} Running 0 hidden false 2023-11-14 22:13:20.005 +0000 UTC <nil> []}"],
    [
      "a pointer to a struct",
      pointer(new StructValue(metaType, { Name: "p" }), pointerTo(metaType)),
      "&{p map[]}",
    ],
    ["a map by sorted keys", { b: 1n, a: [null, "x"] }, "map[a:[<nil> x] b:1]"],
    [
      "number keys by value",
      new MapValue(mapOf(int, string), [
        [10n, "b"],
        [9n, "a"],
      ]),
      "map[9:a 10:b]",
    ],
    [
      "nil ones",
      [new TypedNil(types.stringMap), new TypedNil(types.stringList), new TypedNil(pointerTo(podType))],
      "[map[] [] <nil>]",
    ],
    [
      "times and durations inside",
      [time, durationOf(90_000_000_000n)],
      "[2023-11-14 22:13:20.005 +0000 UTC 1m30s]",
    ],
    ["a date", timeOf(new Date("2024-01-02T03:04:05.006Z")), "2024-01-02 03:04:05.006 +0000 UTC"],
  ];
  for (const [name, value, text] of rows) it(name, () => assert.equal(formatValue(value), text));

  it("quotes broken bytes", () => assert.equal(goQuote('a\udcff"é\n'), '"a\\xff\\"é\\n"'));
});

describe("types", () => {
  it("are the same object when they are the same type", () => {
    assert.equal(sliceOf(string), types.stringList);
    assert.equal(mapOf(string, any), types.anyMap);
    assert.notEqual(sliceOf(phaseType), sliceOf(string));
    assert.equal(functionType([int], [int]).name, "func(int) int");
    assert.equal(
      functionType([string, sliceOf(int)], [any, types.error], true).name,
      "func(string, ...int) (interface {}, error)",
    );
  });

  const rows: readonly (readonly [name: string, from: typeof string, to: typeof string, fits: boolean])[] = [
    ["anything to any", podType, any, true],
    ["a declared text to text", phaseType, string, false],
    [
      "a declared map to its bare type",
      namedType({ name: "v1.L", packagePath: "k", underlying: types.stringMap }),
      types.stringMap,
      true,
    ],
    ["a list of texts to a list of any", types.stringList, types.anyList, false],
    ["a pointer to its target", pointerTo(podType), podType, false],
  ];
  for (const [name, from, to, fits] of rows)
    it(`assign ${name}: ${fits}`, () => assert.equal(from.assignableTo(to), fits));

  it("have method sets as Go builds them", () => {
    assert.ok(timestampType.methods.has("Year"), "methods of an embedded type show through");
    assert.ok(pointerTo(timestampType).methods.has("MarshalJSON"));
    assert.ok(!timestampType.methods.has("Nope"));
  });

  it("name every value", () => {
    const values = [null, true, 1n, 1, "a", [], {}, toBytes("a"), new Scalar(uint8, 1n), pod, time, () => 1];
    assert.deepEqual(values.map(typeName), [
      "<nil>",
      "bool",
      "int",
      "float64",
      "string",
      "[]interface {}",
      "map[string]interface {}",
      "[]uint8",
      "uint8",
      "v1.Pod",
      "time.Time",
      "func(...interface {}) (interface {}, error)",
    ]);
  });

  it("have zero values", () => {
    assert.equal(zeroValue(int), 0n);
    assert.equal(formatValue(zeroValue(timeType)), "0001-01-01 00:00:00 +0000 UTC");
    assert.ok(zeroValue(types.stringMap) instanceof TypedNil);
  });
});

describe("text as bytes", () => {
  const texts = ["", "abc", "é😀", "\udcff", "a\udc80b", "\ufeffx"];
  for (const text of texts) {
    it(JSON.stringify(text), () => assert.equal(fromBytes(toBytes(text)), text));
  }

  it("joins halves of a character again", () => {
    assert.equal(evaluate("u[:1] + u[1:]", { u: "é" }), "é");
    assert.equal(evaluate('join([u[:1], u[1:]], "")', { u: "é" }), "é");
    assert.equal(evaluate("len(u[:1] + u[1:])", { u: "é" }), 1n);
    assert.equal(evaluate('replace(u[:1] + "-" + u[1:], "-", "")', { u: "é" }), "é");
  });
});
