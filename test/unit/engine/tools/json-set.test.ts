// Rows for writing into JSON text beyond the golden cases of json-update; the expected ones come from sjson 1.2.5.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonScalar, setJsonValue } from "../../../../src/engine/tools/json-set";

const set = (text: string, path: string, value: JsonScalar): string =>
  setJsonValue(Buffer.from(text), path, value).toString();

test("values are written in place or appended", () => {
  const rows: readonly (readonly [text: string, path: string, value: JsonScalar, want: string])[] = [
    ['{"a":[{"n":1},{"n":5}]}', "a.#(n>2)#.n", 0, '{"a":[{"n":1},{"n":0}]}'],
    ['{"a":[{"n":1},{"n":5}]}', "a.#(n!=1).n", 0, '{"a":[{"n":1},{"n":0}]}'],
    ['{"a":["x","yy"]}', 'a.#(%"y*")', "z", '{"a":["x","z"]}'],
    ['{"a":["x","yy"]}', 'a.#(!%"y*")', "z", '{"a":["z","yy"]}'],
    ['{"a":[true,false]}', "a.#(==~true)", 1, '{"a":[1,false]}'],
    ['{"a":{"b":[1]}}', "a.?.0", 2, '{"a":{"b":[2]}}'],
    ['{"a":{"x":{"v":1},"y":{"v":2}}}', "a.*.v", 3, '{"a":{"x":{"v":3},"y":{"v":2}}}'],
    ['{"a":[[1],[2]]}', "a.#.0", 3, '{"a":[[3],[3]]}'],
    ['{"a":[1]}', "a.#(==1", 3, '{"a":[3]}'],
    ['{"k\\u0041":1}', "kA", 2, '{"k\\u0041":2}'],
    ["{'a':1}", "a", 2, "{'a':1,\"a\":2}"],
    ['{"a":"unclosed', "b", 2, ',"b":2}'],
    ["[1 2 3]", "1", 9, "[1 9 3]"],
    [' {"a":1}', "@this", 9, " 9"],
    ['{"a":1}', "@pretty", 9, '{"a":1}'],
    ['{"!true":1}', "!true", 2, '{"!true":1,"!true":2}'],
  ];
  for (const [text, path, value, want] of rows) assert.equal(set(text, path, value), want, `${text} ${path}`);
});

test("numbers are written without an exponent", () => {
  const rows: readonly (readonly [value: number, want: string])[] = [
    [0, "0"],
    [-0, "-0"],
    [1.5, "1.5"],
    [1e21, "1000000000000000000000"],
    [-1.5e-7, "-0.00000015"],
    [123456789012345680000, "123456789012345680000"],
    [0.1 + 0.2, "0.30000000000000004"],
  ];
  for (const [value, want] of rows) assert.equal(set("[0]", "0", value), `[${want}]`);
});

test("arrays are not filled up without end", () => {
  assert.throws(() => set("[]", "9999999999", 1), { message: "array index 9999999999 is too large" });
  assert.throws(() => set("{}", "a.9999999999", 1), { message: "array index 9999999999 is too large" });
});
