// Finds the expressions in a text: what stands between `${{ }}` or `${% %}`, by the rules Kargo cuts texts with
// (pkg/expressions/json_templates.go). Evaluates nothing and parses no expression.

/** One expression of a text; offsets are those of the text. */
export interface TemplatePart {
  /** Offset of the opening delimiter. */
  readonly start: number;
  /** Offset behind the closing delimiter; that of the end when it is missing. */
  readonly end: number;
  /** The expression itself. */
  readonly source: string;
  readonly sourceStart: number;
  readonly closed: boolean;
}

const closers: Readonly<Record<string, string>> = { "${{": "}}", "${%": "%}" };

/** The expressions of `text` in order. An empty one ends the search, as in Kargo. */
export function templateParts(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (let from = 0; ; ) {
    const start = opening(text, from);
    if (start === -1) return parts;
    const closer = closers[text.slice(start, start + 3)] ?? "}}";
    const sourceStart = start + 3;
    const close = text.indexOf(closer, sourceStart);
    const sourceEnd = close === -1 ? text.length : close;
    const source = text.slice(sourceStart, sourceEnd);
    const end = close === -1 ? text.length : close + closer.length;
    parts.push({ start, end, source, sourceStart, closed: close !== -1 });
    if (close === -1 || source === "") return parts;
    from = end;
  }
}

function opening(text: string, from: number): number {
  for (let at = text.indexOf("${", from); at !== -1; at = text.indexOf("${", at + 1)) {
    if (text[at + 2] === "{" || text[at + 2] === "%") return at;
  }
  return -1;
}

/** The only expression of a text that is nothing but it, give or take what YAML leaves at the end. */
export function wholeExpression(text: string): TemplatePart | undefined {
  const [part, ...others] = templateParts(text);
  if (part === undefined || others.length > 0 || !part.closed) return undefined;
  return part.start === 0 && (part.end === text.length || text.slice(part.end) === "\n") ? part : undefined;
}

/** True when the text also holds braces of another template engine, so that nobody knows what it will become. */
export function isForeign(text: string): boolean {
  if (!text.includes("{{")) return false;
  let rest = text;
  for (const part of templateParts(text).reverse()) rest = rest.slice(0, part.start) + rest.slice(part.end);
  return rest.includes("{{");
}

/** True when the text holds a variable of a shell (`${NAME}`, `${NAME:-x}`), as envsubst and Flux fill them in. */
export function holdsShellVariable(text: string): boolean {
  return /\$\{[A-Za-z_]\w*(?:[:#%/^,=?+-][^}]*)?\}/.test(text);
}
