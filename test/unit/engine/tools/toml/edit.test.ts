// Edits of TOML documents as Kargo 1.11.2 makes them (test/fixtures/toml/edits.json): the same bytes, or the same fault.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatToml, setTomlValues, showToml } from "../../../../../src/engine/tools/toml/edit";

interface Row {
  readonly in: string;
  readonly updates: readonly (readonly [key: string, value: unknown])[];
  readonly out?: string;
  readonly error?: string;
}

const rows: readonly Row[] = JSON.parse(readFileSync("test/fixtures/toml/edits.json", "utf8"));

for (const row of rows) {
  test(`TOML edit: ${JSON.stringify(row.updates)} in ${JSON.stringify(row.in.slice(0, 12))}`, () => {
    const updates = row.updates.map(([key, value]) => ({ key, value }));
    const edit = (): string => setTomlValues(Buffer.from(row.in), updates).toString("utf8");
    if (row.error !== undefined) assert.throws(edit, { message: row.error });
    else assert.equal(edit(), row.out);
  });
}

test("the fixture does not shrink", () => assert.ok(rows.length >= 40));

test("what is no scalar has no TOML, and is shown as Go shows it", () => {
  assert.equal(formatToml(["a"]), undefined);
  assert.equal(showToml(["a", 1]), "[a 1]");
  assert.equal(formatToml(7n), "7.0");
});
