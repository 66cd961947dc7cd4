// Reads a template in the manner of kubectl's `-o jsonpath` (k8s.io/client-go util/jsonpath) into nodes.
// Looks at no data; kubectl-path.ts does.

/** One index or bound between brackets. */
export interface PathBound {
  readonly known: boolean;
  readonly value: number;
  /** The end of a single index, computed from its start. */
  readonly derived?: boolean;
}

/** A node of a template. */
export type PathNode =
  | { readonly kind: "list"; readonly nodes: PathNode[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "array"; readonly bounds: readonly [PathBound, PathBound, PathBound] }
  | { readonly kind: "filter"; readonly left: PathList; readonly right: PathList; readonly operator: string }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "wildcard" }
  | { readonly kind: "recursive" }
  | { readonly kind: "union"; readonly lists: readonly PathList[] }
  | { readonly kind: "identifier"; readonly name: string };

/** Nodes one after the other. */
export type PathList = Extract<PathNode, { kind: "list" }>;

/** Nesting of filters and unions; no template written by a person comes near. */
const maxDepth = 50;
const digits = /^\p{Nd}$/u;
const word = /^[\p{L}\p{Nd}_]$/u;

/** Reads a template. Throws an Error in client-go's words. */
export function parsePath(text: string): PathList {
  return new PathParser(text, 0).parse();
}

class PathParser {
  readonly #input: readonly string[];
  readonly #depth: number;
  readonly #root: PathList = { kind: "list", nodes: [] };
  #at = 0;
  #start = 0;

  constructor(text: string, depth: number) {
    if (depth > maxDepth) throw new Error("template is nested too deeply");
    this.#input = [...text];
    this.#depth = depth;
  }

  parse(): PathList {
    for (let inside = this.#text(); inside !== undefined; inside = this.#text()) this.#action(inside);
    return this.#root;
  }

  /** Takes text up to the next action; the list of that action, or undefined at the end. */
  #text(): PathList | undefined {
    while (this.#at < this.#input.length && this.#input[this.#at] !== "{") this.#at++;
    if (this.#at > this.#start) this.#root.nodes.push({ kind: "text", text: this.#taken() });
    if (this.#at >= this.#input.length) return undefined;
    this.#skip(1);
    const list: PathList = { kind: "list", nodes: [] };
    this.#root.nodes.push(list);
    return list;
  }

  #action(list: PathList): void {
    for (;;) {
      if (this.#follows("}")) break;
      if (this.#follows("[?(")) this.#filter(list);
      else if (this.#follows("..")) this.#recursive(list);
      else this.#element(list);
    }
    this.#skip(1);
  }

  #element(list: PathList): void {
    const char = this.#next();
    if (char === undefined || char === "\r" || char === "\n") throw new Error("unclosed action");
    if (char === " " || char === "@" || char === "$") this.#start = this.#at;
    else if (char === "[") this.#array(list);
    else if (char === '"' || char === "'") this.#quote(list, char);
    else if (char === ".") this.#field(list);
    else if (char === "+" || char === "-" || digits.test(char)) this.#number(list);
    else if (word.test(char)) this.#identifier(list);
    else throw new Error(`unrecognized character in action: ${codePoint(char)}`);
  }

  #identifier(list: PathList): void {
    while (!isTerminator(this.#input[this.#at])) this.#at++;
    const name = this.#taken();
    if (name === "true" || name === "false") list.nodes.push({ kind: "bool", value: name === "true" });
    else list.nodes.push({ kind: "identifier", name });
  }

  #recursive(list: PathList): void {
    if (list.nodes.at(-1)?.kind === "recursive") throw new Error("invalid multiple recursive descent");
    this.#skip(2);
    list.nodes.push({ kind: "recursive" });
    const char = this.#input[this.#at];
    if (char !== undefined && word.test(char)) this.#field(list);
  }

  #number(list: PathList): void {
    for (let char = this.#input[this.#at]; char !== undefined; char = this.#input[this.#at]) {
      if (char !== "." && !digits.test(char)) break;
      this.#at++;
    }
    const text = this.#taken();
    if (/^[+-]?[0-9]+$/.test(text)) list.nodes.push({ kind: "int", value: Number(text) });
    else if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text)) {
      list.nodes.push({ kind: "float", value: Number(text) });
    } else throw new Error(`cannot parse number ${text}`);
  }

  #array(list: PathList): void {
    for (let char = this.#next(); char !== "]"; char = this.#next()) {
      if (char === undefined || char === "\n") throw new Error("unterminated array");
    }
    const inner = this.#taken().slice(1, -1);
    const text = inner === "*" ? ":" : inner;
    const parts = text.split(",");
    if (parts.length > 1) {
      const lists = parts.map((part) => this.#inner(`[${part.replace(/^ +| +$/g, "")}]`));
      list.nodes.push({ kind: "union", lists });
      return;
    }
    const key = /^'([^']*)'$/.exec(text)?.[1];
    if (key !== undefined) list.nodes.push(...this.#inner(`.${key}`).nodes);
    else list.nodes.push({ kind: "array", bounds: parseBounds(text) });
  }

