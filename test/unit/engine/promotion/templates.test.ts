import assert from "node:assert/strict";
import { test } from "node:test";
import { expressionText } from "../../../../src/engine/promotion/expression-text";
import { plainFunctions } from "../../../../src/engine/promotion/functions";
import {
  coerce,
  evaluateConfig,
  evaluateTemplate,
  isTemplate,
} from "../../../../src/engine/promotion/templates";
import { MapValue, types } from "../../../../src/expression/expression";

const environment = {
  vars: { num: 42, s: "abc", b: true, obj: { k: "v&<>" }, list: [1, "a<b"], f: 1.5, none: null },
  texts: MapValue.from(types.stringMap, { there: "x" }),
};

function value(template: string): unknown {
  return evaluateTemplate(template, (source) => expressionText(source, plainFunctions, environment));
}

// Golden rows of a Kargo server, and more of the same kind: template, value.
const rows: readonly [string, unknown][] = [
  ["42", "42"],
  ["true", "true"],
  ['"quoted"', '"quoted"'],
  ["$ {{ 1 }}", "$ {{ 1 }}"],
  ["{{ 1 }}", "{{ 1 }}"],
  ["", ""],
  ["${{ 42 }}", 42],
  ["${% 42 %}", 42],
  ["${{ '42' }}", 42],
  ["${{ quote('42') }}", "42"],
  ['"${{ 42 }}"', "42"],
  ["${{ '1.10' }}", 1.1],
  ["${{ '00123' }}", 123],
  ["${{ '12e45' }}", 1.2e46],
  ["${{ '123e4567' }}", "123e4567"],
  ["${{ '1_000' }}", 1000],
  ["${{ '1__000' }}", "1__000"],
  ["${{ '_1' }}", "_1"],
  ["${{ '0x1F' }}", "0x1F"],
  ["${{ '0b11' }}", "0b11"],
  ["${{ '0x1p-2' }}", 0.25],
  ["${{ '.5' }}", 0.5],
  ["${{ '5.' }}", 5],
  ["${{ '+5' }}", 5],
  ["${{ '-0' }}", -0],
  ["${{ 't' }}", true],
  ["${{ 'f' }}", false],
  ["${{ 'T' }}", true],
  ["${{ 'TRUE' }}", true],
  ["${{ 'yes' }}", "yes"],
  ["${{ 'fAlse' }}", "fAlse"],
  ["${{ ' 5' }}", 5],
  ["${{ ' true' }}", true],
  ["${{ ' t' }}", " t"],
  ["4${{ 2 }}", 42],
  ["${{ 4 }}${{ 2 }}", 42],
  ["${{ nil }}", null],
  ["${{ 'null' }}", null],
  ["${{ undefinedVar }}", null],
  ["a-${{ nil }}-b", "a-null-b"],
  ["${{ vars?.missing?.deep }}", null],
  ["x${{ quote(42) }}", 'x"42"'],
  ["${{ quote(1) }} and ${{ quote(2) }}", '1" and "2'],
  ['${{ quote("a\\nb") }}', "a\\nb"],
  ["${{ quote('a\"b') }}", 'a\\"b'],
  ["${{ quote('é😀') }}", "é😀"],
  ["${{ unsafeQuote('foo') }}", '"foo"'],
  ["${{ unsafeQuote(1) }}", "1"],
  ["${{ quote([1,'a<b']) }}", '[1,"a\\u003cb"]'],
  ["${{ quote(nil) }}", "null"],
  ["${{ vars.obj }}", { k: "v&<>" }],
  ["a-${{ vars.obj }}", 'a-{"k":"v\\u0026\\u003c\\u003e"}'],
  ["${{ vars.list }}", [1, "a<b"]],
  ["[${{ 1 }}, ${{ 2 }}]", [1, 2]],
  ["[${{ 1 }}, ${{ 2 }}", "[1, 2"],
  ["${{ 'x' }}\n", "x\n"],
  ["${{ 4 }}\n", 4],
  ["${{ 'true' }}\n", true],
  ["${{ 'x' }}\n\n", "x\n\n"],
  ["${{ quote('x') }}\n", "x\n"],
  ["${{ 4/2 }}", 2],
  ["${{ 1/2 }}", 0.5],
  ["${{ vars.b == 'true' }}", false],
  ["${{ 'v' + string(42) }}", "v42"],
  ["${{ duration('1h') }}", 3600000000000],
  ["${{ texts.absent }}", ""],
  ["${{ texts.absent ?? 'd' }}", ""],
  ["${{ vars.zz and true }}", null],
  ["${{}}", ""],
  ["a${{}}b${{ 1 }}", "ab${{ 1 }}"],
  ["${%%}x", "x"],
  ["$${{ 1 }}", "$1"],
  ["${% {a: {b: 1}} %}", { a: { b: 1 } }],
  ["${{ 1 }}${% 2 %}", 12],
  ["${% '${{ 1 }}' %}", "${{ 1 }}"],
  ["${{ '%}' }}", "%}"],
  ["${{ vars.num }}", 42],
  ["n=${{ vars.num }}", "n=42"],
  ["n=${{ 1000000.0 }}", "n=1000000"],
  ["n=${{ 1e21 }}", "n=1e+21"],
  ["n=${{ 9223372036854775807 }}", "n=9223372036854775807"],
  ["${{ asJSON({a: [1, {}], b: 'x'}) }}", '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "x"\n}\n'],
  [
    "${{ asYAML({b: 1, a: ['x', 1.5, nil, true]}) }}",
    "a:\n    - x\n    - 1.5\n    - null\n    - true\nb: 1\n",
  ],
  ["${{ vars.none }}", null],
  ["${{ '\"\"' }}", ""],
  ["${{ '\"' }}", '"'],
  ["${{ '[1e400]' }}", "[1e400]"],
  ["${{ '1e400' }}", "1e400"],
  ["${{ '{\"a\":1}' }}", { a: 1 }],
  ["${{ '{a: 1}' }}", "{a: 1}"],
  ["${{ 'Inf' }}", Number.POSITIVE_INFINITY],
  ["${{ '-infinity' }}", Number.NEGATIVE_INFINITY],
];

