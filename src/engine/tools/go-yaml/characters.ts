// Which characters mean something to a YAML scanner. Codes are UTF-16 units; 0 stands for the end of the text.
// Only questions; nothing here moves or remembers.

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Line feed, carriage return, NEL, LS, PS. */
export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code);
}

export function isBlankOrEnd(code: number): boolean {
  return code === 0 || isBlank(code) || isBreak(code);
}

/** ASCII letters, digits, `_` and `-`. */
export function isWordCharacter(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  );
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** True when `code` is one of the characters of `set`. */
export function isOneOf(code: number, set: string): boolean {
  return code !== 0 && set.includes(String.fromCharCode(code));
}
