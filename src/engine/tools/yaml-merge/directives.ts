// The directive `$patch` of an overlay: read and taken out of the tree (kyaml merge2/smpdirective.go).
import type { YamlNode } from "../go-yaml/node";
import { clearField, fieldOf, setElement } from "./fields";

/** What an overlay asks for. */
export type Directive = "merge" | "replace" | "delete";

const directiveKey = "$patch";

/** The directive of a mapping; throws Error for one that does not exist. */
export function takeMapDirective(overlay: YamlNode): Directive {
  const field = fieldOf(overlay, directiveKey);
  if (field === undefined) return "merge";
  const directive = toDirective(field.value.value);
  clearField(overlay, directiveKey);
  return directive;
}

/** The directive of a list: an element that has nothing else. Throws Error for one that does not exist. */
export function takeListDirective(overlay: YamlNode): Directive {
  const element = overlay.content.find((entry) => fieldOf(entry, directiveKey) !== undefined);
  const text = fieldOf(element, directiveKey)?.value.value;
  if (element === undefined || text === undefined || element.content.length > 2) return "merge";
  const directive = toDirective(text);
  setElement(overlay, undefined, [directiveKey], [directive]);
  return directive;
}

function toDirective(text: string): Directive {
  if (text === "merge" || text === "replace" || text === "delete") return text;
  throw new Error(`unknown patch strategy '${text}'`);
}
