// What a TOML document is made of, with the places of every value, as go-toml v2.2.4 parses it.
// A text is one byte a character (latin1), so that places are bytes. Decodes no numbers and dates.

/** Kinds of values. */
export type TomlValueKind =
  | "Array"
  | "InlineTable"
  | "String"
  | "Bool"
  | "Float"
  | "Integer"
  | "LocalDate"
  | "LocalTime"
  | "LocalDateTime"
  | "DateTime"
  /** A comment within an array; it takes an index there, a quirk that edits depend on. */
  | "Comment";

/** A value. */
export interface TomlValue {
  readonly kind: TomlValueKind;
  /** Its place; for arrays and tables without meaning. */
  readonly start: number;
  readonly end: number;
  /** Decoded text of a string, else the text as written; in bytes. */
  readonly data: string;
  readonly elements: readonly TomlValue[];
  readonly pairs: readonly TomlPair[];
}

/** A key, dotted or not, and its value. */
export interface TomlPair {
  readonly key: readonly string[];
  readonly value: TomlValue;
}

/** A line of a document that says something. */
export type TomlExpression =
  | ({ readonly kind: "KeyValue" } & TomlPair)
  | { readonly kind: "Table" | "ArrayTable"; readonly key: readonly string[] };

/** A text that go-toml does not read, in its words. */
export class TomlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TomlError";
  }
}
