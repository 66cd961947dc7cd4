// package.json against src/ui/contributions.ts, both ways: what one names, the other has.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rules } from "../../../src/language/language-service";
import { serverFeatures } from "../../../src/language/server-settings";
import {
  commandPlaces,
  containerId,
  contextKeys,
  contextValue,
  itemFlags,
  languageSettingNames,
  pipelinesViewId,
  settingNames,
  taskType,
  walkthroughId,
} from "../../../src/ui/contributions";

const root = process.cwd();
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { contributes } = manifest;
const commandIds = Object.keys(commandPlaces);
/** VS Code's own commands that welcome texts and the walkthrough link to. */
const foreignCommands = ["vscode.openFolder", "workbench.trust.manage", "workbench.action.openWalkthrough"];
/** VS Code's own context keys. */
const foreignKeys = ["isWorkspaceTrusted", "resourceScheme", "view", "viewItem", "workspaceFolderCount"];

interface MenuEntry {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}
const menus = contributes.menus as Record<string, readonly MenuEntry[]>;
const whens: string[] = [
  ...Object.values(menus).flatMap((entries) => entries.map((entry) => entry.when ?? "")),
  ...contributes.viewsWelcome.map((welcome: { when: string }) => welcome.when),
  ...contributes.commands.map((command: { enablement?: string }) => command.enablement ?? ""),
];
const texts: string[] = [
  ...contributes.viewsWelcome.map((welcome: { contents: string }) => welcome.contents),
  ...contributes.walkthroughs.flatMap((w: { steps: { description: string }[] }) =>
    w.steps.map((step) => step.description),
  ),
];

function ids(list: readonly { readonly command: string }[]): string[] {
  return list.map(({ command }) => command);
}

function placeOf(command: string) {
  return commandPlaces[command as keyof typeof commandPlaces];
}

describe("commands", () => {
  test("are the same here and there", () => {
    assert.deepEqual(ids(contributes.commands).sort(), [...commandIds].sort());
  });

  test("have one category, and a title without it", () => {
    for (const { command, category, title } of contributes.commands) {
      assert.equal(category, "Kargo", command);
      assert.match(title, /^(?!Kargo)[A-Z][\w -]+…?$/, command);
    }
  });

  test("that need an item are hidden from the palette, the others are not", () => {
    const hidden = menus.commandPalette?.filter(({ when }) => when === "false") ?? [];
    assert.deepEqual(ids(hidden).sort(), commandIds.filter((id) => !placeOf(id).palette).sort());
  });

  test("that change something are off in an untrusted workspace", () => {
    for (const { command, enablement } of contributes.commands) {
      assert.equal(/\bisWorkspaceTrusted\b/.test(enablement ?? ""), placeOf(command).trusted, command);
    }
  });

  test("of menus exist", () => {
    for (const command of Object.values(menus).flatMap(ids)) assert.ok(commandIds.includes(command), command);
  });

  test("of links in texts exist", () => {
    const known = [...commandIds, ...foreignCommands, `${pipelinesViewId}.focus`];
    const linked = texts.flatMap((text) =>
      [...text.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1]),
    );
    assert.ok(linked.length > 5);
    for (const command of linked) assert.ok(known.includes(command ?? ""), command);
  });

  test("named in completion events exist", () => {
    const events: string[] = contributes.walkthroughs.flatMap(
      (w: { steps: { completionEvents: string[] }[] }) => w.steps.flatMap((step) => step.completionEvents),
    );
    assert.ok(events.length > 0);
    for (const event of events) {
      const [kind, id] = event.split(":");
      if (kind === "onCommand") assert.ok(commandIds.includes(id ?? ""), event);
      else assert.equal(event, `onView:${pipelinesViewId}`);
    }
  });
});