for (const [template, expected] of rows) {
  test(`template ${JSON.stringify(template)}`, () => assert.deepStrictEqual(value(template), expected));
}

test("NaN is a number", () => assert.ok(Number.isNaN(value("${{ 'nan' }}"))));

test("now() is text by itself, and stands in quotes inside other text", () => {
  assert.match(String(value("${{ now() }}")), /^\d{4}-\d\d-\d\dT/);
  assert.match(String(value("x ${{ now() }}")), /^x "\d{4}-/);
});

const errors: readonly [string, RegExp][] = [
  ["${{ 1", /unclosed expression: expected "}}" but reached end of template$/],
  ["${{ 1 }} ${% 2", /expected "%}"/],
  ["${{ {a: {b: 1}} }}", /./],
  ["${{ }}", /./],
  ["${{ vars.missing.deep }}", /./],
  ["${{ vars.num % 5 }}", /./],
  ["${{ '1' == 1 }}", /./],
  ["${{ vars.s + vars.num }}", /./],
  ["${{ vars.zz ? 1 : 2 }}", /./],
  ["${{ !vars.zz }}", /./],
  ["${{ quote() }}", /./],
  ["${{ quote(1, 2) }}", /./],
  ["${{ 0/0 }}", /unsupported value: NaN/],
  ["${{ quote(0/0) }}", /error applying quote\(\) function: json: unsupported value: NaN/],
  ["${{ 1 +* }}", /\n \| /],
];

for (const [template, expected] of errors) {
  test(`template ${JSON.stringify(template)} is an error`, () =>
    assert.throws(() => value(template), expected));
}

test("text without delimiters is never looked at", () => {
  const evaluate = () => assert.fail("nothing to evaluate");
  for (const text of ["", "42", "{{ x }}", "$", "${ x }", "}}"]) {
    assert.equal(isTemplate(text), false);
    assert.equal(evaluateTemplate(text, evaluate), text);
  }
});

test("the place of every expression is told", () => {
  const places: [string, number][] = [];
  evaluateTemplate("a${{ x }}é${%y%}", (source, at) => {
    places.push([source, at]);
    return "";
  });
  assert.deepEqual(places, [
    [" x ", 4],
    ["y", 13],
  ]);
});

test("coercion asks in one order: quotes, number, boolean, JSON, text", () => {
  for (const [text, expected] of [
    ['"1"', "1"],
    ["1", 1],
    ["t", true],
    ["[]", []],
    ["x", "x"],
    ["", ""],
    ["\n", "\n"],
    ['"', '"'],
    ['""', ""],
    ['"a" "b"', 'a" "b'],
  ] as const) {
    assert.deepStrictEqual(coerce(text), expected, text);
  }
});

function config(given: unknown): unknown {
  return evaluateConfig(given, (source) => expressionText(source, plainFunctions, environment));
}

const configs: readonly [string, unknown, unknown][] = [
  [
    "values at any depth, keys never",
    { "${{ 1 }}": [{ a: "${{ 1 }}", b: 2 }] },
    { "${{ 1 }}": [{ a: 1, b: 2 }] },
  ],
  ["text without expression stays text", { a: "42" }, { a: "42" }],
  ["whole objects", { a: "${{ vars.obj }}" }, { a: { k: "v&<>" } }],
  ["other values stay", { a: [null, true, 1.5, {}] }, { a: [null, true, 1.5, {}] }],
  ["no negative zero", { a: "${{ '-0' }}" }, { a: 0 }],
  ["a key that objects inherit", JSON.parse('{"__proto__": "${{ 1 }}"}'), JSON.parse('{"__proto__": 1}')],
  ["none", undefined, undefined],
  ["null", null, undefined],
  ["empty", {}, {}],
  ["DEL anywhere makes it vanish", { a: { b: ["x\u007f"] } }, undefined],
  ["in a key too", { "\u0080": 1 }, undefined],
  ["NEL is a line break that folds", { a: "x \u0085 y", b: "x\u0085\u0085y" }, { a: "x y", b: "x\ny" }],
  ["which a key may not have", { "a\u0085": 1 }, undefined],
  ["a key of 1022 characters", { ["k".repeat(1022)]: 1 }, { ["k".repeat(1022)]: 1 }],
  ["a longer one makes it vanish", { ["k".repeat(1023)]: 1 }, undefined],
];

for (const [name, given, expected] of configs) {
  test(`configuration: ${name}`, () => assert.deepStrictEqual(config(given), expected));
}

for (const [given, type] of [
  [[], "array"],
  ["x", "string"],
  [1, "number"],
  [true, "bool"],
] as const) {
  test(`a configuration that is a ${type} is refused`, () => {
    assert.throws(() => config(given), new RegExp(`cannot unmarshal ${type} into Go value`));
  });
}

for (const [text, name] of [
  ["${{ 'nan' }}", "NaN"],
  ["${{ 'inf' }}", "\\+Inf"],
  ["${{ '-inf' }}", "-Inf"],
] as const) {
  test(`a configuration cannot hold ${text}`, () => {
    assert.throws(() => config({ a: [text] }), new RegExp(`json: unsupported value: ${name}`));
  });
}
