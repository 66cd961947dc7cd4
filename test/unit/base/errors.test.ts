// Errors that are told by a code, also between two bundles of the program.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CodedError, errorCode, errorMessage, isAbortError } from "../../../src/base/errors";

test("the code is told without the class, which each bundle has for itself", () => {
  const mark = Symbol.for("kargo-workbench.CodedError");
  assert.equal(errorCode(new CodedError("notFound", "gone")), "notFound");
  assert.equal(errorCode(Object.assign(new Error("twin"), { [mark]: true, code: "conflict" })), "conflict");
});

test("an error of Node has a code that is none of ours", () => {
  assert.equal(errorCode(Object.assign(new Error("no file"), { code: "ENOENT" })), undefined);
  for (const thrown of [new Error("x"), "x", undefined, { code: "notFound" }]) {
    assert.equal(errorCode(thrown), undefined);
  }
});

test("any thrown value has a sentence", () => {
  assert.equal(errorMessage(new CodedError("x", "It is gone.")), "It is gone.");
  assert.equal(errorMessage("gone"), "gone");
  assert.equal(errorMessage(7), "7");
});

test("an aborted signal's error is one", () => {
  const controller = new AbortController();
  controller.abort();
  assert.throws(() => controller.signal.throwIfAborted(), isAbortError);
  assert.equal(isAbortError(new Error("x")), false);
});
