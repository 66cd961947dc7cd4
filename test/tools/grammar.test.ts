// The grammar that colours expressions, injected into VS Code's own YAML grammar by VS Code's own engine: inside `${{ }}`
// every piece has its scope, and outside of it every character keeps what it had.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";
import { hostDir } from "../host/paths.mjs";

const injection = "kargo.expression.injection";
const hosts = (["oldest", "newest"] as const).map((which) => {
  const vscode = join(hostDir(which), "node_modules", "code-server", "lib", "vscode");
  return { which, folder: join(vscode, "extensions", "yaml", "syntaxes") };
});

const wasm = readFileSync(join(process.cwd(), "node_modules", "vscode-oniguruma", "release", "onig.wasm"));
const engine = oniguruma.loadWASM(wasm).then(() => ({
  createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
  createOnigString: (text: string) => new oniguruma.OnigString(text),
}));

/** VS Code's YAML grammar, with ours in it or alone. */
async function yamlGrammar(folder: string, injections: readonly string[]): Promise<textmate.IGrammar> {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const ours = join(process.cwd(), "syntaxes", "kargo-expression.tmLanguage.json");
  const paths = new Map<string, string>();
  for (const path of [...files.filter((name) => name.endsWith(".tmLanguage.json")), ours]) {
    paths.set((JSON.parse(readFileSync(path, "utf8")) as { scopeName: string }).scopeName, path);
  }
  const registry = new textmate.Registry({
    onigLib: engine,
    loadGrammar: async (scope) => {
      const path = paths.get(scope);
      return path === undefined ? null : textmate.parseRawGrammar(readFileSync(path, "utf8"), path);
    },
    getInjections: (scope) => (scope === "source.yaml" ? [...injections] : undefined),
  });
  return (await registry.loadGrammar("source.yaml")) ?? assert.fail("no YAML grammar");
}

/** The scopes of every character, line by line. */
function scopesOf(grammar: textmate.IGrammar, text: string): string[][] {
  let state = textmate.INITIAL;
  return text.split("\n").map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return tokens.flatMap(({ startIndex, endIndex, scopes }) =>
      Array.from({ length: Math.min(endIndex, line.length) - startIndex }, () => scopes.join(" ")),
    );
  });
}

const isOurs = (scopes: string) => scopes.includes("meta.embedded.expression.kargo");

