import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ResourceChange } from "../../../../src/engine/ports";
import { ChangeWatch } from "../../../../src/engine/reconcile/change-watch";
import { eventFact, type KargoEvent } from "../../../../src/model/events";
import {
  type AnyResource,
  type Freight,
  kargoApiVersion,
  type Promotion,
  type PromotionPhase,
  type ResourceRef,
  type Stage,
  type VerificationInfo,
  type VerificationPhase,
} from "../../../../src/model/resources";
import { freight, namespace, stage, World, warehouse } from "../../../support/promotion-world";

const now = "2026-01-02T03:04:05Z";

/** Stages: `direct` from Warehouse main, `behind` from `direct`, a control-flow Stage behind it, one of another Warehouse. */
function stages(): Stage[] {
  const foreign = { origin: { kind: "Warehouse" as const, name: "other" }, sources: { direct: true } };
  const flow = stage("flow", { from: ["direct"] });
  const { promotionTemplate: _none, ...spec } = flow.spec;
  return [
    stage("direct"),
    stage("behind", { from: ["direct"] }),
    stage("far", { from: ["behind"] }),
    stage("foreign", { spec: { requestedFreight: [foreign] } }),
    { ...flow, spec },
  ];
}

function promotion(name: string, phase?: PromotionPhase): Promotion {
  return {
    apiVersion: kargoApiVersion,
    kind: "Promotion",
    metadata: { name, namespace },
    spec: { stage: "direct", freight: "aaa" },
    ...(phase === undefined ? {} : { status: { phase } }),
  };
}

const verification = (phase: "Running" | "Successful" | "Failed") => ({
  freightHistory: [
    {
      id: "c",
      items: { "Warehouse/main": { name: "aaa", origin: { kind: "Warehouse" as const, name: "main" } } },
      verificationHistory: [{ id: "v1", phase }],
    },
  ],
});

function watched(t: TestContext, more: readonly (Freight | Promotion)[] = [freight("aaa")]) {
  const world = new World([...stages(), warehouse("other"), ...more]);
  t.after(() => world.dispose());
  const watch = new ChangeWatch(world.ports);
  const heard: ResourceChange[] = [];
  world.store.onDidChange((change) => heard.push(change));
  const ref = (kind: "Freight" | "Promotion" | "Stage" | "Warehouse", name: string) =>
    ({ kind, namespace, name }) as ResourceRef<typeof kind>;
  return { world, watch, ref, heard };
}

type Scene = ReturnType<typeof watched>;

async function annotate(
  { world, ref }: Scene,
  kind: "Stage" | "Promotion" | "Warehouse",
  name: string,
  key: string,
) {
  await world.store.update(ref(kind, name), (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { [`kargo.akuity.io/${key}`]: "x" } },
  }));
  return ref(kind, name);
}

async function freightStatus({ world, ref }: Scene, status: Freight["status"]) {
  await world.store.update<"Freight">(ref("Freight", "aaa") as ResourceRef<"Freight">, (current) => ({
    ...current,
    status,
  }));
  return ref("Freight", "aaa");
}

async function stageStatus({ world, ref }: Scene, name: string, status: Stage["status"]) {
  await world.store.update<"Stage">(ref("Stage", name) as ResourceRef<"Stage">, (current) => ({
    ...current,
    status,
  }));
  return ref("Stage", name);
}

async function stored({ world }: Scene, resource: Freight | Promotion) {
  if (resource.kind === "Freight") await world.store.create<"Freight">(resource);
  else await world.store.create<"Promotion">(resource);
  return { kind: resource.kind, namespace, name: resource.metadata.name } as const;
}

async function phase({ world, ref }: Scene, value: PromotionPhase) {
  await world.store.update<"Promotion">(
    ref("Promotion", "direct.01.aaa") as ResourceRef<"Promotion">,
    (current) => ({
      ...current,
      status: { phase: value, message: "why" },
    }),
  );
  return ref("Promotion", "direct.01.aaa");
}

