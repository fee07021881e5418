/**
 * recell/testing: what must hold of every cell and module, for test suites. Random cells and calls for fast-check are in
 * `recell/testing/fast-check`; nothing here needs it.
 */

// Derivatives.
export {
  hessianIsSymmetric,
  reverseMatchesDifferences,
  reverseMatchesForward,
  type DerivativeOptions,
  type DifferenceCount,
  type DifferenceOptions,
  type ToleranceOptions,
} from "./properties/derivatives.js";

// The same bits, however a module is run.
export { examplesAreIndependent, piecesMatchWhole, repeatsGiveSameBits } from "./properties/same-bits.js";

// The same meaning, whatever compiles it.
export {
  backends,
  backendsAgree,
  passesPreserveMeaning,
  type AgreementOptions,
  type Backend,
  type BackendOptions,
} from "./properties/agreement.js";
export { PropertyError } from "./properties/property-error.js";

// Calls.
export type { CellCall, Numbers } from "../calls/call.js";
export type { Extent } from "../calls/sizes.js";

// One report instead of properties, and one derivative.
export { checkGradients } from "../gradcheck/check-gradients.js";
export { NotFiniteError, UncheckableError } from "../gradcheck/uncheckable.js";
export type { GradientCheckOptions } from "../gradcheck/check-settings.js";
export type { GradientReport } from "../gradcheck/report.js";
export { differentiate, type Difference } from "../gradcheck/differences.js";