  #filter(list: PathList): void {
    this.#skip(3);
    let quote: string | undefined;
    let closed = false;
    for (;;) {
      const char = this.#next();
      if (char === undefined || char === "\n") throw new Error("unterminated filter");
      if (char === '"' || char === "'") {
        if (quote === undefined) quote = char;
        else if (this.#input[this.#at - 2] !== "\\" && char === quote) closed = true;
      } else if (char === ")" && (quote !== undefined) === closed) break;
    }
    if (this.#next() !== "]") throw new Error("unclosed array expect ]");
    const text = this.#taken().slice(0, -2);
    const parts = /^([^!<>=]+)([!<>=]+)([^\n]+?)$/.exec(text);
    if (parts === null) {
      const left = this.#inner(text);
      list.nodes.push({ kind: "filter", left, right: { kind: "list", nodes: [] }, operator: "exists" });
      return;
    }
    const [, left = "", operator = "", right = ""] = parts;
    list.nodes.push({ kind: "filter", left: this.#inner(left), right: this.#inner(right), operator });
  }

  #quote(list: PathList, end: string): void {
    for (;;) {
      const char = this.#next();
      if (char === undefined || char === "\n") throw new Error("unterminated quoted string");
      if (char === end && this.#input[this.#at - 2] !== "\\") break;
    }
    const text = this.#taken();
    const unquoted = unquote(text.slice(1, -1), end);
    if (unquoted === undefined) throw new Error(`unquote string ${text} error invalid syntax`);
    list.nodes.push({ kind: "text", text: unquoted });
  }

  #field(list: PathList): void {
    this.#start = this.#at;
    for (let char = this.#input[this.#at]; !isTerminator(char); char = this.#input[this.#at]) {
      this.#at += char === "\\" ? 2 : 1;
    }
    this.#at = Math.min(this.#at, this.#input.length);
    const name = this.#taken();
    if (name === "*") list.nodes.push({ kind: "wildcard" });
    else list.nodes.push({ kind: "field", name: name.replaceAll("\\", "") });
  }

  /** The list of an action of its own. */
  #inner(text: string): PathList {
    const [first] = new PathParser(`{${text}}`, this.#depth + 1).parse().nodes;
    return first as PathList;
  }

  #follows(text: string): boolean {
    return [...text].every((char, i) => this.#input[this.#at + i] === char);
  }

  #next(): string | undefined {
    const char = this.#input[this.#at];
    if (char !== undefined) this.#at++;
    return char;
  }

  #skip(count: number): void {
    this.#at += count;
    this.#start = this.#at;
  }

  #taken(): string {
    const text = this.#input.slice(this.#start, this.#at).join("");
    this.#start = this.#at;
    return text;
  }
}

function parseBounds(text: string): readonly [PathBound, PathBound, PathBound] {
  const parts = /^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?$/.exec(text);
  if (parts === null) throw new Error(`invalid array index ${text}`);
  const start = bound(parts[1]);
  const single = { known: true, value: start.value + 1, derived: true };
  return [start, parts[2] === undefined ? single : bound(parts[2].slice(1)), bound(parts[3]?.slice(1))];
}

function bound(text = ""): PathBound {
  if (text === "") return { known: false, value: 0 };
  if (!/[0-9]/.test(text)) throw new Error(`array index ${text} is not a number`);
  return { known: true, value: Number(text) };
}

function isTerminator(char: string | undefined): boolean {
  return char === undefined || " \t\r\n.,[]$@{}".includes(char);
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** Go's strconv.UnquoteChar over a whole text; undefined when an escape is none. */
function unquote(text: string, quote: string): string | undefined {
  let isValid = true;
  const pattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.)|$)/gsu;
  const out = text.replace(pattern, (_all, x, u, long, octal, char) => {
    const code = x ?? u ?? long;
    if (code !== undefined || octal !== undefined) {
      const value = code === undefined ? Number.parseInt(octal, 8) : Number.parseInt(code, 16);
      if (value <= 0x10ffff && (octal === undefined || value <= 255)) return String.fromCodePoint(value);
    }
    if (char === quote) return quote;
    const plain = char === undefined ? undefined : escapes[char];
    if (plain === undefined) isValid = false;
    return plain ?? "";
  });
  return isValid ? out : undefined;
}

/** Go's `%#U`. */
function codePoint(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}
