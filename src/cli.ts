// Composition root of the terminal program: parses nothing itself, runs a command and sets the exit code.
import process from "node:process";

process.exitCode = 2;
