// Texts for tests of the language service: a cursor marked `|`, and a service that knows one file or several.
// Asserts nothing.
import { LanguageService, type LanguageSettings } from "../../src/language/language-service";

/** The text without its mark, and where the mark was. The first `|` counts; `|-` and `|+` begin block scalars. */
export function cursor(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.search(/\|(?![-+])/);
  if (offset === -1) throw new Error("the text has no cursor");
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

/** The file tests speak of when there is only one. */
export const theFile = "file:///w/a.yaml";

/** A service with these files; a single text is `theFile`. */
export function serviceOf(
  files: string | Readonly<Record<string, string>>,
  settings?: Partial<LanguageSettings>,
): LanguageService {
  const service = new LanguageService();
  if (settings !== undefined) service.configure(settings);
  const all = typeof files === "string" ? { [theFile]: files } : files;
  for (const [name, text] of Object.entries(all)) service.setText(name, text);
  return service;
}

/** Diagnostics as rows: rule and the text that is underlined, with a line break as `⏎`. */
export function diagnosticRows(service: LanguageService, file = theFile): string[] {
  const text = service.text(file) ?? "";
  return service
    .diagnostics(file)
    .map(({ rule, start, end }) => `${rule}: ${text.slice(start, end).replaceAll("\n", "⏎")}`);
}

/** A Project, a Warehouse `app` and what follows, each a document. */
export function project(...documents: readonly string[]): string {
  return [projectDocument, warehouseDocument, ...documents].join("---\n");
}

const projectDocument = `apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata:
  name: demo
`;

const warehouseDocument = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata:
  name: app
  namespace: demo
spec:
  subscriptions:
  - image:
      repoURL: ghcr.io/example/app
      strictSemvers: true
  - git:
      repoURL: https://github.com/example/app.git
`;

/** A Stage that takes Freight of \`app\`: from Stages when any are given, else straight. */
export function stage(
  name: string,
  options: { from?: readonly string[]; steps?: string; vars?: string } = {},
): string {
  const { from = [], steps, vars } = options;
  const sources = from.length === 0 ? "direct: true" : `stages: [${from.join(", ")}]`;
  return [
    "apiVersion: kargo.akuity.io/v1alpha1",
    "kind: Stage",
    "metadata:",
    `  name: ${name}`,
    "  namespace: demo",
    "spec:",
    ...(vars === undefined ? [] : ["  vars:", indent(vars, 2)]),
    "  requestedFreight:",
    "  - origin:",
    "      kind: Warehouse",
    "      name: app",
    "    sources:",
    `      ${sources}`,
    ...(steps === undefined ? [] : ["  promotionTemplate:", "    spec:", "      steps:", indent(steps, 6)]),
    "",
  ].join("\n");
}

/** A PromotionTask. */
export function task(name: string, steps: string, vars?: string): string {
  return [
    "apiVersion: kargo.akuity.io/v1alpha1",
    "kind: PromotionTask",
    "metadata:",
    `  name: ${name}`,
    "  namespace: demo",
    "spec:",
    ...(vars === undefined ? [] : ["  vars:", indent(vars, 2)]),
    "  steps:",
    indent(steps, 2),
    "",
  ].join("\n");
}

/** The text without the indentation its lines share, moved to the right. */
export function indent(text: string, by: number): string {
  const lines = text.replace(/^\n+|\s+$/g, "").split("\n");
  const depths = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  const shared = Math.min(...depths);
  return lines.map((line) => (line.trim() === "" ? "" : " ".repeat(by) + line.slice(shared))).join("\n");
}
