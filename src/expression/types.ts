// Go's types as far as expressions see them: kinds, element types, fields, methods, assignability.
// Knows no value; values.ts gives every value one of these.

/** Go's kinds that a value of an expression can have. */
export type TypeKind =
  | "bool"
  | IntegerKind
  | "float32"
  | "float64"
  | "string"
  | "interface"
  | "struct"
  | "ptr"
  | "map"
  | "slice"
  | "array"
  | "func";

/** The widths of integers. */
export type IntegerKind =
  | "int"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64";

/** A field of a struct. */
export interface Field {
  /** Go's name, as expressions write it. */
  readonly name: string;
  readonly type: Type;
  /** Go's `json` tag: wire name and options (`"id,omitempty"`, `"-"`); without one the wire name is the Go name. */
  readonly json?: string;
  /** Go's embedding: fields and methods of the type show through. */
  readonly embedded?: boolean;
}

/** A method. `call` is given the receiver (nil for a nil pointer) and the arguments. */
export interface Method {
  readonly name: string;
  readonly params: readonly Type[];
  readonly results: readonly Type[];
  readonly variadic?: boolean;
  /** Declared on the pointer: not in the method set of the plain type. */
  readonly pointer?: boolean;
  readonly call: (receiver: unknown, ...args: unknown[]) => unknown;
}

/** A list, or a function that gives it when it is first needed: types may refer to each other. */
export type OrLater<T> = T | (() => T);

function now<T extends readonly unknown[]>(given: OrLater<T>): T {
  return typeof given === "function" ? given() : given;
}

interface Shape {
  readonly kind: TypeKind;
  readonly key?: Type;
  readonly elem?: Type;
  readonly length?: number;
  readonly fields?: OrLater<readonly Field[]>;
  readonly params?: readonly Type[];
  readonly results?: readonly Type[];
  readonly variadic?: boolean;
}

let nextId = 0;
const interned = new Map<string, Type>();

/** A Go type. Two types are identical when they are the same object; made by the functions below only. */
export class Type {
  readonly kind: TypeKind;
  /** What Go prints for it: `[]interface {}`, `v1alpha1.GitCommit`. */
  readonly name: string;
  /** Import path of a declared type; empty for predeclared and composed ones. */
  readonly packagePath: string;
  /** Key of a map. */
  readonly key?: Type;
  /** Element of a list, map or pointer. */
  readonly elem?: Type;
  /** Number of elements of an array. */
  readonly length?: number;
  /** Parameters of a function; of a method expression the receiver is the first. */
  readonly params: readonly Type[];
  readonly results: readonly Type[];
  readonly variadic: boolean;
  /** Names the structure; declared types of equal structure share it. */
  readonly shape: string;
  /** Predeclared or declared: assignable to another such type only when identical. */
  readonly declared: boolean;
  private readonly declaredFields: OrLater<readonly Field[]>;
  private readonly declaredMethods: OrLater<readonly Method[]>;
  private fieldList: readonly Field[] | undefined;
  private methodTable: ReadonlyMap<string, Method> | undefined;

  constructor(
    shape: Shape,
    identity: {
      readonly name: string;
      readonly shape?: string;
      readonly packagePath?: string;
      readonly declared?: boolean;
      readonly methods?: OrLater<readonly Method[]>;
    },
  ) {
    this.kind = shape.kind;
    this.name = identity.name;
    this.packagePath = identity.packagePath ?? "";
    this.declared = identity.declared ?? false;
    if (shape.key !== undefined) this.key = shape.key;
    if (shape.elem !== undefined) this.elem = shape.elem;
    if (shape.length !== undefined) this.length = shape.length;
    this.declaredFields = shape.fields ?? [];
    this.params = shape.params ?? [];
    this.results = shape.results ?? [];
    this.variadic = shape.variadic ?? false;
    this.shape = identity.shape ?? `#${nextId++}`;
    this.declaredMethods = identity.methods ?? [];
  }

