// Comparing text the way Go does: by the bytes of its UTF-8 form, never by locale.
// Knows nothing of what the text means.

/**
 * Orders two strings by their UTF-8 bytes: negative, 0 or positive. JavaScript's own `<` goes by UTF-16 units and
 * differs once characters beyond U+FFFF are involved.
 */
export function compareBytewise(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return utf8Rank(left) - utf8Rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF, so they rank above every other unit. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
