/**
 * `value` with so many significant digits, without an exponent where it is 1 or more: 99.7 with two digits is `100`
 * (`toPrecision` alone gives `1.0e+2`), 0.5 is `0.50`.
 */
export function significant(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes("e+") ? BigInt(Number(text)).toString() : text;
}
