import type { SizedAxis } from "../../base/types/call-axes.js";
import { printString } from "./literal.js";

/** JavaScript for the largest size of an axis that `capacity` has: of what `instantiate` made of its options. */
export const capacityOf = ({ kind, name }: SizedAxis): string =>
  kind === "steps" ? "capacity.steps" : `capacity.sizes[${printString(name)}]`;
