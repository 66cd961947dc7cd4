// Every observed row: what an expression gives, or in which phase and where it fails, with which sentence.
// Rows are in test/fixtures/expression, observed on expr-lang v1.17.8 with the options Kargo compiles with; where
// upstream's virtual machine leaves values on its stack (findLast, arguments of a skipped call), the evident value.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compile, ExpressionError } from "../../../src/expression/expression";
import { hostEnvs, hostFunctions } from "../../support/expression-host";
import { repr } from "../../support/go-repr";

interface Row {
  readonly expression: string;
  readonly env?: string;
  /** `eval`: unchecked, as Go's expr.Eval. */
  readonly mode?: "eval";
  /** Value with its Go type. */
  readonly value?: string;
  /** Phase of the error; `error` where upstream does not tell. */
  readonly error?: "compile" | "run" | "error";
  readonly message?: string;
  readonly offset?: number;
}

const folder = join("test", "fixtures", "expression");

function outcome(row: Row): Omit<Row, "expression"> {
  try {
    const program = compile(row.expression, { functions: hostFunctions, mode: row.mode ?? "compile" });
    return { value: repr(program.evaluate(hostEnvs[row.env ?? "main"])) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { phase, message, offset } = error;
    return { error: row.error === "error" ? "error" : phase, message, offset };
  }
}

for (const file of readdirSync(folder).sort()) {
  const { topic, rows } = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
    readonly topic: string;
    readonly rows: readonly Row[];
  };
  describe(topic, () => {
    for (const row of rows) {
      it(row.mode === "eval" ? `${row.expression} (unchecked)` : row.expression, () => {
        const { expression: _, env: __, mode: ___, ...expected } = row;
        const got = outcome(row);
        assert.deepEqual({ ...got }, { ...(expected.error && got.error ? { ...got } : {}), ...expected });
      });
    }
  });
}
