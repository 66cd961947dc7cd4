// Go's math.Pow on amd64, bit for bit; JavaScript's `**` differs in special cases and in the last digit.
// Splits the exponent: whole part by repeated squaring, fraction by exp(f * log(x)) as Go's assembly computes them.

const view = new DataView(new ArrayBuffer(8));

/** `x` to the power of `y` (Go math.Pow). */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === 0) return powOfZero(x, y);
  if (!Number.isFinite(y)) {
    if (x === -1) return 1;
    return Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  }
  if (!Number.isFinite(x)) return x < 0 ? pow(-0, -y) : y < 0 ? 0 : Infinity;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  return powOfFinite(x, y);
}

function powOfZero(x: number, y: number): number {
  const negative = Object.is(x, -0) && Math.abs(y) < 2 ** 53 && Math.abs(y % 2) === 1;
  if (y < 0) return negative ? -Infinity : Infinity;
  return negative ? x : 0;
}

function powOfFinite(x: number, y: number): number {
  let whole = Math.trunc(Math.abs(y));
  let fraction = Math.abs(y) - whole;
  if (fraction !== 0 && x < 0) return Number.NaN;
  if (whole >= 2 ** 63) {
    if (x === -1) return 1;
    return Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  }
  let result = 1;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--;
      whole++;
    }
    result = exp(fraction * log(x));
  }
  let [square, squareExponent] = split(x);
  let exponent = 0;
  for (let rest = BigInt(whole); rest !== 0n; rest >>= 1n) {
    // Past this the result is 0 or infinite anyway; going on would overflow the exponent.
    if (squareExponent < -4096 || squareExponent > 4096) {
      exponent += squareExponent;
      break;
    }
    if ((rest & 1n) === 1n) {
      result *= square;
      exponent += squareExponent;
    }
    square *= square;
    squareExponent *= 2;
    if (square < 0.5) {
      square += square;
      squareExponent--;
    }
  }
  return y < 0 ? join(1 / result, -exponent) : join(result, exponent);
}

/** Mantissa in [0.5, 1) and exponent of two (Go math.Frexp). */
function split(value: number): [number, number] {
  if (value === 0) return [value, 0];
  const subnormal = Math.abs(value) < 2 ** -1022;
  view.setFloat64(0, subnormal ? value * 2 ** 52 : value);
  const high = view.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022 - (subnormal ? 52 : 0);
  view.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return [view.getFloat64(0), exponent];
}

/** `mantissa * 2 ** exponent` with one rounding (Go math.Ldexp). */
function join(mantissa: number, exponent: number): number {
  if (mantissa === 0 || !Number.isFinite(mantissa)) return mantissa;
  const [unit, ownExponent] = split(mantissa);
  const power = exponent + ownExponent;
  if (power < -1080) return unit < 0 ? -0 : 0;
  if (power > 1024) return unit < 0 ? -Infinity : Infinity;
  if (power >= -1021) return unit * 2 ** Math.min(power, 1023) * (power > 1023 ? 2 : 1);
  return unit * 2 ** (power + 53) * 2 ** -53;
}

/** Natural logarithm after FreeBSD's __ieee754_log, in the order of operations of Go's log_amd64.s. */
function log(x: number): number {
  let [f1, k] = split(x);
  if (f1 < Math.SQRT1_2) {
    f1 *= 2;
    k--;
  }
  const f = f1 - 1;
  const s = f / (2 + f);
  const s2 = s * s;
  const s4 = s2 * s2;
  const odd =
    s2 *
    (0.6666666666666735 + s4 * (0.2857142874366239 + s4 * (0.1818357216161805 + s4 * 0.14798198605116586)));
  const even = s4 * (0.3999999999940942 + s4 * (0.22222198432149784 + s4 * 0.15313837699209373));
  const half = 0.5 * f * f;
  const low = s * (half + (odd + even)) + k * 1.9082149292705877e-10;
  return k * 0.6931471803691238 - (half - low - f);
}

/** e to the power of x: Shibata's reduction and Taylor series, with the fused operations of Go's exp_amd64.s. */
function exp(x: number): number {
  if (x > 709.782712893384) return Infinity;
  const exponent = roundHalfEven(x * Math.LOG2E);
  let r = fma(-exponent, 0.693147180559663, x);
  r = fma(-exponent, 2.8235290563031577e-13, r) * 0.0625;
  let sum = 0.0000248015873015873;
  for (const c of [0.0001984126984126984, 0.001388888888888889, 0.008333333333333333]) sum = fma(sum, r, c);
  for (const c of [0.041666666666666664, 0.16666666666666666, 0.5, 1]) sum = fma(sum, r, c);
  r *= sum;
  for (let i = 0; i < 3; i++) r *= r + 2;
  const last = r + 2;
  return join(fma(r, last, 1), exponent);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5 || (rest === 0.5 && floor % 2 === 0)) return floor;
  return floor + 1;
}

/** `a * b + c` with one rounding (Boldo and Melquiond, by error-free sums and rounding to odd). */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const productError = multiplyError(a, b, product);
  const [lowSum, lowError] = twoSum(c, productError);
  const [highSum, highError] = twoSum(product, lowSum);
  return highSum + addToOdd(highError, lowError);
}

function twoSum(a: number, b: number): [number, number] {
  const sum = a + b;
  const shadow = sum - a;
  return [sum, a - (sum - shadow) + (b - shadow)];
}

function multiplyError(a: number, b: number, product: number): number {
  const [ah, al] = halves(a);
  const [bh, bl] = halves(b);
  return al * bl - (product - ah * bh - al * bh - ah * bl);
}

function halves(value: number): [number, number] {
  const scaled = 134217729 * value;
  const high = scaled - (scaled - value);
  return [high, value - high];
}

/** The sum, moved to the neighbour with an odd last bit when it is not exact. */
function addToOdd(a: number, b: number): number {
  const [sum, error] = twoSum(a, b);
  if (error === 0) return sum;
  view.setFloat64(0, sum);
  const bits = view.getBigUint64(0);
  if ((bits & 1n) === 1n) return sum;
  view.setBigUint64(0, error > 0 === sum > 0 ? bits + 1n : bits - 1n);
  return view.getFloat64(0);
}
