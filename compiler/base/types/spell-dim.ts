/** Dimensions in another spelling than that of the language, which `printDim` has. */
import { type Dim, type Factor, isFloor, isSymbolOrNumber, termsInOrder } from "./dim.js";

interface DimSpelling {
  readonly symbol: (name: string) => string;
  readonly times: string;
  readonly floor: string;
}

export function spellDim(dim: Dim, spelling: DimSpelling): string {
  if (dim.terms.length === 0) return "0";
  return termsInOrder(dim)
    .map(({ numerator, denominator, powers }, position) => {
      const factors = (sign: number): string[] =>
        powers.flatMap(([factor, exponent]) =>
          Array.from({ length: Math.max(0, sign * exponent) }, () => spellFactor(factor, spelling)),
        );
      const [over, under] = [factors(1), factors(-1)];
      if (Math.abs(numerator) !== 1 || over.length === 0) over.unshift(String(Math.abs(numerator)));
      if (denominator !== 1) under.unshift(String(denominator));
      const divisor = under.join(spelling.times);
      const text = over.join(spelling.times) + (under.length > 1 ? ` / (${divisor})` : divisor && ` / ${divisor}`);
      if (position === 0) return numerator < 0 ? `-${text}` : text;
      return numerator < 0 ? ` - ${text}` : ` + ${text}`;
    })
    .join("");
}

/** A symbol, or a rounded quotient. */
function spellFactor(factor: Factor, spelling: DimSpelling): string {
  if (!isFloor(factor)) return spelling.symbol(factor);
  const [over, under] = [factor.dividend, factor.divisor].map((part) => {
    const text = spellDim(part, spelling);
    return isSymbolOrNumber(part) ? text : `(${text})`;
  });
  return `${spelling.floor}(${over ?? ""} / ${under ?? ""})`;
}
