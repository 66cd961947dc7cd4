// `validate [PATH...]`: the diagnostics the editor shows, for terminals and pipelines.
// Judges nothing itself and connects to nothing; sarif.ts knows the format of that name.
import { readFile, stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { nodeFiles } from "../backend/local/node-files";
import { mapConcurrently } from "../base/concurrency";
import { compareBytewise } from "../base/text";
import {
  isRuleId,
  LanguageService,
  type LanguageSettings,
  loadCustomSteps,
  type RuleId,
  type RuleSetting,
} from "../language/language-service";
import type { ProgramContext } from "./context";
import type { ReportedProblem } from "./problem";
import { sarifLog } from "./sarif";
import { CommandFailed, printError, printLine, type Terminal, UsageError, workspaceRoot } from "./terminal";

interface ValidateOptions {
  readonly output: string;
  readonly rule: readonly string[];
  readonly customStep: readonly string[];
}

const formats = ["text", "json", "sarif"] as const;
/** Files read at the same time. */
const readers = 16;

/** Adds `validate [PATH...]`. */
export function addValidateCommand(program: Command, context: ProgramContext): void {
  program
    .command("validate [PATH...]")
    .description("Check Kargo YAML as the editor does; exits with 1 when there are errors")
    .option("-o, --output <format>", "text, json or sarif", "text")
    .option(
      "--rule <rule=severity>",
      "error, warning, information, hint or off for a rule; may be repeated",
      collect,
      [],
    )
    .option(
      "--custom-step <name[=schema]>",
      "a step kind of your own, with the file of its JSON Schema; may be repeated",
      collect,
      [],
    )
    .action(async (paths: string[], { output, rule, customStep }: ValidateOptions) => {
      const format = formats.find((one) => one === output);
      if (format === undefined)
        throw new UsageError(`-o takes text, json or sarif, not ${JSON.stringify(output)}.`);
      const { terminal } = context;
      const root = workspaceRoot(terminal, context.globals().workspace);
      const settings = {
        severities: Object.fromEntries(rule.map(toRuleSetting)),
        customSteps: await customSteps(customStep, terminal),
      };
      const { problems, checked } = await validate(root, paths, settings, terminal);
      if (format === "json") printLine(terminal, JSON.stringify(problems, undefined, 2));
      else if (format === "sarif") printLine(terminal, JSON.stringify(sarifLog(problems), undefined, 2));
      else printText(terminal, problems, checked);
      const errors = problems.filter(({ severity }) => severity === "error").length;
      if (errors > 0) throw new CommandFailed(errors === 1 ? "1 error found." : `${errors} errors found.`);
    });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const severities: readonly string[] = ["error", "warning", "information", "hint", "off"];

/** `rule=severity`, as the editor's setting has them. Throws UsageError. */
function toRuleSetting(text: string): readonly [RuleId, RuleSetting] {
  const [rule = "", severity = ""] = text.split("=", 2);
  if (!isRuleId(rule)) throw new UsageError(`There is no rule ${JSON.stringify(rule)}.`);
  if (!severities.includes(severity)) {
    throw new UsageError(`--rule ${rule} takes ${severities.join(", ")}, not ${JSON.stringify(severity)}.`);
  }
  return [rule, severity as RuleSetting];
}

/** Steps named on the command line, `name` or `name=schema.json`. Throws UsageError when a schema cannot be used. */
async function customSteps(
  named: readonly string[],
  { cwd }: Terminal,
): Promise<LanguageSettings["customSteps"]> {
  const said = named.map((text) => {
    const [name = "", ...rest] = text.split("=");
    return [name, rest.length === 0 ? null : rest.join("=")] as const;
  });
  const { steps, faults } = await loadCustomSteps(Object.fromEntries(said), (path) =>
    readFile(resolve(cwd, path), "utf8").catch(() => undefined),
  );
  if (faults[0] !== undefined) throw new UsageError(faults[0].message);
  return steps;
}

/** Reads the whole workspace, so that names are known across files, and judges what the paths name. */
async function validate(
  root: string,
  paths: readonly string[],
  settings: Partial<LanguageSettings>,
  terminal: Terminal,
): Promise<{ readonly problems: readonly ReportedProblem[]; readonly checked: number }> {
  if ((await kindOf(root)) !== "folder") throw new UsageError(`There is no folder ${root}.`);
  const all = await nodeFiles(root).list();
  const chosen = paths.length === 0 ? all : (await Promise.all(paths.map(filesAt(terminal)))).flat();
  const files = [...new Set([...all, ...chosen])];
  const service = new LanguageService();
  service.configure(settings);
  await mapConcurrently(files, readers, async (path) => {
    terminal.signal.throwIfAborted();
    service.setText(slashed(path), await textOf(path));
  });
  const judged = [...new Set(chosen)].sort(compareBytewise);
  const problems = judged.flatMap((path) => reported(service, path, terminal.cwd));
  return { problems, checked: judged.length };
}

/** The file itself, or the YAML files of a folder. Throws UsageError when nothing is there. */
function filesAt({ cwd }: Terminal): (path: string) => Promise<readonly string[]> {
  return async (path) => {
    const full = resolve(cwd, path);
    const kind = await kindOf(full);
    if (kind === undefined) throw new UsageError(`There is no file or folder ${path}.`);
    return kind === "folder" ? nodeFiles(full).list() : [full];
  };
}

async function kindOf(path: string): Promise<"folder" | "file" | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  return info.isDirectory() ? "folder" : "file";
}

/** Editors hide a byte order mark, so columns must not count it. */
async function textOf(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function reported(service: LanguageService, path: string, cwd: string): ReportedProblem[] {
  const file = shownPath(path, cwd);
  return service.diagnostics(slashed(path)).map(({ range, severity, rule, message }) => ({
    file,
    line: range.start.line + 1,
    column: range.start.character + 1,
    endLine: range.end.line + 1,
    endColumn: range.end.character + 1,
    severity,
    rule,
    message: message.replace(/\s*\n\s*/g, " ").trim(),
  }));
}

function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return slashed(short.startsWith("..") ? path : short);
}

function slashed(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

function printText(terminal: Terminal, problems: readonly ReportedProblem[], checked: number): void {
  for (const { file, line, column, severity, rule, message } of problems)
    printLine(terminal, `${file}:${line}:${column}: ${severity} ${rule} ${message}`);
  if (problems.length === 0)
    printError(terminal, checked === 1 ? "No problems in 1 file." : `No problems in ${checked} files.`);
}
