// Runs the built terminal program as a user would: a process of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The bundle under test. */
export const cliPath = join(process.cwd(), "dist", "cli.js");

/** What a finished run left. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that has been started. */
export interface CliRun {
  readonly process: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves once stdout matches; rejects when the program ends before. */
  printed(pattern: RegExp): Promise<void>;
  /** The same for stderr. */
  told(pattern: RegExp): Promise<void>;
}

/** Starts the program. */
export function startCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string; readonly env?: NodeJS.ProcessEnv } = {},
): CliRun {
  if (!existsSync(cliPath)) throw new Error(`${cliPath} is missing: run "npm run build" first.`);
  const child = spawn(process.execPath, [cliPath, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: "pipe",
  });
  child.stdin.end(options.stdin ?? "");
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    for (const check of waiting) check();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    for (const check of waiting) check();
  });
  const ended = new Promise<CliResult>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  const matched = (text: () => string, pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!pattern.test(text())) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      void ended.then((result) =>
        reject(new Error(`ended before it printed ${pattern}: ${result.stdout}${result.stderr}`)),
      );
      check();
    });
  return {
    process: child,
    ended,
    printed: (pattern) => matched(() => stdout, pattern),
    told: (pattern) => matched(() => stderr, pattern),
  };
}

/** Runs the program to its end. */
export function runCli(
  args: readonly string[],
  options?: { readonly cwd?: string; readonly stdin?: string },
): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** Runs git and returns what it printed, without the last newline. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).replace(
    /\n$/,
    "",
  );
}
