/**
 * recell: a compiler for recurrent cells. Everything around compiled modules, such as training and files of parameters,
 * is in `recell/runtime`, which does not need the compiler.
 */

// From text to module, and what is wrong with a text.
export * from "./driver/index.js";

// Is a gradient right?
export { checkGradients } from "./tools/gradcheck/check-gradients.js";
export { NotFiniteError, UncheckableError } from "./tools/gradcheck/uncheckable.js";
export type { GradientCheckOptions } from "./tools/gradcheck/check-settings.js";
export type {
  Comparison,
  DeclaredComparison,
  DeclaredReport,
  GradientReport,
  Method,
  MethodReport,
  NotFinitePlace,
  Precision,
  TensorReport,
} from "./tools/gradcheck/report.js";
export type { Counterexample, Fault, FaultPlace, FaultStage } from "./tools/gradcheck/fault.js";

// Does a compiled module keep its promises?
export { verifyModule } from "./tools/verify/verify-module.js";
export type { VerifyOptions } from "./tools/verify/verify-options.js";
export type { CheckName, CheckReport, VerifyReport, Worst } from "./tools/verify/report.js";

// How do gradients travel through time?
export { diagnose, type DiagnoseOptions } from "./tools/diagnose/diagnose.js";
export type {
  Diagnosis,
  GradientFlow,
  JacobianProfile,
  LyapunovSpectrum,
  NormCurve,
  Overflow,
  PassedOn,
  Saturation,
  SourcePlace,
  Verdict,
} from "./tools/diagnose/diagnosis.js";
export { DataError, type DataErrorCode, type DataTensor, type DataTensors } from "./tools/diagnose/data.js";
export { dataFromCsv, dataFromSafetensors } from "./tools/diagnose/read-data.js";
export { diagnosisPage, drawDiagnosis } from "./tools/diagnose/draw-diagnosis.js";
export { printReplay, replay, type ReplayedFault } from "./tools/diagnose/replay.js";
export { printDiagnosis } from "./tools/diagnose/print-diagnosis.js";
