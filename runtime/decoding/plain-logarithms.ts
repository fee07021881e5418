/** exp and log by operations that all hosts round alike: what is chosen by them is the same everywhere. */

/** log 2 in two parts: whole multiples of the first are exact. */
const [logTwo, logTwoRest] = [0.6931471803691238, 1.9082149292705877e-10];

/** e^value, of a value that is not above 0; below 2^-1000 it is 0. */
export function exponentialOf(value: number): number {
  if (!(value > -690)) return value >= -Infinity ? 0 : NaN;
  const halvings = Math.ceil(-value / Math.LN2);
  // e^value = 2^-halvings e^rest, with a rest from 0 to log 2.
  const rest = value + halvings * logTwo + halvings * logTwoRest;
  let sum = 1;
  for (let n = 22; n >= 1; n--) sum = 1 + (rest / n) * sum;
  return sum * 2 ** -halvings;
}

/** Of a number above 0. */
export function logarithmOf(value: number): number {
  let [mantissa, exponent] = [value, 0];
  for (; mantissa >= Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  // log(m) = 2 artanh(z) = 2 (z + z^3/3 + z^5/5 + …), with |z| at most 0.172: 12 terms reach the last bit.
  const z = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let power = 23; power >= 1; power -= 2) series = 1 / power + z * z * series;
  return exponent * Math.LN2 + 2 * z * series;
}
