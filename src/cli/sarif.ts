// Problems in the Static Analysis Results Interchange Format (SARIF 2.1.0), which code hosts show beside changes.
// Only the shape; validate.ts finds the problems. Fields of the log are named as the OASIS standard names them.
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { type RuleId, rules, type Severity } from "../language/language-service";
import type { ReportedProblem } from "./problem";

type Level = "error" | "warning" | "note";

const levels: Readonly<Record<Severity, Level>> = {
  error: "error",
  warning: "warning",
  information: "note",
  hint: "note",
};

/** A log with one run. Files are named from the current folder, which the log calls `%SRCROOT%`. */
export function sarifLog(problems: readonly ReportedProblem[]): unknown {
  const ids = Object.keys(rules) as RuleId[];
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Kargo Workbench",
            informationUri: "https://github.com/kargo-workbench/kargo-workbench",
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: rules[id].doc },
              defaultConfiguration: { level: levels[rules[id].severity] },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The folder that was checked." } } },
        results: problems.map((problem) => toResult(problem, ids.indexOf(problem.rule))),
      },
    ],
  };
}

function toResult(problem: ReportedProblem, ruleIndex: number): unknown {
  const { rule, severity, message, file, line, column, endLine, endColumn } = problem;
  const region = { startLine: line, startColumn: column, endLine, endColumn };
  return {
    ruleId: rule,
    ruleIndex,
    level: levels[severity],
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(file), region } }],
  };
}

function artifactOf(file: string): unknown {
  if (isAbsolute(file)) return { uri: pathToFileURL(file).href };
  return { uri: file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}
