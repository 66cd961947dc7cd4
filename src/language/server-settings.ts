// The settings of the language server as a client sends them: section `kargo.language`, every part optional.
// Anything wrongly typed is passed over, because clients send what users typed.
import { isObject } from "../base/json";
import {
  defaultSettings,
  isRuleId,
  type LanguageSettings,
  type RuleId,
  type RuleSetting,
} from "./language-service";

/** What the server can do; a client turns off what another server does for it. */
export const serverFeatures = [
  "diagnostics",
  "completion",
  "hover",
  "signatureHelp",
  "definition",
  "references",
  "symbols",
  "folding",
  "semanticTokens",
  "inlayHints",
  "codeLenses",
  "codeActions",
  "rename",
] as const;

/** One thing the server can do. */
export type ServerFeature = (typeof serverFeatures)[number];

/** All settings. */
export interface ServerSettings extends LanguageSettings {
  readonly off: ReadonlySet<ServerFeature>;
  /** What was said of custom steps; their schemas are yet to be read. */
  readonly customStepSources: unknown;
}

/** The settings that count before a client has sent any. */
export const initialSettings: ServerSettings = {
  ...defaultSettings,
  off: new Set(),
  customStepSources: undefined,
};

const severities: ReadonlySet<unknown> = new Set(["error", "warning", "information", "hint", "off"]);

/** Reads the section `kargo.language`. */
export function readSettings(value: unknown): ServerSettings {
  if (!isObject(value)) return initialSettings;
  const { rules, customSteps, inlayHints, features } = value;
  const hints = isObject(inlayHints) ? inlayHints : {};
  return {
    severities: severitiesIn(rules),
    customSteps: new Map(),
    customStepSources: customSteps,
    inlayHints: {
      values: hints.values !== false,
      defaults: hints.defaults === true,
    },
    off: new Set(serverFeatures.filter((feature) => isObject(features) && features[feature] === false)),
  };
}

function severitiesIn(rules: unknown): Partial<Record<RuleId, RuleSetting>> {
  if (!isObject(rules)) return {};
  const known = Object.entries(rules).filter(([id, severity]) => isRuleId(id) && severities.has(severity));
  return Object.fromEntries(known) as Partial<Record<RuleId, RuleSetting>>;
}
