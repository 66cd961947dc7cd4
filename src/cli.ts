// Composition root of the terminal program: the process's streams, its interrupt and its exit code.
// Everything else is cli/program.ts.
import process from "node:process";
import { runProgram } from "./cli/program";

const interrupt = new AbortController();
// All of them: programs that were started run in groups of their own, so that no signal but ours ends them.
for (const [name, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(name, () => {
    if (interrupt.signal.aborted) process.exit(exitCode);
    interrupt.abort();
  });
}
process.stdout.on("error", () => process.exit(0)); // a closed pipe (`| head`) is no error

void runProgram(process.argv.slice(2), {
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  signal: interrupt.signal,
}).then((code) => {
  process.exitCode = code;
});
