// From what settings and command lines say of custom steps to the steps: names, schemas, or paths of schemas.
// Reads through whoever asks, and tells what could not be used instead of failing.
import { parseDocument } from "yaml";
import { errorMessage } from "../base/errors";
import { isObject } from "../base/json";
import { stepSchema } from "../model/schema/schema";
import { type CustomStep, customStep, namedStep } from "./custom-step";

/** The text of a schema file; undefined when it cannot be read. */
export type ReadSchema = (path: string) => Promise<string | undefined>;

/** Custom steps, and what is wrong with what was said of them. */
export interface CustomSteps {
  readonly steps: ReadonlyMap<string, CustomStep>;
  readonly faults: readonly CustomStepFault[];
  /** Paths of the schemas, as they were given. */
  readonly paths: readonly string[];
}

/** Why a schema cannot be used. */
export interface CustomStepFault {
  /** One sentence. */
  readonly message: string;
  /** The file it is in, where there is one. */
  readonly path?: string;
}

/**
 * Reads a list of names, or an object of schemas (paths of JSON or YAML files, or written down) by name. A step whose
 * schema cannot be used is known by its name all the same.
 */
export async function loadCustomSteps(said: unknown, read: ReadSchema): Promise<CustomSteps> {
  const steps = new Map<string, CustomStep>();
  const faults: CustomStepFault[] = [];
  const paths: string[] = [];
  for (const [name, schema] of entriesOf(said)) {
    if (stepSchema(name) !== undefined) {
      if (typeof schema === "string" || isObject(schema))
        faults.push({
          message: `Kargo itself has a step \`${name}\`, so the schema given for it is not used.`,
        });
      continue;
    }
    const path = typeof schema === "string" && schema !== "" ? schema : undefined;
    if (path !== undefined) paths.push(path);
    const found = path === undefined ? stepOf(schema) : parsed(await read(path));
    const isStep = !("fault" in found);
    steps.set(name, isStep ? found : namedStep);
    if (isStep) continue;
    const where = path === undefined ? "" : ` (${path})`;
    const message = `The schema of the step \`${name}\`${where} cannot be used: ${found.fault}`;
    faults.push({ message, ...(path === undefined || !found.readable ? {} : { path }) });
  }
  return { steps, faults, paths };
}

interface Unusable {
  readonly fault: string;
  readonly readable: boolean;
}

function entriesOf(said: unknown): readonly (readonly [name: string, schema: unknown])[] {
  if (!Array.isArray(said)) return isObject(said) ? Object.entries(said) : [];
  return said.flatMap((one) => (typeof one === "string" ? [[one, undefined] as const] : []));
}

/** Anything but an object only says that the step exists. */
function stepOf(schema: unknown): CustomStep | Unusable {
  if (!isObject(schema)) return namedStep;
  const found = customStep(schema);
  return "fault" in found ? { ...found, readable: true } : found;
}

function parsed(text: string | undefined): CustomStep | Unusable {
  if (text === undefined) return { fault: "there is no such file.", readable: false };
  const document = parseDocument(text, { prettyErrors: true, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined)
    return { fault: `it is neither JSON nor YAML: ${error.message.split("\n")[0]}`, readable: true };
  try {
    const found = customStep(document.toJS());
    return "fault" in found ? { ...found, readable: true } : found;
  } catch (error) {
    return { fault: `${errorMessage(error)}.`, readable: true };
  }
}
