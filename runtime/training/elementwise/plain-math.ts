/** Functions whose last bits differ from engine to engine, by operations whose bits do not. */

/** A whole power, 0 or more, by squaring. */
export function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** cos(pi part) for a part from 0 to 1, by its series where that is short. */
export function halfTurnCosine(part: number): number {
  if (part > 0.5) return -halfTurnCosine(1 - part);
  const square = (Math.PI * part) ** 2;
  let sum = 0;
  for (let n = 20; n >= 2; n -= 2) sum = (1 - sum) * (square / (n * (n - 1)));
  return 1 - sum;
}

/** exp of a number from -1 to 0, by its series. */
export function smallExponential(value: number): number {
  let sum = 1;
  for (let n = 20; n >= 1; n--) sum = 1 + (value / n) * sum;
  return sum;
}