  /** The fields of a struct in their order. */
  get fields(): readonly Field[] {
    this.fieldList ??= now(this.declaredFields);
    return this.fieldList;
  }

  /** The method set, those of embedded types included. */
  get methods(): ReadonlyMap<string, Method> {
    this.methodTable ??= methodSet(this);
    return this.methodTable;
  }

  /** Methods written for this type itself. */
  get ownMethods(): readonly Method[] {
    return now(this.declaredMethods);
  }

  /** The field of that name, also one that shows through from an embedded type, with the way to it. */
  field(name: string): { readonly field: Field; readonly path: readonly string[] } | undefined {
    const own = this.fields.find((field) => field.name === name);
    if (own !== undefined) return { field: own, path: [name] };
    for (const outer of this.fields) {
      if (outer.embedded !== true) continue;
      const inner = derefType(outer.type).field(name);
      if (inner !== undefined) return { field: inner.field, path: [outer.name, ...inner.path] };
    }
    return undefined;
  }

  /** Go's assignability of a value of this type. */
  assignableTo(target: Type): boolean {
    if (this === target || target === types.any) return true;
    if (target.kind === "interface") {
      return [...target.methods.keys()].every((name) => this.methods.has(name));
    }
    return this.shape === target.shape && !(this.declared && target.declared);
  }
}

function methodSet(type: Type): ReadonlyMap<string, Method> {
  const out = new Map<string, Method>();
  const base = type.kind === "ptr" ? type.elem : type;
  if (base === undefined || (type.kind === "ptr" && base.kind === "interface")) return out;
  for (const method of base.ownMethods) {
    if (type.kind === "ptr" || method.pointer !== true) out.set(method.name, method);
  }
  for (const field of base.fields) {
    if (field.embedded !== true) continue;
    const inner = type.kind === "ptr" && field.type.kind !== "ptr" ? pointerTo(field.type) : field.type;
    for (const method of inner.methods.values()) {
      if (!out.has(method.name)) out.set(method.name, { ...method, call: throughField(field.name, method) });
    }
  }
  return out;
}

function throughField(name: string, method: Method): Method["call"] {
  return (receiver, ...args) => {
    const outer = receiver as { get?: (name: string) => unknown } | null;
    const inner = outer?.get?.(name) ?? null;
    const pointed = inner as { target?: unknown } | null;
    return method.call(pointed?.target ?? inner, ...args);
  };
}

/** Follows pointers. */
export function derefType(type: Type): Type {
  let out = type;
  while (out.kind === "ptr" && out.elem !== undefined) out = out.elem;
  return out;
}

function intern(shape: Shape, name: string, key: string): Type {
  let type = interned.get(key);
  if (type === undefined) {
    type = new Type(shape, { name, shape: key });
    interned.set(key, type);
  }
  return type;
}

const ids = new WeakMap<Type, string>();

/** Names a type uniquely inside the shape of a composed one. */
function identity(type: Type): string {
  let id = ids.get(type);
  if (id === undefined) {
    id = `${type.name}#${nextId++}`;
    ids.set(type, id);
  }
  return id;
}

/** `[]elem`. */
export function sliceOf(elem: Type): Type {
  return intern({ kind: "slice", elem }, `[]${elem.name}`, `[]${identity(elem)}`);
}

/** `[length]elem`. */
export function arrayOf(length: number, elem: Type): Type {
  return intern({ kind: "array", elem, length }, `[${length}]${elem.name}`, `[${length}]${identity(elem)}`);
}

/** `map[key]elem`. */
export function mapOf(key: Type, elem: Type): Type {
  return intern(
    { kind: "map", key, elem },
    `map[${key.name}]${elem.name}`,
    `map[${identity(key)}]${identity(elem)}`,
  );
}

/** `*elem`. */
export function pointerTo(elem: Type): Type {
  return intern({ kind: "ptr", elem }, `*${elem.name}`, `*${identity(elem)}`);
}

