// What is said or offered twice when another YAML server is at work on the same document: ours gives way, because ours is
// the one that can. Compares plain data; who the others are, other-yaml-server.ts knows.

interface Place {
  readonly line: number;
  readonly character: number;
}

/** As much of a diagnostic as is compared. */
export interface Told {
  readonly range: { readonly start: Place; readonly end: Place };
  readonly message: string;
  readonly source?: string | undefined;
  readonly code?: unknown;
}

/** As much of an offered completion as is compared. */
export interface Offered {
  readonly label: string | { readonly label: string };
}

/** Rules that a check against a JSON schema has too. */
const schemaRules: ReadonlySet<unknown> = new Set([
  "type",
  "required",
  "unknown-key",
  "enum",
  "pattern",
  "length",
  "range",
  "items",
  "unique",
  "format",
  "choice",
]);

/** Our diagnostics without those that a YAML server with a schema has told of the same place or the same missing key. */
export function withoutTold<T extends Told>(ours: readonly T[], others: readonly Told[]): T[] {
  const theirs = others.filter(({ source }) => source?.startsWith("yaml-schema") === true);
  if (theirs.length === 0) return [...ours];
  return ours.filter(
    (one) =>
      !schemaRules.has(one.code) || !theirs.some((other) => touches(one, other) || missesSame(one, other)),
  );
}

/** Our completions without those that somebody else offers. */
export function withoutOffered<T extends Offered>(ours: readonly T[], others: readonly Offered[]): T[] {
  const labels = new Set(others.map(labelOf));
  return ours.filter((one) => !labels.has(labelOf(one)));
}

function labelOf({ label }: Offered): string {
  return typeof label === "string" ? label : label.label;
}

/** What is missing, they tell of the whole object, but by its name. */
function missesSame(one: Told, other: Told): boolean {
  const name = /Missing property "(.+)"/.exec(other.message)?.[1];
  return (
    one.code === "required" && name !== undefined && one.message.includes(`\`${name}\``) && isNear(one, other)
  );
}

/** They begin it at the first line of the object, we tell it at its key. */
function isNear({ range: { start } }: Told, { range: { start: other } }: Told): boolean {
  return Math.abs(start.line - other.line) <= 1;
}

function touches({ range: one }: Told, { range: other }: Told): boolean {
  return isBefore(one.start, other.end) && isBefore(other.start, one.end);
}

function isBefore(one: Place, other: Place): boolean {
  return one.line < other.line || (one.line === other.line && one.character <= other.character);
}

/** True for a text that our schema of Kargo's kinds can judge: it names Kargo's API and no template engine fills it in. */
export function fitsSchema(text: string): boolean {
  const namesKargo = /^[^#\n]*apiVersion["']?\s*:\s*["']?kargo\.akuity\.io\//m;
  const foreign = /(?<!\$)\{\{|\{%/;
  return namesKargo.test(text) && !foreign.test(text.replaceAll("${%", ""));
}
