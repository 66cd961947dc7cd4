// Splits YAML text into its documents without parsing it, so that one broken document cannot take the others with it.
// A `---` or `...` in the first column always ends a document in YAML, even inside scalars, so looking at lines is exact.

/** One document of a YAML text: `text.slice(start, end)`; offsets are UTF-16 units, lines are zero-based. */
export interface DocumentSlice {
  readonly start: number;
  readonly end: number;
  readonly startLine: number;
}

const marker = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/;

/** The documents of `text` in order; the `---` line belongs to the document it opens. Never empty. */
export function splitDocuments(text: string): DocumentSlice[] {
  const slices: DocumentSlice[] = [];
  let start = 0;
  let startLine = 0;
  let line = 0;
  for (let offset = 0; offset < text.length; line++) {
    const newline = text.indexOf("\n", offset);
    const next = newline === -1 ? text.length : newline + 1;
    const found = text.charCodeAt(offset) <= 46 ? marker.exec(text.slice(offset, offset + 4)) : null;
    if (found) {
      const boundary = found[0] === "---" ? offset : next;
      if (boundary > start) slices.push({ start, end: boundary, startLine });
      start = boundary;
      startLine = boundary === offset ? line : line + 1;
    }
    offset = next;
  }
  if (start < text.length || slices.length === 0) slices.push({ start, end: text.length, startLine });
  return slices;
}
