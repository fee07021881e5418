/**
 * The compiler alone: from text to module, and what is wrong with a text. A page that compiles cells loads this and none of the tools
 * that check, measure and explain.
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
} from "../../runtime/module/compiled-module.js";
export type { Manifest } from "../../runtime/module/manifest.js";

// What is wrong with a text, for people and for programs.
export type { Diagnostic } from "../base/diagnostics/diagnostic.js";
export type { DiagnosticCode } from "../base/diagnostics/codes.js";
export {
  diagnosticToJson,
  renderDiagnostic,
  renderDiagnostics,
  type JsonDiagnostic,
  type RenderOptions,
  type SourceLookup,
} from "../base/diagnostics/render.js";
export { SourceFile } from "../base/source/source-file.js";
export type { Span } from "../base/source/span.js";

// What ends long calls.
export { BudgetError, type EndingOptions } from "./turns.js";

export { version } from "../base/version.js";
