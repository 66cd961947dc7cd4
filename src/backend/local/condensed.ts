// Promotions that have ended, and Freight, as they are kept in memory and in the index: the few members that lists and
// decisions are made of. Every other member is read from the object's own file when somebody asks for it, so a reader
// sees a whole object. Only members that are never written again are left to the file.
import { readFileSync } from "node:fs";
import { type Freight, isTerminalPhase, kargoApiVersion, type Promotion } from "../../model/resources";
import { packedTime, unpackedTime } from "./packed-time";
import { fileName, parseObject, type StoredObject } from "./state-files";

/** What the index holds of one object, in a fixed order for each kind. */
export type Row = readonly unknown[];

/** What all condensed objects share: equal values once, and the files that were read last. */
export class CondensedPool {
  readonly #texts = new Map<unknown, unknown>();
  readonly #values = new Map<string, unknown>();
  readonly #recent = new Map<string, unknown>();
  readonly #bodies = new Map<string, StoredObject | undefined>();

  /** Undefined when the file is gone or holds no object. Reads synchronously: it is one small file. */
  read(path: string): StoredObject | undefined {
    if (this.#bodies.has(path)) return this.#bodies.get(path);
    const body = readBody(path);
    remember(this.#bodies, path, body, maxBodies);
    return body;
  }

  forget(path: string): void {
    this.#bodies.delete(path);
  }

  /** One string for all that are equal. */
  text(value: unknown): unknown {
    const known = this.#texts.get(value);
    if (known !== undefined || typeof value !== "string") return known ?? value;
    if (this.#texts.size >= maxTexts) this.#texts.clear();
    this.#texts.set(value, value);
    return value;
  }

  /** The value of a JSON text; those asked for last are not parsed again. */
  recent(json: unknown): unknown {
    if (typeof json !== "string") return undefined;
    const known = this.#recent.get(json);
    if (known !== undefined) return known;
    const value: unknown = JSON.parse(json);
    remember(this.#recent, json, value, maxRecent);
    return value;
  }

  /** One value for all equal JSON texts. */
  value(json: unknown): unknown {
    if (typeof json !== "string") return undefined;
    const known = this.#values.get(json);
    if (known !== undefined) return known;
    const value: unknown = JSON.parse(json);
    if (this.#values.size >= maxValues) this.#values.clear();
    this.#values.set(json, value);
    return value;
  }
}

const maxBodies = 128;
const maxRecent = 1000;
/** Beyond these, equal values are held more than once. */
const maxTexts = 50_000;
const maxValues = 5000;

/** Makes room by forgetting what came first. */
function remember<V>(known: Map<string, V>, key: string, value: V, max: number): void {
  if (known.size >= max) {
    for (const oldest of known.keys()) {
      known.delete(oldest);
      break;
    }
  }
  known.set(key, value);
}

function readBody(path: string): StoredObject | undefined {
  try {
    return parseObject(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** What the condensed objects of one folder share. */
export class CondensedFolder {
  constructor(
    readonly namespace: string | undefined,
    readonly folder: string,
    readonly pool: CondensedPool,
  ) {}

  /** The object without what can be had from its file; undefined for one that has to be kept as it is. */
  condense(object: StoredObject): StoredObject | undefined {
    const row = rowOf(object);
    return row && this.fromRow(object.kind as "Freight" | "Promotion", row);
  }

  /** The object a row stands for. */
  fromRow(kind: "Freight" | "Promotion", row: Row): StoredObject {
    if (kind === "Freight")
      return new Proxy(new CondensedFreight(this, row), freightHandlers.whole) as unknown as StoredObject;
    const known = new CondensedPromotion(this, row);
    return {
      apiVersion: kargoApiVersion,
      kind,
      metadata: new Proxy(known, promotionHandlers.metadata) as unknown as StoredObject["metadata"],
      spec: new Proxy(known, promotionHandlers.spec),
      status: new Proxy(known, promotionHandlers.status),
    };
  }
}

/** The row of an object that may be condensed. A Promotion may once it has ended. */
export function rowOf(object: StoredObject): Row | undefined {
  const known = (object.metadata as { readonly [rowMark]?: Row })[rowMark];
  if (known !== undefined) return known;
  if (object.kind === "Freight") {
    const { metadata, alias, origin, discoveredAt, status } = object as unknown as Freight;
    if (origin?.kind !== "Warehouse") return undefined;
    const running = stagesRunningOn(object);
    return [
      metadata.name,
      metadata.creationTimestamp,
      alias,
      origin.name,
      discoveredAt,
      status && JSON.stringify(status),
      running.length === 0 ? undefined : JSON.stringify(running),
    ];
  }
  const { kind, metadata, spec, status } = object as unknown as Promotion;
  if (kind !== "Promotion" || !isTerminalPhase(status?.phase) || spec === undefined) return undefined;
  return [
    metadata.name,
    metadata.creationTimestamp,
    metadata.annotations && JSON.stringify(metadata.annotations),
    spec.stage,
    spec.freight,
    status?.phase,
    status?.finishedAt,
    status?.message,
    metadata.uid,
  ];
}

/** True when parts of the object are left to its file. */
export function isCondensed(object: StoredObject): boolean {
  return Reflect.has(object.metadata, condensedMark);
}

/** Names of the Stages that run on Freight. */
export function stagesRunningOn(freight: StoredObject): readonly string[] {
  const known = (freight as { readonly [runningMark]?: readonly string[] })[runningMark];
  return known ?? Object.keys((freight as unknown as Freight).status?.currentlyIn ?? {});
}

const condensedMark = Symbol("condensed");
const runningMark = Symbol("stages that run on it");
const rowMark = Symbol("row");

/** What is known of an object, and where its file is. */
abstract class Condensed {
  constructor(
    readonly home: CondensedFolder,
    readonly name: string,
  ) {}

  /** What it was made of. */
  abstract get row(): Row;

  /** The object in its file; undefined when that is gone. */
  get body(): StoredObject | undefined {
    return this.home.pool.read(`${this.home.folder}/${fileName(this.name)}.json`);
  }
}

class CondensedPromotion extends Condensed {
  readonly #created: unknown;
  readonly #annotations: unknown;
  readonly stage: unknown;
  readonly freight: unknown;
  readonly phase: unknown;
  readonly #finished: unknown;
  readonly message: unknown;
  readonly uid: unknown;

  constructor(home: CondensedFolder, row: Row) {
    super(home, String(row[0]));
    const { pool } = home;
    this.#created = packedTime(row[1]);
    this.#annotations = pool.text(row[2]);
    this.stage = pool.text(row[3]);
    this.freight = pool.text(row[4]);
    this.phase = pool.text(row[5]);
    this.#finished = packedTime(row[6]);
    this.message = pool.text(row[7]);
    this.uid = row[8];
  }

  get row(): Row {
    const { name, creationTimestamp, stage, freight, phase, finishedAt, message, uid } = this;
    return [name, creationTimestamp, this.#annotations, stage, freight, phase, finishedAt, message, uid];
  }

  get creationTimestamp(): unknown {
    return unpackedTime(this.#created);
  }

  get annotations(): unknown {
    return this.home.pool.value(this.#annotations);
  }

  get finishedAt(): unknown {
    return unpackedTime(this.#finished);
  }
}

class CondensedFreight extends Condensed {
  readonly #created: unknown;
  readonly alias: unknown;
  readonly warehouse: unknown;
  readonly #discovered: unknown;
  readonly #status: unknown;
  readonly #running: unknown;
  #metadata: object | undefined;

  constructor(home: CondensedFolder, row: Row) {
    super(home, String(row[0]));
    this.#created = packedTime(row[1]);
    this.alias = row[2];
    this.warehouse = home.pool.text(row[3]);
    this.#discovered = packedTime(row[4]);
    this.#status = row[5];
    this.#running = row[6];
  }

  get row(): Row {
    const { name, creationTimestamp, alias, warehouse, discoveredAt } = this;
    return [name, creationTimestamp, alias, warehouse, discoveredAt, this.#status, this.#running];
  }

  get creationTimestamp(): unknown {
    return unpackedTime(this.#created);
  }

  get discoveredAt(): unknown {
    return unpackedTime(this.#discovered);
  }

  get metadata(): object {
    this.#metadata ??= new Proxy<CondensedFreight>(this, freightHandlers.metadata);
    return this.#metadata;
  }

  get origin(): unknown {
    return this.home.pool.value(`{"kind":"Warehouse","name":${JSON.stringify(this.warehouse)}}`);
  }

  get status(): unknown {
    return this.home.pool.recent(this.#status);
  }

  get running(): unknown {
    return this.home.pool.value(this.#running) ?? [];
  }
}

/** Members that are known without the file. */
type Known<C> = Readonly<Record<string, (condensed: C) => unknown>>;

/** What JavaScript itself asks an object for when it is awaited or printed as JSON; it is no reason to read a file. */
const neverMembers: ReadonlySet<string> = new Set(["then", "toJSON"]);

/** Answers for what is known, and asks the file for the rest. As good as the plain object for every reader. */
function handlerOf<C extends Condensed>(
  members: Known<C>,
  partOf: (body: StoredObject) => unknown,
): ProxyHandler<C> {
  const known = new Map(Object.entries(members));
  const full = (condensed: C): object => {
    const { body } = condensed;
    const part = body && partOf(body);
    if (typeof part === "object" && part !== null) return part;
    const rest = [...known].map(([key, get]) => [key, get(condensed)] as const);
    return Object.fromEntries(rest.filter(([, value]) => value !== undefined));
  };
  const get = (condensed: C, key: string | symbol): unknown => {
    if (typeof key === "symbol") {
      if (key === rowMark) return condensed.row;
      return key === runningMark && condensed instanceof CondensedFreight ? condensed.running : undefined;
    }
    const member = known.get(key);
    if (member !== undefined) return member(condensed);
    return neverMembers.has(key) ? undefined : Reflect.get(full(condensed), key);
  };
  return {
    get,
    has: (condensed, key) => key === condensedMark || Reflect.has(full(condensed), key),
    ownKeys: (condensed) => Reflect.ownKeys(full(condensed)),
    getOwnPropertyDescriptor(condensed, key) {
      if (!Object.hasOwn(full(condensed), key)) return undefined;
      return { value: get(condensed, key), enumerable: true, configurable: true, writable: true };
    },
    getPrototypeOf: () => Object.prototype,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  };
}

const promotionHandlers = {
  metadata: handlerOf<CondensedPromotion>(
    {
      name: ({ name }) => name,
      namespace: ({ home }) => home.namespace,
      uid: ({ uid }) => uid,
      creationTimestamp: ({ creationTimestamp }) => creationTimestamp,
      annotations: ({ annotations }) => annotations,
    },
    ({ metadata }) => metadata,
  ),
  spec: handlerOf<CondensedPromotion>(
    { stage: ({ stage }) => stage, freight: ({ freight }) => freight },
    ({ spec }) => spec,
  ),
  status: handlerOf<CondensedPromotion>(
    {
      phase: ({ phase }) => phase,
      finishedAt: ({ finishedAt }) => finishedAt,
      message: ({ message }) => message,
    },
    ({ status }) => status,
  ),
};

const freightHandlers = {
  whole: handlerOf<CondensedFreight>(
    {
      apiVersion: () => kargoApiVersion,
      kind: () => "Freight",
      metadata: ({ metadata }) => metadata,
      alias: ({ alias }) => alias,
      origin: ({ origin }) => origin,
      discoveredAt: ({ discoveredAt }) => discoveredAt,
      status: ({ status }) => status,
    },
    (body) => body,
  ),
  metadata: handlerOf<CondensedFreight>(
    {
      name: ({ name }) => name,
      namespace: ({ home }) => home.namespace,
      creationTimestamp: ({ creationTimestamp }) => creationTimestamp,
    },
    ({ metadata }) => metadata,
  ),
};
