// The call the cursor is in: its ways to be called, and which argument is being written.
// Reads what stands before the cursor by itself, because what is being written seldom parses.
import { type ExpressionFunction, expressionFunctions, expressionObjects } from "../model/schema/schema";
import { builtinSignature } from "./builtin-docs";
import { type CompletionWorld, expressionPlaceAt } from "./complete";
import { chainBefore } from "./complete-expression";
import { analyseExpression } from "./expression-analysis";
import type { Scope } from "./expression-scope";
import { signatureText } from "./function-docs";
import { typeText } from "./shapes";
import type { Unit } from "./unit";

/** Ways to call a function, and where in them the cursor is. */
export interface SignatureHelp {
  readonly signatures: readonly Signature[];
  /** Which of them fits what is written. */
  readonly active: number;
  /** The argument the cursor is in, counted from 0. */
  readonly parameter: number;
}

/** One way to call a function. */
export interface Signature {
  readonly label: string;
  readonly doc: string;
  /** Parameters as spans of the label. */
  readonly parameters: readonly { readonly start: number; readonly end: number; readonly doc: string }[];
}

/** The call around an offset of a unit; undefined outside of calls. */
export function signatureHelpAt(
  unit: Unit,
  offset: number,
  world: CompletionWorld,
): SignatureHelp | undefined {
  const place = expressionPlaceAt(unit, offset, world);
  if (place === undefined) return undefined;
  const call = callBefore(place.source.slice(0, place.at));
  if (call === undefined) return undefined;
  const signatures = signaturesOf(call, place.scope);
  if (signatures.length === 0) return undefined;
  const { argument } = call;
  const fitting = signatures.findIndex(({ parameters }) => parameters.length > argument);
  const active = fitting === -1 ? signatures.length - 1 : fitting;
  const isRest = signatures.at(-1)?.label.includes("...") === true;
  const last = (signatures[active]?.parameters.length ?? 1) - 1;
  return { signatures, active, parameter: isRest ? Math.min(argument, last) : argument };
}

interface OpenCall {
  readonly name: string;
  /** What the function is a method of; empty for functions. */
  readonly base: string;
  readonly argument: number;
}

/** The innermost call that is open at the end of the text. */
function callBefore(text: string): OpenCall | undefined {
  const open: { at: number; commas: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (/["'`]/.test(char)) {
      at = closingQuote(text, at);
      if (at === -1) break;
    } else if (/[([{]/.test(char)) open.push({ at, commas: 0 });
    else if (/[)\]}]/.test(char)) open.pop();
    else if (char === ",") {
      const last = open.at(-1);
      if (last !== undefined) last.commas++;
    }
  }
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const found = /(\??\.\s*)?([A-Za-z_]\w*)\s*$/.exec(text.slice(0, one.at));
    if (text[one.at] !== "(" || found === null) continue;
    const [whole, dot, name = ""] = found;
    const before = text.slice(0, one.at - whole.length);
    if (dot !== undefined) return { name, base: chainBefore(before), argument: one.commas };
    // A pipe gives the first argument.
    const isPiped = /(?:^|[^|])\|\s*$/.test(before);
    return { name, base: "", argument: one.commas + Number(isPiped) };
  }
  return undefined;
}

function closingQuote(text: string, open: number): number {
  const quote = text[open];
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\" && quote !== "`") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function signaturesOf({ name, base }: OpenCall, scope: Scope): readonly Signature[] {
  if (base !== "") return methodSignatures(base, name, scope);
  const own = expressionFunctions.find((one) => one.name === name && scope.functions.includes(one.group));
  if (own !== undefined) {
    const shortestFirst = [...own.signatures].sort((a, b) => a.length - b.length);
    return shortestFirst.map((params) => ofFunction(own, params));
  }
  const label = builtinSignature(name);
  return label === undefined ? [] : [ofLabel(label.signature, label.doc, [])];
}

function ofFunction(one: ExpressionFunction, params: ExpressionFunction["signatures"][number]): Signature {
  const docs = params.map(({ doc }) => doc);
  return ofLabel(signatureText(one, params), one.doc, docs);
}

function methodSignatures(base: string, name: string, scope: Scope): readonly Signature[] {
  const { type } = analyseExpression(base, scope).shape;
  const members = type === undefined ? undefined : expressionObjects[type]?.members;
  const member = members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
  if (member?.params === undefined) return [];
  const params = member.params.map(typeText).join(", ");
  return [ofLabel(`${name}(${params}) ${typeText(member.type)}`, member.doc, [])];
}

/** `name(a string, b?) result` with the spans of what stands between its commas. */
function ofLabel(label: string, doc: string, docs: readonly string[]): Signature {
  const open = label.indexOf("(");
  const close = label.indexOf(")", open);
  const parameters: { start: number; end: number; doc: string }[] = [];
  let start = open + 1;
  for (const part of label.slice(open + 1, close).split(",")) {
    const lead = part.length - part.trimStart().length;
    if (part.trim() !== "")
      parameters.push({ start: start + lead, end: start + part.length, doc: docs[parameters.length] ?? "" });
    start += part.length + 1;
  }
  return { label, doc, parameters };
}
