/**
 * recell: a compiler for recurrent cells. Everything around compiled modules, such as training and files of parameters,
 * is in `recell/runtime`, which does not need the compiler.
 */

// From text to module.
export {
  check,
  compile,
  CompileOptionsError,
  declarations,
  format,
  type CellSummary,
  type CheckResult,
  type CompileFailure,
  type CompileOptions,
  type CompileResult,
  type CompileSuccess,
  type Findings,
  type FormatResult,
  type ModuleFormat,
  type OutputFile,
  type SourceOptions,
} from "./compile.js";

// From text to a module in this process.
export {
  cell,
  CellError,
  type CellOptions,
  type DeclaredCell,
  type LoadedCell,
  type LoadedFrom,
} from "./in-process.js";
export type { CellGradient, CellInstance, CellModule, CellResult, GivenTensor, GivenValues } from "./cell-types.js";
export type {
  CompiledModule,
  InstantiateOptions,
  KernelVariant,
  ModuleInstance,
} from "../runtime/module/compiled-module.js";
export type { Manifest } from "../runtime/module/manifest.js";

// What is wrong with a text, for people and for programs.
export type { Diagnostic } from "./diagnostics/diagnostic.js";
export type { DiagnosticCode } from "./diagnostics/codes.js";
export {
  diagnosticToJson,
  renderDiagnostic,
  renderDiagnostics,
  type JsonDiagnostic,
  type RenderOptions,
  type SourceLookup,
} from "./diagnostics/render.js";
export { SourceFile } from "./source/source-file.js";
export type { Span } from "./source/span.js";

// Is a gradient right?
export { checkGradients } from "./gradcheck/check-gradients.js";
export { NotFiniteError, UncheckableError } from "./gradcheck/uncheckable.js";
export type { GradientCheckOptions } from "./gradcheck/check-settings.js";
export type {
  Comparison,
  DeclaredComparison,
  DeclaredReport,
  GradientReport,
  Method,
  MethodReport,
  Precision,
  TensorReport,
} from "./gradcheck/report.js";
export type { Fault, FaultPlace, FaultStage } from "./gradcheck/locate/fault.js";
export type { Counterexample } from "./gradcheck/locate/trial.js";

// What ends long calls.
export { BudgetError, type EndingOptions } from "./turns.js";

// Does a compiled module keep its promises?
export { verifyModule } from "./verify/verify-module.js";
export type { VerifyOptions } from "./verify/verify-options.js";
export type { CheckName, CheckReport, VerifyReport, Worst } from "./verify/report.js";

// How do gradients travel through time?
export { diagnose, type DiagnoseOptions } from "./diagnose/diagnose.js";
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
} from "./diagnose/diagnosis.js";
export { DataError, type DataErrorCode, type DataTensor, type DataTensors } from "./diagnose/data.js";
export { dataFromCsv, dataFromSafetensors } from "./diagnose/read-data.js";
export { diagnosisPage, drawDiagnosis } from "./diagnose/draw-diagnosis.js";
export { printDiagnosis } from "./diagnose/print-diagnosis.js";

export { version } from "./version.js";
