// A digest of everything that decides how YAML documents of a workspace are read. The program keeps what it has read under
// this digest, so another version of the reader never believes it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The digest of the checkout at `root`. */
export function readerDigest(root) {
  const hash = createHash("sha256");
  for (const folder of ["src/base", "src/model"]) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(readFileSync(file)).update("\0");
  }
  hash.update(JSON.parse(readFileSync(join(root, "node_modules/yaml/package.json"), "utf8")).version);
  return hash.digest("hex").slice(0, 16);
}

/** What esbuild puts in the place of the variable of that name. */
export function readerDefine(root) {
  return { "process.env.KARGO_WORKBENCH_READER": JSON.stringify(readerDigest(root)) };
}
