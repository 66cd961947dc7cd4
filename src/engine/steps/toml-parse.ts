// Step `toml-parse`: takes values out of a TOML file of the work directory by expressions.
import type { StepRunner } from "../promotion/step";
import { decodeToml } from "../tools/toml/document";
import { type ParseConfig, parseOutputs } from "./parse-outputs";
import { tomlValue } from "./toml-values";

/** Runs `toml-parse` (pkg/promotion/runner/builtin/toml_parser.go). */
export const tomlParse: StepRunner<"toml-parse", ParseConfig> = {
  kind: "toml-parse",
  needs: [],
  resumable: true,
  run: (context, config) =>
    parseOutputs(context, config, {
      name: "TOML",
      refusesEmpty: true,
      parse: (bytes) => tomlValue(decodeToml(bytes)),
    }),
};
