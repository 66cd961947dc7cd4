// Random well-formed expressions: none may crash, hang or print differently the second time.
// The seed is printed; FUZZ_SEED=… repeats a run, FUZZ_COUNT=… makes it longer.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compile,
  ExpressionError,
  mapChildren,
  type Node,
  parse,
  print,
} from "../../../src/expression/expression";
import { ExpressionGenerator } from "../../support/expression-generator";
import { hostEnv, hostFunctions } from "../../support/expression-host";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const count = Number(process.env.FUZZ_COUNT ?? 10_000);
const generator = new ExpressionGenerator(seed);
const expressions = Array.from({ length: count }, (_, i) => generator.next(1 + (i % 5)));

/** The tree without places, so that trees of different texts compare. */
function shape(node: Node): unknown {
  return mapChildren({ ...node, start: 0, end: 0, at: 0 }, (child) => shape(child) as Node);
}

function ignoringPlaces(node: Node): string {
  return JSON.stringify(shape(node), (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}

describe(`random expressions (FUZZ_SEED=${seed})`, () => {
  it("parse, and print → parse gives the same tree", () => {
    for (const source of expressions) {
      const first = parse(source);
      assert.deepEqual(first.errors, [], source);
      const text = print(first.ast);
      const second = parse(text);
      assert.deepEqual(second.errors, [], `${source}\nprinted: ${text}`);
      assert.equal(ignoringPlaces(second.ast), ignoringPlaces(first.ast), `${source}\nprinted: ${text}`);
      assert.equal(print(second.ast), text, source);
    }
  });

  it("fail with an ExpressionError or give a value", () => {
    const env = hostEnv();
    for (const source of expressions) {
      for (const mode of ["compile", "eval"] as const) {
        try {
          const program = compile(source, { functions: hostFunctions, mode });
          assert.notEqual(program.evaluate(env, { limits: { work: 20_000 } }), undefined, source);
        } catch (error) {
          assert.ok(
            error instanceof ExpressionError,
            `${source}\n${error instanceof Error ? error.stack : error}`,
          );
          assert.ok(error.offset >= 0 && error.offset <= source.length, `${source}: offset ${error.offset}`);
        }
      }
    }
  });

  it("still give a tree when they are cut off anywhere", () => {
    for (const source of expressions.slice(0, 2000)) {
      for (let end = 0; end < source.length; end += 7) {
        const { ast, tokens } = parse(source.slice(0, end));
        assert.ok(ast.end <= end + 1 && tokens.length >= 0, source);
      }
    }
  });
});