interface Row {
  readonly name: string;
  readonly had?: readonly (Freight | Promotion)[];
  readonly change: (scene: Scene) => Promise<unknown>;
  readonly wakes: readonly string[];
  readonly events?: readonly string[];
}

const queued = [freight("aaa"), promotion("direct.01.aaa", "Pending")];
const rows: readonly Row[] = [
  {
    name: "new Freight wakes the Stages that take it straight from its Warehouse",
    change: (scene) => stored(scene, freight("bbb")),
    wakes: ["direct"],
    events: ["FreightCreated"],
  },
  {
    name: "Freight newly verified in a Stage wakes the Stages behind it, control-flow Stages among them",
    change: (scene) => freightStatus(scene, { verifiedIn: { direct: { verifiedAt: now } } }),
    wakes: ["behind", "flow"],
  },
  {
    name: "Freight verified in a control-flow Stage is an event",
    change: (scene) => freightStatus(scene, { verifiedIn: { flow: { verifiedAt: now } } }),
    wakes: [],
    events: ["FreightVerificationSucceeded"],
  },
  {
    name: "Freight newly in a Stage where it is not verified wakes nobody",
    change: (scene) => freightStatus(scene, { currentlyIn: { direct: { since: now } } }),
    wakes: [],
  },
  {
    name: "Freight newly in a Stage where it was verified before wakes the Stages behind it",
    had: [freight("aaa", { status: { verifiedIn: { direct: { verifiedAt: now } } } })],
    change: (scene) =>
      freightStatus(scene, {
        verifiedIn: { direct: { verifiedAt: now } },
        currentlyIn: { direct: { since: now } },
      }),
    wakes: ["behind", "flow"],
  },
  {
    name: "Freight that leaves a Stage wakes nobody",
    had: [freight("aaa", { status: { currentlyIn: { direct: { since: now } } } })],
    change: (scene) => freightStatus(scene, {}),
    wakes: [],
  },
  {
    name: "an approval wakes its Stage",
    change: (scene) => freightStatus(scene, { approvedFor: { far: { approvedAt: now } } }),
    wakes: ["far"],
    events: ["FreightApproved"],
  },
  {
    name: "an approval for a control-flow Stage wakes nobody",
    change: (scene) => freightStatus(scene, { approvedFor: { flow: { approvedAt: now } } }),
    wakes: [],
    events: ["FreightApproved"],
  },
  {
    name: "another alias wakes nobody",
    change: async ({ world, ref }) => {
      await world.store.update<"Freight">(ref("Freight", "aaa") as ResourceRef<"Freight">, (current) => ({
        ...current,
        alias: "other",
      }));
      return ref("Freight", "aaa");
    },
    wakes: [],
  },
  {
    name: "a new Promotion wakes its Stage",
    change: (scene) => stored(scene, promotion("direct.01.aaa")),
    wakes: ["direct"],
    events: ["PromotionCreated"],
  },
  ...(
    [
      ["Running", []],
      ["Succeeded", ["PromotionSucceeded"]],
      ["Failed", ["PromotionFailed"]],
      ["Errored", ["PromotionErrored"]],
      ["Aborted", ["PromotionAborted"]],
    ] as const
  ).map(([value, events]) => ({
    name: `a Promotion that becomes ${value} wakes its Stage`,
    had: queued,
    change: (scene: Scene) => phase(scene, value),
    wakes: ["direct"],
    events,
  })),
  {
    name: "a Promotion that stays in its phase wakes nobody",
    had: queued,
    change: (scene) => phase(scene, "Pending"),
    wakes: [],
  },
  ...["abort", "refresh"].map((key) => ({
    name: `a Promotion with a new request to ${key} wakes its Stage`,
    had: queued,
    change: (scene: Scene) => annotate(scene, "Promotion", "direct.01.aaa", key),
    wakes: ["direct"],
  })),
  ...(["Pending", "Succeeded"] as const).map((value) => ({
    name: `a deleted Promotion that was ${value} wakes ${value === "Pending" ? "its Stage" : "nobody"}`,
    had: [promotion("direct.01.aaa", value)],
    change: async ({ world, ref }: Scene) => {
      await world.store.delete(ref("Promotion", "direct.01.aaa"));
      return ref("Promotion", "direct.01.aaa");
    },
    wakes: value === "Pending" ? ["direct"] : [],
  })),
  ...(["refresh", "reverify", "abort"] as const).map((key) => ({
    name: `a Stage asked to ${key} is woken`,
    change: (scene: Scene) => annotate(scene, "Stage", "behind", key),
    wakes: ["behind"],
  })),
  {
    name: "a Warehouse asked to refresh is woken",
    change: (scene) => annotate(scene, "Warehouse", "main", "refresh"),
    wakes: ["main"],
  },
  {
    name: "a Stage with a new spec is woken",
    change: async ({ world }) => {
      const behind = stage("behind", { from: ["direct"] });
      world.store.put({ ...behind, metadata: { ...behind.metadata, generation: 2 } });
    },
    wakes: ["behind"],
  },
  {
    name: "a Stage with a new status is not",
    change: (scene) => stageStatus(scene, "behind", { freightSummary: "x" }),
    wakes: [],
  },
  {
    name: "a saved policy wakes every Stage",
    change: async ({ world }) =>
      world.store.put({
        apiVersion: kargoApiVersion,
        kind: "ProjectConfig",
        metadata: { name: namespace, namespace },
      }),
    wakes: ["behind", "direct", "far", "flow", "foreign"],
  },
  {
    name: "a saved Secret wakes every Warehouse",
    change: async ({ world }) =>
      world.store.put({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "git", namespace },
      } as AnyResource),
    wakes: ["main", "other"],
  },
  {
    name: "a verification that runs is no event and wakes nobody",
    change: (scene) => stageStatus(scene, "direct", verification("Running")),
    wakes: [],
  },
  {
    name: "a verification that ends is an event for each Freight",
    change: (scene) => stageStatus(scene, "direct", verification("Failed")),
    wakes: [],
    events: ["FreightVerificationFailed"],
  },
];
for (const { name, had, change, wakes, events = [] } of rows) {
  test(name, async (t) => {
    const scene = watched(t, had);
    await change(scene);
    assert.equal(scene.heard.length, 1);
    const [heard] = scene.heard as [ResourceChange];
    const meaning = await scene.watch.look(heard);
    assert.deepEqual(meaning.wakes.map((one) => one.name).sort(), wakes);
    assert.deepEqual(
      meaning.events.map(({ reason }) => reason),
      events,
    );
    assert.deepEqual((await scene.watch.look(heard)).events, [], "told once");
  });
}

