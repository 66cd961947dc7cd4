// Completions inside an expression: names in scope, members, functions, and the texts functions want.
// Reads what stands before the cursor by itself, because what is being written seldom parses.
import { builtinNames, predicateBuiltins } from "../expression/expression";
import { type ExpressionFunction, expressionFunctions } from "../model/schema/schema";
import { builtinDoc } from "./builtin-docs";
import { type Completion, snippetText } from "./completion";
import { analyseExpression } from "./expression-analysis";
import type { Scope } from "./expression-scope";
import { functionDoc, functionSignature } from "./function-docs";
import type { Member, Shape } from "./shapes";
import type { WorkspaceIndex } from "./workspace-index";

/** Where an expression is completed. */
export interface ExpressionRequest {
  readonly source: string;
  /** The cursor in the source. */
  readonly at: number;
  /** Offset of the source in the unit. */
  readonly start: number;
  readonly scope: Scope;
  readonly index: WorkspaceIndex;
  readonly namespace: string | undefined;
}

/** Completions at the cursor of an expression. */
export function expressionCompletions(request: ExpressionRequest): Completion[] {
  const before = request.source.slice(0, request.at);
  const quote = openQuote(before);
  if (quote !== undefined) return textCompletions(before, quote, request);
  const member = /(\?\.|\.)\s*(\w*)$/.exec(before);
  if (member !== null) {
    const [whole, operator = ".", word = ""] = member;
    const base = chainBefore(before.slice(0, before.length - whole.length));
    if (base === "" || /^\d+$/.test(base)) return [];
    return memberCompletions(analyseExpression(base, request.scope).shape, operator, word, request);
  }
  const word = /[\w$#]*$/.exec(before)?.[0] ?? "";
  return nameCompletions(word, request);
}

/** Offset of the quote that is open at the end of the text. */
function openQuote(before: string): number | undefined {
  let open: number | undefined;
  for (let at = 0; at < before.length; at++) {
    const char = before[at] ?? "";
    if (open === undefined) {
      if (/["'`]/.test(char)) open = at;
    } else if (char === "\\" && before[open] !== "`") at++;
    else if (char === before[open]) open = undefined;
  }
  return open;
}

/** The chain of names, calls and brackets the text ends with: `outputs['x'].y`, `imageFrom('a')`. */
export function chainBefore(text: string): string {
  let at = text.trimEnd().length;
  const end = at;
  for (;;) {
    const char = text[at - 1] ?? "";
    if (/[\w$]/.test(char)) {
      while (/[\w$]/.test(text[at - 1] ?? "")) at--;
      const joint = /(?:\?\.|\.)\s*$/.exec(text.slice(0, at));
      if (joint === null) break;
      at -= joint[0].length;
    } else if (char === ")" || char === "]") {
      const open = openingOf(text, at - 1);
      if (open === undefined) break;
      at = open;
    } else break;
  }
  return text.slice(at, end);
}

function openingOf(text: string, close: number): number | undefined {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const char = text[at] ?? "";
    if (/["'`]/.test(char)) {
      const open = text.lastIndexOf(char, at - 1);
      if (open === -1) return undefined;
      at = open;
    } else if (char === ")" || char === "]") depth++;
    else if (char === "(" || char === "[") {
      depth--;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

function spanOfWord(word: string, { at, start, source }: ExpressionRequest) {
  const tail = /^\w*/.exec(source.slice(at))?.[0].length ?? 0;
  return { start: start + at - word.length, end: start + at + tail };
}

function memberCompletions(
  shape: Shape,
  operator: string,
  word: string,
  request: ExpressionRequest,
): Completion[] {
  const span = spanOfWord(word, request);
  return usable(shape).map((member, index) => {
    const isName = /^[A-Za-z_$][\w$]*$/.test(member.name);
    const start = isName ? span.start : span.start - operator.length;
    const isMethod = member.type.startsWith("(");
    const name = isName
      ? snippetText(member.name)
      : `${operator === "?." ? "?." : ""}['${snippetText(member.name)}']`;
    const call = isMethod ? (member.type.startsWith("()") ? "()" : "($1)") : "";
    return {
      start,
      end: span.end,
      label: member.name,
      kind: "member",
      detail: member.type,
      doc: member.doc,
      insert: `${name}${call}`,
      snippet: true,
      rank: index,
      ...(isName ? {} : { filter: `${operator}${member.name}` }),
    };
  });
}

function usable(shape: Shape): Member[] {
  return [...shape.members.values()].filter(({ trouble }) => trouble === undefined);
}

function nameCompletions(word: string, request: ExpressionRequest): Completion[] {
  const { scope } = request;
  const span = spanOfWord(word, request);
  const names = [...scope.names.values()]
    .filter(({ trouble }) => trouble === undefined)
    .map(
      (member, index): Completion => ({
        ...span,
        label: member.name,
        kind: "variable",
        detail: member.type,
        doc: member.doc,
        insert: member.name,
        rank: index,
      }),
    );
  const functions = expressionFunctions
    .filter(({ group }) => scope.functions.includes(group))
    .map((one, index): Completion => ({ ...functionCompletion(one), ...span, rank: 100 + index }));
  const builtins = builtinNames.map((name, index): Completion => {
    const isPredicate = predicateBuiltins[name] !== undefined;
    return {
      ...span,
      label: name,
      kind: "function",
      detail: "expr-lang",
      doc: builtinDoc(name),
      insert: name === "now" ? "now()" : isPredicate ? `${name}($1, $2)` : `${name}($1)`,
      snippet: true,
      rank: 500 + index,
    };
  });
  const keywords = [
    "let",
    "if",
    "not",
    "in",
    "nil",
    "true",
    "false",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
  ];
  const words = keywords.map(
    (one, index): Completion => ({ ...span, label: one, kind: "keyword", insert: one, rank: 900 + index }),
  );
  return [...names, ...functions, ...builtins, ...words];
}

function functionCompletion(one: ExpressionFunction): Omit<Completion, "start" | "end" | "rank"> {
  const takesNothing = one.signatures.every((params) => params.length === 0);
  const takesText = one.signatures[0]?.[0]?.names !== undefined;
  return {
    label: one.name,
    kind: "function",
    detail: functionSignature(one),
    doc: functionDoc(one),
    insert: takesNothing ? `${one.name}()` : takesText ? `${one.name}('$1')` : `${one.name}($1)`,
    snippet: true,
    ...(takesText ? { again: true } : {}),
  };
}

/** Inside a text: the name of a member in brackets, or what a function's parameter names. */
function textCompletions(before: string, quote: number, request: ExpressionRequest): Completion[] {
  const { source, at, start } = request;
  const typed = before.slice(quote + 1);
  const tail = /^[^"'`]*/.exec(source.slice(at))?.[0] ?? "";
  const isClosed = source[at + tail.length] === before[quote];
  const end = start + at + (isClosed ? tail.length : 0);
  const span = { start: start + at - typed.length, end };
  const head = before.slice(0, quote).trimEnd();
  const complete = (label: string, rank: number, detail: string, doc?: string): Completion => ({
    ...span,
    label,
    kind: "value",
    detail,
    insert: label,
    rank,
    ...(doc === undefined ? {} : { doc }),
  });
  if (head.endsWith("[")) {
    const base = chainBefore(head.slice(0, -1).replace(/\?\.$/, ""));
    if (base === "") return [];
    const { shape } = analyseExpression(base, request.scope);
    return usable(shape).map((member, index) => complete(member.name, index, member.type, member.doc));
  }
  const call = callAround(head, request.scope);
  const names = call?.function.signatures[0]?.[call.index]?.names;
  return names === undefined
    ? []
    : namesFor(names, request).map((name, index) => complete(name, index, names));
}

/** The call whose argument begins at the end of the text. */
function callAround(
  head: string,
  scope: Scope,
): { readonly function: ExpressionFunction; readonly index: number } | undefined {
  let depth = 0;
  let index = 0;
  for (let at = head.length - 1; at >= 0; at--) {
    const char = head[at] ?? "";
    if (/["'`]/.test(char)) {
      const open = head.lastIndexOf(char, at - 1);
      if (open === -1) return undefined;
      at = open;
    } else if (/[)\]}]/.test(char)) depth++;
    else if (char === "," && depth === 0) index++;
    else if (/[([{]/.test(char)) {
      if (depth > 0) depth--;
      else {
        const name = /(\w+)\s*$/.exec(head.slice(0, at))?.[1];
        const found = expressionFunctions.find(
          (one) => one.name === name && scope.functions.includes(one.group),
        );
        return char === "(" && found !== undefined ? { function: found, index } : undefined;
      }
    }
  }
  return undefined;
}

function namesFor(names: string, { index, namespace, scope }: ExpressionRequest): string[] {
  const of = (kind: string) => index.all(kind, namespace).flatMap(({ facts }) => facts.name ?? []);
  switch (names) {
    case "git":
    case "image":
    case "chart": {
      const subscriptions = index
        .all("Warehouse", namespace)
        .flatMap(({ facts }) => facts.subscriptions ?? []);
      return [...new Set(subscriptions.filter(({ type }) => type === names).map(({ url }) => url))];
    }
    case "warehouse":
      return of("Warehouse");
    case "stage":
      return of("Stage");
    case "secret":
      return of("Secret");
    case "configMap":
      return of("ConfigMap");
    case "alias":
      return scope.steps.map(({ alias }) => alias);
    default:
      return [];
  }
}
