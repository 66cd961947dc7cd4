// Reads what documents say with the help of a second thread, because a thousand files take one thread a while.
// The thread knows texts and nothing else; when it cannot be had, or fails, the first one does everything.
import { type MessagePort, Worker } from "node:worker_threads";
import { type Handout, type LanguageService, type Study, studyText, type UnitPart } from "./language-service";
import { inTurns } from "./server-files";

/** Fewer files are read before a thread has started. */
const worthHelp = 100;
/** Files the thread gets at once: few, so that nobody waits long for the last ones. */
const batchSize = 8;
/** Batches under way, so that the thread need not wait for the next one. */
const batchesAhead = 2;
/** The thread makes nothing that lasts; without a limit it would leave its garbage lying for long. */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

/** The texts of the documents of some files. */
type Batch = readonly (readonly (readonly [text: string, part: UnitPart])[])[];
/** What they say; undefined for a file that could not be read. */
type Answer = readonly (readonly Study[] | undefined)[];

/** Answers the thread that started this one, until it ends it. */
export function serveStudies(port: MessagePort): void {
  port.on("message", (batch: Batch) => port.postMessage(batch.map(studyFile) satisfies Answer));
}

function studyFile(parts: Batch[number]): readonly Study[] | undefined {
  try {
    return parts.map(([text, part]) => studyText(text, part));
  } catch {
    // Whoever asked will meet the same fault, and can tell of it.
    return undefined;
  }
}

/** Files to study. The second thread begins while others are still being found, the first one when all are. */
export class Studies {
  private readonly queue = new Queue();
  private helper: Helper | undefined;

  /** `program` is what the second thread runs; without one there is none. */
  constructor(
    private readonly service: LanguageService,
    private readonly program: string | undefined,
  ) {}

  /** One more file. */
  add(file: string): void {
    this.queue.add(file);
    if (this.helper === undefined && this.program !== undefined && this.queue.size >= worthHelp)
      this.helper = new Helper(this.program, this.queue, this.service);
    this.helper?.send();
  }

  /** Studies what is left, with pauses for whoever asks, and ends the second thread. */
  async finish(signal: AbortSignal): Promise<void> {
    try {
      do {
        await inTurns(this.queue, (file) => this.service.study(file), signal);
        await this.helper?.answered(signal);
      } while (this.queue.size > 0 && !signal.aborted);
    } finally {
      this.helper?.end();
    }
  }
}

/** Files taken from both ends: by the second thread from the first on. */
class Queue implements Iterable<string> {
  private readonly files: string[] = [];
  private first = 0;
  /** What the second thread could not read is left to the first one. */
  private readonly returned: string[] = [];

  get size(): number {
    return this.files.length - this.first + this.returned.length;
  }

  add(file: string): void {
    this.files.push(file);
  }

  giveBack(file: string): void {
    this.returned.push(file);
  }

  takeFirst(): string | undefined {
    return this.first < this.files.length ? this.files[this.first++] : undefined;
  }

  /** The files from the last one on, until nothing is left. */
  *[Symbol.iterator](): Iterator<string> {
    while (this.size > 0) {
      const file = this.returned.pop() ?? this.files.pop();
      if (file !== undefined) yield file;
    }
  }
}

/** The second thread, as the first one sees it. */
class Helper {
  private readonly worker: Worker;
  private readonly sent: (readonly Handout[])[] = [];
  private hasFailed = false;
  private wake = () => {};

  constructor(
    program: string,
    private readonly queue: Queue,
    private readonly service: LanguageService,
  ) {
    this.worker = new Worker(program, { resourceLimits, stdout: true });
    this.worker.unref();
    this.worker.on("message", (answer: Answer) => this.take(answer));
    this.worker.on("error", () => this.fail());
    this.worker.on("exit", () => this.fail());
    this.send();
  }

  /** Waits until nothing is under way any more. */
  async answered(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const stop = () => this.wake();
    signal.addEventListener("abort", stop, { once: true });
    while (this.sent.length > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    signal.removeEventListener("abort", stop);
  }

  /** Ends the thread. */
  end(): void {
    this.hasFailed = true;
    void this.worker.terminate();
  }

  /** Keeps the thread busy, as far as there are files. */
  send(): void {
    while (!this.hasFailed && this.sent.length < batchesAhead) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      this.sent.push(batch);
      this.worker.postMessage(batch.map(({ parts }) => parts) satisfies Batch);
    }
  }

  private nextBatch(): Handout[] {
    const batch: Handout[] = [];
    while (batch.length < batchSize) {
      const file = this.queue.takeFirst();
      if (file === undefined) break;
      const handout = this.service.handOut(file);
      if (handout.parts.length > 0) batch.push(handout);
    }
    return batch;
  }

  private take(answer: Answer): void {
    for (const [index, handout] of (this.sent.shift() ?? []).entries()) {
      const studies = answer[index];
      if (studies === undefined) this.queue.giveBack(handout.file);
      else handout.take(studies);
    }
    this.send();
    this.wake();
  }

  private fail(): void {
    this.hasFailed = true;
    for (const { file } of this.sent.splice(0).flat()) this.queue.giveBack(file);
    this.wake();
  }
}
