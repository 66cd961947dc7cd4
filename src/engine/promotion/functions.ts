// Which functions expressions may call where (pkg/promotion/evaluator.go): variables have all but the status functions.
// What the functions do is in the files they come from.
import { type FunctionTable, functionTable } from "../../expression/expression";
import { dataFunctions } from "./data-functions";
import { freightFunctions } from "./freight-functions";
import { quotingFunctions } from "./quoting-functions";
import { semverFunctions } from "./semver-functions";
import { statusFunctions } from "./status-functions";

const everywhere = [...dataFunctions, ...freightFunctions, ...semverFunctions];

/** Functions that need no Promotion to work. */
export const plainFunctions: FunctionTable = functionTable(...semverFunctions, ...quotingFunctions);

/** Functions of a Promotion's and a step's variables. */
export const variableFunctions: FunctionTable = functionTable(...everywhere, ...quotingFunctions);

/** Functions of a step's `if` and `config`. */
export const stepFunctions: FunctionTable = functionTable(
  ...everywhere,
  ...statusFunctions,
  ...quotingFunctions,
);