describe("menus of the tree", () => {
  const entries = menus["view/item/context"] ?? [];
  const inline = entries.filter(({ group }) => group?.startsWith("inline"));

  test("show on items, by flags that exist", () => {
    for (const { when = "" } of entries) {
      assert.ok(when.startsWith(`view == ${pipelinesViewId} && viewItem =~ /`), when);
      const flags = [...when.matchAll(/\/\\b\(?([\w|]+)\)?\\b\//g)].flatMap((m) => (m[1] ?? "").split("|"));
      assert.ok(flags.length > 0, when);
      for (const flag of flags)
        assert.ok((itemFlags as readonly string[]).includes(flag), `${flag} in ${when}`);
    }
  });

  test("are grouped", () => {
    for (const { command, group } of entries) assert.match(group ?? "", /^(inline|\d_\w+)@\d$/, command);
  });

  test("whose action is inline is in the menu too, for the keyboard", () => {
    const listed = ids(entries.filter((entry) => !inline.includes(entry)));
    assert.ok(inline.length > 0);
    for (const { command } of inline) assert.ok(listed.includes(command), command);
  });
});

describe("views", () => {
  test("are the same here and there", () => {
    const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
    assert.deepEqual(idsOf(contributes.viewsContainers.activitybar), [containerId]);
    assert.deepEqual(Object.keys(contributes.views), [containerId]);
    assert.deepEqual(idsOf(contributes.views[containerId]), [pipelinesViewId]);
  });

  test("have welcome texts only while they are empty", () => {
    for (const { view, when } of contributes.viewsWelcome) {
      assert.equal(view, pipelinesViewId);
      assert.match(when, /workspaceFolderCount == 0|kargo\.pipelines\.state == empty/);
    }
  });
});

test("when clauses ask for keys that somebody sets, and every key of ours is asked for", () => {
  const ours: string[] = Object.values(contextKeys);
  const values = ["false", "file", "empty", "ready", pipelinesViewId];
  for (const when of whens) {
    const words = when.replace(/=~ \/.*?\/(?= |$)/g, "").match(/[A-Za-z][\w.]*/g) ?? [];
    for (const word of words)
      assert.ok([...ours, ...foreignKeys, ...values].includes(word), `${word} in ${when}`);
  }
  for (const key of ours) {
    assert.ok(
      whens.some((when) => when.includes(key)),
      key,
    );
  }
});

test("settings are the same here and there", () => {
  const settingIds = settingNames.map((name) => `kargo.${name}`);
  const languageIds: readonly string[] = languageSettingNames.map((name) => `kargo.${name}`);
  // Programs and credentials are a machine's; what the user likes counts in every window, a remote one included.
  const choiceIds = ["kargo.discovery.automatic", "kargo.notifications.failures"];
  const { properties } = contributes.configuration;
  assert.deepEqual(Object.keys(properties).sort(), [...settingIds, ...languageIds].sort());
  for (const [id, setting] of Object.entries<Record<string, unknown>>(properties)) {
    const scope = choiceIds.includes(id) ? "window" : "machine-overridable";
    assert.equal(setting.scope, languageIds.includes(id) ? "resource" : scope, id);
    assert.ok(typeof setting.markdownDescription === "string" && "default" in setting, id);
  }
});

test("settings of the engine, and schemas with patterns, do not count in a workspace without trust", () => {
  const restricted: readonly string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  const wanted = [...settingNames, "language.customSteps"].map((name) => `kargo.${name}`);
  assert.deepEqual([...restricted].sort(), wanted.sort());
});

test("every rule and every feature of the language server has a setting, and no other", () => {
  const { properties } = contributes.configuration;
  const ruleSettings = properties["kargo.language.rules"].properties;
  assert.deepEqual(Object.keys(ruleSettings), Object.keys(rules));
  for (const [id, rule] of Object.entries(rules)) {
    assert.equal(ruleSettings[id].default, rule.severity, id);
    assert.equal(ruleSettings[id].description, rule.doc, id);
  }
  const features = Object.keys(properties["kargo.language.features"].properties);
  assert.deepEqual(features, [...serverFeatures]);
});

test("the problem matcher reads what `validate` prints", () => {
  const [matcher] = contributes.problemMatchers;
  const { regexp, file, line, column, severity, code, message } = matcher.pattern;
  const match =
    new RegExp(regexp).exec("C:/a b/c.yaml:12:3: warning unknown-step Kargo has no step `x`.") ?? [];
  assert.deepEqual(
    [file, line, column, severity, code, message].map((group: number) => match[group]),
    ["C:/a b/c.yaml", "12", "3", "warning", "unknown-step", "Kargo has no step `x`."],
  );
  assert.equal(new RegExp(regexp).exec("No problems in 3 files."), null);
  assert.deepEqual(
    contributes.taskDefinitions.map(({ type }: { type: string }) => type),
    [taskType],
  );
});

test("the walkthrough and every picture exist", () => {
  const [walkthrough] = contributes.walkthroughs;
  assert.equal(walkthrough.id, walkthroughId);
  const files: string[] = [
    manifest.icon,
    walkthrough.icon,
    contributes.viewsContainers.activitybar[0].icon,
    ...contributes.views[containerId].map(({ icon }: { icon: string }) => icon),
    ...walkthrough.steps.map((step: { media: { svg: string } }) => step.media.svg),
  ];
  for (const file of files) assert.ok(existsSync(join(root, file)), file);
  assert.ok(texts.some((text) => text.includes(`${manifest.publisher}.${manifest.name}%23${walkthroughId}`)));
  for (const step of walkthrough.steps) assert.ok(step.media.altText.length > 10, step.id);
});

test("nothing starts the extension but its view, its commands, YAML in an editor and its own state", () => {
  assert.deepEqual(manifest.activationEvents, ["onLanguage:yaml", "workspaceContains:.kargo/state"]);
});

test("contextValue joins flags as words", () => {
  assert.equal(contextValue("stage", undefined, "promotable"), "stage promotable");
});
