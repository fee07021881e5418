import { TIME_SYMBOL, symbolName } from "../../base/types/dim.js";
import { printString } from "./literal.js";

/** JavaScript for the largest size of an axis that `capacity` has: of what `instantiate` made of its options. */
export const capacityOf = (symbol: string): string =>
  symbol === TIME_SYMBOL ? "capacity.steps" : `capacity.sizes[${printString(symbolName(symbol))}]`;
