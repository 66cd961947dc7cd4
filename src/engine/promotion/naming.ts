// Names of Promotions and shortened label values, as Kargo makes them (pkg/api/promotion.go, pkg/strings/strings.go).
// The order of names is the order of creation everywhere in the engine, so every name comes from one source.
import { createHash } from "node:crypto";
import { monotonicFactory } from "ulid";

/** One source for the whole process: two names made in the same millisecond still sort in the order they were made. */
const nextUlid = monotonicFactory();

const maxStagePrefix = 218;
const freightPrefix = 7;
const maxLabelBytes = 63;
const hashDigits = 8;

/** `<stage>.<ulid>.<freight>` in lower case; the Stage is cut to 218 characters, the Freight to 7. */
export function promotionName(stage: string, freight: string, now: Date): string {
  const ulid = nextUlid(now.getTime());
  return `${stage.slice(0, maxStagePrefix)}.${ulid}.${freight.slice(0, freightPrefix)}`.toLowerCase();
}

/** The value itself when a label may hold it, otherwise its beginning and eight digits of its SHA-256. */
export function labelValue(value: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= maxLabelBytes) return value;
  const prefix = bytes
    .subarray(0, maxLabelBytes - hashDigits - 1)
    .toString()
    .replace(/-+$/, "");
  return `${prefix}-${createHash("sha256").update(bytes).digest("hex").slice(0, hashDigits)}`;
}
