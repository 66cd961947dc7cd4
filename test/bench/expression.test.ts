// Speed of compiling and evaluating expressions, beside plain JavaScript that does the same.
// Prints figures and judges nothing. Run: node test/run-node-tests.mjs bench expression
import {
  compile,
  evaluate,
  functionTable,
  parse,
  StructValue,
  structType,
  types,
} from "../../src/expression/expression";

const imageType = structType({
  name: "v1alpha1.Image",
  packagePath: "github.com/akuity/kargo/api/v1alpha1",
  fields: [
    { name: "RepoURL", type: types.string },
    { name: "Tag", type: types.string },
  ],
});
const image = new StructValue(imageType, { RepoURL: "ghcr.io/acme/app", Tag: "1.2.3" });
const functions = functionTable({
  name: "imageFrom",
  signatures: [{ params: [types.string], result: imageType }],
  call: ([repo]) => (repo === "ghcr.io/acme/app" ? image : null),
});
const items = Array.from({ length: 10_000 }, (_, i) => ({ n: i, name: `item-${i}` }));
const env = { ctx: { stage: "prod" }, vars: { repo: "ghcr.io/acme/app" }, items };

interface Case {
  readonly name: string;
  readonly source: string;
  readonly peer: (e: typeof env) => unknown;
}

const cases: readonly Case[] = [
  { name: "simple", source: 'ctx.stage == "prod"', peer: (e) => e.ctx.stage === "prod" },
  {
    name: "typical",
    source: "imageFrom(vars.repo).Tag",
    peer: (e) => (e.vars.repo === "ghcr.io/acme/app" ? image.fields.Tag : null),
  },
  {
    name: "heavy: filter and map over 10 000 elements",
    source: "len(map(filter(items, .n < 100 or .n > 5000), .n + 1))",
    peer: (e) => e.items.filter((x) => x.n < 100 || x.n > 5000).map((x) => x.n + 1).length,
  },
  {
    name: "heavy: whole numbers 1..10000",
    source: "sum(map(filter(1..10000, # % 3 == 0), # * 2))",
    peer: () => {
      let sum = 0;
      for (let i = 1; i <= 10_000; i++) if (i % 3 === 0) sum += i * 2;
      return sum;
    },
  },
];

/** Runs per second, by the best of five rounds of about 200 ms. */
function rate(run: () => unknown): number {
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    let count = 0;
    let elapsed = 0;
    for (let batch = 1; elapsed < 200; batch = Math.min(batch * 2, 10_000)) {
      for (let i = 0; i < batch; i++) run();
      count += batch;
      elapsed = performance.now() - start;
    }
    best = Math.max(best, (count * 1000) / elapsed);
  }
  return best;
}

function print(name: string, perSecond: number, peer: number): void {
  const figures = [perSecond, peer].map((n) => Math.round(n).toLocaleString("en").padStart(14));
  console.log(`${name.padEnd(46)}${figures.join("")}${`1 : ${(peer / perSecond).toFixed(1)}`.padStart(12)}`);
}

console.log(
  `${"".padEnd(46)}${"expressions/s".padStart(14)}${"plain JS/s".padStart(14)}${"ratio".padStart(12)}`,
);
for (const { name, source, peer } of cases) {
  const program = compile(source, { functions });
  print(
    `evaluate, ${name}`,
    rate(() => program.evaluate(env)),
    rate(() => peer(env)),
  );
}
const [simple] = cases as readonly [Case];
print(
  "evaluate from source (cached), simple",
  rate(() => evaluate(simple.source, env, { functions })),
  rate(() => simple.peer(env)),
);
let unique = 0;
for (const { name, source } of cases.slice(0, 3)) {
  print(
    `compile, ${name.replace(/:.*/, "")}`,
    rate(() => compile(`${source} // ${unique++}`, { functions })),
    rate(() => new Function("e", `return ${unique++}, e.ctx.stage === "prod"`)),
  );
}
print(
  "parse, typical",
  rate(() => parse("imageFrom(vars.repo).Tag")),
  rate(() => JSON.parse('{"call":["imageFrom",{"member":["vars","repo"]}],"name":"Tag"}')),
);