/** A function type; with `variadic` the last parameter is given as the list it becomes. */
export function functionType(params: readonly Type[], results: readonly Type[], variadic = false): Type {
  const list = (print: (type: Type) => string, of: readonly Type[]) =>
    of.map((type, i) => {
      const rest = variadic && of === params && i === params.length - 1;
      return rest ? `...${print(type.elem ?? type)}` : print(type);
    });
  const text = (print: (type: Type) => string) => {
    const out = list(print, results);
    const after = out.length === 0 ? "" : out.length === 1 ? ` ${out[0]}` : ` (${out.join(", ")})`;
    return `func(${list(print, params).join(", ")})${after}`;
  };
  return intern(
    { kind: "func", params, results, variadic },
    text((type) => type.name),
    text(identity),
  );
}

/** A declared type over another: `type Phase string`. `name` is what Go prints (`v1alpha1.Phase`). */
export function namedType(options: {
  readonly name: string;
  readonly packagePath: string;
  readonly underlying: Type;
  readonly methods?: OrLater<readonly Method[]>;
}): Type {
  const { name, packagePath, underlying, methods = [] } = options;
  return new Type(underlying, { name, packagePath, shape: underlying.shape, declared: true, methods });
}

/** A declared struct type. `name` is what Go prints (`v1alpha1.GitCommit`). */
export function structType(options: {
  readonly name: string;
  readonly packagePath: string;
  readonly fields: OrLater<readonly Field[]>;
  readonly methods?: OrLater<readonly Method[]>;
}): Type {
  const { name, packagePath, fields, methods = [] } = options;
  return new Type({ kind: "struct", fields }, { name, packagePath, declared: true, methods });
}

function predeclared(kind: TypeKind): Type {
  return new Type({ kind }, { name: kind, declared: true });
}

const any = new Type({ kind: "interface" }, { name: "interface {}" });
const string = predeclared("string");
const uint8 = predeclared("uint8");

/** Predeclared types and the composed ones that values of expressions have most. */
export const types = {
  any,
  string,
  uint8,
  bool: predeclared("bool"),
  int: predeclared("int"),
  int8: predeclared("int8"),
  int16: predeclared("int16"),
  int32: predeclared("int32"),
  int64: predeclared("int64"),
  uint: predeclared("uint"),
  uint16: predeclared("uint16"),
  uint32: predeclared("uint32"),
  uint64: predeclared("uint64"),
  float32: predeclared("float32"),
  float64: predeclared("float64"),
  /** Go's `error`; only a second result of functions. */
  error: new Type(
    { kind: "interface" },
    {
      name: "error",
      declared: true,
      methods: [{ name: "Error", params: [], results: [string], call: () => "" }],
    },
  ),
  anyList: sliceOf(any),
  stringList: sliceOf(string),
  bytes: sliceOf(uint8),
  anyMap: mapOf(string, any),
  stringMap: mapOf(string, string),
  /** `map[any]any`, what `fromPairs` gives. */
  pairsMap: mapOf(any, any),
} as const;

const integers: ReadonlySet<Type> = new Set([
  types.int,
  types.int8,
  types.int16,
  types.int32,
  types.int64,
  types.uint,
  types.uint8,
  types.uint16,
  types.uint32,
  types.uint64,
]);

/** One of Go's own integer types; declared types over them are none. */
export function isIntegerType(type: Type | undefined): boolean {
  return type !== undefined && integers.has(type);
}

/** One of Go's own float types. */
export function isFloatType(type: Type | undefined): boolean {
  return type === types.float32 || type === types.float64;
}

/** True for kinds that hold whole numbers. */
export function isIntegerKind(kind: TypeKind): kind is IntegerKind {
  return /^u?int(8|16|32|64)?$/.test(kind);
}

/** The bits of an integer kind and whether it is signed. */
export function integerFormat(kind: IntegerKind): { readonly bits: number; readonly signed: boolean } {
  return { bits: Number(/\d+$/.exec(kind)?.[0] ?? 64), signed: kind.startsWith("i") };
}
