// Quick fixes that bring what is deprecated, or gone, into the form Kargo 1.11 has for it.
// Only where nothing but the form changes; the rest has to be thought about.
import { isScalar, isSeq } from "yaml";
import { isObject } from "../base/json";
import type { Path } from "../model/schema/schema";
import type { QuickFix, TextEdit, Trouble } from "./code-action";
import { memberText } from "./expression-scope";
import { addTo, mapAt, objectAt, removal, valueAt } from "./fix-keys";
import { columnOf, dedented, indented, lineBreak, pairSpan, removePair } from "./yaml-edits";
import { nodeAt, pairOf } from "./yaml-nodes";

/** Fixes about what is old. */
export function deprecationFixes(trouble: Trouble): QuickFix[] {
  const { rule } = trouble.diagnostic;
  const name = String(trouble.path.at(-1));
  if (rule === "unknown-key") return goneFixes(trouble, name);
  if (rule !== "deprecated") return [];
  switch (name) {
    case "allowTags":
      return toList(trouble, "allowTagsRegexes", (text) => text);
    case "ignoreTags":
      return ignoredTags(trouble);
    case "stage":
      return toSelector(trouble);
    case "author":
      return [...moveAuthor(trouble), ...removal(trouble, trouble.path, "remove-deprecated")];
    case "createTargetBranch":
      return removal(trouble, trouble.path, "remove-deprecated").map((fix) => ({ ...fix, preferred: true }));
    default:
      return sshToHttps(trouble);
  }
}

