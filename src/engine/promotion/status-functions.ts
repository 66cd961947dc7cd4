// Functions that look at the steps so far: always, success, failure, status (pkg/expressions/function/functions.go).
// They are known in `if` and `config` only, not in variables.
import { type FunctionDeclaration, types } from "../../expression/expression";
import type { StepExecutionMetadata } from "../../model/resources";
import { contextOf, textArgument } from "./function-context";

const { bool, string } = types;

/** True when a step that may not fail has failed (api/v1alpha1 HasFailures); an aborted one has not. */
export function hasFailures(metadata: readonly StepExecutionMetadata[]): boolean {
  return metadata.some(
    ({ continueOnError, status }) =>
      continueOnError !== true && (status === "Failed" || status === "Errored"),
  );
}

/** Declarations of this file. */
export const statusFunctions: readonly FunctionDeclaration[] = [
  { name: "always", signatures: [{ params: [], result: bool }], call: () => true },
  {
    name: "failure",
    signatures: [{ params: [], result: bool }],
    call: (_args, given) => hasFailures(contextOf(given).metadata),
  },
  {
    name: "success",
    signatures: [{ params: [], result: bool }],
    call: (_args, given) => !hasFailures(contextOf(given).metadata),
  },
  {
    name: "status",
    signatures: [{ params: [string], result: string }],
    call(args, given) {
      const alias = textArgument(args, 0, "argument");
      if (alias === "") throw new Error("argument must not be empty");
      const { alias: own, metadata } = contextOf(given);
      const task = split(own).task;
      const found = metadata.find((record) => {
        const other = split(record.alias ?? "");
        return other.task === task && other.alias === alias;
      });
      return found?.status ?? "";
    },
  },
];

/** A step sees the steps of its own task, or the ones outside all tasks; both by their short alias. */
function split(alias: string): { readonly task: string; readonly alias: string } {
  const [task = "", short = "", ...more] = alias.split("::");
  return alias.includes("::") && more.length === 0 ? { task, alias: short } : { task: "", alias };
}
