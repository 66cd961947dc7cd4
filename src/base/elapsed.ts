// Lengths of time in words a person reads at a glance: `2 min 5 s`, `3 h ago`.
// Not Go's notation (duration.ts) and not for machines.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A length in milliseconds with at most two units: `<1 s`, `42 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`. No fractions:
 * Kubernetes keeps times in whole seconds.
 */
export function lengthText(ms: number): string {
  const size = Math.max(0, ms);
  if (size < second) return "<1 s";
  if (size < minute) return `${Math.floor(size / second)} s`;
  if (size < hour) return twoUnits(size, minute, "min", second, "s");
  if (size < day) return twoUnits(size, hour, "h", minute, "min");
  return twoUnits(size, day, "d", hour, "h");
}

/** How long ago, coarse enough not to tick: `just now`, `4 min ago`, `3 h ago`, `12 d ago`. */
export function agoText(ms: number): string {
  if (ms < minute) return "just now";
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h ago`;
  return `${Math.floor(ms / day)} d ago`;
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / big);
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`;
}