/** `git@host:owner/name` and `ssh://git@host/owner/name` as https. */
function sshToHttps({ span, text }: Trouble): QuickFix[] {
  const [, quote = "", url = ""] = /^(["']?)(.*)\1$/s.exec(text) ?? [];
  const match =
    /^ssh:\/\/(?:[^@/]+@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(url) ?? /^[\w.-]+@([\w.-]+):\/?(.+)$/.exec(url);
  if (match === null) return [];
  const https = `https://${match[1]}/${match[2]}`;
  return [
    {
      title: `Change to \`${https}\``,
      id: "migrate-ssh-url",
      preferred: true,
      edits: [{ ...span, text: quote + https + quote }],
    },
  ];
}

/** A key whose one text becomes the only entry of a list of another name. */
function toList(trouble: Trouble, list: string, convert: (text: string) => string): QuickFix[] {
  const value = valueAt(trouble, trouble.path);
  return typeof value === "string" ? replacedBy(trouble, list, [convert(value)]) : [];
}

/** Tags were compared as they are; patterns are searched for. */
function ignoredTags(trouble: Trouble): QuickFix[] {
  const value = valueAt(trouble, trouble.path);
  if (!Array.isArray(value) || value.some((tag) => typeof tag !== "string")) return [];
  const exactly = (tag: string) => `^${tag.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  return replacedBy(trouble, "ignoreTagsRegexes", (value as string[]).map(exactly));
}

/** Puts a list in place of the key; entries join a list of that name that is there already. */
function replacedBy(trouble: Trouble, name: string, entries: readonly string[]): QuickFix[] {
  const { path, unit, resource } = trouble;
  const holder = path.slice(0, -1);
  const old = String(path.at(-1));
  const map = mapAt(trouble, holder);
  const found = map === undefined ? undefined : pairOf(map, old, unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  if (map === undefined || span === undefined || resource === undefined) return [];
  const fix = { title: `Change to \`${name}\``, id: "migrate-tags", preferred: true };
  const texts = entries.map((text) => `'${text.replaceAll("'", "''")}'`);
  const existing = nodeAt(resource.node, [...holder, name], unit.tree.document)?.node;
  if (existing === undefined) {
    const eol = lineBreak(unit);
    const lines = [`${name}:`, ...texts.map((text) => `- ${text}`)];
    const text =
      map.flow === true ? `${name}: [${texts.join(", ")}]` : indented(lines, columnOf(unit, map), eol);
    return [{ ...fix, edits: [{ ...span, text }] }];
  }
  const taken = removePair(unit, map, old);
  const added = isSeq(existing) ? entriesBehind(trouble, existing, texts) : undefined;
  return taken === undefined || added === undefined ? [] : [{ ...fix, edits: [taken, added] }];
}

function entriesBehind(
  { unit }: Trouble,
  list: { readonly items: readonly unknown[]; readonly flow?: boolean },
  texts: readonly string[],
): TextEdit | undefined {
  const last = list.items.at(-1);
  if (!isScalar(last) || last.range === null || last.range === undefined) return undefined;
  const [start, end] = last.range;
  if (list.flow === true) return { start: end, end, text: texts.map((text) => `, ${text}`).join("") };
  const dash = unit.text.lastIndexOf("-", start);
  const { character } = unit.positionAt(dash);
  const lead = lineBreak(unit) + " ".repeat(character);
  return { start: end, end, text: texts.map((text) => `${lead}- ${text}`).join("") };
}

/** A policy's `stage` becomes the name of its selector. */
function toSelector(trouble: Trouble): QuickFix[] {
  const { path, unit } = trouble;
  const holder = path.slice(0, -1);
  const map = mapAt(trouble, holder);
  const found = map === undefined ? undefined : pairOf(map, "stage", unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  const value = valueAt(trouble, holder);
  const isFree = isObject(value) && !Object.hasOwn(value, "stageSelector");
  if (map === undefined || span === undefined || !isFree) return [];
  const name = unit.text.slice(span.start, span.end).replace(/^["']?stage["']?\s*:\s*/, "");
  const lines = ["stageSelector:", `  name: ${name}`];
  const text =
    map.flow === true
      ? `stageSelector: {name: ${name}}`
      : indented(lines, columnOf(unit, map), lineBreak(unit));
  return [
    {
      title: "Change to `stageSelector`",
      id: "migrate-selector",
      preferred: true,
      edits: [{ ...span, text }],
    },
  ];
}

/** The author of a commit belongs to the clone before it. */
function moveAuthor(trouble: Trouble): QuickFix[] {
  const { path, unit } = trouble;
  const holder = path.slice(0, -1);
  const steps = path.lastIndexOf("steps");
  const own = path[steps + 1];
  const before = valueAt(trouble, path.slice(0, steps + 1));
  if (typeof own !== "number" || !Array.isArray(before)) return [];
  const clone = before.slice(0, own).findLastIndex((step) => isObject(step) && step.uses === "git-clone");
  const target: Path = [...path.slice(0, steps + 1), clone, "config"];
  const config = clone === -1 ? undefined : valueAt(trouble, target);
  if (!isObject(config) || Object.hasOwn(config, "author")) return [];
  const map = mapAt(trouble, holder);
  const found = map === undefined ? undefined : pairOf(map, "author", unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  const taken = map === undefined ? undefined : removePair(unit, map, "author");
  const added = span === undefined ? undefined : addTo(trouble, target, dedented(unit, span));
  if (taken === undefined || added === undefined) return [];
  return [
    {
      title: "Move `author` to the `git-clone` step",
      id: "migrate-author",
      preferred: true,
      edits: [added, taken],
    },
  ];
}

/** Fields that pointed to another step are expressions now. */
function goneFixes(trouble: Trouble, name: string): QuickFix[] {
  const value = valueAt(trouble, trouble.path);
  if (name === "messageFromSteps" && Array.isArray(value)) {
    const texts = value.filter((alias) => typeof alias === "string");
    const message = texts.map((alias) => `\${{ outputs${memberText(alias)}.commitMessage }}`).join("\\n");
    const text = message.includes("\\n") ? `"${message}"` : message;
    return texts.length === 0 ? [] : replaceKey(trouble, "message", text);
  }
  const outputs: Readonly<Record<string, readonly [field: string, output: string]>> = {
    prNumberFromStep: ["prNumber", "pr.id"],
    commitFromStep: ["commit", "commit"],
    desiredCommitFromStep: ["desiredRevision", "commit"],
    sourceBranchFromStep: ["sourceBranch", "branch"],
    targetBranchFromStep: ["targetBranch", "branch"],
  };
  const known = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (known === undefined || typeof value !== "string") return [];
  return replaceKey(trouble, known[0], `\${{ outputs${memberText(value)}.${known[1]} }}`);
}

function replaceKey(trouble: Trouble, name: string, text: string): QuickFix[] {
  const { path, unit } = trouble;
  const holder = path.slice(0, -1);
  const map = mapAt(trouble, holder);
  const schema = objectAt(trouble, holder);
  const found = map === undefined ? undefined : pairOf(map, String(path.at(-1)), unit.tree.document);
  const span = found === undefined ? undefined : pairSpan(unit, found.pair);
  const value = valueAt(trouble, holder);
  const isFree = isObject(value) && !Object.hasOwn(value, name);
  if (span === undefined || schema?.fields[name] === undefined || !isFree) return [];
  const written = map?.flow === true && !text.startsWith('"') ? `"${text}"` : text;
  return [
    {
      title: `Change to \`${name}\``,
      id: "migrate-step-reference",
      preferred: true,
      edits: [{ ...span, text: `${name}: ${written}` }],
    },
  ];
}
