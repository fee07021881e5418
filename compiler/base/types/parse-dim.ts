/** Reads dimensions as `printDim` writes them. */
import { addDims, type Dim, dimConstant, dimSymbol, divideDims, floorDim, multiplyDims, subtractDims } from "./dim.js";

/** Tokens of a text: words, whole numbers, operators. */
export interface DimTokens {
  readonly next: string;
  take: () => string;
  accept: (token: string) => boolean;
  expect: (token: string) => void;
  /** Takes the name of a dimension. */
  symbol: () => string;
  /** Reports what is wrong with the text. */
  fail: (problem: string) => never;
}

export function parseDim(tokens: DimTokens): Dim {
  let sum = parseProduct(tokens);
  for (;;) {
    if (tokens.accept("+")) sum = addDims(sum, parseProduct(tokens));
    else if (tokens.accept("-")) sum = subtractDims(sum, parseProduct(tokens));
    // `H - 1` may be read as `H`, `-1`.
    else if (/^-\d/.test(tokens.next)) sum = addDims(sum, parseProduct(tokens));
    else return sum;
  }
}

function parseProduct(tokens: DimTokens): Dim {
  let product = parseFactor(tokens);
  for (;;) {
    if (tokens.accept("*")) product = multiplyDims(product, parseFactor(tokens));
    else if (tokens.accept("/")) {
      product = divideDims(product, parseFactor(tokens)) ?? tokens.fail("division of a dimension by a sum");
    } else return product;
  }
}

/** A number, a name or what stands in parentheses. */
export function parseFactor(tokens: DimTokens): Dim {
  if (tokens.accept("(")) {
    const inner = parseDim(tokens);
    tokens.expect(")");
    return inner;
  }
  if (tokens.accept("-")) return multiplyDims(dimConstant(-1), parseFactor(tokens));
  if (/^-?\d+$/.test(tokens.next)) return dimConstant(Number(tokens.take()));
  const symbol = tokens.symbol();
  if (symbol !== "floor" || !tokens.accept("(")) return dimSymbol(symbol);
  const inner = parseDim(tokens);
  tokens.expect(")");
  return floorDim(inner);
}
