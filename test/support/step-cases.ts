// One way to test a step: a folder of input files, a configuration, and the folder and result that must come out.
// A case is test/fixtures/steps/<kind>/<case>/{in/,setup.yaml,config.yaml,golden/,expect.json}; without golden/ the work
// directory must come out as it went in. UPDATE_GOLDEN=1 rewrites golden/ and expect.json from what the step did.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { silentLogger } from "../../src/base/log";
import { controlPlane } from "../../src/engine/promotion/control-plane";
import {
  type Capabilities,
  type ControlPlane,
  StepError,
  type StepResult,
} from "../../src/engine/promotion/step";
import { stepRunners } from "../../src/engine/steps/registry";
import { formatValue, GoValue, Scalar, TimeValue, typeName, types } from "../../src/expression/expression";
import type {
  AnyResource,
  Freight,
  FreightReference,
  FreightRequest,
  Stage,
  Warehouse,
} from "../../src/model/resources";
import type { StepKind } from "../../src/model/schema/step-kinds";
import { MemoryStore, TestClock } from "./memory-store";

const fixtures = resolve("test/fixtures/steps");
/** The Project of every case. */
const project = "demo";

/** What `setup.yaml` may add to the files of `in/`: things a Git repository cannot hold, and the control plane. */
export interface StepSetup {
  readonly files?: Readonly<Record<string, string>>;
  /** Files given in base64. */
  readonly binaryFiles?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly directories?: readonly string[];
  readonly modes?: Readonly<Record<string, string>>;
  readonly warehouses?: readonly Warehouse[];
  readonly freightRequests?: readonly FreightRequest[];
  readonly freight?: readonly FreightReference[];
  readonly freightObjects?: readonly Freight[];
  readonly stages?: readonly Stage[];
  /** How many sentences about reproduced defects must be told; they are ours, so expect.json has none. */
  readonly warnings?: number;
}

/** What a step reported, and what of the work directory a Git repository cannot hold. */
export interface StepExpectation {
  readonly status: string;
  readonly message?: string;
  /** Text of the fault; the work directory reads `<work>`. */
  readonly error?: string;
  readonly terminal?: boolean;
  readonly output?: unknown;
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly emptyDirectories?: readonly string[];
  /** Modes other than 0644 of files and 0755 of directories. */
  readonly modes?: Readonly<Record<string, string>>;
  readonly objects?: unknown;
}

/** A case as it lies on disk. */
export interface StepCase {
  readonly kind: StepKind;
  readonly path: string;
  readonly config: unknown;
  readonly setup: StepSetup;
}

/** A work directory's content. */
export interface Tree {
  /** Content in latin1, so that bytes are kept. */
  readonly files: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly emptyDirectories: readonly string[];
  readonly modes: Readonly<Record<string, string>>;
}

/** Names of all cases of a step kind, or of all kinds when there is a folder for them. */
export function stepCaseNames(kind: StepKind): string[] {
  const folder = join(fixtures, kind);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function readStepCase(kind: StepKind, name: string): StepCase {
  const path = join(fixtures, kind, name);
  const setupFile = join(path, "setup.yaml");
  return {
    kind,
    path,
    config: parseYaml(readFileSync(join(path, "config.yaml"), "utf8")),
    setup: existsSync(setupFile) ? parseYaml(readFileSync(setupFile, "utf8")) : {},
  };
}

/** Fills a work directory with what a case begins with. */
export function prepareWork(work: string, { path, setup }: StepCase): void {
  if (existsSync(join(path, "in"))) {
    const { files } = readTree(join(path, "in"));
    for (const [name, content] of Object.entries(files)) put(join(work, name), content, "latin1");
  }
  for (const [name, content] of Object.entries(setup.files ?? {})) put(join(work, name), content, "utf8");
  for (const [name, content] of Object.entries(setup.binaryFiles ?? {}))
    put(join(work, name), content, "base64");
  for (const name of setup.directories ?? []) mkdirSync(join(work, name), { recursive: true });
  for (const [name, target] of Object.entries(setup.links ?? {})) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    symlinkSync(target.replaceAll("<work>", work), join(work, name));
  }
  for (const [name, mode] of Object.entries(setup.modes ?? {}))
    chmodSync(join(work, name), Number.parseInt(mode, 8));
}

