// What ships reads YAML with a lexer and a parser that yaml-calls.mjs has rewritten: the same tokens must come out.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { type CST, Lexer, Parser } from "yaml";
import { randomFrom } from "../support/json-schema-samples";

const folder = mkdtempSync(join(tmpdir(), "kargo-yaml-"));
after(() => rmSync(folder, { recursive: true, force: true }));

type Read = (text: string) => { readonly lexemes: readonly string[]; readonly tokens: readonly CST.Token[] };

const original: Read = (text) => ({
  lexemes: [...new Lexer().lex(text)],
  tokens: [...new Parser().parse(text)],
});

async function rewritten(): Promise<Read> {
  const plugin = (await import(pathToFileURL(join(process.cwd(), "yaml-calls.mjs")).href)) as {
    readonly yamlCalls: Plugin;
  };
  const outfile = join(folder, "yaml.cjs");
  await build({
    stdin: { contents: 'export { Lexer, Parser } from "yaml";', resolveDir: process.cwd() },
    bundle: true,
    platform: "node",
    format: "cjs",
    outfile,
    plugins: [plugin.yamlCalls],
  });
  const { default: yaml } = (await import(pathToFileURL(outfile).href)) as {
    readonly default: {
      readonly Lexer: new () => { lex(text: string): readonly string[] };
      readonly Parser: new () => { parse(text: string): readonly CST.Token[] };
    };
  };
  return (text) => {
    const tokens = new yaml.Parser().parse(text);
    assert.ok(Array.isArray(tokens), "the parser collects");
    return { lexemes: new yaml.Lexer().lex(text), tokens };
  };
}

const corpus = [join("test", "fixtures"), "node_modules/yaml"].flatMap((root) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|md|json)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .filter((text) => text.length < 20_000),
);
const pieces = [
  "- ",
  ": ",
  "? ",
  "\n",
  "\r\n",
  "  ",
  "# c",
  "|\n  ",
  ">-\n",
  "'",
  '"',
  "[",
  "]",
  "{",
  "}",
  ",",
];
const more = [
  "&a ",
  "*a",
  "!t ",
  "---\n",
  "...\n",
  "%YAML 1.2\n",
  "\t",
  "<<: ",
  "\\",
  "\u0001",
  "\uFEFF",
  "é",
  "@",
];

test("the rewritten parser reads every text as the original one does", async () => {
  const read = await rewritten();
  const random = randomFrom(5);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const all = [...pieces, ...more];
  const texts = ["", "\n", "a", "a: b\n", ...corpus];
  for (let n = 0; n < 6000; n++) {
    const text = pick(corpus).slice(0, 1500);
    const at = Math.floor(random() * text.length);
    texts.push(text.slice(0, at) + pick(all) + text.slice(at + Math.floor(random() * 4)));
    texts.push(
      Array.from({ length: 1 + Math.floor(random() * 14) }, () => pick([...all, "a", "b c", "1"])).join(""),
    );
  }
  assert.ok(corpus.length > 60, `${corpus.length} files`);
  let documents = 0;
  for (const text of texts) {
    const expected = original(text);
    assert.deepEqual(read(text), expected, JSON.stringify(text));
    documents += expected.tokens.filter(({ type }) => type === "document").length;
  }
  assert.ok(documents > texts.length / 2);
});
