// Kargo's functions in the terms of the expression checker, for each place an expression can stand in.
// Only signatures: nothing here can be called, because the editor evaluates nothing with them.
import {
  type Field,
  type FunctionTable,
  functionTable,
  type Method,
  pointerTo,
  type Signature,
  structType,
  type Type,
  types,
} from "../expression/expression";
import {
  type ExpressionFunction,
  type ExpressionMember,
  type ExpressionTypeName,
  expressionFunctions,
  expressionObjects,
  type FunctionGroup,
} from "../model/schema/schema";

const basic: Readonly<Record<string, Type>> = {
  any: types.any,
  bool: types.bool,
  int: types.int,
  string: types.string,
  object: types.anyMap,
  texts: types.stringMap,
  time: types.any,
};

const notCalled = () => {
  throw new Error("functions of the editor are never called");
};

const made = new Map<string, Type>();

/** The checker's type for a name of the table. Versions are pointers, as upstream's are. */
export function typeNamed(name: ExpressionTypeName): Type {
  const known = basic[name] ?? made.get(name);
  if (known !== undefined) return known;
  const members = Object.entries(expressionObjects[name]?.members ?? {});
  const fields: Field[] = [];
  const methods: Method[] = [];
  const type = structType({ name: goName(name), packagePath: "", fields, methods });
  const result = name === "Version" ? pointerTo(type) : type;
  made.set(name, result);
  for (const [memberName, member] of members) {
    if (member.params === undefined) fields.push({ name: memberName, type: typeNamed(member.type) });
    else methods.push(methodOf(memberName, member, member.params));
  }
  return result;
}

function methodOf(name: string, member: ExpressionMember, params: readonly ExpressionTypeName[]): Method {
  return { name, params: params.map(typeNamed), results: [typeNamed(member.type)], call: notCalled };
}

/** The name Go gives the type, as it shows in expr-lang's own sentences. */
function goName(name: string): string {
  return name.endsWith("Version") ? "semver.Version" : `v1alpha1.${name}`;
}

function signaturesOf({ signatures, result }: ExpressionFunction): Signature[] {
  return signatures.map((params) => ({
    params: params.map(({ type }) => typeNamed(type)),
    result: typeNamed(result),
  }));
}

const tables = new Map<string, FunctionTable>();

/** The functions of these groups; the same groups give the same table. */
export function functionsOf(groups: readonly FunctionGroup[]): FunctionTable {
  const key = groups.join();
  let table = tables.get(key);
  if (table === undefined) {
    const declared = expressionFunctions
      .filter(({ group }) => groups.includes(group))
      .map((one) => ({ name: one.name, signatures: signaturesOf(one), call: notCalled }));
    table = functionTable(...declared);
    tables.set(key, table);
  }
  return table;
}
