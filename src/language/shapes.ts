// What the editor knows about the values expressions see beyond their Go types: which members `ctx`, `vars`, `outputs`
// and the results of functions have, where each is defined, and what to say about one that is not there.
// Describes; expression-analysis.ts walks expressions with it.
import { type ExpressionTypeName, expressionObjects, type Fields, type Schema } from "../model/schema/schema";
import type { RuleId } from "./rules";

/** What is known about a value. */
export interface Shape {
  readonly members: ReadonlyMap<string, Member>;
  /** Whether there may be members besides: then an unknown one is nobody's fault. */
  readonly open: boolean;
  /** What the value is called in sentences: "the outputs of `commit`". */
  readonly what: string;
  /** Rule for members that are not there. */
  readonly rule: RuleId;
  /** Go struct: the expression checker itself knows its fields and reports others. */
  readonly checked?: boolean;
  readonly type?: ExpressionTypeName;
}

/** One member of a value, or a name an expression can begin with. */
export interface Member {
  readonly name: string;
  readonly doc: string;
  /** Type in words, for completion and hover. */
  readonly type: string;
  readonly shape: Shape;
  /** The text it has, when that is written down and no template. */
  readonly literal?: string;
  /** Sentence about why it cannot be used here, with the rule for it. */
  readonly trouble?: { readonly rule: RuleId; readonly message: string };
  /** Its text may read as a number, boolean or null. */
  readonly risky?: boolean;
}

/** A value nothing is known about. */
export const anyShape: Shape = { members: new Map(), open: true, what: "the value", rule: "unknown-name" };

/** A shape with these members. */
export function shapeOf(
  what: string,
  members: readonly Member[],
  options: { readonly open?: boolean; readonly rule?: RuleId } = {},
): Shape {
  const { open = false, rule = "unknown-name" } = options;
  return { members: new Map(members.map((member) => [member.name, member])), open, what, rule };
}

const typeWords: Readonly<Record<string, string>> = {
  any: "any",
  bool: "bool",
  int: "int",
  string: "string",
  object: "object",
  texts: "map of strings",
  time: "time",
};

/** A type of the table in words. */
export function typeText(type: ExpressionTypeName): string {
  return typeWords[type] ?? type;
}

const objectShapes = new Map<string, Shape>();

/** The shape of a type of the table. */
export function shapeNamed(type: ExpressionTypeName): Shape {
  const object = expressionObjects[type];
  if (object === undefined) return { ...anyShape, type };
  let shape = objectShapes.get(type);
  if (shape === undefined) {
    const members = new Map<string, Member>();
    shape = { members, open: false, what: `\`${type}\``, rule: "expression-type", checked: true, type };
    objectShapes.set(type, shape);
    for (const [name, { type: memberType, doc, params, risky }] of Object.entries(object.members)) {
      const signature = params === undefined ? "" : `(${params.map(typeText).join(", ")}) `;
      members.set(name, {
        name,
        doc,
        type: `${signature}${typeText(memberType)}`,
        shape: shapeNamed(memberType),
        ...(risky === true ? { risky } : {}),
      });
    }
  }
  return shape;
}

/** Members as a schema describes them: the outputs of a step. */
export function membersOfFields(fields: Fields): Member[] {
  return Object.entries(fields).map(([name, schema]) => ({
    name,
    doc: schema.doc,
    type: schemaTypeText(schema),
    shape: shapeOfSchema(name, schema),
    ...(/^(?:commit|commits|tag|digest)$/.test(name) ? { risky: true } : {}),
  }));
}

function shapeOfSchema(name: string, schema: Schema): Shape {
  if (schema.type !== "object" || Object.keys(schema.fields).length === 0) return anyShape;
  const open = schema.additional !== undefined;
  return shapeOf(`\`${name}\``, membersOfFields(schema.fields), { open, rule: "unknown-output" });
}

/** The type a schema asks for, as completion shows it. */
export function schemaTypeText(schema: Schema): string {
  switch (schema.type) {
    case "array":
      return `list of ${schemaTypeText(schema.items)}`;
    case "union":
      return schema.of.map(schemaTypeText).join(" or ");
    case "string":
      return "string";
    default:
      return schema.type;
  }
}
