// Asks the user in quick picks and input boxes, one step after the other, with a way back.
// Knows nothing of Kargo; the commands know what to ask.
import { type Disposable, QuickInputButtons, type QuickPickItem, QuickPickItemKind, window } from "vscode";
import { DisposableStore } from "../base/disposable";

/** The user went back a step. */
export const back = Symbol("back");

/** Where a question stands among the others. */
export interface Place {
  readonly title: string;
  readonly step: number;
  readonly total: number;
}

/** One question. It gets the answers so far and returns them with its own, `back`, or undefined when the user left. */
export type Question<S> = (answers: S, place: Place) => Promise<S | typeof back | undefined>;

/**
 * Asks what `questions` lists, which may depend on the answers so far. Resolves with all answers, or undefined when the
 * user left. Questions that were answered before it began (`from` of them) are not asked.
 */
export async function ask<S>(
  title: string,
  start: S,
  questions: (answers: S) => readonly Question<S>[],
): Promise<S | undefined> {
  const history: S[] = [start];
  for (;;) {
    const answers = history[history.length - 1] as S;
    const list = questions(answers);
    const question = list[history.length - 1];
    if (question === undefined) return answers;
    const answer = await question(answers, { title, step: history.length, total: list.length });
    if (answer === undefined) return undefined;
    if (answer === back) history.pop();
    else history.push(answer);
  }
}

/** One thing to choose. */
export interface Choice<T> extends QuickPickItem {
  readonly value: T;
  /** Why it cannot be chosen; it is then shown, and choosing it says why. */
  readonly refusal?: string;
}

/** A heading between choices. */
export function heading(label: string): QuickPickItem {
  return { label, kind: QuickPickItemKind.Separator };
}

/** What can be chosen first; what cannot, under a heading of its own, with the reason. */
export function refusedLast<T>(choices: readonly Choice<T>[]): (Choice<T> | QuickPickItem)[] {
  const refused = choices.filter((choice) => choice.refusal !== undefined);
  const open = choices.filter((choice) => choice.refusal === undefined);
  if (refused.length === 0) return open;
  return [...open, heading(open.length === 0 ? "Nothing is available yet" : "Not available"), ...refused];
}

/** Lets the user choose one of `items`. */
export function choose<T>(
  place: Place,
  options: {
    readonly placeholder: string;
    readonly items: readonly (Choice<T> | QuickPickItem)[];
    readonly active?: (value: T) => boolean;
  },
): Promise<T | typeof back | undefined> {
  const pick = window.createQuickPick<Choice<T> | QuickPickItem>();
  pick.title = place.title;
  if (place.total > 1) {
    pick.step = place.step;
    pick.totalSteps = place.total;
  }
  pick.placeholder = options.placeholder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.ignoreFocusOut = false;
  pick.items = options.items;
  const active = options.items.filter((item) => isChoice<T>(item) && options.active?.(item.value) === true);
  if (active.length > 0) pick.activeItems = active.slice(0, 1);
  pick.buttons = place.step > 1 ? [QuickInputButtons.Back] : [];
  return untilAnswered<T>(pick, (answer, owned) => {
    owned.add(pick.onDidTriggerButton(() => answer(back)));
    owned.add(pick.onDidHide(() => answer(undefined)));
    owned.add(
      pick.onDidAccept(() => {
        const chosen = pick.selectedItems[0];
        if (chosen === undefined || !isChoice<T>(chosen)) return;
        if (chosen.refusal === undefined) answer(chosen.value);
        else pick.title = `${place.title}: ${chosen.refusal}`;
      }),
    );
  });
}

/** Lets the user type. `check` returns what is wrong with the text. */
export function enter(
  place: Place,
  options: {
    readonly prompt: string;
    readonly placeholder?: string;
    readonly value?: string;
    /** Hides what is typed. */
    readonly password?: boolean;
    readonly check: (text: string) => string | undefined;
  },
): Promise<string | typeof back | undefined> {
  const input = window.createInputBox();
  input.title = place.title;
  if (place.total > 1) {
    input.step = place.step;
    input.totalSteps = place.total;
  }
  input.prompt = options.prompt;
  input.placeholder = options.placeholder ?? "";
  input.value = options.value ?? "";
  input.password = options.password ?? false;
  input.ignoreFocusOut = true;
  input.buttons = place.step > 1 ? [QuickInputButtons.Back] : [];
  return untilAnswered<string>(input, (answer, owned) => {
    owned.add(input.onDidTriggerButton(() => answer(back)));
    owned.add(input.onDidHide(() => answer(undefined)));
    owned.add(
      input.onDidChangeValue(() => {
        input.validationMessage = undefined;
      }),
    );
    owned.add(
      input.onDidAccept(() => {
        const problem = options.check(input.value);
        if (problem === undefined) answer(input.value);
        else input.validationMessage = problem;
      }),
    );
  });
}

type Answer<T> = T | typeof back | undefined;

function untilAnswered<T>(
  input: Disposable & { show(): void },
  listen: (answer: (value: Answer<T>) => void, owned: DisposableStore) => void,
): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const owned = new DisposableStore();
    owned.add(input);
    listen((value) => {
      resolve(value);
      owned.dispose();
    }, owned);
    input.show();
  });
}

function isChoice<T>(item: Choice<T> | QuickPickItem): item is Choice<T> {
  return "value" in item;
}
