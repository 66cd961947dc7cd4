// Functions that read the Project's objects: configMap, secret, their shared kin, freightMetadata, stageMetadata
// (pkg/expressions/function/functions.go). Who may see what is decided in expression-data.ts.
import { type FunctionDeclaration, types } from "../../expression/expression";
import { contextOf, textArgument } from "./function-context";
import { textMapValue } from "./go-types";

const { string, stringMap, anyMap } = types;

function textFunction(
  name: string,
  kind: "secret" | "configMap",
  scope: "project" | "shared",
): FunctionDeclaration {
  return {
    name,
    signatures: [{ params: [string], result: stringMap }],
    call(args, given) {
      const found = contextOf(given).data[kind](textArgument(args, 0, "argument"), scope);
      return textMapValue(found === null ? {} : found);
    },
  };
}

function metadataFunction(
  name: string,
  kind: "Freight" | "Stage",
  words: { readonly argument: string; readonly empty: string },
): FunctionDeclaration {
  return {
    name,
    signatures: [{ params: [string], result: anyMap }],
    call(args, given) {
      const resource = textArgument(args, 0, words.argument);
      if (resource === "") throw new Error(words.empty);
      return contextOf(given).data.metadata(kind, resource);
    },
  };
}

/** Declarations of this file. */
export const dataFunctions: readonly FunctionDeclaration[] = [
  textFunction("configMap", "configMap", "project"),
  textFunction("sharedConfigMap", "configMap", "shared"),
  textFunction("secret", "secret", "project"),
  textFunction("sharedSecret", "secret", "shared"),
  metadataFunction("freightMetadata", "Freight", {
    argument: "first argument",
    empty: "freight ref name must not be empty",
  }),
  metadataFunction("stageMetadata", "Stage", {
    argument: "argument",
    empty: "stage name must not be empty",
  }),
];