interface Told {
  readonly message: string;
  readonly actor?: string;
  readonly more?: Readonly<Record<string, string | undefined>>;
}

const by = (actor: string) => ({ "kargo.akuity.io/create-actor": actor });
const annotated = (annotations: Record<string, string>, status?: Promotion["status"]): Promotion => {
  const { status: _none, ...made } = promotion("direct.01.aaa");
  return { ...made, metadata: { ...made.metadata, annotations }, ...(status && { status }) };
};
const ended = (status: NonNullable<Promotion["status"]>) => async (scene: Scene) => {
  const ref = scene.ref("Promotion", "direct.01.aaa") as ResourceRef<"Promotion">;
  await scene.world.store.update<"Promotion">(ref, (current) => ({ ...current, status }));
};
const verified =
  (phase: VerificationPhase, more: Partial<VerificationInfo> = {}) =>
  (scene: Scene) => {
    const freightHistory = verification("Running").freightHistory.map((collection) => ({
      ...collection,
      verificationHistory: [{ id: "v1", phase, ...more }],
    }));
    return stageStatus(scene, "direct", { freightHistory });
  };
const stageActor = "controller:stage-controller";
const told: readonly (Told & {
  readonly name: string;
  readonly had?: readonly (Freight | Promotion)[];
  readonly change: (scene: Scene) => Promise<unknown>;
})[] = [
  {
    name: "an auto-promotion is told as the Stage controller's",
    change: (scene) => stored(scene, annotated({})),
    message: 'Automatically promoted Freight from origin "Warehouse/main" for Stage "direct"',
    actor: stageActor,
  },
  {
    name: "a user's Promotion names the user",
    change: (scene) => stored(scene, annotated(by("email:a@b"))),
    message: 'Promotion created for Stage "direct" by "email:a@b"',
    actor: "email:a@b",
  },
  {
    name: "a Promotion that rolls back says so",
    change: (scene) => stored(scene, annotated({ ...by("admin"), "kargo.akuity.io/rollback": "true" })),
    message: 'Promotion created for Stage "direct" by "admin"',
    more: { rollback: "true" },
  },
  {
    name: "a Promotion of Freight that is gone says no origin",
    had: [],
    change: (scene) => stored(scene, annotated({})),
    message: 'Promotion created for Stage "direct"',
    actor: stageActor,
  },
  {
    name: "a failed Promotion says its phase and its message",
    had: [freight("aaa"), annotated({}, { phase: "Running" })],
    change: ended({ phase: "Failed", message: "why" }),
    message: "Promotion Failed: why",
    actor: "controller:promotion-controller",
    more: { "verification-pending": undefined },
  },
  {
    name: "a succeeded one says whether a verification follows",
    had: [freight("aaa"), annotated({}, { phase: "Running" })],
    change: ended({ phase: "Succeeded" }),
    message: "Promotion Succeeded",
    more: { "verification-pending": "false" },
  },
  {
    name: "an aborted one says who ended it, and nothing before that",
    had: [
      freight("aaa"),
      annotated({ "kargo.akuity.io/abort": '{"action":"terminate","actor":"admin"}' }, { phase: "Running" }),
    ],
    change: ended({ phase: "Aborted", message: "Promotion terminated by admin" }),
    message: "Promotion terminated by admin",
    actor: "admin",
  },
  {
    name: "an approval of nobody known names nobody",
    change: (scene) => freightStatus(scene, { approvedFor: { far: { approvedAt: now } } }),
    message: 'Freight approved for Stage "far"',
  },
  {
    name: "a good verification has words of its own",
    change: verified("Successful", { message: "fine" }),
    message: "Freight verification succeeded",
    actor: stageActor,
  },
  {
    name: "a failed verification says the message of its run alone",
    change: verified("Failed", { message: "metric web is 3" }),
    message: "metric web is 3",
    actor: stageActor,
  },
  {
    name: "a failed verification without a message says none",
    change: verified("Failed"),
    message: "",
  },
  {
    name: "a verification that somebody stopped names who",
    change: verified("Aborted", { message: "stopped", actor: "admin" }),
    message: "stopped",
    actor: "admin",
  },
];
for (const { name, had, change, message, ...expected } of told) {
  test(`what is told: ${name}`, async (t) => {
    const scene = watched(t, had);
    await change(scene);
    const { events } = await scene.watch.look(scene.heard[0] as ResourceChange);
    assert.deepEqual(
      events.map((event) => event.message),
      [message],
    );
    const [event] = events as [KargoEvent];
    if ("actor" in expected) assert.equal(eventFact(event, "actor"), expected.actor);
    for (const [fact, value] of Object.entries(expected.more ?? {}))
      assert.equal(eventFact(event, fact), value, fact);
  });
}

test("a verification names the Promotion that had its run made, and an abort is called one", async (t) => {
  const scene = watched(t);
  scene.world.store.put({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AnalysisRun",
    metadata: { name: "run", namespace, annotations: { "kargo.akuity.io/promotion": "direct.01.aaa" } },
    spec: { metrics: [] },
  } as AnyResource);
  await verified("Aborted", { analysisRun: { name: "run", namespace, phase: "Failed" } })(scene);
  const change = scene.heard.find(({ kind }) => kind === "Stage") as ResourceChange;
  const [event] = (await scene.watch.look(change)).events as [KargoEvent];
  assert.equal(event.reason, "FreightVerificationAborted");
  assert.equal(eventFact(event, "promotion-name"), "direct.01.aaa");
});
