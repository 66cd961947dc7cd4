// Opening and driving a large workspace at a quarter, half and full size, in fresh processes bundled as we ship, beside
// the raw work on the same files. Prints figures and ratios; asserts nothing but that everything was seen.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullSize, type LargeWorkspace, writeLargeWorkspace } from "../support/large-workspace";
import { tempDir } from "../support/temp";
import { type Figures, figuresText, median } from "./figures";
import { figuresOf, shippedChild } from "./shipped-child";

const sizes: readonly [string, LargeWorkspace][] = [
  ["1x", { ...fullSize, pipelines: fullSize.pipelines / 4 }],
  ["2x", { ...fullSize, pipelines: fullSize.pipelines / 2 }],
  ["4x", fullSize],
];
const wanted = process.env.SCALE_ONLY?.split(",");
const rounds = 3;

for (const [label, size] of sizes) {
  test(`a large workspace, ${label}`, {
    skip: wanted !== undefined && !wanted.includes(label),
  }, async (t) => {
    const child = await shippedChild(t, "scale-child");
    const root = tempDir(t);
    const files = writeLargeWorkspace(root, size);
    const stages = size.pipelines * size.stagesPerPipeline;
    const [freight, promotions] = [
      size.pipelines * size.freightPerPipeline,
      stages * size.promotionsPerStage,
    ];
    console.log(`\n${label}: ${stages} Stages, ${freight} Freight, ${promotions} Promotions, ${files} files`);
    const run = (mode: string): Figures => {
      const figures = figuresOf(child, [root, mode]);
      if (mode === "raw") return figures;
      assert.deepEqual([figures.stages, figures.freight, figures.promotions], [stages, freight, promotions]);
      return figures;
    };
    const forget = () => rmSync(join(root, ".kargo/cache"), { recursive: true, force: true });
    figuresOf(child, [root, "raw"]); // what the system keeps of the files is the same for all from here on
    const kinds: readonly [what: string, mode: string, isFirst: boolean][] = [
      ["first open ever, first look", "look", true],
      ["first open ever, everything", "open", true],
      ["open, first look", "look", false],
      ["open, everything", "open", false],
    ];
    for (const [what, mode, isFirst] of kinds) {
      const ratios: (readonly [open: number, whole: number, cpu: number])[] = [];
      for (let round = 0; round < rounds; round++) {
        const raw = run("raw");
        if (isFirst) forget();
        const figures = run(mode);
        ratios.push([
          of(figures, "open ms") / of(raw, "all ms"),
          of(figures, "whole ms") / of(raw, "all ms"),
          of(figures, "of CPU ms") / of(raw, "of CPU ms"),
        ]);
        console.log(`${label} ${what}: ${figuresText(figures)}; raw ${figuresText(raw)}`);
      }
      const [open, whole, cpu] = ([0, 1, 2] as const).map((n) => median(ratios.map((r) => r[n])).toFixed(2));
      console.log(`${label} ${what}: open ${open} × raw, whole ${whole} × raw, CPU ${cpu} × raw (medians)`);
    }
    console.log(`${label} drive: ${figuresText(run("drive"))}`);
  });
}

function of(figures: Figures, name: string): number {
  return figures[name] ?? Number.NaN;
}
