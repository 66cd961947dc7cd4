// A fault that would have been a runtime panic in Kargo; a step that meets one ends at once.
// Says only that; each thrower says which.

/** Thrown where Kargo's own code breaks down, with the Go runtime's words. */
export class GoPanic extends Error {
  constructor(reason: string) {
    super(`runtime error: ${reason}`);
    this.name = "GoPanic";
  }
}