/** Pieces of a text with the innermost scope that each must have; `""` for one that our grammar leaves alone. */
const rows: Record<string, readonly [text: string, ...pieces: (readonly [string, string])[]]> = {
  "a plain value": [
    "tag: ${{ imageFrom(vars.image).Tag }} # ${{ no }}",
    ["tag", ""],
    ["${{", "punctuation.section.embedded.begin.kargo"],
    ["imageFrom", "entity.name.function.kargo"],
    ["vars", "variable.language.kargo"],
    ["image)", "variable.other.property.kargo"],
    ["Tag", "variable.other.property.kargo"],
    ["}}", "punctuation.section.embedded.end.kargo"],
    ["# $", ""],
    ["no", ""],
  ],
  "text before and behind": [
    "a: x-${{ ctx.stage }}-y",
    ["x-", ""],
    ["ctx", "variable.language.kargo"],
    ["-y", ""],
  ],
  "double quotes": [
    "a: \"x ${{ vars.a == 'b' ? 1 : true }} y\"",
    ["x ", ""],
    ["==", "keyword.operator.kargo"],
    ["b'", "string.quoted.single.kargo"],
    ["?", "keyword.operator.kargo"],
    ["1", "constant.numeric.kargo"],
    ["true", "constant.language.kargo"],
    [' y"', ""],
  ],
  "single quotes": [
    "a: '${{ outputs.x not in [\"q\"] }}' # c",
    ["outputs", "variable.language.kargo"],
    ["not", "keyword.operator.word.kargo"],
    ['q"', "string.quoted.double.kargo"],
    ["# c", ""],
  ],
  "a block scalar": [
    "a: |\n  first ${{ success() }}\n  # ${{ vars.b }} is text here\nb: 1",
    ["first", ""],
    ["success", "entity.name.function.kargo"],
    ["vars", "variable.language.kargo"],
    [" is text", ""],
    ["b: 1", ""],
  ],
  "an expression over lines of a folded scalar": [
    "a: >-\n  ${{ quote(\n    vars.c\n  ) }} behind\nd: 2",
    ["quote", "entity.name.function.kargo"],
    ["vars", "variable.language.kargo"],
    [" behind", ""],
    ["d: 2", ""],
  ],
  "the other delimiters": [
    "a: ${% vars.d | trim() %} e",
    ["${%", "punctuation.section.embedded.begin.kargo"],
    ["trim", "entity.name.function.kargo"],
    ["%}", "punctuation.section.embedded.end.kargo"],
    [" e", ""],
  ],
  "an entry of a flow sequence": [
    'a: ["${{ vars.e }}", plain]',
    ["vars", "variable.language.kargo"],
    ["plain", ""],
  ],
  "a string that holds the end, which Kargo cuts there": [
    "a: ${{ '}}' }} tail\nb: 3",
    ["}}'", "punctuation.section.embedded.end.kargo"],
    [" tail", ""],
    ["b: 3", ""],
  ],
  "an expression that is not closed": [
    "a: ${{ vars.f\nb: 4\nc: 5",
    ["vars", "variable.language.kargo"],
    ["b: 4", ""],
    ["c: 5", ""],
  ],
  "a quoted one that is not closed": [
    'a: "${{ vars.g"\nb: 4',
    ["vars", "variable.language.kargo"],
    ["b: 4", ""],
  ],
  "a comment": ["# ${{ vars.h }}\na: 1 # ${{ vars.i }}", ["vars.h", ""], ["a: 1", ""], ["vars.i", ""]],
  "a quote right behind": ["a: ${{ vars.j }}'s turn\nb: 1", ["'s", ""], ["b: 1", ""]],
  "a number after a dot": [
    "a: ${{ 1.5 + x[0].y }}",
    ["1.5", "constant.numeric.kargo"],
    ["y ", "variable.other.property.kargo"],
  ],
};

for (const { which, folder } of hosts) {
  const skip = existsSync(folder)
    ? false
    : `the ${which} workbench is not installed (test/host/setup-host.sh)`;
  if (skip !== false) console.error(`SKIPPED: ${skip}`);

  for (const [name, [text, ...pieces]] of Object.entries(rows)) {
    test(`colours in the ${which} VS Code: ${name}`, { skip }, async () => {
      const scopes = scopesOf(await yamlGrammar(folder, [injection]), text).flatMap((line) => [
        ...line,
        "\n",
      ]);
      for (const [piece, wanted] of pieces) {
        const at = text.indexOf(piece);
        assert.ok(at >= 0, piece);
        const found = scopes[at] ?? "";
        if (wanted === "") assert.ok(!isOurs(found), `${piece}: ${found}`);
        else assert.ok(isOurs(found) && found.split(" ").includes(wanted), `${piece}: ${found}`);
      }
    });
  }

  test(`nothing outside of expressions is coloured otherwise in the ${which} VS Code`, { skip }, async () => {
    const plain = await yamlGrammar(folder, []);
    const injected = await yamlGrammar(folder, [injection]);
    const fixtures = join(process.cwd(), "test", "fixtures", "language", "valid");
    const texts = readdirSync(fixtures).map((name) => readFileSync(join(fixtures, name), "utf8"));
    let inside = 0;
    let compared = 0;
    for (const text of [...texts, ...Object.values(rows).map(([row]) => row)]) {
      const before = scopesOf(plain, text);
      const lines = text.split("\n");
      for (const [line, after] of scopesOf(injected, text).entries()) {
        for (const [column, scopes] of after.entries()) {
          if (isOurs(scopes)) inside++;
          // Blanks have no colour.
          else if (/\S/.test(lines[line]?.[column] ?? "")) {
            const shown = `${lines[line]} :${column}`;
            assert.equal(scopes, before[line]?.[column], shown);
            compared++;
          }
        }
      }
    }
    assert.ok(inside > 3000 && compared > 30_000, `${inside} ${compared}`);
  });
}
