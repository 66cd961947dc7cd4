// Trees, spans and tokens of expressions, whole and half-written. What they evaluate to is in rows.test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { children, type Node, parse, print, tokenize } from "../../../src/expression/expression";

/** Kinds with the text they span: `member "a.b" (identifier "a", string "b")`. */
function outline(source: string, node: Node): string {
  const text = JSON.stringify(source.slice(node.start, node.end));
  const inner = children(node).map((child) => outline(source, child));
  return `${node.kind} ${text}${inner.length === 0 ? "" : ` (${inner.join(", ")})`}`;
}

describe("spans of nodes", () => {
  const rows: readonly (readonly [source: string, expected: string])[] = [
    [
      "(a) < (b) < c",
      'binary "(a) < (b) < c" (binary "(a) < (b)" (identifier "a", identifier "b"), binary "(b) < c" (identifier "b", identifier "c"))',
    ],
    ["(a) ? 1 : (2)", 'conditional "(a) ? 1 : (2)" (identifier "a", integer "1", integer "2")'],
    [
      "((a) + b) * c",
      'binary "((a) + b) * c" (binary "(a) + b" (identifier "a", identifier "b"), identifier "c")',
    ],
    ["a.b", 'member "a.b" (identifier "a", string "b")'],
    ["a + b*2", 'binary "a + b*2" (identifier "a", binary "b*2" (identifier "b", integer "2"))'],
    ["(a)", 'identifier "a"'],
    ["(a + b).c", 'member "(a + b).c" (binary "a + b" (identifier "a", identifier "b"), string "c")'],
    ['x["k"]', 'member "x[\\"k\\"]" (identifier "x", string "\\"k\\"")'],
    ["f(a, 1)", 'call "f(a, 1)" (identifier "f", identifier "a", integer "1")'],
    ["len(xs)", 'builtin "len(xs)" (identifier "xs")'],
    ["a.f(1)", 'call "a.f(1)" (member "a.f" (identifier "a", string "f"), integer "1")'],
    ["n?.a", 'chain "n?.a" (member "n?.a" (identifier "n", string "a"))'],
    ["xs[1:2]", 'slice "xs[1:2]" (identifier "xs", integer "1", integer "2")'],
    ["-a", 'unary "-a" (identifier "a")'],
    ["a not in b", 'unary "a not in b" (binary "a not in b" (identifier "a", identifier "b"))'],
    ["b ? 1 : 2", 'conditional "b ? 1 : 2" (identifier "b", integer "1", integer "2")'],
    ["if b {1} else {2}", 'conditional "if b {1} else {2}" (identifier "b", integer "1", integer "2")'],
    ["let x = 1; x", 'let "let x = 1; x" (integer "1", identifier "x")'],
    [
      "map(xs, .a)",
      'builtin "map(xs, .a)" (identifier "xs", predicate ".a" (member ".a" (pointer "", string "a")))',
    ],
    ["map(xs, {#})", 'builtin "map(xs, {#})" (identifier "xs", predicate "{#}" (pointer "#"))'],
    ["xs | len()", 'builtin "xs | len()" (identifier "xs")'],
    ["{a: 1}", 'map "{a: 1}" (pair "a: 1" (string "a", integer "1"))'],
    ["[1, 2]", 'array "[1, 2]" (integer "1", integer "2")'],
    [" 1 ; 2 ", 'sequence "1 ; 2" (integer "1", integer "2")'],
    ['"é😀".x', 'member "\\"é😀\\".x" (string "\\"é😀\\"", string "x")'],
  ];
  for (const [source, expected] of rows) {
    it(source, () => assert.equal(outline(source, parse(source).ast), expected));
  }
});

