// Whether a text has a format: URI and e-mail address as Go reads them, durations, times, patterns.
// Compares nothing with the outside world: a URI that parses need not exist.
import { parseDuration } from "../../base/duration";
import { parseGoUrl } from "../../base/go-url";

/** True for what Kargo's schema check takes as a URI: Go parses it, it has a scheme and no backslash (gojsonschema). */
export function isUri(text: string): boolean {
  const url = parseGoUrl(text);
  return url !== undefined && url.scheme !== "" && !text.includes("\\");
}

/** True for a Go duration. */
export function isDuration(text: string): boolean {
  return parseDuration(text) !== undefined;
}

/** True for an RFC 3339 time. */
export function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)([.,]\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) &&
    !Number.isNaN(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10))
  );
}

/**
 * A Go (RE2) pattern as a JavaScript one, or undefined when JavaScript cannot read it. `.` keeps RE2's meaning: any
 * character but a newline.
 */
export function goPattern(pattern: string): RegExp | undefined {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  try {
    const regex = new RegExp(translate(pattern), "u");
    compiled.set(pattern, regex);
    return regex;
  } catch {
    return undefined;
  }
}

const compiled = new Map<string, RegExp>();

/** Rewrites the few things RE2 and JavaScript's `u` mode spell differently. */
function translate(pattern: string): string {
  let out = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === "\\") {
      const next = pattern.charAt(++at);
      out +=
        /[\w^$\\.*+?()[\]{}|/-]/.test(next) && next !== "_" && (next !== "-" || inClass) ? char + next : next;
    } else if (char === "." && !inClass) out += "[^\\n]";
    else if (char === "-" && inClass && /\\w$/.test(out)) out += "\\-";
    else {
      if (char === "[") inClass = true;
      if (char === "]") inClass = false;
      out += char;
    }
  }
  return out;
}

/** True for what Go's mail.ParseAddress reads as exactly one address, with or without a display name. */
export function isEmail(text: string): boolean {
  const reader = new AddressReader(text);
  return reader.address(true) === 1 && reader.skipComments() && reader.done;
}

/** Reads RFC 5322 addresses as Go's net/mail does; methods tell success, the position moves on. */
class AddressReader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get done(): boolean {
    return this.#rest === "";
  }

  /** Number of addresses read (a group may hold several), or undefined. */
  address(groups: boolean): number | undefined {
    this.#take(/^[ \t]+/);
    if (this.done) return undefined;
    if (this.#spec()) {
      this.#take(/^[ \t]+/);
      return this.#rest.startsWith("(") && !this.#comment() ? undefined : 1;
    }
    if (!this.#rest.startsWith("<") && !this.#phrase()) return undefined;
    this.#take(/^[ \t]+/);
    if (groups && this.#take(/^:/)) return this.#group();
    return this.#take(/^</) && this.#spec() && this.#take(/^>/) ? 1 : undefined;
  }

  /** Skips blanks and comments; false when a comment does not end. */
  skipComments(): boolean {
    this.#take(/^[ \t]+/);
    while (this.#rest.startsWith("(")) {
      if (!this.#comment()) return false;
      this.#take(/^[ \t]+/);
    }
    return true;
  }

  #group(): number | undefined {
    this.#take(/^[ \t]+/);
    if (this.#take(/^;/)) return this.skipComments() ? 0 : undefined;
    for (let count = 0; ; ) {
      this.#take(/^[ \t]+/);
      const read = this.address(false);
      if (read === undefined || !this.skipComments()) return undefined;
      count += read;
      if (this.#take(/^;/)) return this.skipComments() ? count : undefined;
      if (!this.#take(/^,/)) return undefined;
    }
  }

  /** `local@domain`; on failure the position stays. */
  #spec(): boolean {
    const start = this.#rest;
    this.#take(/^[ \t]+/);
    const local = this.#rest.startsWith('"') ? this.#quoted(1) : this.#dotAtom();
    const ok =
      local && this.#take(/^@[ \t]*/) && (this.#rest.startsWith("[") ? this.#literal() : this.#dotAtom());
    if (!ok) this.#rest = start;
    return ok;
  }

  #dotAtom(): boolean {
    const atom = this.#atom();
    return atom !== "" && !/^\.|\.\.|\.$/.test(atom);
  }

  #atom(): string {
    const atom = /^[!#-'*+\-./0-9=?A-Z^-~\u0080-\u{10ffff}]+/u.exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(atom.length);
    return atom;
  }

  #quoted(atLeast: 0 | 1): boolean {
    const quoted = /^"((?:[ \t!#-[\]-~\u0080-\u{10ffff}]|\\[ \t!-~\u0080-\u{10ffff}])*)"/u.exec(this.#rest);
    if (quoted === null) return false;
    this.#rest = this.#rest.slice(quoted[0].length);
    return (quoted[1] ?? "").length >= atLeast;
  }

  /** One word at least; what follows and is no word ends the phrase. */
  #phrase(): boolean {
    for (let words = 0; ; words++) {
      if (words > 0 && !this.skipComments()) return false;
      this.#take(/^[ \t]+/);
      if (this.done) return true;
      if (!(this.#rest.startsWith('"') ? this.#quoted(0) : this.#atom() !== "")) return words > 0;
    }
  }

  #literal(): boolean {
    const literal = /^\[([!-Z^-~\u0080-\u{10ffff}]*)\]/u.exec(this.#rest);
    if (literal === null) return false;
    this.#rest = this.#rest.slice(literal[0].length);
    const address = literal[1] ?? "";
    return isIpv4(address) || parseGoUrl(`//[${address}]`)?.host === `[${address}]`;
  }

  #comment(): boolean {
    let depth = 0;
    for (let at = 0; at < this.#rest.length; at++) {
      const char = this.#rest.charAt(at);
      if (char === "\\" && at + 1 < this.#rest.length) at++;
      else if (char === "(") depth++;
      else if (char === ")" && --depth === 0) {
        this.#rest = this.#rest.slice(at + 1);
        return true;
      }
    }
    return false;
  }

  #take(pattern: RegExp): boolean {
    const found = pattern.exec(this.#rest);
    if (found === null) return false;
    this.#rest = this.#rest.slice(found[0].length);
    return true;
  }
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}
