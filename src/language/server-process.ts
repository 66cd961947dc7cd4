// Entry of the language server's bundle.
// Starts it and nothing else, so that other programs can import the server without starting one.
import { startServer } from "./server";

startServer();
