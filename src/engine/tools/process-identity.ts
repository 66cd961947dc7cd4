// Says who this process is, so that others can tell later whether it still runs: number, beginning and machine.
// Starts and ends nothing.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isObject } from "../../base/json";

/** A process of one run of one machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, where the system tells; so that a number given anew is not taken for the same process. */
  readonly since: string;
  /** The machine since it was started, and on Linux the part of it that sees the same process numbers. */
  readonly machine: string;
}

let own: ProcessIdentity | undefined;

/** This process. */
export function thisProcess(): ProcessIdentity {
  own ??= { pid: process.pid, since: beginningOf("self"), machine: thisMachine() };
  return own;
}

/** True when the process is known to run no more; false for one of another machine, of which nothing is known. */
export function hasEnded(identity: ProcessIdentity): boolean {
  if (!isHere(identity)) return false;
  const { pid, since } = identity;
  if (process.platform === "linux") return beginningOf(pid) !== since;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** True for a process of this machine: one whose number and end can be seen from here. */
export function isHere({ machine }: ProcessIdentity): boolean {
  return machine === thisProcess().machine;
}

/** The name of a process's machine. */
export function hostOf({ machine }: ProcessIdentity): string {
  return machine.split(" ")[0] ?? "";
}

/** Reads an identity that was written as JSON; undefined when the text holds none. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const { pid, since, machine } = value;
    if (typeof pid !== "number" || typeof since !== "string" || typeof machine !== "string") return undefined;
    return { pid, since, machine };
  } catch {
    return undefined;
  }
}

/** When a process began, in ticks of the system; empty when it is no more (a zombie is not) or the system does not tell. */
function beginningOf(pid: number | "self"): string {
  const text = orEmpty(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // pid (name) state parent …; the name may hold blanks and parentheses, and the 22nd field is the beginning
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
}

function thisMachine(): string {
  const boot = orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  return [hostname(), boot, orEmpty(() => readlinkSync("/proc/self/ns/pid"))].join(" ");
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
