// Kargo's templates: expressions between `${{ }}` or `${% %}` in text and in whole configurations, and the type the
// result takes in the end (pkg/expressions/json_templates.go). What expressions may say and call is decided elsewhere.
import { isObject } from "../../base/json";
import { parseBoolGo, parseFloatGo, parseJson, toJson, toValid } from "../../expression/expression";

const delimiters = [
  { start: "${{", end: "}}" },
  { start: "${%", end: "%}" },
] as const;

/**
 * Evaluates one expression and says what stands in the text for it; `at` is where it begins in its template, in UTF-16
 * units. Throws an Error that says what is wrong.
 */
export type ExpressionText = (source: string, at: number) => string;

/** An opening delimiter without a closing one. */
export class UnclosedExpressionError extends Error {
  /** Where the opening delimiter stands, in UTF-16 units. */
  readonly at: number;

  constructor(closer: string, at: number) {
    super(`unclosed expression: expected "${closer}" but reached end of template`);
    this.at = at;
  }
}

/** True when `text` holds an expression; other text is never touched. */
export function isTemplate(text: string): boolean {
  return delimiters.some(({ start }) => text.includes(start));
}

/**
 * The value of a template: `text` itself when it holds no expression, otherwise the text that results, taken for a
 * number, a boolean or JSON where it reads as one. Throws what `evaluate` throws, and an Error for an open delimiter.
 */
export function evaluateTemplate(text: string, evaluate: ExpressionText): unknown {
  return isTemplate(text) ? coerce(substitute(text, evaluate)) : text;
}

function substitute(template: string, evaluate: ExpressionText): string {
  let result = "";
  for (let from = 0; ; ) {
    const found = nextExpression(template, from);
    if (found === undefined) return result + template.slice(from);
    result += template.slice(from, found.start);
    from = found.end;
    // Nothing between the delimiters ends the evaluation: what follows is taken as it stands.
    if (found.source === "") return result + template.slice(from);
    result += evaluate(found.source, found.at);
  }
}

/** An expression in its template: delimiters and all from `start` to `end`, its source from `at`. */
interface Found {
  readonly start: number;
  readonly at: number;
  readonly source: string;
  readonly end: number;
}

/** The first expression by the earliest opening delimiter and the first closing one behind it, whatever is between. */
function nextExpression(template: string, from: number): Found | undefined {
  const [first] = delimiters
    .map((delimiter) => ({ ...delimiter, opens: template.indexOf(delimiter.start, from) }))
    .filter(({ opens }) => opens >= 0)
    .sort((a, b) => a.opens - b.opens);
  if (first === undefined) return undefined;
  const at = first.opens + first.start.length;
  const closes = template.indexOf(first.end, at);
  if (closes < 0) throw new UnclosedExpressionError(first.end, first.opens);
  return { start: first.opens, at, source: template.slice(at, closes), end: closes + first.end.length };
}

/** Gives the text of an evaluated template its type; the order of the questions decides what `1` and `t` become. */
export function coerce(text: string): unknown {
  const newline = text.endsWith("\n") ? "\n" : "";
  const body = newline === "" ? text : text.slice(0, -1);
  if (body.length > 1 && body.startsWith('"') && body.endsWith('"')) return body.slice(1, -1) + newline;
  const number = parseFloatGo(body);
  if (number !== undefined) return number;
  const boolean = parseBoolGo(body);
  if (boolean !== undefined) return boolean;
  const json = parseJson(body);
  return json.problem === undefined ? json.value : body + newline;
}

/**
 * A step's configuration with every text in it evaluated. The result has been through JSON and YAML as upstream: whole
 * numbers are whole, and characters that YAML refuses make the whole configuration vanish (undefined), without an error.
 */
export function evaluateConfig(config: unknown, evaluate: ExpressionText): unknown {
  if (config === null || config === undefined) return undefined;
  if (!isObject(config)) {
    const type = Array.isArray(config) ? "array" : typeof config === "boolean" ? "bool" : typeof config;
    throw new Error(
      "input is not valid JSON; are all expressions enclosed in quotes? " +
        `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  const evaluated = evaluateMembers(config, evaluate);
  // JSON knows neither NaN nor infinity.
  toJson(evaluated);
  return isReadableYaml(evaluated) ? throughYaml(evaluated) : undefined;
}

function evaluateMembers(value: unknown, evaluate: ExpressionText): unknown {
  if (typeof value === "string") return evaluateTemplate(value, evaluate);
  if (Array.isArray(value)) return value.map((member) => evaluateMembers(member, evaluate));
  if (!isObject(value)) return value;
  return fromEntries(
    Object.entries(value).map(([key, member]) => [key, evaluateMembers(member, evaluate)] as const),
  );
}

/** Characters that JSON writes as they are and YAML's reader refuses. */
const unreadable = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;
/** YAML looks no further for the colon behind a key, counted in characters of JSON. */
const maxKeyLength = 1024;

function isReadableYaml(value: unknown): boolean {
  if (typeof value === "string") return !unreadable.test(value);
  if (Array.isArray(value)) return value.every(isReadableYaml);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, member]) => isReadableKey(key) && isReadableYaml(member));
}

/** A key of a YAML flow mapping must stand on one line, and NEL is a line break. */
function isReadableKey(key: string): boolean {
  if (unreadable.test(key) || key.includes("\u0085")) return false;
  return key.length * 6 <= maxKeyLength || [...toJson(key)].length <= maxKeyLength;
}

/** What reading JSON as YAML changes: there is no negative zero, and NEL is a line break that folds. */
function throughYaml(value: unknown): unknown {
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (typeof value === "string") return folded(toValid(value));
  if (Array.isArray(value)) return value.map(throughYaml);
  if (!isObject(value)) return value;
  return fromEntries(
    Object.entries(value).map(([key, member]) => [toValid(key), throughYaml(member)] as const),
  );
}

/** One line break with the blanks around it becomes a blank, several become one less. */
function folded(text: string): string {
  if (!text.includes("\u0085")) return text;
  return text.replace(/ *\u0085[ \u0085]*/g, (run) => {
    const breaks = run.split("\u0085").length - 1;
    return breaks === 1 ? " " : "\n".repeat(breaks - 1);
  });
}

/** An object of own members only, `__proto__` among them. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}
