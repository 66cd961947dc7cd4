// Programs: caching, limits, cancellation, host functions, errors. What expressions evaluate to is in rows.test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compile,
  ExpressionError,
  evaluate,
  functionTable,
  type Limits,
  types,
} from "../../../src/expression/expression";

function failure(run: () => unknown): ExpressionError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

describe("compiled programs", () => {
  it("are cached by source and by the identity of the functions", () => {
    const functions = functionTable();
    assert.equal(compile("1 + 1"), compile("1 + 1"));
    assert.equal(compile("1 + 1", { functions }), compile("1 + 1", { functions }));
    assert.notEqual(compile("1 + 1", { functions }), compile("1 + 1"));
    assert.notEqual(compile("1 + 1", { mode: "eval" }), compile("1 + 1"));
  });

  it("can be run again and again with other environments", () => {
    const program = compile("let x = a; map(xs, # + x)");
    assert.deepEqual(program.evaluate({ a: 1n, xs: [1n] }), [2n]);
    assert.deepEqual(program.evaluate({ a: 2n, xs: [1n, 2n] }), [3n, 4n]);
  });

  it("do not share what one run made with the next", () => {
    const program = compile("[a, {b: a}]");
    assert.notEqual(program.evaluate({ a: 1 }), program.evaluate({ a: 1 }));
  });

  it("do not change the environment", () => {
    const env = Object.freeze({ xs: Object.freeze([3, 1, 2]) });
    assert.deepEqual(evaluate("sort(xs)", env), [1, 2, 3]);
    assert.deepEqual(env.xs, [3, 1, 2]);
  });
});

describe("environments", () => {
  const hidden = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];
  for (const name of hidden) {
    it(`know no ${name} they were not given`, () => {
      assert.equal(evaluate(name, {}), null);
      assert.equal(evaluate(`a.${name}`, { a: {} }), null);
      assert.equal(evaluate(`a["${name}"]`, { a: {} }), null);
      assert.equal(evaluate(`"${name}" in a`, { a: {} }), false);
      assert.equal(evaluate(`get(a, "${name}")`, { a: {} }), null);
    });

    it(`give ${name} when it is a key`, () => {
      const env = JSON.parse(`{"${name}": 5, "a": {"${name}": 6}}`) as object;
      assert.equal(evaluate(name, env), 5);
      assert.equal(evaluate(`a.${name}`, env), 6);
      assert.equal(evaluate(`{${name}: 7}.${name}`, env), 7n);
    });
  }

  it("may have no prototype, and undefined is nil", () => {
    assert.equal(evaluate("a ?? 1", Object.assign(Object.create(null), { a: undefined })), 1n);
    assert.equal(evaluate("a == nil", { a: undefined }), true);
    assert.deepEqual(evaluate("[xs[0]]", { xs: [undefined] }), [null]);
    assert.equal(evaluate("map(xs, # ?? 2)[0]", { xs: [undefined] }), 2n);
  });
});

describe("host functions", () => {
  const functions = functionTable(
    {
      name: "ask",
      signatures: [{ params: [types.string], result: types.string }],
      call: ([key], context) => (context as Record<string, string>)[String(key)],
    },
    {
      name: "boom",
      signatures: [{ params: [], result: types.any }],
      call: () => {
        throw new TypeError("no luck");
      },
    },
    {
      name: "stop",
      signatures: [{ params: [], result: types.any }],
      call: () => AbortSignal.abort().throwIfAborted(),
    },
  );

  it("get the context of the evaluation", () => {
    const program = compile('ask("a") + "!"', { functions });
    assert.equal(program.evaluate({}, { context: { a: "x" } }), "x!");
    assert.equal(program.evaluate({}, { context: { a: "y" } }), "y!");
  });

  it("give nil when they return nothing", () => {
    assert.equal(evaluate('ask("b") ?? "d"', {}, { functions, context: {} }), "d");
  });

  it("fail at the place of the call, keeping the cause", () => {
    const error = failure(() => evaluate("1 + boom()", {}, { functions }));
    assert.equal(error.phase, "run");
    assert.equal(error.message, "no luck");
    assert.equal(error.offset, 4);
    assert.ok(error.cause instanceof TypeError);
  });

  it("may stop the evaluation", () => {
    assert.throws(() => evaluate("stop()", {}, { functions }), { name: "AbortError" });
  });
});

describe("cancellation", () => {
  it("happens before the run", () => {
    const signal = AbortSignal.abort();
    assert.throws(() => evaluate("1", {}, { signal }), { name: "AbortError" });
  });

  it("happens before the next call of a function", () => {
    const controller = new AbortController();
    const functions = functionTable({ name: "f", signatures: [], call: () => controller.abort() });
    assert.throws(() => evaluate("[f(), f()]", {}, { functions, signal: controller.signal }), {
      name: "AbortError",
    });
  });
});

