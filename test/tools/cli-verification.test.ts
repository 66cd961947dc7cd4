// Stages that verify their Freight by AnalysisTemplates, driven by the terminal program against a real endpoint: scenario
// checks of verification, what survives a kill, and what a user may do meanwhile.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openLocalBackend } from "../../src/backend/local/local";
import { nodeFiles } from "../../src/backend/local/node-files";
import { silentLogger } from "../../src/base/log";
import type { AnalysisRun, Freight, Promotion, Stage } from "../../src/model/resources";
import { runCli, startCli } from "../support/cli";
import { fails, listed, projectYaml, sampleWithFreight, succeeds } from "../support/sample-cli";

/** An endpoint that answers with whatever `state` says, and counts. */
async function endpoint(t: TestContext) {
  const state = { answer: '{"status":"ok"}', status: 200, hold: false, asked: [] as string[] };
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const { authorization, "x-also": also } = request.headers;
    state.asked.push(`${request.url} ${authorization ?? "-"} ${also ?? "-"}`);
    for (const tell of waiting) tell();
    if (!state.hold) response.writeHead(state.status).end(state.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const askedTimes = (count: number) =>
    new Promise<void>((resolve) => {
      const check = () => state.asked.length >= count && resolve();
      waiting.add(check);
      check();
    });
  return { url, state, askedTimes };
}

/** A Project whose Stage `checked` verifies by the template, with a Stage `next` behind it that promotes by itself. */
function pipelineYaml(url: string, metric: string, more = ""): string {
  return `${projectYaml("regex:^(checked|next)$")}---
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: checked, namespace: hello}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: hello}, sources: {direct: true}}]
  promotionTemplate: {spec: {steps: [{uses: compose-output, config: {a: b}}]}}
  verification:
    analysisTemplates: [{name: health}]
    args:
    - {name: base, value: "${url}"}
    - {name: stage, value: "\${{ ctx.stage }}"}
    - {name: also, value: "also \${{ secret('api').token }}"}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: next, namespace: hello}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: hello}, sources: {stages: [checked]}}]
  promotionTemplate: {spec: {steps: [{uses: compose-output, config: {a: b}}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: health, namespace: hello}
spec:
  args: [{name: base}, {name: stage}, {name: also}, {name: token, valueFrom: {secretKeyRef: {name: api, key: token}}}]
  metrics:
    - name: health
      ${metric}
---
apiVersion: v1
kind: Secret
metadata: {name: api, namespace: hello}
stringData: {token: t0p-s3cret}
${more}`;
}

const web = `provider:
        web:
          url: "{{args.base}}/{{args.stage}}"
          jsonPath: "{$.status}"
          headers: [{key: Authorization, value: "Bearer {{args.token}}"}, {key: X-Also, value: "{{args.also}}"}]
      successCondition: result == "ok"`;

async function pipeline(
  t: TestContext,
  url: string,
  metric = web,
): Promise<{ root: string; freight: string }> {
  const { root } = await sampleWithFreight(t);
  writeFileSync(join(root, "kargo", "project.yaml"), pipelineYaml(url, metric));
  const [freight] = await listed<Freight>(root, "freight");
  return { root, freight: freight?.metadata.name ?? "" };
}

async function stageNamed(root: string, name: string): Promise<Stage> {
  return JSON.parse(await succeeds(["get", "stages", name, "-o", "json", "-w", root])) as Stage;
}

const verifications = (stage: Stage) =>
  (stage.status?.freightHistory ?? []).map((c) => (c.verificationHistory ?? []).map(({ phase }) => phase));
const untilIdle = (root: string) => ["run", "--until-idle", "-w", root];

test("Freight is verified by the template and flows on; promoted again, it is verified anew", async (t) => {
  const { url, state } = await endpoint(t);
  const { root, freight } = await pipeline(t, url);
  const out = await succeeds(untilIdle(root));
  assert.match(out, /FreightVerificationSucceeded .* checked: /);
  assert.match(out, /PromotionSucceeded +next\./);
  assert.deepEqual(state.asked, ["/checked Bearer t0p-s3cret also t0p-s3cret"]);
  assert.deepEqual(verifications(await stageNamed(root, "checked")), [["Successful"]]);
  await succeeds(["promote", "--stage", "checked", "--freight", freight, "-w", root]);
  await succeeds(untilIdle(root));
  assert.deepEqual(verifications(await stageNamed(root, "checked")), [["Successful"], ["Successful"]]);
  const runs = await listed<AnalysisRun>(root, "analysisruns");
  assert.equal(runs.length, 2);
  const table = await succeeds(["get", "analysisruns", "-w", root]);
  assert.match(table, /^NAME +STATUS +AGE\n(checked\.[0-9a-z.]+ +Successful +\d+s *\n){2}$/);
  assert.doesNotMatch(stateText(root), /t0p-s3cret/, "no secret is written down");
});

/** Everything the engine has written, as one text. */
function stateText(root: string): string {
  const files = readdirSync(join(root, ".kargo", "state"), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8"))
    .join("\n");
}

test("Freight that fails stays where it is until it is verified again", async (t) => {
  const { url, state } = await endpoint(t);
  const { root } = await pipeline(t, url);
  state.answer = '{"status":"down"}';
  await fails(
    untilIdle(root),
    1,
    /verification failed: Metric "health" assessed Failed due to failed \(1\) > failureLimit \(0\)/,
  );
  assert.deepEqual(await promotionsOf(root, "next"), []);
  const verify = ["verify", "stage", "checked", "-w", root];
  await fails(verify, 1, /^Error: Verification of Stage checked: Metric "health" assessed Failed/i);
  state.answer = '{"status":"ok"}';
  assert.equal(await succeeds(verify), "stage.kargo.akuity.io/checked verification: Successful\n");
  const stage = await stageNamed(root, "checked");
  assert.deepEqual(verifications(stage), [["Successful", "Failed", "Failed"]]);
  assert.match(stage.status?.freightHistory?.[0]?.verificationHistory?.[0]?.actor ?? "", /^terminal:/);
  await succeeds(untilIdle(root));
  assert.equal((await promotionsOf(root, "next")).length, 1);
});

async function promotionsOf(root: string, stage: string): Promise<Promotion[]> {
  return (await listed<Promotion>(root, "promotions")).filter(({ spec }) => spec.stage === stage);
}

test("promoting by hand tells what finishes a verification that takes its time", async (t) => {
  const { url } = await endpoint(t);
  const { root, freight } = await pipeline(t, url, `count: 2\n      interval: 1h\n      ${web}`);
  const promote = ["promote", "--stage", "checked", "--freight", freight, "-w", root];
  assert.match(
    await succeeds(promote),
    /\nVerification of Stage checked is (Pending|Running); "kargo-workbench run", or the editor .* finishes it\.\n$/,
  );
});

test("a killed process loses no measurement, and the next one takes up where it ended", async (t) => {
  const { url, state, askedTimes } = await endpoint(t);
  const { root } = await pipeline(t, url, `count: 4\n      interval: 1s\n      ${web}`);
  const driver = startCli(["run", "-w", root]);
  await askedTimes(2);
  state.hold = true;
  await askedTimes(3);
  driver.process.kill("SIGKILL");
  await driver.ended;
  const [before] = await listed<AnalysisRun>(root, "analysisruns");
  assert.equal(before?.status?.metricResults?.[0]?.count, 2);
  state.hold = false;
  await succeeds(untilIdle(root));
  const [run] = await listed<AnalysisRun>(root, "analysisruns");
  assert.deepEqual([run?.status?.phase, run?.status?.metricResults?.[0]?.count], ["Successful", 4]);
  assert.equal(state.asked.length, 5, "only what was in flight is asked again");
});

test("an editor takes up the verification that an ended process began", async (t) => {
  const { url, state, askedTimes } = await endpoint(t);
  const { root, freight } = await pipeline(t, url, `count: 2\n      interval: 1s\n      ${web}`);
  state.hold = true;
  const promotion = startCli(["promote", "--stage", "checked", "--freight", freight, "-w", root]);
  await askedTimes(1);
  promotion.process.kill("SIGKILL");
  await promotion.ended;
  state.hold = false;
  const backend = await openLocalBackend({ files: nodeFiles(root), log: silentLogger });
  t.after(() => backend.dispose());
  await backend.resume();
  const history = () => {
    const stages = backend.snapshot.projects.flatMap((tree) => tree.stages);
    const stage = stages.find(({ metadata }) => metadata.name === "checked");
    return stage === undefined ? [] : verifications(stage);
  };
  await new Promise<void>((resolve, reject) => {
    const check = () => history()[0]?.[0] === "Successful" && resolve();
    AbortSignal.timeout(30_000).addEventListener("abort", () => reject(new Error("not taken up")));
    backend.onDidChange(check);
    check();
  });
  const [run] = await backend.analysisRuns("hello", "checked");
  assert.equal(run?.status?.metricResults?.[0]?.count, 2);
  assert.deepEqual(await backend.analysisRuns("hello", "next"), []);
});

test("an editor that was open all the time takes up what a promote in the terminal left", async (t) => {
  const { url } = await endpoint(t);
  const { root, freight } = await pipeline(t, url, `count: 3\n      interval: 4s\n      ${web}`);
  const backend = await openLocalBackend({ files: nodeFiles(root), log: silentLogger });
  t.after(() => backend.dispose());
  await backend.resume();
  const promote = ["promote", "--stage", "checked", "--freight", freight, "-w", root];
  assert.match(await succeeds(promote), /Verification of Stage checked is Running; .* finishes it\.\n$/);
  const phase = () => {
    const stages = backend.snapshot.projects.flatMap((tree) => tree.stages);
    const stage = stages.find(({ metadata }) => metadata.name === "checked");
    return stage === undefined ? undefined : verifications(stage)[0]?.[0];
  };
  await new Promise<void>((resolve, reject) => {
    const check = () => phase() === "Successful" && resolve();
    AbortSignal.timeout(60_000).addEventListener("abort", () => reject(new Error(`left ${phase()}`)));
    backend.onDidChange(check);
    check();
  });
  const [run] = await backend.analysisRuns("hello", "checked");
  assert.equal(run?.status?.metricResults?.[0]?.count, 3);
  assert.deepEqual(await promotionsOf(root, "next"), [], "nothing is promoted that nobody asked for");
});

test("another process may abort a verification, also while it waits for an answer", async (t) => {
  const { url, state, askedTimes } = await endpoint(t);
  const { root } = await pipeline(t, url);
  state.hold = true;
  const driver = startCli(["run", "-w", root]);
  await askedTimes(1);
  const abort = ["verify", "stage", "checked", "--abort", "-w", root];
  assert.equal(
    await succeeds(abort),
    "stage.kargo.akuity.io/checked verification: Failed (Verification aborted by user)\n",
  );
  await driver.printed(/FreightVerificationFailed .* checked: /);
  driver.process.kill("SIGINT");
  assert.equal((await driver.ended).code, 0);
  const [run] = await listed<AnalysisRun>(root, "analysisruns");
  assert.deepEqual([run?.status?.phase, run?.status?.message], ["Successful", "Run Terminated"]);
});

test("what only a cluster can measure is inconclusive and says so", async (t) => {
  const { url } = await endpoint(t);
  const { root } = await pipeline(t, url, "provider: {job: {spec: {template: {spec: {}}}}}");
  const { code, stdout, stderr } = await runCli(untilIdle(root));
  assert.equal(code, 1, "an end that says nothing is not a good one");
  assert.match(stdout, /FreightVerificationInconclusive .* checked: .*connected cluster/);
  assert.match(stderr, /^error: Freight [0-9a-f]{40}: .*connected cluster.*\n$/);
  const stage = await stageNamed(root, "checked");
  const condition = stage.status?.conditions?.find(({ type }) => type === "Verified");
  assert.deepEqual([condition?.status, condition?.reason], ["Unknown", "VerificationInconclusive"]);
});
