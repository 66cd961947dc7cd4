// The built-in functions of expr-lang, a signature and a sentence each, for hovers and completion.
// What they do is in src/expression.

const docs: Readonly<Record<string, readonly [signature: string, doc: string]>> = {
  all: ["all(list, predicate) bool", "True when the predicate holds for every element."],
  none: ["none(list, predicate) bool", "True when the predicate holds for no element."],
  any: ["any(list, predicate) bool", "True when the predicate holds for some element."],
  one: ["one(list, predicate) bool", "True when the predicate holds for exactly one element."],
  filter: ["filter(list, predicate) list", "The elements for which the predicate holds."],
  map: ["map(list, mapper) list", "What the mapper gives for each element."],
  count: [
    "count(list, predicate?) int",
    "How many elements the predicate holds for; how many are true without it.",
  ],
  sum: ["sum(list, mapper?) number", "The sum of the elements, or of what the mapper gives for them."],
  find: [
    "find(list, predicate) any",
    "The first element for which the predicate holds; nil when there is none.",
  ],
  findIndex: ["findIndex(list, predicate) int", "Index of the first element for which the predicate holds."],
  findLast: [
    "findLast(list, predicate) any",
    "The last element for which the predicate holds; nil when there is none.",
  ],
  findLastIndex: [
    "findLastIndex(list, predicate) int",
    "Index of the last element for which the predicate holds.",
  ],
  groupBy: ["groupBy(list, mapper) map", "The elements in lists, by what the mapper gives for them."],
  sortBy: [
    "sortBy(list, mapper, order?) list",
    "The elements sorted by what the mapper gives; order is `asc` or `desc`.",
  ],
  reduce: [
    "reduce(list, reducer, initial?) any",
    "One value made of all elements; `#acc` is what came of those before.",
  ],
  len: ["len(value) int", "Length of a text, list or map."],
  type: ["type(value) string", "Name of the value's type."],
  abs: ["abs(number) number", "The number without its sign."],
  ceil: ["ceil(number) float", "The number rounded up."],
  floor: ["floor(number) float", "The number rounded down."],
  round: ["round(number) float", "The number rounded to the nearest whole one."],
  int: ["int(value) int", "The value as a whole number."],
  float: ["float(value) float", "The value as a floating-point number."],
  string: ["string(value) string", "The value as text."],
  trim: ["trim(text, chars?) string", "The text without blanks, or those characters, at both ends."],
  trimPrefix: ["trimPrefix(text, prefix) string", "The text without that beginning."],
  trimSuffix: ["trimSuffix(text, suffix) string", "The text without that end."],
  upper: ["upper(text) string", "The text in upper case."],
  lower: ["lower(text) string", "The text in lower case."],
  split: ["split(text, separator, limit?) list", "The parts between the separators."],
  splitAfter: ["splitAfter(text, separator, limit?) list", "The parts, each with the separator behind it."],
  replace: ["replace(text, old, new) string", "The text with every `old` replaced."],
  repeat: ["repeat(text, count) string", "The text that many times."],
  join: ["join(list, separator?) string", "The texts of a list as one."],
  indexOf: ["indexOf(text, part) int", "Where the part first occurs; -1 when it does not."],
  lastIndexOf: ["lastIndexOf(text, part) int", "Where the part last occurs; -1 when it does not."],
  hasPrefix: ["hasPrefix(text, prefix) bool", "True when the text begins so."],
  hasSuffix: ["hasSuffix(text, suffix) bool", "True when the text ends so."],
  max: ["max(values…) number", "The largest of the numbers."],
  min: ["min(values…) number", "The smallest of the numbers."],
  mean: ["mean(values…) float", "The average of the numbers."],
  median: ["median(values…) float", "The middle one of the numbers."],
  toJSON: ["toJSON(value) string", "The value as indented JSON."],
  fromJSON: ["fromJSON(text) any", "What the JSON says."],
  toBase64: ["toBase64(text) string", "The text in Base64."],
  fromBase64: ["fromBase64(text) string", "The text that the Base64 says."],
  now: ["now() time", "The time at which the expression is evaluated."],
  duration: ["duration(text) duration", "A duration such as `1h30m`."],
  date: ["date(text, layout?, zone?) time", "The time the text says."],
  timezone: ["timezone(name) location", "A time zone by its name."],
  first: ["first(list) any", "The first element; nil of an empty list."],
  last: ["last(list) any", "The last element; nil of an empty list."],
  get: ["get(value, key) any", "The element or member; nil when there is none."],
  take: ["take(list, count) list", "The first elements."],
  keys: ["keys(map) list", "The keys of a map."],
  values: ["values(map) list", "The values of a map."],
  toPairs: ["toPairs(map) list", "Keys and values of a map as pairs."],
  fromPairs: ["fromPairs(list) map", "A map made of pairs."],
  reverse: ["reverse(list) list", "The list from its end to its beginning."],
  uniq: ["uniq(list) list", "The list with every element once."],
  concat: ["concat(lists…) list", "The lists one after the other."],
  flatten: ["flatten(list) list", "The elements of the lists in the list."],
  sort: ["sort(list, order?) list", "The list sorted; order is `asc` or `desc`."],
  bitand: ["bitand(a, b) int", "Bitwise and."],
  bitor: ["bitor(a, b) int", "Bitwise or."],
  bitxor: ["bitxor(a, b) int", "Bitwise exclusive or."],
  bitnand: ["bitnand(a, b) int", "Bitwise and-not."],
  bitshl: ["bitshl(a, count) int", "Bits shifted to the left."],
  bitshr: ["bitshr(a, count) int", "Bits shifted to the right."],
  bitushr: ["bitushr(a, count) int", "Bits shifted to the right, without the sign."],
  bitnot: ["bitnot(a) int", "Bits turned round."],
};

/** Names that have a description. */
export const documentedBuiltins: readonly string[] = Object.keys(docs);

/** Signature and description of a built-in function; undefined for every other name. */
export function builtinSignature(
  name: string,
): { readonly signature: string; readonly doc: string } | undefined {
  const found = Object.hasOwn(docs, name) ? docs[name] : undefined;
  return found === undefined ? undefined : { signature: found[0], doc: found[1] };
}

/** The description of a built-in function. */
export function builtinDoc(name: string): string {
  const found = builtinSignature(name);
  if (found === undefined) return "";
  const { signature, doc } = found;
  return `\`\`\`go\n${signature}\n\`\`\`\n\n${doc}`;
}
