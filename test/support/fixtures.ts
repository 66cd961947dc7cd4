// Reads recorded data of test/fixtures.
// Compares nothing; the tests do.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The JSON of a file in test/fixtures. */
export function jsonFixture<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join("test", "fixtures", ...path), "utf8")) as T;
}
