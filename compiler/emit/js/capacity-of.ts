import { axisName } from "../../base/types/call-axes.js";
import { TIME_SYMBOL } from "../../base/types/dim.js";
import { printString } from "./literal.js";

/** JavaScript for the largest size of an axis that `capacity` has: of what `instantiate` made of its options. */
export const capacityOf = (symbol: string): string =>
  symbol === TIME_SYMBOL ? "capacity.steps" : `capacity.sizes[${printString(axisName(symbol))}]`;
