// Bundles the lexer and the parser of `yaml` without generators: each of their methods is one, so that a stream could be
// read piece by piece, and that is half of the memory and a quarter of the time of parsing. This program has whole texts.
// Changes how steps are handed on and nothing else; test/tools/yaml-calls.test.ts compares both.
import { readFile } from "node:fs/promises";

/** What begins to collect tokens in each file, and what gives them back. */
const collectors = {
  lexer: [
    /(\n {4}lex\(source, incomplete = false\) \{)([\s\S]*?\n {12}next = this\.parseNext\(next\);)(\n {4}\})/,
    "$1\n        this.collected = [];$2\n        return this.collected;$3",
  ],
  parser: [
    /(\n {4}parse\(source, incomplete = false\) \{)([\s\S]*?\n {12}this\.end\(\);)(\n {4}\})/,
    "$1\n        this.collected = [];$2\n        return this.collected;$3",
  ],
};

/** The code of `lexer.js` or `parser.js` with methods that collect what they would have yielded. */
export function withoutGenerators(code, name) {
  const [whole, replacement] = collectors[name];
  const plain = code
    .replace(/^( {4})\*(\w+\()/gm, "$1$2")
    .replace(/\byield\* /g, "")
    .replace(/\byield (\{\n[\s\S]*?\n\s*\});/g, "this.collected.push($1);")
    .replace(/\byield ([^\n]+);/g, "this.collected.push($1);");
  if (!whole.test(plain) || /\byield\b/.test(plain))
    throw new Error(`node_modules/yaml/dist/parse/${name}.js is not as yaml-calls.mjs knows it`);
  return plain.replace(whole, replacement);
}

/** The plugin for esbuild. */
export const yamlCalls = {
  name: "yaml-calls",
  setup(build) {
    build.onLoad({ filter: /[\\/]yaml[\\/]dist[\\/]parse[\\/](?:lexer|parser)\.js$/ }, async ({ path }) => {
      const name = path.endsWith("lexer.js") ? "lexer" : "parser";
      return { contents: withoutGenerators(await readFile(path, "utf8"), name), loader: "js" };
    });
  },
};
