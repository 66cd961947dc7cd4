// The sample pipeline driven through the terminal program: what tests of its commands share.
// Judges exit codes and error lines; what commands print is the tests' business.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { runCli } from "./cli";
import { tempDir } from "./temp";

/** A sample with its first Freight discovered. */
export async function sampleWithFreight(t: TestContext): Promise<{ root: string; repository: string }> {
  const root = join(tempDir(t), "sample");
  await succeeds(["sample", root]);
  await succeeds(["refresh", "warehouse", "hello", "-w", root]);
  return { root, repository: join(root, "repository.git") };
}

/** Runs a command that has to succeed silently on stderr; resolves with its stdout. */
export async function succeeds(args: readonly string[]): Promise<string> {
  const result = await runCli(args);
  assert.equal(result.code, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  assert.equal(result.stderr, "");
  return result.stdout;
}

/** Runs a command that has to fail with one line on stderr. */
export async function fails(args: readonly string[], code: number, message: RegExp): Promise<void> {
  const result = await runCli(args);
  assert.equal(result.code, code, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  assert.match(result.stderr, message);
  assert.equal(result.stderr.trim().split("\n").length, 1, `one line, not: ${result.stderr}`);
}

/** Everything of a kind, in the program's order. */
export async function listed<R>(root: string, noun: string): Promise<R[]> {
  return JSON.parse(await succeeds(["get", noun, "-o", "json", "-w", root])).items;
}

/** A Project, and its policy: the Stages that this name or pattern is for promote by themselves. */
export function projectYaml(auto: string, name = "hello"): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata: {name: ${name}}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: ProjectConfig
metadata: {name: ${name}, namespace: ${name}}
spec:
  promotionPolicies: [{stageSelector: {name: "${auto}"}, autoPromotionEnabled: true}]
`;
}
