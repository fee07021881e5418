// Random numbers of a normal distribution, for the initialisers that have them.

/**
 * Normal numbers by Marsaglia's polar method.
 * @param {() => number} uniform
 */
export function normalStream(uniform) {
  return () => {
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) return u * Math.sqrt((-2 * logarithm(square)) / square);
    }
  };
}

/**
 * The natural logarithm on (0, 1), accurate to a few units in the last place. `Math.log` differs from host to host.
 * @param {number} value
 */
export function logarithm(value) {
  let exponent = 0;
  while (value < 0.7) {
    value *= 2;
    exponent--;
  }
  // log(v) = 2 atanh(z) with |z| < 0.18: the series ends below the last bit.
  const z = (value - 1) / (value + 1);
  let series = 0;
  for (let power = 23; power > 0; power -= 2) series = series * z * z + 1 / power;
  return exponent * 0.6931471805599453 + 2 * z * series;
}
