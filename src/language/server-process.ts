// Entry of the language server's bundle: starts it, or in a second thread what helps it to read.
// Nothing else, so that other programs can import the server without starting one.
import { parentPort } from "node:worker_threads";
import { startServer } from "./server";
import { serveStudies } from "./server-study";

if (parentPort === null) startServer({ studyProgram: __filename });
else serveStudies(parentPort);
