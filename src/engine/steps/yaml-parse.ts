// Step `yaml-parse`: takes values out of the first document of a YAML file of the work directory by expressions.
import type { StepRunner } from "../promotion/step";
import { yamlToJson } from "../tools/go-yaml/to-json";
import { type ParseConfig, parseOutputs } from "./parse-outputs";

/** Runs `yaml-parse` (pkg/promotion/runner/builtin/yaml_parser.go). */
export const yamlParse: StepRunner<"yaml-parse", ParseConfig> = {
  kind: "yaml-parse",
  needs: [],
  resumable: true,
  run: (context, config) =>
    parseOutputs(context, config, { name: "YAML", refusesEmpty: true, parse: yamlToJson }),
};
