// Facts of a resource of which only the name has been read so far; the rest is read when somebody asks.
// Finds nothing itself.
import { factsOf } from "./check-unit";
import type { ResourceFacts } from "./resource-facts";
import type { Span } from "./source-file";
import type { Unit } from "./unit";
import type { ResourceSketch } from "./unit-sketch";

/** See the head of the file. The resource is the only one of its document. */
export class LateFacts implements ResourceFacts {
  readonly resource = 0;
  readonly kind: string;
  declare readonly name?: string;
  declare readonly namespace?: string;
  declare readonly nameSpan?: Span;

  constructor(
    private readonly unit: Unit,
    sketch: ResourceSketch,
  ) {
    this.kind = sketch.kind;
    Object.assign(this, sketch);
  }

  get labels() {
    return this.full?.labels ?? {};
  }

  get span() {
    return this.full?.span ?? { start: 0, end: this.unit.text.length };
  }

  get references() {
    return this.full?.references ?? [];
  }

  get broken() {
    return this.full?.broken ?? true;
  }

  get repositories() {
    return this.full?.repositories ?? [];
  }

  get variables() {
    return this.full?.variables ?? [];
  }

  get tasks() {
    return this.full?.tasks ?? [];
  }

  get requests() {
    return this.full?.requests;
  }

  get controlFlow() {
    return this.full?.controlFlow;
  }

  get subscriptions() {
    return this.full?.subscriptions;
  }

  get selectors() {
    return this.full?.selectors;
  }

  get verification() {
    return this.full?.verification;
  }

  get templateArguments() {
    return this.full?.templateArguments;
  }

  get taskUses() {
    return this.full?.taskUses;
  }

  get openVariables() {
    return this.full?.openVariables;
  }

  /** Absent where the text is so broken that parsing finds no resource in it. */
  private get full(): ResourceFacts | undefined {
    return factsOf(this.unit).resources[0];
  }
}
