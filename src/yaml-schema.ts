// Entry of a bundle of its own: the table of Kargo's kinds as JSON Schema, which the editor seldom needs.
// Makes its text and nothing else.
import { documentSchema } from "./model/schema/schema";

/** The schema as text. */
export function schemaText(): string {
  return JSON.stringify(documentSchema());
}
