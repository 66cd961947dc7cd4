// Dotted keys of yaml-update, toml-update and Chart.yaml edits: `image.tag`, `app\.io/name`, `ports.:0`.
// Looks nothing up. json-update has a syntax of its own.
import { goQuote } from "../../base/go-text";

/**
 * The parts of a key. A dot parts, `\.` and `\:` are meant literally, a colon at the beginning of a part says that a
 * number is a name and is dropped. Throws an Error whose text is Kargo's (pkg/sjson/split_key.go).
 */
export function splitKey(text: string): string[] {
  const key = text.trim();
  if (key === "") throw new Error("empty key");
  const parts: string[] = [];
  let part = "";
  const endPart = (): void => {
    if (part === "") throw new Error(`empty key part in key ${goQuote(key)}`);
    parts.push(part);
    part = "";
  };
  for (let i = 0; i < key.length; i++) {
    const character = key[i] ?? "";
    if (character === "\\") {
      const escaped = key[++i];
      // A backslash at the very end says nothing.
      if (escaped === undefined) break;
      if (escaped !== "." && escaped !== ":")
        throw new Error(`invalid escape sequence in key ${goQuote(key)}`);
      part += escaped;
    } else if (character === ".") {
      endPart();
    } else if (character === ":") {
      if (part !== "") throw new Error(`unexpected colon in key ${goQuote(key)}`);
    } else {
      part += character;
    }
  }
  endPart();
  return parts;
}
