// Go's quoting of text that may hold broken bytes, the verb `%q` (strconv.Quote).
// Valid text is quoted by base; reading quoted literals is the lexer's.
import { goQuote as quoteValid } from "../base/go-text";
import { maybeBroken } from "./go-text";

/** The text in double quotes with Go's escapes: printable Unicode is kept, broken bytes become `\xNN`. */
export function goQuote(text: string): string {
  if (!maybeBroken(text)) return quoteValid(text);
  const parts = Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const broken = code >= 0xdc80 && code <= 0xdcff;
    return broken ? `\\x${(code - 0xdc00).toString(16)}` : quoteValid(char).slice(1, -1);
  });
  return `"${parts.join("")}"`;
}