function put(path: string, content: string, encoding: BufferEncoding): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { encoding, mode: 0o644 });
}

/** Reads everything below a folder. */
export function readTree(root: string): Tree {
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  const modes: Record<string, string> = {};
  const emptyDirectories: string[] = [];
  for (const name of namesBelow(root)) {
    const path = join(root, name);
    const info = lstatSync(path);
    const mode = `0${(info.mode & 0o7777).toString(8)}`;
    if (info.isSymbolicLink()) {
      links[name] = readlinkSync(path).replaceAll(root, "<work>");
    } else if (info.isDirectory()) {
      if (readdirSync(path).length === 0) emptyDirectories.push(name);
      if (mode !== "0755") modes[name] = mode;
    } else {
      files[name] = readFileSync(path, "latin1");
      if (mode !== "0644") modes[name] = mode;
    }
  }
  return { files, links, emptyDirectories, modes };
}

/** Node's own recursion follows links, which a work directory may have to anywhere. */
function namesBelow(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? [entry.name, ...namesBelow(join(root, entry.name)).map((name) => `${entry.name}/${name}`)]
        : [entry.name],
    )
    .sort();
}

/** Runs the case and compares result and work directory with what must come out. */
export async function checkStep(kind: StepKind, name: string): Promise<void> {
  const stepCase = readStepCase(kind, name);
  const work = makeWork();
  const umask = process.umask(0o022);
  try {
    prepareWork(work, stepCase);
    const before = readTree(work);
    const { warnings, ...report } = await runStep(stepCase, work);
    assert.equal(warnings, stepCase.setup.warnings ?? 0, "number of warnings");
    const after = readTree(work);
    if (process.env.UPDATE_GOLDEN === "1") writeGolden(stepCase, before, after, report);
    const { expected, tree } = readGolden(stepCase, before);
    assert.deepEqual(report, expected);
    assert.deepEqual(after, tree);
  } finally {
    process.umask(umask);
    rmSync(dirname(work), { recursive: true, force: true });
  }
}

/** A fresh work directory whose path holds no links, outside of which only its own temporary folder lies. */
export function makeWork(): string {
  const work = join(realpathSync(mkdtempSync(join(tmpdir(), "kargo-workbench-step-"))), "work");
  mkdirSync(work);
  return work;
}

type Report = Omit<StepExpectation, keyof Tree>;

/** What must come out, as recorded. */
export function readGolden(
  stepCase: StepCase,
  before: Tree,
): { readonly expected: Report; readonly tree: Tree } {
  const { files, links, emptyDirectories, modes, ...expected }: StepExpectation = JSON.parse(
    readFileSync(join(stepCase.path, "expect.json"), "utf8"),
  );
  const golden = join(stepCase.path, "golden");
  if (!existsSync(golden) && files === undefined) return { expected, tree: before };
  const kept = existsSync(golden) ? readTree(golden).files : {};
  const tree = {
    files: sorted({ ...kept, ...files }),
    links: links ?? {},
    emptyDirectories: emptyDirectories ?? [],
    modes: modes ?? {},
  };
  return { expected, tree };
}

/** Records what came out. */
export function writeGolden(stepCase: StepCase, before: Tree, after: Tree, report: Report): void {
  const golden = join(stepCase.path, "golden");
  rmSync(golden, { recursive: true, force: true });
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  const inline: Record<string, string> = {};
  if (!isSame) {
    for (const [name, content] of Object.entries(after.files)) {
      // Git refuses to keep files named .git, and has no empty folders.
      if (name.split("/").includes(".git")) inline[name] = content;
      else put(join(golden, name), content, "latin1");
    }
  }
  const expectation: StepExpectation = {
    ...report,
    ...(!isSame && {
      ...(Object.keys(inline).length > 0 || !existsSync(golden) ? { files: inline } : {}),
      ...(Object.keys(after.links).length > 0 ? { links: after.links } : {}),
      ...(after.emptyDirectories.length > 0 ? { emptyDirectories: after.emptyDirectories } : {}),
      ...(Object.keys(after.modes).length > 0 ? { modes: after.modes } : {}),
    }),
  };
  writeFileSync(join(stepCase.path, "expect.json"), `${JSON.stringify(expectation, null, 2)}\n`);
}

