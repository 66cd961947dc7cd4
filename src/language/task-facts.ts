// Which tasks a Stage uses and what it gives them, and what a task asks of whoever uses it. Plain data with spans.
// Judges nothing; check-tasks.ts does.
import { isObject } from "../base/json";
import type { Span } from "./source-file";
import type { StepList } from "./step-lists";

/** A step that stands for a task, and the variables the task gets a value for. */
export interface TaskUse {
  readonly kind: "PromotionTask" | "ClusterPromotionTask";
  readonly name: string;
  readonly given: readonly string[];
  /** Span of the task's name. */
  readonly span: Span;
}

/** The tasks that a Stage's steps stand for. */
export function taskUsesOf(list: StepList, spanAt: (path: StepList["path"]) => Span | undefined): TaskUse[] {
  const everywhere = valued(list.vars);
  return list.steps.flatMap(({ task, path, vars }) => {
    const span = spanAt([...path, "task", "name"]);
    return task === undefined || span === undefined
      ? []
      : [{ ...task, given: [...everywhere, ...valued(vars)], span }];
  });
}

/** What is no text, another rule tells; here it counts as a value. */
function valued(vars: StepList["vars"]): string[] {
  return vars.filter(({ value }) => value !== "").map(({ name }) => name);
}

/** The variables of a task that have no value of their own. */
export function openVariablesOf(spec: unknown): readonly string[] {
  const vars: readonly unknown[] = isObject(spec) && Array.isArray(spec.vars) ? spec.vars : [];
  return vars.flatMap((entry) =>
    isObject(entry) && typeof entry.name === "string" && (entry.value ?? "") === "" ? [entry.name] : [],
  );
}
