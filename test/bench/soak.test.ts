// Pipelines that run by themselves, thousands of Promotions long: prints what memory and time for each come to, block by
// block. Asserts only that everything was promoted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tempDir } from "../support/temp";
import { figuresText } from "./figures";
import { figuresOf, shippedChild } from "./shipped-child";

const promotions = Number(process.env.SOAK_PROMOTIONS ?? 3000);
const blocks = 6;

test(`memory of a run over ${promotions} Promotions`, async (t) => {
  const child = await shippedChild(t, "soak-child");
  const figures = figuresOf(child, [tempDir(t), String(promotions), String(blocks)], 3_600_000);
  assert.ok((figures.ended ?? 0) >= promotions);
  for (const what of ["heap MiB", "RSS MiB", "ms each"]) {
    const own = Object.entries(figures).filter(([name]) => name.startsWith(what));
    console.log(figuresText(Object.fromEntries(own)));
  }
  console.log(`peak MiB ${figures["peak MiB"]?.toFixed(0)}`);
});