/** Runs the step of a case in a prepared work directory. */
export async function runStep(stepCase: StepCase, work: string): Promise<Told> {
  const runner = stepRunners[stepCase.kind];
  assert.ok(runner, `no runner for ${stepCase.kind}`);
  const plane = new CasePlane(stepCase.setup);
  const context = { ...stepContext(stepCase.setup, work), ...granted(plane.controlPlane, runner.needs) };
  const report = await outcome(
    async () => await runner.run(context as never, stepCase.config as never),
    work,
  );
  return { ...report, ...(plane.hasObjects && { objects: await plane.objects() }) };
}

/** Everything but capabilities that a step is given. */
export function stepContext(setup: StepSetup, workDir: string, signal = new AbortController().signal) {
  const items = Object.fromEntries(
    (setup.freight ?? []).map((f) => [`${f.origin.kind}/${f.origin.name}`, f]),
  );
  return {
    workDir,
    project,
    stage: "test",
    promotion: "promo",
    actor: "",
    alias: "step-1",
    uiBaseUrl: "",
    freightRequests: setup.freightRequests ?? [],
    freight: { id: "", items },
    targetFreight: setup.freight?.[0] ?? { name: "f", origin: { kind: "Warehouse" as const, name: "w" } },
    state: {},
    signal,
    log: silentLogger,
  };
}

function granted(plane: ControlPlane, needs: readonly string[]): Partial<Capabilities> {
  const all: Partial<Capabilities> = {
    controlPlane: plane,
    programs: {},
    credentials: { find: async () => undefined },
    effects: { perform: async (_effect, act) => await act() },
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => needs.includes(name)));
}

/** A report with the number of warnings. */
type Told = Report & { readonly warnings: number };

async function outcome(run: () => Promise<StepResult>, work: string): Promise<Told> {
  const shown = (text: string): string =>
    text.replaceAll(work, "<work>").replace(/\.untar-\w+/g, ".untar-<n>");
  try {
    const { status, message, output, warnings = [] } = await run();
    return {
      status,
      ...(message !== undefined && { message }),
      ...(output !== undefined && { output: plain(output) }),
      warnings: warnings.length,
    };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { status, terminal, message, warnings } = error;
    return { status, error: shown(message), terminal, warnings: warnings.length };
  }
}

/** Ints are told from floats as `{"$int": "1"}`, and what JSON has not at all in a like way. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, part) => marked(part)));
}

function marked(value: unknown): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { $float: String(value).replace("Infinity", "inf").toLowerCase() };
  }
  if (!(value instanceof GoValue)) return value;
  if (value instanceof Scalar && value.type === types.int64) return { $int64: String(value.value) };
  if (value instanceof TimeValue) return { $time: value.format("2006-01-02T15:04:05.999999999Z07:00") };
  if (value.type.methods.has("String")) return { [`$${typeName(value)}`]: formatValue(value) };
  return { $other: `${typeName(value)} ${formatValue(value)}` };
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The engine's own control plane over the objects of a case, and how they look afterwards. */
class CasePlane {
  readonly #store: MemoryStore;
  readonly hasObjects: boolean;
  readonly controlPlane: ControlPlane;

  constructor({ warehouses = [], freightObjects = [], stages = [] }: StepSetup) {
    this.hasObjects = freightObjects.length + stages.length > 0;
    const objects: readonly AnyResource[] = [...warehouses, ...freightObjects, ...stages];
    this.#store = new MemoryStore(new TestClock(), objects.map(inProject));
    this.controlPlane = controlPlane(this.#store, project);
  }

  async objects(): Promise<unknown> {
    const all = [...(await this.#store.list("Freight")), ...(await this.#store.list("Stage"))];
    return all.map((object) => ({
      kind: object.kind,
      name: object.metadata.name,
      ...(object.kind === "Freight" && {
        alias: object.alias ?? "",
        labels: object.metadata.labels ?? null,
      }),
      metadata: object.status?.metadata ?? null,
    }));
  }
}

function inProject(object: AnyResource): AnyResource {
  return { ...object, metadata: { namespace: project, ...object.metadata } } as AnyResource;
}
