// The language in which the tables of kinds and step configurations are written: what a value may be, and what it means.
// Only the language and its builders; the tables are in the steps-*.ts and kind-*.ts files, the readers beside them.
import type { JsonValue } from "../../base/json";

/** What a value may be. One table of these is read by validation, completion, hover and the engine's config check. */
export type Schema =
  | StringSchema<string>
  | NumberSchema
  | BooleanSchema
  | ArraySchema
  | ObjectSchema
  | AnySchema
  | OneOfTypesSchema;

/** What every described value has. */
export interface Described {
  /** One sentence that says what the value is for. */
  readonly doc: string;
  /** A value as somebody would write it. */
  readonly example?: JsonValue;
  /** The value that counts when none is written. */
  readonly default?: JsonValue;
  /** The default in words, where it is no constant. */
  readonly defaultDoc?: string;
  readonly deprecated?: Deprecation;
  /** Value that is only ever written by a controller: completion does not offer it. */
  readonly readOnly?: boolean;
}

/** Why something should not be used any more. */
export interface Deprecation {
  /** Version since which it is deprecated. */
  readonly since?: string;
  /** Version that removes it, as announced. */
  readonly removal?: string;
  /** What to do instead, one sentence. */
  readonly instead: string;
}

/** Kinds of resources a text can name. `Project`-scoped ones are looked up in the namespace of the document. */
export type ReferenceKind =
  | "Project"
  | "Warehouse"
  | "Freight"
  | "Stage"
  | "PromotionTask"
  | "ClusterPromotionTask"
  | "AnalysisTemplate"
  | "ClusterAnalysisTemplate"
  | "Secret"
  | "ConfigMap"
  // Kinds of the commercial platform, of which only the names are read.
  | "CustomPromotionStep"
  | "MessageChannel"
  | "ClusterMessageChannel";

/** A text that names a resource. */
export interface Reference {
  /** Possible kinds, the default one first. */
  readonly kinds: readonly ReferenceKind[];
  /** Sibling field whose value chooses among `kinds`. */
  readonly chosenBy?: string;
}

/** A text that is an expr-lang expression without delimiters, and what it is evaluated against. */
export interface BareExpression {
  readonly context:
    | "freight-criteria"
    | "commit-filter"
    | "http-response"
    | "document"
    | "webhook-request"
    | "freight-link"
    | "stage-link"
    | "analysis-result"
    | "issue"
    | "evidence";
  readonly yields: "bool" | "any";
}

/** A text that may hold `${{ }}` and `${% %}`, and what it must come out as. */
export interface Template {
  readonly yields: "any" | "bool" | "string";
}

/** Formats a text is checked for. */
export type Format =
  | "uri"
  | "email"
  | "duration"
  | "date-time"
  | "semver-constraint"
  | "regex"
  | "path-selector"
  | "stage-pattern"
  | "go-template";

/** Limits as JSON Schema knows them; tables use them through the builders, alternatives use them bare. */
export interface Constraints {
  readonly type?: string;
  readonly enum?: readonly JsonValue[];
  readonly const?: JsonValue;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: Format;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly required?: readonly string[];
  readonly fields?: Readonly<Record<string, Constraints>>;
  readonly additional?: Schema;
  readonly minFields?: number;
  readonly oneOf?: readonly Constraints[];
  readonly anyOf?: readonly Constraints[];
}

export interface StringSchema<T extends string = string> extends Described {
  readonly type: "string";
  readonly enum?: readonly T[];
  /** What each value of `enum` means. */
  readonly enumDocs?: Readonly<Record<string, string>>;
  /** Values worth offering although others are right too. */
  readonly suggestions?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A Go (RE2) pattern that is searched for, not anchored; `goPattern` compiles it. */
  readonly pattern?: string;
  /** The empty text counts as no text, whatever else is asked of the value. */
  readonly emptyIsUnset?: boolean;
  /** What the pattern asks for, in words: "a DNS name in lower case". */
  readonly patternDoc?: string;
  readonly format?: Format;
  readonly reference?: Reference;
  readonly template?: Template;
  readonly expression?: BareExpression;
  /** The text is the URL of a repository of this type. */
  readonly repository?: "git" | "image" | "chart";
  /** The text is a path below the work directory of a Promotion. */
  readonly path?: "file" | "directory" | "any";
  /** The text names a kind of step. */
  readonly stepKind?: boolean;
  /** Never shown in hovers and logs. */
  readonly secret?: boolean;
}

