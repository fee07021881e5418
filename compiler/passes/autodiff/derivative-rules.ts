/**
 * All derivative rules together. The walks take them as an argument, so that a test can hand in a table with a planted
 * fault and see it found.
 */
import { linearRules } from "./linear-rules.js";
import { scalarDerivatives } from "./scalar-derivatives.js";

export interface DerivativeRules {
  readonly scalar: typeof scalarDerivatives;
  readonly linear: typeof linearRules;
}

export const derivativeRules: DerivativeRules = { scalar: scalarDerivatives, linear: linearRules };
