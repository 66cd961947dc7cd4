// The door of the expression language: expr-lang v1.17.8 as Kargo embeds it, usable as a library of its own.
// Knows nothing of Kargo; hosts declare their functions and types with what is exported here.
export {
  parseGoBool as parseBoolGo,
  parseGoFloat as parseFloatGo,
  parseGoInt as parseIntGo,
} from "../base/go-number";
export { goQuoteBytes as goQuote } from "../base/go-text";
export type { Node } from "./ast";
export { children, mapChildren } from "./ast";
export { builtinNames, isBuiltin, predicateBuiltins } from "./builtin-names";
export { codePointOffset, isValidIdentifier } from "./characters";
export { ExpressionError, type ExpressionPhase, type ExpressionProblem } from "./errors";
export { type FunctionDeclaration, type FunctionTable, functionTable, type Signature } from "./functions";
export { formatValue } from "./go-format";
export { JsonError, jsonText, toJson } from "./go-json";
export { fromJsonValue, type JsonResult, parseJson } from "./go-json-parse";
export { formatFloat } from "./go-number";
export { regexProblem } from "./go-regexp";
export { fromBytes, toBytes, toValid } from "./go-text";
export { secondsInZone } from "./go-time-layout";
export { fixedZone, type Location, loadLocation, local, utc } from "./go-time-zone";
export { type Token, type TokenKind, tokenize } from "./lexer";
export { deepEqual, equal } from "./operators";
export { type ParseOptions, type ParseResult, parse } from "./parser";
export { print } from "./print";
export {
  type CheckResult,
  type CompileOptions,
  check,
  compile,
  type EvaluateOptions,
  evaluate,
  type Limits,
  Program,
} from "./program";
export {
  durationOf,
  durationType,
  LocationValue,
  locationType,
  monthType,
  TimeValue,
  timeOf,
  timePointer,
  timeType,
  weekdayType,
} from "./time-values";
export {
  arrayOf,
  type Field,
  functionType,
  type Method,
  mapOf,
  namedType,
  pointerTo,
  sliceOf,
  structType,
  type Type,
  type TypeKind,
  types,
} from "./types";
export {
  deref,
  FunctionValue,
  GoValue,
  isNil,
  isPlainMap,
  ListValue,
  listItems,
  MapValue,
  mapEntries,
  PointerValue,
  pointer,
  Scalar,
  StructValue,
  TypedNil,
  typeName,
  typeOf,
  zeroValue,
} from "./values";
