// Makes random well-formed expressions from a seed, with names of the environment in expression-host.ts.
// Well-formed means they parse; many of them fail later, which is part of what they are for.

/** A source of random numbers that gives the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = "i z f s u b n d dur u8 c nilc j strs ints o po ms bytes missing $env sum2".split(" ");
const literals = [
  "0",
  "7",
  "0x1F",
  "1_000",
  "9223372036854775807",
  "2.5",
  ".5",
  "1e3",
  "5.",
  '"text"',
  "'it\\'s'",
  "`raw ``x`` text`",
  '"\\u{1F600} é \\n"',
  'b"\\xff\\101z"',
  "true",
  "false",
  "nil",
  "[]",
  "{}",
];
const binary =
  "+ - * / % ** ^ == != < > <= >= and or && || in contains matches startsWith endsWith .. ??".split(" ");
const negated = ["not in", "not contains", "not matches", "not startsWith", "not endsWith"];
const oneArgument =
  "len type abs string int trim upper toJSON first last keys sort reverse flatten max".split(" ");
const twoArguments = "split join get take concat indexOf hasPrefix min bitand date replace".split(" ");
const predicates =
  "all any none one filter map count sum find findIndex findLast groupBy sortBy reduce".split(" ");
const members = ["a", "Tag", "in", "not", "list", "Year", "true", "x1"];

/** Makes expressions. */
export class ExpressionGenerator {
  private readonly random: () => number;
  private variables = 0;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  /** One expression, nested at most that deep. */
  next(depth: number): string {
    this.variables = 0;
    return this.sequence(depth, "outside");
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T;
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }

  private list(depth: number, place: Place, separator: string): string {
    const count = Math.floor(this.random() * 4);
    const trailing = count > 0 && separator === ", " && this.chance(0.1) ? "," : "";
    return Array.from({ length: count }, () => this.full(depth, place)).join(separator) + trailing;
  }

  /** What may hold `let` and `;`. */
  private sequence(depth: number, place: Place): string {
    if (depth > 0 && this.chance(0.15)) {
      const name = `v${this.variables++}`;
      return `let ${name} = ${this.full(depth - 1, place)}; ${this.sequence(depth - 1, place)}`;
    }
    if (depth > 0 && this.chance(0.08)) {
      return `${this.full(depth - 1, place)}; ${this.full(depth - 1, place)}`;
    }
    return this.full(depth, place);
  }

  /** What may stand between commas: anything but a sequence. */
  private full(depth: number, place: Place): string {
    if (depth > 0 && this.chance(0.06)) return this.ifElse(depth - 1, place);
    if (depth > 0 && this.chance(0.08)) {
      const condition = this.operation(depth - 1, place);
      if (this.chance(0.2)) return `${condition} ?: ${this.full(depth - 1, place)}`;
      return `${condition} ? ${this.full(depth - 1, place)} : ${this.full(depth - 1, place)}`;
    }
    return this.operation(depth, place);
  }

  private ifElse(depth: number, place: Place): string {
    const head = `if ${this.operation(depth, place)} { ${this.sequence(depth, place)} } else `;
    return head + (this.chance(0.3) ? this.ifElse(depth - 1, place) : `{ ${this.sequence(depth, place)} }`);
  }

  private operation(depth: number, place: Place): string {
    if (depth <= 0 || this.chance(0.4)) return this.operand(depth, place);
    if (this.chance(0.15)) return `${this.pick(["-", "+", "!", "not "])}${this.operand(depth - 1, place)}`;
    if (this.chance(0.1)) return `${this.side(depth, place)} | ${this.call(depth - 1, place, "piped")}`;
    const operator = this.chance(0.1) ? this.pick(negated) : this.pick(binary);
    const space = this.chance(0.9) ? " " : "\n\t";
    return `${this.side(depth, place)} ${operator}${space}${this.side(depth, place)}`;
  }

  private side(depth: number, place: Place): string {
    return this.chance(0.3) ? `(${this.sequence(depth - 1, place)})` : this.operand(depth - 1, place);
  }

  private operand(depth: number, place: Place): string {
    if (depth <= 0) return this.atom(place);
    const kind = this.random();
    if (kind < 0.25) return this.atom(place);
    if (kind < 0.45) return this.call(depth - 1, place, "plain");
    if (kind < 0.6) return `(${this.sequence(depth - 1, place)})`;
    if (kind < 0.8) return this.base(depth - 1, place) + this.postfix(depth - 1, place);
    if (kind < 0.9) return `[${this.list(depth - 1, place, ", ")}]`;
    return `{${Array.from({ length: Math.floor(this.random() * 3) }, () => this.pair(depth - 1, place)).join(", ")}}`;
  }

  private base(depth: number, place: Place): string {
    if (this.chance(0.5)) return this.pick(names);
    return `(${this.sequence(depth, place)})`;
  }

  private postfix(depth: number, place: Place): string {
    let text = "";
    do {
      const kind = this.random();
      if (kind < 0.4) text += `${this.pick([".", "?."])}${this.pick(members)}`;
      else if (kind < 0.6)
        text += `${this.pick([".", "?."])}${this.pick(members)}(${this.list(depth, place, ", ")})`;
      else if (kind < 0.8) text += `${this.pick(["", "?."])}[${this.full(depth, place)}]`;
      else text += `[${this.bound(depth, place)}:${this.bound(depth, place)}]`;
    } while (this.chance(0.3));
    return text;
  }

  private bound(depth: number, place: Place): string {
    return this.chance(0.4) ? "" : `(${this.full(depth, place)})`;
  }

  private pair(depth: number, place: Place): string {
    const key = this.pick(["a", '"b c"', "1.50", "true", `(${this.full(depth, place)})`]);
    return `${key}: ${this.full(depth, place)}`;
  }

  private call(depth: number, place: Place, form: "plain" | "piped"): string {
    const given = form === "piped" ? [] : [this.full(depth, place)];
    if (this.chance(0.35)) return this.predicateCall(depth, given);
    const free = form === "piped" ? ["missing", "sum2"] : ["missing", "sum2", "::len"];
    if (this.chance(0.15)) return `${this.pick(free)}(${this.list(depth, place, ", ")})`;
    if (this.chance(0.5)) return `${this.pick(oneArgument)}(${given.join(", ")})`;
    return `${this.pick(twoArguments)}(${[...given, this.full(depth, place)].join(", ")})`;
  }

  private predicateCall(depth: number, given: readonly string[]): string {
    const name = this.pick(predicates);
    const inside: Place = name === "reduce" ? "reduce" : name === "map" ? "map" : "predicate";
    const body = this.chance(0.3) ? `{${this.sequence(depth, inside)}}` : this.simpleBody(depth, inside);
    const extra = name === "sortBy" && this.chance(0.5) ? ['"desc"'] : [];
    return `${name}(${[...given, body, ...extra].join(", ")})`;
  }

  private simpleBody(depth: number, place: Place): string {
    return this.chance(0.5)
      ? this.pick(["# > 1", ".a", "#", "true", "#?.v ?? 1"])
      : `(${this.full(depth, place)})`;
  }

  private atom(place: Place): string {
    if (place !== "outside" && this.chance(0.4)) {
      if (place === "reduce" && this.chance(0.4)) return "#acc";
      if (place !== "predicate" && this.chance(0.2)) return "#index";
      return this.pick(["#", ".a", "#.v"]);
    }
    return this.chance(0.5) ? this.pick(names) : this.pick(literals);
  }
}

/** Where an expression stands; inside predicates `#` and its kin mean something. */
type Place = "outside" | "predicate" | "map" | "reduce";