describe("errors", () => {
  it("tell line, column and the line itself, as a Kargo server prints them", () => {
    const error = failure(() => compile('1 +\n\tfoo("😀", "'));
    assert.equal(error.message, "literal not terminated");
    assert.deepEqual([error.line, error.column, error.offset, error.start], [2, 12, 15, 16]);
    assert.equal(error.detail, 'literal not terminated (2:12)\n |  foo("😀", "\n | ...........^');
  });

  it("carry a code to tell them by", () => {
    assert.equal(failure(() => compile("1 +")).code, "compile");
    assert.equal(failure(() => evaluate("a.b", {})).code, "run");
  });
});

describe("limits", () => {
  const env = {
    list: Array.from({ length: 1000 }, (_, i) => i),
    text: "a".repeat(100_000),
    deep: nested(9000),
  };
  const doubled = (start: string, step: (name: string) => string) =>
    Array.from({ length: 40 }, (_, i) => `let v${i + 1} = ${step(`v${i}`)}; `).reduce(
      (a, b) => a + b,
      `let v0 = ${start}; `,
    );
  const pair = (name: string) => `[${name}, ${name}]`;
  const long = "evaluation takes too long";
  const rows: readonly (readonly [name: string, source: string, message: string, limits?: Limits])[] = [
    ["loops in loops", "all(list, all(list, all(list, true)))", long],
    ["loops over a range that was paid once", "let r = 1..999998; all(r, all(r, true))", long],
    [
      "comparing lists of lists",
      `${doubled("[1]", pair)}v40 == [v39, v39] and v40 == [v39, [v38, v38]]`,
      long,
    ],
    ["printing lists of lists", `${doubled("[1]", pair)}string(v40)`, long],
    ["writing lists of lists", `${doubled("[1]", pair)}toJSON(v40)`, long],
    ["flattening lists of lists", `${doubled("[1]", pair)}flatten(v40)`, long],
    ["the largest of lists of lists", `${doubled("[1]", pair)}max(v40)`, long],
    [
      "texts that double",
      `${doubled("text", (name) => `${name} + ${name}`)}len(v40)`,
      "memory budget exceeded",
    ],
    ["pieces of a text again and again", 'map(1..99999, split(text, ""))', long],
    ["a regular expression with many states", 'count(1..9999, text matches "((a?){300})+b")', long],
    ["replacing to something enormous", 'replace(text, "", text)', "memory budget exceeded"],
    ["a memory budget of the host's", "1..100", "memory budget exceeded", { memory: 100 }],
    ["a step budget of the host's", "map(1..100, #)", long, { work: 99 }],
    ["values nested too deep to print", "string(deep)", "expression is nested too deeply"],
    ["values nested too deep for JSON", "toJSON(deep)", "json: unsupported value: nested too deeply"],
  ];
  for (const [name, source, message, limits] of rows) {
    it(`stop ${name}`, () => {
      const error = failure(() => evaluate(source, env, limits === undefined ? {} : { limits }));
      assert.equal(error.phase, "run");
      assert.equal(error.message, message);
    });
  }

  it("leave alone what is merely large", () => {
    assert.equal(evaluate("len(flatten(deep))", env), 0n);
    assert.equal(evaluate(Array(4999).fill("1").join(" + "), {}), 4999n);
    assert.equal(evaluate(Array(4999).fill("n").join(" ?? "), {}), null);
    assert.equal(evaluate(Array(3000).fill("true").join(" and "), {}), true);
    assert.equal(evaluate("count(1..999999, # > 3)", {}), 999_996n);
  });

  const deep: readonly (readonly [name: string, source: string])[] = [
    ["parentheses", `${"(".repeat(50_000)}1${")".repeat(50_000)}`],
    ["lists", `${"[".repeat(9000)}${"]".repeat(9000)}`],
    ["signs", `${"-".repeat(9998)}n`],
    ["conditions", `${"a ? 1 : ".repeat(3300)}2`],
  ];
  for (const [name, source] of deep) {
    it(`refuse ${name} nested beyond the stack`, () => {
      assert.equal(failure(() => compile(source)).message, "expression is nested too deeply");
    });
  }

  it("refuse more than 10 000 nodes", () => {
    const error = failure(() => compile(Array(5001).fill("1").join(" + ")));
    assert.equal(error.message, "compilation failed: expression exceeds maximum allowed nodes");
  });

  it("cost a comparison whose operand is evaluated twice", () => {
    let source = "1";
    for (let i = 0; i < 40; i++) source = `int(0 < (b ? ${source} : 2) < 3 ? 1 : 2)`;
    assert.equal(failure(() => evaluate(source, { b: true })).message, long);
  });
});

/** `[[[…]]]` */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
