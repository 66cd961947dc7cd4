// What a Stage says about its verification, and what an AnalysisTemplate asks of whoever uses it. Plain data with spans.
// Judges nothing; check-verification.ts does.
import { isObject } from "../base/json";
import type { Path } from "../model/schema/schema";
import type { Span } from "./source-file";

/** How a Stage verifies its Freight. */
export interface VerificationFact {
  readonly templates: readonly { readonly kind: string; readonly name: string; readonly span: Span }[];
  readonly args: readonly { readonly name: string; readonly isGiven: boolean; readonly span: Span }[];
}

/** An argument that a template declares. */
export interface TemplateArgument {
  readonly name: string;
  /** It has neither a value nor a source of its own. */
  readonly isOpen: boolean;
}

/** Undefined when the Stage verifies nothing, or when what it says cannot be understood. */
export function verificationFact(
  spec: Readonly<Record<string, unknown>>,
  spanAt: (path: Path) => Span | undefined,
): VerificationFact | undefined {
  const { verification } = spec;
  if (!isObject(verification)) return undefined;
  const templates = named(verification.analysisTemplates);
  const args = named(verification.args ?? []);
  if (templates === undefined || args === undefined || templates.length === 0) return undefined;
  const place = (list: string, index: number) =>
    spanAt(["spec", "verification", list, index, "name"]) ?? { start: 0, end: 0 };
  return {
    templates: templates.map(({ name, entry }, i) => ({
      kind: entry.kind === "ClusterAnalysisTemplate" ? "ClusterAnalysisTemplate" : "AnalysisTemplate",
      name,
      span: place("analysisTemplates", i),
    })),
    args: args.map(({ name, entry }, i) => ({
      name,
      isGiven: entry.value !== undefined && entry.value !== null && entry.value !== "",
      span: place("args", i),
    })),
  };
}

/** Undefined when the arguments cannot be understood. */
export function templateArguments(
  spec: Readonly<Record<string, unknown>>,
): readonly TemplateArgument[] | undefined {
  return named(spec.args ?? [])?.map(({ name, entry }) => ({
    name,
    isOpen: (entry.value ?? null) === null && (entry.valueFrom ?? null) === null,
  }));
}

interface Named {
  readonly name: string;
  readonly entry: Record<string, unknown>;
}

function named(list: unknown): readonly Named[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries = list.flatMap((entry: unknown) =>
    isObject(entry) && typeof entry.name === "string" ? [{ name: entry.name, entry }] : [],
  );
  return entries.length === list.length ? entries : undefined;
}
