// `# kargo-ignore: rule` comments: on the line of a finding or the line above it, or `# kargo-ignore-file: rule` for the
// whole file. Says also which of them silence nothing.
import { type Finding, finding } from "./finding";
import { isRuleId } from "./rules";
import type { Span } from "./source-file";
import type { Unit } from "./unit";

/** One comment. */
interface IgnoreComment extends Span {
  /** Line within the unit. */
  readonly line: number;
  /** Whether it stands on a line of its own, and so speaks for the next. */
  readonly alone: boolean;
  /** Rules it names; empty means all. */
  readonly rules: readonly string[];
  readonly wholeFile: boolean;
}

const pattern =
  /(^[ \t]*|[ \t])#[ \t]*kargo-ignore(-file)?(?:[ \t]*:[ \t]*([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*))?(?=[ \t\r]|$)/gm;

/** The comments of a unit. */
export function ignoreComments(unit: Unit): readonly IgnoreComment[] {
  return unit.result(findComments);
}

function findComments(unit: Unit): readonly IgnoreComment[] {
  if (!unit.text.includes("kargo-ignore")) return [];
  return [...unit.text.matchAll(pattern)].map((match) => {
    const [text, lead = "", file, names] = match;
    const start = match.index + lead.length;
    const { line, character } = unit.positionAt(start);
    const before = unit.text.slice(start - character, start);
    return {
      start,
      end: match.index + text.length,
      line,
      alone: before.trim() === "",
      rules: names?.split(",").map((name) => name.trim()) ?? [],
      wholeFile: file !== undefined,
    };
  });
}

/** The rules that comments silence in the whole file; "all" when one names none. */
export function fileIgnores(units: Iterable<Unit>): ReadonlySet<string> | "all" {
  const ignored = new Set<string>();
  for (const unit of units) {
    for (const { wholeFile, rules } of ignoreComments(unit)) {
      if (!wholeFile) continue;
      if (rules.length === 0) return "all";
      for (const rule of rules) ignored.add(rule);
    }
  }
  return ignored;
}

/** The findings that no comment of the unit silences, and one for each comment that silences nothing. */
export function withoutIgnored(unit: Unit, findings: readonly Finding[]): readonly Finding[] {
  const comments = ignoreComments(unit).filter(({ wholeFile }) => !wholeFile);
  if (comments.length === 0) return findings;
  const used = new Set<IgnoreComment>();
  const left = findings.filter(({ rule, start }) => {
    const { line } = unit.positionAt(start);
    const silencing = comments.filter((comment) => {
      const here = comment.line === line || (comment.alone && comment.line === line - 1);
      return here && (comment.rules.length === 0 || comment.rules.includes(rule));
    });
    for (const comment of silencing) used.add(comment);
    return silencing.length === 0;
  });
  const unused = comments.filter((comment) => !used.has(comment));
  return [...left, ...unused.map(unusedFinding)];
}

function unusedFinding(comment: IgnoreComment): Finding {
  const unknown = comment.rules.find((rule) => !isRuleId(rule));
  const message =
    unknown === undefined ? "This comment silences nothing." : `There is no rule \`${unknown}\`.`;
  return finding("unused-ignore", comment, message);
}
