// Static types and mistakes as an editor sees them. Which expressions are refused is in static-types.json.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CompileOptions,
  check,
  compile,
  ExpressionError,
  type Node,
  parse,
} from "../../../src/expression/expression";
import { hostFunctions } from "../../support/expression-host";

const functions = hostFunctions;

describe("static types", () => {
  const rows: readonly (readonly [source: string, type: string | undefined])[] = [
    ["1", "int"],
    ["1 + 2.0", "float64"],
    ["ctx", undefined],
    ["ctx.stage", undefined],
    ["ctx.stage == 1", "bool"],
    ["ctx + 1", undefined],
    ["ctx / 1", "float64"],
    ['"a" + "b"', "string"],
    ["[1]", "[]interface {}"],
    ["{a: 1}", "map[string]interface {}"],
    ["commitFrom(x)", "main.Commit"],
    ["commitFrom(x).Tag", "string"],
    ["commitFrom(x).CreatorDate", "*time.Time"],
    ["commitFrom(x)?.Tag", "string"],
    ["secret(x)", "map[string]string"],
    ["secret(x).k", "string"],
    ["semverParse(x).Major()", "uint64"],
    ["let v = commitFrom(x); v.ID", "string"],
    ["b ? 1 : nil", "int"],
    ["x ?? 1", undefined],
    ["now()", "time.Time"],
    ["now().Month()", "time.Month"],
    ["commitFrom", "func(string, main.Origin) main.Commit"],
  ];
  for (const [source, type] of rows) {
    it(`${source}: ${type ?? "not known"}`, () => {
      const parsed = parse(source, { functions });
      const checked = check(parsed, { functions });
      assert.deepEqual(checked.errors, []);
      assert.equal(checked.typeOf(parsed.ast)?.name, type);
    });
  }

  it("of elements are known where Go's own type says less", () => {
    const parsed = parse('map(["a"], upper(#))');
    assert.equal(check(parsed).elementTypeOf(parsed.ast)?.name, "string");
  });

  it("are there for the base of a half-written member", () => {
    const parsed = parse('commitFrom("x").', { functions });
    const { base } = parsed.ast as Extract<Node, { kind: "member" }>;
    assert.equal(check(parsed, { functions }).typeOf(base)?.field("Tag")?.field.name, "Tag");
  });
});

describe("mistakes the editor shows", () => {
  const rows: readonly (readonly [
    source: string,
    spanned: string,
    message: string,
    options?: CompileOptions,
  ])[] = [
    ["1 +", "+", "unexpected token EOF"],
    ['x + (1 + "a")', '1 + "a"', "invalid operation: + (mismatched types int and string)"],
    ["commitFrom(1)", "1", "cannot use int as argument (type string) to call commitFrom "],
    ['commitFrom("x").tag', 'commitFrom("x").tag', "type main.Commit has no field tag"],
    ["commitFrom()", "commitFrom()", "not enough arguments to call commitFrom"],
    ['"x" matches "["', '"x" matches "["', "error parsing regexp: missing closing ]: `[`"],
    ["5 % 0", "%", "integer divide by zero"],
    ["map(xs, #foo)", "#foo", "unknown pointer #foo"],
    ["let len = 1; len", "let len = 1; len", "cannot redeclare builtin len"],
    ['"é" + 1', '"é" + 1', "invalid operation: + (mismatched types string and int)"],
  ];
  for (const [source, spanned, message] of rows) {
    it(`${source}: ${message}`, () => {
      const [problem] = check(parse(source, { functions }), { functions }).errors;
      assert.ok(problem !== undefined);
      assert.equal(problem.message, message);
      assert.equal(source.slice(problem.start, problem.end), spanned);
    });
  }

  it("are those that compile throws", () => {
    for (const [source, , message] of rows) {
      assert.throws(
        () => compile(source, { functions }),
        (error: unknown) => {
          assert.ok(error instanceof ExpressionError);
          assert.equal(error.phase, "compile");
          assert.equal(error.message, message);
          return true;
        },
      );
    }
  });

  it("are fewer when nothing is checked", () => {
    assert.deepEqual(check(parse('1 + "a"'), { mode: "eval" }).errors, []);
    assert.equal(check(parse('"a" matches "["'), { mode: "eval" }).errors.length, 1);
  });
});
