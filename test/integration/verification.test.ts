// Verification in the editor: a Stage whose AnalysisTemplate asks a real endpoint, verified, shown, and verified again.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { newestVerification } from "../../src/model/stage-acts";
import { act, lineAt, lineOnce, sampleRepository, until, workspaceRoot } from "./workbench";

describe("verification", function () {
  this.timeout(60_000);
  const file = () => join(workspaceRoot(), "verified", "checked.yaml");
  let server: Server;
  let isWell = false;

  before(async () => {
    await vscode.commands.executeCommand("kargo.pipelines.focus");
    await sampleRepository();
    server = createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ well: isWell }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    mkdirSync(dirname(file()), { recursive: true });
    writeFileSync(file(), yaml((server.address() as AddressInfo).port));
    await act("kargo.warehouse.refresh", (await lineOnce("hello", "Warehouses", "hello")).node);
    await lineOnce("hello", "Stages", "checked");
  });

  after(() => {
    server.close();
    rmSync(dirname(file()), { recursive: true, force: true });
  });

  const checked = () => lineOnce("hello", "Stages", "checked");

  it("says in the tree that it failed, and keeps the Freight from going on", async () => {
    const [freight] = (await lineOnce("hello", "Freight")).children;
    await act("kargo.stage.promote", (await checked()).node, freight?.node);
    const failed = await until("the failed verification", async () => {
      const line = await checked();
      return /Verification failed/.test(line.text) ? line : undefined;
    });
    assert.match(failed.item.contextValue ?? "", /\bverifiable\b.*\banalysed\b/);
    const tooltip = failed.node.tooltip?.();
    assert.match(typeof tooltip === "string" ? tooltip : (tooltip?.value ?? ""), /Verification[^|]*\|Failed/);
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("shows what was measured", async () => {
    await act("kargo.stage.showVerification", (await checked()).node);
    const text = vscode.window.activeTextEditor?.document.getText() ?? "";
    assert.match(text, /^kind: AnalysisRun$/m);
    assert.match(text, /phase: Failed/);
    assert.match(text, /name: well/);
  });

  it("verifies again when asked, and is told the outcome", async () => {
    isWell = true;
    await act("kargo.stage.verify", (await checked()).node);
    assert.match((await checked()).text, /· Verified$/);
  });

  it("shows a verification that takes its time, and stops it when asked", async () => {
    const slow = () => lineOnce("hello", "Stages", "slow");
    const [freight] = (await lineOnce("hello", "Freight")).children;
    await act("kargo.stage.promote", (await slow()).node, freight?.node);
    const running = await until("the verification to run", async () => {
      const line = await slow();
      return /· Verifying/.test(line.text) ? line : undefined;
    });
    assert.match(running.item.contextValue ?? "", /\bverifying\b/);
    await act("kargo.stage.abortVerification", running.node);
    assert.match((await slow()).text, /· Verification failed/); // as Kargo records it
    assert.match((await slow()).item.contextValue ?? "", /\bverifiable\b/);
    const { phase, message, id } = verificationOf("slow") ?? {};
    assert.deepEqual({ phase, message }, { phase: "Failed", message: "Verification aborted by user" });
    await act("kargo.stage.abortVerification", (await slow()).node); // nothing runs any more
    assert.equal(verificationOf("slow")?.id, id);
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("goes with its file", async () => {
    rmSync(file());
    await until("Stage checked to go", async () =>
      (await lineAt("hello", "Stages", "checked")) === undefined ? true : undefined,
    );
  });
});

/** The newest verification as the engine has recorded it. */
function verificationOf(stage: string) {
  const path = join(workspaceRoot(), ".kargo", "state", "hello", "stages", `${stage}.json`);
  return newestVerification(JSON.parse(readFileSync(path, "utf8")));
}

function yaml(port: number): string {
  return [
    verified({ stage: "checked", template: "wellness", metric: "successCondition: result == true" }, port),
    verified({ stage: "slow", template: "patience", metric: "count: 2\n      interval: 1h" }, port),
  ].join("---\n");
}

/** A Stage of the sample that is verified by asking the server at `port` whether it is well. */
function verified(names: { stage: string; template: string; metric: string }, port: number): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: ${names.template}, namespace: hello }
spec:
  metrics:
    - name: well
      ${names.metric}
      provider:
        web: { url: "http://127.0.0.1:${port}/", jsonPath: "{$.well}" }
---
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: ${names.stage}, namespace: hello }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: hello }
      sources: { direct: true }
  promotionTemplate: { spec: { steps: [{ uses: compose-output, config: { answer: yes } }] } }
  verification: { analysisTemplates: [{ name: ${names.template} }] }
`;
}
