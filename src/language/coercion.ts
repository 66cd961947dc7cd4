// What Kargo makes of the text of a template in the end (pkg/expressions/json_templates.go): number, boolean, JSON, text.
// The engine has its own copy, which also covers values no editor sees.
import { goFloat } from "../base/go-text";
import { parseBoolGo, parseFloatGo } from "../expression/expression";

/** The value a finished text becomes. */
export function coerced(text: string): unknown {
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  if (body.length > 1 && body.startsWith('"') && body.endsWith('"')) return body.slice(1, -1);
  const number = parseFloatGo(body);
  if (number !== undefined) return number;
  const boolean = parseBoolGo(body);
  if (boolean !== undefined) return boolean;
  // Most texts are none, and failing to parse them is what costs time.
  if (!/^\s*(?:["[{\d-]|true|false|null)/.test(body)) return text;
  try {
    return JSON.parse(body);
  } catch {
    return text;
  }
}

/** How the text would read once it was a value, when it is no text any more or another one. */
export function conversion(text: string): { readonly shown: string; readonly lossy: boolean } | undefined {
  const value = coerced(text);
  if (value === text) return undefined;
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return { shown, lossy: shown !== text };
}

/** What a field takes: text only, any value, or any value that `yaml-update` writes as Go prints it. */
export type TemplateTarget = "text" | "value" | "yaml-value";

/** What becomes of a text there once it has been read as a value, when that is not the same; absent when it is. */
export function changedBy(text: string, target: TemplateTarget): string | undefined {
  const converted = conversion(text);
  if (converted === undefined) return undefined;
  if (target === "text") return `${converted.shown}, which is no text`;
  const value = coerced(text);
  // The step prints every number as a float64: 20240131 as 2.0240131e+07.
  const shown = target === "yaml-value" && typeof value === "number" ? goFloat(value) : converted.shown;
  return shown === text ? undefined : shown;
}
