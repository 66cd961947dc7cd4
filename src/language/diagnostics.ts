// Findings of all units of a file as the diagnostics an editor or a terminal shows: shifted to the file, silenced by
// comments, weighed by settings. Finds nothing itself.

import { customStepFindings } from "./check-custom-steps";
import { factsOf, reportOf, wholeness } from "./check-unit";
import { workspaceFindings } from "./check-workspace";
import type { CustomStep } from "./custom-step";
import type { Finding, FixHint } from "./finding";
import { fileIgnores, withoutIgnored } from "./ignore-comments";
import type { RuleId, RuleSetting, Severity } from "./rules";
import type { PlacedUnit, Position, Span } from "./source-file";
import type { Unit } from "./unit";
import { type IndexedResource, namespaceOf, type WorkspaceIndex } from "./workspace-index";

/** One diagnostic, at offsets and at lines and columns of the file. */
export interface Diagnostic extends Span {
  readonly range: Range;
  readonly severity: Severity;
  readonly rule: RuleId;
  readonly message: string;
  /** What it marks should not be used any more. */
  readonly deprecated: boolean;
  readonly fix?: FixHint;
}

/** A range of lines and columns, zero-based. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** What settings say about rules. */
export interface RuleSettings {
  readonly severities: Readonly<Partial<Record<RuleId, RuleSetting>>>;
  /** Steps besides Kargo's own that may be used. */
  readonly customSteps: ReadonlyMap<string, CustomStep>;
}

/** Looks up findings of units, keeping those nothing has changed. */
export class Diagnostics {
  private readonly known = new WeakMap<Unit, Known>();

  constructor(private readonly index: WorkspaceIndex) {}

  /** The diagnostics of a file, in the order of the text. */
  of(file: string, settings: RuleSettings): Diagnostic[] {
    const source = this.index.file(file);
    if (source === undefined) return [];
    const ignored = fileIgnores(source.units.map(({ unit }) => unit));
    if (ignored === "all") return [];
    // A patch holds only what it changes.
    const isPatch = this.index.isPatch(file);
    const diagnostics: Diagnostic[] = [];
    for (const placed of source.units) {
      if (!placed.unit.relevant) continue;
      for (const one of this.findings(file, placed.unit, settings.customSteps)) {
        if (ignored.has(one.rule) || (isPatch && !holdsInPatch(one, placed.unit))) continue;
        const severity = this.severityOf(one, placed.unit, settings);
        if (severity !== "off") diagnostics.push(toDiagnostic(one, placed, severity));
      }
    }
    return diagnostics.sort((a, b) => a.start - b.start || a.end - b.end);
  }

  /** A step of the user's own is known by the settings, or by a resource that declares it. */
  private severityOf(one: Finding, unit: Unit, { severities, customSteps }: RuleSettings): RuleSetting {
    if (one.rule === "unknown-step") {
      const name = textAt(one, unit);
      const isDeclared = this.index.find("CustomPromotionStep", undefined, name).length > 0;
      if (isDeclared || customSteps.has(name)) return "off";
    }
    return severities[one.rule] ?? one.severity;
  }

  private findings(file: string, unit: Unit, steps: RuleSettings["customSteps"]): readonly Finding[] {
    const { version } = this.index;
    const known = this.known.get(unit);
    if (known?.version === version && known.steps === steps) return known.findings;
    const { resources } = factsOf(unit);
    const key = resources
      .map((facts) =>
        this.index.generation(facts.namespace ?? namespaceOf(facts), facts.selectors !== undefined),
      )
      .join();
    if (known?.key === key && known.steps === steps) {
      this.known.set(unit, { ...known, version });
      return known.findings;
    }
    const entries: readonly IndexedResource[] = resources.map((facts) => ({ file, unit, facts }));
    const wider = entries.flatMap((entry) => workspaceFindings(entry, this.index));
    const findings = withoutIgnored(unit, [
      ...reportOf(unit).findings,
      ...customStepFindings(unit, steps),
      ...wider,
    ]);
    this.known.set(unit, { version, key, steps, findings });
    return findings;
  }
}

/** Findings, and of which state of the workspace they are true. */
interface Known {
  readonly version: number;
  readonly key: string;
  readonly steps: RuleSettings["customSteps"];
  readonly findings: readonly Finding[];
}

/** What is missing in a patch stands in what it patches, and `$patch` and its like are for Kustomize. */
function holdsInPatch(one: Finding, unit: Unit): boolean {
  if (wholeness.has(one.rule) || one.rule === "admission") return false;
  return one.rule !== "unknown-key" || !textAt(one, unit).startsWith("$");
}

function textAt({ start, end }: Span, unit: Unit): string {
  return unit.text.slice(start, end).replace(/^["']|["']$/g, "");
}

function toDiagnostic(one: Finding, placed: PlacedUnit, severity: Severity): Diagnostic {
  const { start } = placed;
  return {
    start: start + one.start,
    end: start + one.end,
    range: rangeIn(placed, one),
    severity,
    rule: one.rule,
    message: one.message,
    deprecated: one.rule === "deprecated",
    ...(one.fix === undefined ? {} : { fix: one.fix }),
  };
}

/** The range in the file of a span in one of its units. */
export function rangeIn({ unit, startLine }: PlacedUnit, span: Span): Range {
  const start = unit.positionAt(span.start);
  const end = unit.positionAt(span.end);
  return {
    start: { line: startLine + start.line, character: start.character },
    end: { line: startLine + end.line, character: end.character },
  };
}