describe("half-written expressions keep what stands in front of the mistake", () => {
  const rows: readonly (readonly [source: string, expected: string])[] = [
    ["", 'missing ""'],
    ["ctx.", 'member "ctx." (identifier "ctx", string "")'],
    [
      "imageFrom(vars.",
      'call "imageFrom(vars." (identifier "imageFrom", member "vars." (identifier "vars", string ""))',
    ],
    [
      "imageFrom(vars.repo",
      'call "imageFrom(vars.repo" (identifier "imageFrom", member "vars.repo" (identifier "vars", string "repo"))',
    ],
    ["a + ", 'binary "a +" (identifier "a", missing "")'],
    [
      "outputs['x'].",
      'member "outputs[\'x\']." (member "outputs[\'x\']" (identifier "outputs", string "\'x\'"), string "")',
    ],
    ["a ? b", 'conditional "a ? b" (identifier "a", identifier "b", missing "")'],
    ["[1, ", 'array "[1," (integer "1", missing "")'],
    ["let x = 1; x.", 'let "let x = 1; x." (integer "1", member "x." (identifier "x", string ""))'],
    [
      "filter(xs, .",
      'builtin "filter(xs, ." (identifier "xs", predicate "." (member "." (pointer "", string "")))',
    ],
    [
      "quote(ctx.) + b",
      'call "quote(ctx.)" (identifier "quote", member "ctx." (identifier "ctx", string ""))',
    ],
  ];
  for (const [source, expected] of rows) {
    it(JSON.stringify(source), () => {
      const { ast, errors } = parse(source);
      assert.equal(errors.length, 1);
      const got = outline(source, ast);
      assert.equal(got, expected);
    });
  }
});

describe("mistakes", () => {
  const rows: readonly (readonly [source: string, message: string, offset: number, start: number])[] = [
    ["1 +", "unexpected token EOF", 2, 2],
    ['"😀" +', "unexpected token EOF", 4, 5],
    ['"😀" @', "unrecognized character: U+0040 '@'", 4, 5],
    ["a b", 'unexpected token Identifier("b")', 2, 2],
    ["foo(", "unexpected token EOF", 3, 3],
  ];
  for (const [source, message, offset, start] of rows) {
    it(`${source}: ${message}`, () => {
      const [problem] = parse(source).errors;
      assert.deepEqual({ ...problem, end: 0 }, { message, offset, start, end: 0 });
    });
  }
});

describe("tokens", () => {
  it("have kinds, meanings and places", () => {
    const { tokens } = tokenize('a.b == "x\\n" // c');
    assert.deepEqual(
      tokens.map(({ kind, value, start, end }) => [kind, value, start, end]),
      [
        ["Identifier", "a", 0, 1],
        ["Operator", ".", 1, 2],
        ["Identifier", "b", 2, 3],
        ["Operator", "==", 4, 6],
        ["String", "x\n", 7, 12],
        ["EOF", "", 16, 17],
      ],
    );
  });

  it("stop at the first that is none, keeping those in front", () => {
    const { tokens, problem } = tokenize("a + @ b");
    assert.equal(tokens.length, 2);
    assert.deepEqual(problem, { message: "unrecognized character: U+0040 '@'", start: 4 });
  });

  it("are all there when the grammar does not fit", () => {
    assert.equal(parse("a b c").tokens.length, 4);
  });
});

describe("printing", () => {
  const rows: readonly (readonly [source: string, printed: string])[] = [
    ["a+b*c", "a + b * c"],
    ["(a+b)*c", "(a + b) * c"],
    ["a ?? (b ?? c)", "a ?? (b ?? c)"],
    ["1<2<3", "1 < 2 && 2 < 3"],
    ["a?.b.c", "a?.b.c"],
    ['a?.["b c"]', 'a?.["b c"]'],
    ["xs|filter(.a>1)|len()", "len(filter(xs, #.a > 1))"],
    ["map(xs,{let y=#;y})", "map(xs, {let y = #; y})"],
    ["map(xs,{{a:#}})", "map(xs, {{a: #}})"],
    ["let x=1;x+1", "let x = 1; x + 1"],
    ["if a{1}else{2}", "if a {1} else {2}"],
    ["a not in b", "not (a in b)"],
    ["{'a b':1,(c):2}", '{"a b": 1, (c): 2}'],
    ["1.0", "1.0"],
    ["0x1F", "31"],
    ['b"\\xff"', 'b"\\xff"'],
    ["`a\nb`", '"a\\nb"'],
  ];
  for (const [source, printed] of rows) it(source, () => assert.equal(print(parse(source).ast), printed));
});

describe("registered functions", () => {
  it("hide built-ins of the same name unless called with ::", () => {
    const functions = new Set(["len"]);
    assert.equal(parse("len(x)", { functions }).ast.kind, "call");
    assert.equal(parse("::len(x)", { functions }).ast.kind, "builtin");
  });
});
