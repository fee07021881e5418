import { CallRangeError } from "./errors.js";
import { describe } from "./options.js";
import { threefry, type TwoWords, wordsOf } from "./threefry.js";

/**
 * Seeded random numbers: the same bits on every host, from 32-bit integer arithmetic and exact rules of IEEE-754 alone.
 *
 * The generator walks a 32-bit counter in steps of an odd constant and scrambles each value with two rounds of xor,
 * shift and multiply (the finalising step of MurmurHash3 with the shifts and constants found by Chris Wellons for
 * least bias, "lowbias32"). Two such words, from two counters, make one number of 53 bits. It is fast and passes for
 * initial weights, shuffles and test data; it is not for secrets. Its period is 2^32 numbers.
 */
export interface Random {
  /** An integer in `[0, 2^32)`. */
  word(): number;
  /** A number in `[low, high)`, by default `[0, 1)`, with 53 random bits. */
  uniform(low?: number, high?: number): number;
  /** A number from the normal distribution with mean 0 and the given standard deviation, by default 1. */
  normal(deviation?: number): number;
  /** An integer in `[0, bound)`, each as likely as any other. */
  integer(bound: number): number;
  /** Puts the items into random order, in place, and returns them. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T;
}

/** Scrambles the bits of a 32-bit integer; one to one. */
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** log(value) on (0, 1) by plain arithmetic; `Math.log` may differ in its last bit from host to host. */
function logarithm(value: number): number {
  let mantissa = value;
  let exponent = 0;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  // log(m) = 2 artanh(z) = 2 (z + z^3/3 + z^5/5 + …), with |z| at most 0.172: 12 terms reach the last bit.
  const z = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let power = 23; power >= 1; power -= 2) series = 1 / power + z * z * series;
  return exponent * Math.LN2 + 2 * z * series;
}

/**
 * A generator that starts at `seed`.
 *
 * @param seed Any integer; only its lowest 32 bits count.
 * @throws RangeError where the seed is not an integer.
 * @example
 *     const random = createRandom(7);
 *     const noise = Float64Array.from({ length: 10 }, () => random.normal(0.1));
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new CallRangeError(`seed must be an integer, got ${describe(seed)}`);
  // Neighbouring seeds must not give shifted copies of one sequence, so the seed is scrambled first.
  let counter = scramble(seed ^ 0x5bd1e995);
  const stream = scramble(counter ^ 0x9e3779b9);
  return randomOf(() => {
    counter = (counter + 0x9e3779b1) | 0;
    return scramble(scramble(counter) ^ stream);
  });
}

/**
 * Random numbers of their own for a purpose and some numbers, such as an epoch: what is drawn for one says nothing of another, and depends
 * on nothing that was drawn before. All 53 bits of the seed count.
 */
export function randomStream(seed: number, purpose: string, ...places: readonly number[]): Random {
  let key = threefry(wordsOf(seed), [0, 0]);
  for (let i = 0; i < purpose.length; i++) key = threefry(key, [purpose.charCodeAt(i), 1]);
  for (const place of places) {
    const [low, high] = wordsOf(place);
    key = threefry(threefry(key, [low, 2]), [high, 4]);
  }
  let [count, pair]: [number, TwoWords] = [0, [0, 0]];
  return randomOf(() => {
    const at = count++ % 2;
    if (at === 0) pair = threefry(key, wordsOf((count - 1) / 2));
    return pair[at as 0 | 1] >>> 0;
  });
}

function randomOf(word: () => number): Random {
  let spare: number | undefined;
  const uniform = (low = 0, high = 1): number => {
    const fraction = ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 0x20000000000000;
    const value = low + (high - low) * fraction;
    // Rounding may reach the upper end, which does not belong to the range.
    return value < high || low >= high ? value : low;
  };
  const normal = (deviation = 1): number => {
    if (spare !== undefined) {
      const value = spare * deviation;
      spare = undefined;
      return value;
    }
    // Marsaglia's polar method: a point in the unit disc makes two independent numbers.
    for (;;) {
      const u = uniform(-1, 1);
      const v = uniform(-1, 1);
      const square = u * u + v * v;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * logarithm(square)) / square);
      spare = v * factor;
      return u * factor * deviation;
    }
  };
  const integer = (bound: number): number => {
    if (!Number.isSafeInteger(bound) || bound < 1 || bound > 0x100000000) {
      throw new CallRangeError(`bound must be an integer from 1 to 2^32, got ${describe(bound)}`);
    }
    // Words in the incomplete last stretch of `bound` numbers would favour the small ones.
    const limit = 0x100000000 - (0x100000000 % bound);
    let value = word();
    while (value >= limit) value = word();
    return value % bound;
  };
  const shuffle = <T extends { [index: number]: unknown; readonly length: number }>(items: T): T => {
    for (let last = items.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      const moved = items[last];
      items[last] = items[other];
      items[other] = moved;
    }
    return items;
  };
  return { word, uniform, normal, integer, shuffle };
}
