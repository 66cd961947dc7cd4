// Step `json-parse`: takes values out of a JSON file of the work directory by expressions.
import { fromBytes, parseJson } from "../../expression/expression";
import type { StepRunner } from "../promotion/step";
import { type ParseConfig, type ParseFormat, parseOutputs } from "./parse-outputs";

/** Runs `json-parse` (pkg/promotion/runner/builtin/json_parser.go). */
export const jsonParse: StepRunner<"json-parse", ParseConfig> = {
  kind: "json-parse",
  needs: [],
  resumable: true,
  run: (context, config) => parseOutputs(context, config, json),
};

const json: ParseFormat = {
  name: "JSON",
  refusesEmpty: false,
  parse(bytes) {
    const { value, problem } = parseJson(fromBytes(bytes));
    if (problem !== undefined) throw new Error(problem);
    return value;
  },
};
