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
} from "./driver/compile.js";

// From text to a module in this process.
export {
  cell,
  CellError,
  type CellOptions,
  type DeclaredCell,
  type LoadedCell,
  type LoadedFrom,
} from "./driver/in-process.js";
export type {
  CellGradient,
  CellInstance,
  CellModule,
  CellResult,
  GivenTensor,
  GivenValues,
} from "./driver/cell-types.js";
export type {
  CompiledModule,
  InstantiateOptions,
  KernelVariant,
  ModuleInstance,
} from "../runtime/module/compiled-module.js";
export type { Manifest } from "../runtime/module/manifest.js";

// What is wrong with a text, for people and for programs.
export type { Diagnostic } from "./base/diagnostics/diagnostic.js";
export type { DiagnosticCode } from "./base/diagnostics/codes.js";
export {
  diagnosticToJson,
  renderDiagnostic,
  renderDiagnostics,
  type JsonDiagnostic,
  type RenderOptions,
  type SourceLookup,
} from "./base/diagnostics/render.js";
export { SourceFile } from "./base/source/source-file.js";
export type { Span } from "./base/source/span.js";

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
  Precision,
  TensorReport,
} from "./tools/gradcheck/report.js";
export type { Counterexample, Fault, FaultPlace, FaultStage } from "./tools/gradcheck/fault.js";

// What ends long calls.
export { BudgetError, type EndingOptions } from "./driver/turns.js";

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
export { printDiagnosis } from "./tools/diagnose/print-diagnosis.js";

export { version } from "./base/version.js";
