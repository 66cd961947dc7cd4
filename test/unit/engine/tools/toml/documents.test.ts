// TOML documents as go-toml 2.2.4 decodes them (test/fixtures/toml/documents.json): values, or the same fault.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeToml, type TomlData } from "../../../../../src/engine/tools/toml/document";

interface Row {
  readonly in: string;
  readonly out?: unknown;
  readonly error?: string;
}

const rows: readonly Row[] = JSON.parse(readFileSync("test/fixtures/toml/documents.json", "utf8"));

/** Kinds that JSON does not have, as the fixture marks them; moments by their kind alone. */
function marked(value: TomlData): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number") return { $float: goText(value) };
  if (Array.isArray(value)) return value.map(marked);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, entry]) => [key, marked(entry)]));
  if (typeof value === "object") return value.kind === "DateTime" ? { $time: true } : { $local: true };
  return value;
}

function goText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}

/** The fixture tells what a moment is; what it shows as is a golden case of the step toml-parse. */
function withoutMoments(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMoments);
  if (typeof value !== "object" || value === null) return value;
  if ("$time" in value) return { $time: true };
  if ("$local" in value) return { $local: true };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutMoments(entry)]));
}

for (const row of rows) {
  test(`TOML: ${JSON.stringify(row.in)}`, () => {
    const decode = (): unknown => marked(decodeToml(Buffer.from(row.in)));
    if (row.error !== undefined) assert.throws(decode, { name: "TomlError", message: row.error });
    else assert.deepEqual(decode(), withoutMoments(row.out));
  });
}

test("the fixture does not shrink", () => assert.ok(rows.length >= 39));
