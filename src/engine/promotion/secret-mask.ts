// Keeps the values of secrets out of everything that is written down: logs, messages, recorded outputs.
// Steps themselves receive the real values; masking happens where a record is made.
import type { Logger } from "../../base/log";

const replacement = "***";
/** Shorter values would blank out innocent text; they are masked only where they stand alone. */
const minPartLength = 3;
const minLineLength = 8;

/** Remembers secret values and hides them in texts and JSON values. */
export class SecretMask {
  readonly #whole = new Set<string>();
  #parts: readonly string[] = [];

  /** Hides `value` from now on. */
  add(value: string): void {
    if (value === "" || this.#whole.has(value)) return;
    this.#whole.add(value);
    const forms = [value, value.trim(), JSON.stringify(value).slice(1, -1), urlForm(value)];
    const lines = value.split(/\r?\n/).filter((line) => line.trim().length >= minLineLength);
    const parts = [...this.#parts, ...forms, ...lines.map((line) => line.trim())];
    // Longest first, so that a secret that holds another one is hidden as a whole.
    this.#parts = [...new Set(parts)]
      .filter((part) => part.length >= minPartLength)
      .sort((a, b) => b.length - a.length);
  }

  /** `text` without any secret. */
  text(text: string): string {
    if (this.#whole.has(text)) return replacement;
    return this.#parts.reduce((masked, part) => masked.replaceAll(part, replacement), text);
  }

  /** A copy of a JSON value without any secret: in strings, in keys, and in numbers and booleans that are one. */
  value<T>(value: T): T {
    return (this.#whole.size === 0 ? value : this.#masked(value)) as T;
  }

  /** A log that masks every line. */
  log(log: Logger): Logger {
    return {
      debug: (message) => log.debug(this.text(message)),
      info: (message) => log.info(this.text(message)),
      warn: (message) => log.warn(this.text(message)),
      error: (message) => log.error(this.text(message)),
    };
  }

  #masked(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") {
      const text = String(value);
      return text.length >= minPartLength && this.#whole.has(text) ? replacement : value;
    }
    if (Array.isArray(value)) return value.map((member) => this.#masked(member));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [this.text(key), this.#masked(member)]),
    );
  }
}

function urlForm(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value;
  }
}
