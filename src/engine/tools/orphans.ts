// Ends programs that outlived the process which started them. A killed process cannot stop its git, and a push that
// goes on by itself could arrive after a newer one. Knows them by the private home they run with.
import { readdir, readFile, realpath } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram, hostEnvironment, runProgram, stopGraceMs } from "./process";

/**
 * Asks every program whose home is below `dir` to stop and kills what is left after a while; git removes its own locks when
 * asked, also in a remote that is a folder. On Windows there are none: the system ends them with their parent.
 */
export async function endProgramsBelow(dir: string, graceMs = stopGraceMs): Promise<number> {
  const real = await realpath(dir).catch(() => dir);
  const found = await programsBelow(real);
  for (const pid of found) signal(pid, "SIGTERM");
  for (const deadline = Date.now() + graceMs; (await programsBelow(real)).length > 0; await sleep(20)) {
    if (Date.now() < deadline) continue;
    for (const pid of await programsBelow(real)) signal(pid, "SIGKILL");
    break;
  }
  return found.length;
}

function programsBelow(dir: string): Promise<number[]> {
  if (process.platform === "linux") return fromProc(dir);
  return process.platform === "win32" ? Promise.resolve([]) : fromPs(dir);
}

async function fromProc(dir: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""); // not ours, or gone
      return `\0${environment}`.includes(`\0HOME=${dir}${sep}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

async function fromPs(dir: string): Promise<number[]> {
  const command = await findProgram("ps");
  const args = ["-x", "-w", "-w", "-E", "-o", "pid=,command="];
  const never = new AbortController().signal;
  const { stdout } = await runProgram({ command, args, cwd: "/", env: hostEnvironment(), signal: never });
  return stdout
    .split("\n")
    .filter((line) => line.includes(` HOME=${dir}${sep}`))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 0 && pid !== process.pid);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}
