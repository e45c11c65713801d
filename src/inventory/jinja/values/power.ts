/** More bits than a double has, so that its last bit is rounded correctly. */
const BITS = 128;
/** Beyond it every power of a number not close to 1 is 0 or infinite. */
const MOST = 2200;

/** `x ** y` of floats as C's pow rounds it; JavaScript's may be off in the last digit. */
export function power(x: number, y: number): number {
  if (!Number.isFinite(x) || !Number.isInteger(y) || Math.abs(y) > MOST || x === 0) return x ** y;
  // x is whole * 2 ** exponent.
  let whole = x;
  let exponent = 0;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent--;
  }
  const size = BigInt(Math.abs(whole)) ** BigInt(Math.abs(y));
  const sign = x < 0 && y % 2 !== 0 ? -1 : 1;
  const more = size.toString(2).length + BITS;
  return sign * (y >= 0 ? rounded(size, exponent * y) : rounded(quotient(1n << BigInt(more), size), exponent * y - more));
}

/** A remainder sets the last bit, which only decides between two neighbours. */
function quotient(a: bigint, b: bigint): bigint {
  return a % b === 0n ? a / b : (a / b) | 1n;
}

/** value * 2 ** exponent */
function rounded(value: bigint, exponent: number): number {
  const cut = Math.max(0, value.toString(2).length - BITS);
  let out = Number(quotient(value, 1n << BigInt(cut)));
  // In steps: 2 ** -1100 alone would be 0.
  for (let left = exponent + cut; left !== 0; ) {
    const step = Math.max(-500, Math.min(500, left));
    out *= 2 ** step;
    left -= step;
  }
  return out;
}
