// The second thread of the language server as it ships: dist/server.js.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { LanguageService } from "../../src/language/language-service";
import { Studies } from "../../src/language/server-study";
import { project, stage } from "../support/cursor";

/** Counts what this thread reads by itself. */
class CountingService extends LanguageService {
  studied = 0;
  override study(file: string): void {
    this.studied++;
    super.study(file);
  }
}

test("a second thread reads a part of the workspace, to the same effect", async () => {
  const [helped, alone] = [new CountingService(), new LanguageService()];
  const studies = new Studies(helped, join(process.cwd(), "dist", "server.js"));
  const names = Array.from({ length: 500 }, (_, n) => `${n}.yaml`);
  for (const [n, name] of names.entries()) {
    const steps = `- uses: git-clone\n  config:\n    repoURL: \${{ vars.none${n} }}\n    chekout: []`;
    const text = project(stage(`s${n}`, { steps, from: ["nowhere"] }));
    for (const service of [helped, alone]) service.indexText(name, text);
    studies.add(name);
  }
  await studies.finish(new AbortController().signal);
  assert.ok(helped.studied < names.length - 16, `${helped.studied} files were left to this thread`);
  let found = 0;
  for (const name of names) {
    assert.deepEqual(helped.handOut(name).parts, []);
    assert.deepEqual(helped.diagnostics(name), alone.diagnostics(name));
    found += alone.diagnostics(name).length;
  }
  assert.ok(found >= names.length * 2);
});