export interface NumberSchema extends Described {
  readonly type: "integer" | "number";
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanSchema extends Described {
  readonly type: "boolean";
}

export interface ArraySchema<I extends Schema = Schema> extends Described {
  readonly type: "array";
  readonly items: I;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** Fields by name, in the order in which they are offered. */
export type Fields = Readonly<Record<string, Schema>>;

export interface ObjectSchema<F extends Fields = Fields, R extends string = string, A = Schema | undefined>
  extends Described {
  readonly type: "object";
  readonly fields: F;
  /** Names of the fields that must be there, in the order in which Kargo reports them. */
  readonly required: readonly R[];
  /** What other keys may hold; absent means that there may be none. */
  readonly additional?: A;
  /** What other keys are, for hovers: "a label". */
  readonly keyDoc?: string;
  readonly minFields?: number;
  /** Fields that older versions of Kargo had, and what to do instead. */
  readonly gone?: Readonly<Record<string, string>>;
  /** Fields that older versions of Kargo had under another name, and their name now; the value is the same. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** How alternatives exclude each other, for people. */
  readonly choices?: readonly Choice[];
  /** Conditions between fields (CEL rules of the CRDs and their like). */
  readonly rules?: readonly Rule[];
  /** Alternatives as Kargo's JSON schema has them; only the check at run time reads these. */
  readonly oneOf?: readonly Constraints[];
  readonly anyOf?: readonly Constraints[];
  /** Everything below may be a template, whatever its type: this is the configuration of a step. */
  readonly templates?: boolean;
}

/** Any value at all. */
export interface AnySchema extends Described {
  readonly type: "any";
  /** The value is the configuration of the step whose kind stands in this sibling field. */
  readonly configOf?: string;
}

/** A value of one of several types, such as Kubernetes' int-or-string. */
export interface OneOfTypesSchema extends Described {
  readonly type: "union";
  readonly of: readonly Schema[];
}

/** Fields of which only so many may be chosen. */
export interface Choice {
  readonly fields: readonly string[];
  /** How many must be chosen. */
  readonly atLeast: 0 | 1;
  /** How many may be chosen. */
  readonly atMost?: 1;
  /** A field counts as chosen when it is there, or only when its value is neither empty, false nor null. */
  readonly counts: "present" | "filled";
}

/** A condition between the fields of an object. */
export interface Rule {
  readonly name: string;
  /** The sentence Kargo gives, or ours where it gives none. */
  readonly message: string;
  /** Field to blame; absent blames the object. */
  readonly field?: string;
  /** True when the object is right. Fields may have any type: a rule about a wrongly typed field holds. */
  holds(value: Readonly<Record<string, unknown>>): boolean;
}

type Options<S extends Described> = Omit<S, "type" | "doc">;

/** A text. */
export function text<const T extends string = string>(
  doc: string,
  options: Options<StringSchema<T>> = {},
): StringSchema<T> {
  return { type: "string", doc, ...options };
}

/** A whole number. */
export function integer(doc: string, options: Options<NumberSchema> = {}): NumberSchema {
  return { type: "integer", doc, ...options };
}

/** A number. */
export function number(doc: string, options: Options<NumberSchema> = {}): NumberSchema {
  return { type: "number", doc, ...options };
}

/** True or false. */
export function flag(doc: string, options: Options<BooleanSchema> = {}): BooleanSchema {
  return { type: "boolean", doc, ...options };
}

/** A list. */
export function list<I extends Schema>(
  doc: string,
  items: I,
  options: Omit<Options<ArraySchema<I>>, "items"> = {},
): ArraySchema<I> {
  return { type: "array", doc, items, ...options };
}

type ObjectOptions<F extends Fields, R extends string, A> = Omit<
  Options<ObjectSchema<F, R, A>>,
  "fields" | "required"
> & { readonly required?: readonly R[] };

/** An object with known fields. Types come from the arguments alone, never from where the object is used. */
export function object<
  F extends Fields,
  const R extends string & keyof F = never,
  A extends Schema | undefined = undefined,
>(doc: string, fields: F, options: ObjectOptions<F, R, A> = {}): ObjectSchema<F, NoInfer<R>, NoInfer<A>> {
  return { type: "object", doc, fields, ...options, required: options.required ?? [] };
}

/** An object whose keys are free. */
export function map<A extends Schema>(
  doc: string,
  additional: A,
  options: Omit<Options<ObjectSchema<Fields, never, A>>, "required" | "additional" | "fields"> & {
    readonly known?: Fields;
  } = {},
): ObjectSchema<Record<never, never>, never, A> {
  const { known = {}, ...rest } = options;
  return { type: "object", doc, fields: known, ...rest, required: [], additional };
}

/** Any value. */
export function anything(doc: string, options: Options<AnySchema> = {}): AnySchema {
  return { type: "any", doc, ...options };
}

/** A value of one of several types. */
export function union(
  doc: string,
  of: readonly Schema[],
  options: Omit<Options<OneOfTypesSchema>, "of"> = {},
): OneOfTypesSchema {
  return { type: "union", doc, of, ...options };
}

/** The TypeScript type of the values a schema allows. */
export type ValueOf<S> =
  S extends StringSchema<infer T>
    ? T
    : S extends NumberSchema
      ? number
      : S extends BooleanSchema
        ? boolean
        : S extends ArraySchema<infer I>
          ? readonly ValueOf<I>[]
          : S extends ObjectSchema<infer F, infer R, infer A>
            ? ObjectOf<F, R, A>
            : unknown;

type ObjectOf<F, R, A> = Readonly<
  { [K in keyof F as K extends R ? K : never]: ValueOf<F[K]> } & {
    [K in keyof F as K extends R ? never : K]?: ValueOf<F[K]>;
  } & (A extends Schema ? { [key: string]: ValueOf<A> } : unknown)
>;

/** Fields of a step's output. */
export type StepOutputs =
  | { readonly from: "none" }
  | { readonly from: "fields"; readonly fields: Fields }
  /** Each entry of the list `list` of the configuration names one output by its `name`. */
  | { readonly from: "list"; readonly list: string; readonly name: string }
  /** The configuration itself is the output. */
  | { readonly from: "config" }
  /** Outputs whose names nothing here tells. */
  | { readonly from: "unknown" };

/** One kind of promotion step. */
export interface StepSchema<C extends ObjectSchema<Fields, string, Schema | undefined> = ObjectSchema> {
  readonly doc: string;
  readonly edition: "open-source" | "commercial";
  /** Kargo version that brought it, where known. */
  readonly since?: string;
  /** What to know before using it, one sentence. */
  readonly caution?: string;
  readonly config: C;
  readonly outputs: StepOutputs;
}

/** Outputs with these fields. */
export function outputs(fields: Fields): StepOutputs {
  return { from: "fields", fields };
}

/** No outputs. */
export const noOutputs: StepOutputs = { from: "none" };

/** An open-source step. */
export function step<C extends ObjectSchema<Fields, string, Schema | undefined>>(
  doc: string,
  config: C,
  outputs: StepOutputs = noOutputs,
  options: { readonly caution?: string } = {},
): StepSchema<C> {
  return { doc, edition: "open-source", config: { ...config, templates: true }, outputs, ...options };
}

/** A step of the commercial platform: known, checked as documented, not executable here. */
export function commercialStep<C extends ObjectSchema<Fields, string, Schema | undefined>>(
  since: string,
  doc: string,
  config: C,
  outputs: StepOutputs = noOutputs,
): StepSchema<C> {
  return { doc, edition: "commercial", since, config: { ...config, templates: true }, outputs };
}
