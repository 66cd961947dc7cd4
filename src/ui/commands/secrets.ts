// Stores and forgets values that `secret('name')` reads and that no file should hold.
// Shows no value, not even the one that is replaced.
import type { QuickPickItem } from "vscode";
import type { OpenFolder } from "../backends";
import type { EditorSecrets, StoredSecret } from "../platform/editor-secrets";
import { ask, back, type Choice, choose, enter, heading, type Question } from "../questions";
import type { CommandContext } from "./act";

interface Place {
  readonly folder: string;
  readonly project: string;
}

interface Answers extends Partial<StoredSecret> {
  readonly key?: string;
  readonly value?: string;
}

const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dataKey = /^[-._a-zA-Z0-9]{1,253}$/;

/** Sets one value of a Secret of a Project. */
export async function setSecret(context: CommandContext): Promise<void> {
  const places = projects(await context.backends.ready());
  const [only] = places;
  if (only === undefined) return context.notify.nothing("There is no Kargo Project in this workspace.");
  const first = places.length === 1 ? [] : [askProject(places)];
  const start: Answers = places.length === 1 ? only.value : {};
  const answers = await ask("Set Secret", start, () => [
    ...first,
    askName(context.secrets),
    askKey(context.secrets),
    askValue,
  ]);
  const { folder, project, name, key, value } = answers ?? {};
  if (!folder || !project || !name || !key || value === undefined) return;
  await context.secrets.set({ folder, project, name }, key, value);
  context.notify.done(`Secret ${name}: ${key} stored`);
}

/** Forgets a Secret. */
export async function deleteSecret(context: CommandContext): Promise<void> {
  const folders = await context.backends.ready();
  const stored = folders.flatMap((folder) => context.secrets.list(folder.id));
  if (stored.length === 0)
    return context.notify.nothing("No Secret of this workspace is stored in the editor.");
  const secret = await choose<StoredSecret>(
    { title: "Delete Secret", step: 1, total: 1 },
    { placeholder: "Secret to forget, with all its values", items: stored.map(secretChoice) },
  );
  if (secret === undefined || secret === back) return;
  await context.secrets.delete(secret);
  context.notify.done(`Secret ${secret.name} deleted`);
}

function projects(folders: readonly OpenFolder[]): Choice<Place>[] {
  return folders.flatMap(({ id, name, backend }) =>
    backend.snapshot.projects.map((tree) => ({
      label: tree.name,
      ...(folders.length > 1 ? { description: name } : {}),
      value: { folder: id, project: tree.name },
    })),
  );
}

function askProject(places: readonly Choice<Place>[]): Question<Answers> {
  return async (answers, place) => {
    const chosen = await choose<Place>(place, { placeholder: "Project of the Secret", items: places });
    return chosen === undefined || chosen === back ? chosen : { ...answers, ...chosen };
  };
}

function askName(secrets: EditorSecrets): Question<Answers> {
  return async (answers, place) => {
    const known = secrets.list(answers.folder ?? "").filter(({ project }) => project === answers.project);
    const name = await chooseOrEnter(
      known.map((secret) => secret.name),
      (items) => choose<string>(place, { placeholder: "Secret", items }),
      () =>
        enter(place, {
          prompt: "Name of the Secret, as secret('name') asks for it",
          check: (text) =>
            dnsName.test(text) ? undefined : "A name has lower-case letters, digits, dashes and dots.",
        }),
    );
    return name === undefined || name === back ? name : { ...answers, name };
  };
}

function askKey(secrets: EditorSecrets): Question<Answers> {
  return async (answers, place) => {
    const { folder = "", project = "", name = "" } = answers;
    const key = await chooseOrEnter(
      await secrets.keys({ folder, project, name }),
      (items) => choose<string>(place, { placeholder: `Value of ${name} to replace`, items }),
      () =>
        enter(place, {
          prompt: `Key of the value, as secret('${name}').key asks for it`,
          check: (text) =>
            dataKey.test(text) ? undefined : "A key has letters, digits, dashes, dots and underscores.",
        }),
    );
    return key === undefined || key === back ? key : { ...answers, key };
  };
}

const askValue: Question<Answers> = async (answers, place) => {
  const value = await enter(place, {
    prompt: `Value of ${answers.name}.${answers.key}; kept by the editor, never in a file`,
    password: true,
    check: (text) => (text === "" ? "A value is needed." : undefined),
  });
  return value === undefined || value === back ? value : { ...answers, value };
};

const another = "";

/** Offers what is known before it asks for something new. */
async function chooseOrEnter(
  known: readonly string[],
  chooseKnown: (
    items: readonly (Choice<string> | QuickPickItem)[],
  ) => Promise<string | typeof back | undefined>,
  enterNew: () => Promise<string | typeof back | undefined>,
): Promise<string | typeof back | undefined> {
  if (known.length === 0) return enterNew();
  const items = known.map((name) => ({ label: name, value: name }));
  const chosen = await chooseKnown([
    ...items,
    heading("Not listed"),
    { label: "$(add) Another…", value: another },
  ]);
  if (chosen !== another) return chosen;
  const entered = await enterNew();
  return entered === back ? chooseOrEnter(known, chooseKnown, enterNew) : entered;
}

function secretChoice(secret: StoredSecret): Choice<StoredSecret> {
  return { label: secret.name, description: secret.project, value: secret };
}
