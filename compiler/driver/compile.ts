/** What callers see of the compiler: a text and options in, files and diagnostics out. No input or output. */
import type { CheckedOptions, CompileOptions, SourceOptions } from "./compile-options.js";
import { refused } from "./refused.js";
import { printDeclarations } from "../emit/typescript/declarations.js";
import { type Findings, checkSource, parseSource } from "./check-source.js";
import { type EmittedModule, emitModule, lowerSource } from "./pipeline.js";
import { checkStreams } from "./streams.js";
import { beyondBudget } from "./operation-budget.js";
import { printSourceFile } from "../language/syntax/print-ast.js";
import { refuse } from "../../runtime/base/arguments.js";
import { isRecord } from "../../runtime/base/options.js";
import { readParams } from "../../runtime/io/params.js";
import { embedParams } from "../../runtime/module/embed-params.js";
import { toCommonJs } from "../../runtime/module/common-js.js";
import type { Manifest } from "../../runtime/module/manifest.js";

export type { CompileOptions, ModuleFormat, SourceOptions } from "./compile-options.js";
export { CompileOptionsError } from "./compile-options.js";
export type { Findings } from "./check-source.js";

/** A file that a compilation makes. */
export interface OutputFile {
  /** A file name, without directories. */
  readonly path: string;
  readonly text: string;
}

/** A file of WebAssembly that a compilation makes. */
export interface WasmOutputFile {
  /** A file name, without directories. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A compilation that went well, perhaps with warnings. */
export interface CompileSuccess extends Findings {
  /** The module, `gru.js`, or with another ending where the option `format` says so. Its types come from `declarations`. */
  readonly files: readonly [OutputFile];
  /** With the option `wasmFile` its kernels, `gru.wasm` and, with `fma`, `gru.fma.wasm`. */
  readonly wasmFiles: readonly WasmOutputFile[];
  readonly manifest: Manifest;
  /** What the module, its types and its kernels call the build that they are of: a digest of what was compiled, without `params`. */
  readonly build: string;
  /** Which kernels the module can run. */
  readonly variants: readonly ("js" | "wasm" | "wasm-fma")[];
}

/** A compilation that found errors in the source. */
export interface CompileFailure extends Findings {
  readonly files: readonly [];
  readonly manifest: undefined;
}

export type CompileResult = CompileSuccess | CompileFailure;

/**
 * Compiles a cell to a standalone module.
 *
 * What is wrong with the source comes back as diagnostics; there are no files then. The same source and options give the
 * same text.
 *
 * @param source The text of a `.cell` file.
 * @throws CompileOptionsError where the options are wrong: no such cell, a dimension without a size.
 * @throws SafetensorsError or ParamsError where `params` is no such file, or one of another cell.
 * @example
 *     const { files, diagnostics } = compile(source, { dimensions: { I: 64, H: 128 } });
 *     writeFiles(files.map(({ path, text }) => ({ path, contents: text }))); // of recell/node
 */
export function compile(source: string, options: CompileOptions = {}): CompileResult {
  const lowered = lowerSource(source, options, "all sizes");
  const { program, written, settings, diagnostics, sources } = lowered;
  if (program === undefined) return { files: [], manifest: undefined, diagnostics, sources };
  const tooMany = beyondBudget(lowered, settings);
  if (tooMany.length > 0) return { files: [], manifest: undefined, diagnostics: [...diagnostics, ...tooMany], sources };
  let emitted: EmittedModule;
  try {
    emitted = emitModule(program, settings);
  } catch (error) {
    const told = [...diagnostics, ...refused(error, written.typed.span)];
    return { files: [], manifest: undefined, diagnostics: told, sources };
  }
  const { manifest, text, build, wasmFiles } = emitted;
  const name = settings.name ?? fileNameOf(program.name);
  const endings = { wasm: ".wasm", "wasm-fma": ".fma.wasm" };
  const kernelFiles = wasmFiles.map(({ variant, bytes }) => ({ path: `${name}${endings[variant]}`, bytes }));
  const variants = variantsOf(settings);
  const whole = settings.params === undefined ? text : embedParams(text, readParams({ manifest }, settings.params));
  const printed = settings.format === "cjs" ? toCommonJs(whole) : whole;
  const files = [{ path: `${name}.${settings.format}`, text: printed }] as const;
  return { files, wasmFiles: kernelFiles, manifest, build, variants, diagnostics, sources };
}

function variantsOf({ target, fma }: CheckedOptions): CompileSuccess["variants"] {
  if (target === "auto") return ["wasm", "js"];
  return fma ? ["wasm", "wasm-fma"] : [target];
}

/** What `check` gives. */
export interface CheckResult extends Findings {
  /** The cells of the source, in its order; none where it cannot be parsed. */
  readonly cells: readonly CellSummary[];
}

/** A cell that can be compiled. */
export interface CellSummary {
  readonly name: string;
  readonly documentation: string;
  /** Dimensions that `compile` needs sizes for. */
  readonly dimensions: readonly string[];
  /** Named reals, which have values of their own unless `required`. */
  readonly reals: readonly { readonly name: string; readonly required: boolean }[];
}

/**
 * Checks a source, and what it imports, for all sizes at once.
 *
 * @param source The text of a `.cell` file.
 */
export function check(source: string, options: SourceOptions = {}): CheckResult {
  const { program, collector, diagnostics, sources } = checkSource(parseSource(source, options));
  checkStreams(program, collector);
  const cells = [...program.cells.values()].map(({ name, documentation, dimensions, reals }) => ({
    name,
    documentation,
    dimensions: dimensions.map((dimension) => dimension.name),
    reals: reals.map((real) => ({ name: real.name, required: real.defaultValue === undefined })),
  }));
  return { cells, diagnostics, sources };
}

/** What `format` gives. */
export interface FormatResult extends Findings {
  /** Undefined where the source cannot be parsed. */
  readonly text: string | undefined;
}

/**
 * The source in its canonical form. Formatting again changes nothing.
 *
 * @param source The text of a `.cell` file.
 */
export function format(source: string, options: SourceOptions = {}): FormatResult {
  const { tree, collector, sources } = parseSource(source, options);
  const text = collector.hasErrors ? undefined : withLineEndsOf(source, printSourceFile(tree));
  return { text, diagnostics: collector.diagnostics, sources };
}

/** Line ends are the file's own: a text whose first line ends as Windows has it keeps that everywhere. */
function withLineEndsOf(source: string, text: string): string {
  const lines = text.replace(/\r\n?/g, "\n");
  return /^[^\r\n]*\r\n/.test(source) ? lines.replace(/\n/g, "\r\n") : lines;
}

/**
 * Types of a compiled module, `gru.d.ts`, or `gru.d.mts`, `gru.d.cts` as the format is. A promise, so that a printer may be loaded here one day.
 *
 * @throws TypeError where it is no such result, or one of a source with errors.
 * @example
 *     const types = await declarations(compile(source, options));
 */
export async function declarations(result: CompileSuccess): Promise<OutputFile> {
  const given: unknown = result;
  const files = isRecord(given) ? given["files"] : undefined;
  if (!Array.isArray(files)) return refuse("declarations", "the argument", "the result of compile", given);
  if (files.length === 0)
    throw new TypeError("declarations: the source has errors (`diagnostics`), so there are no types");
  const path = result.files[0].path.replace(/\.([cm]?)js$/u, ".d.$1ts");
  const options = { wasmFile: result.wasmFiles.length > 0, fma: result.variants.includes("wasm-fma") };
  return { path, text: `// Build ${result.build}.\n${printDeclarations(result.manifest, options)}` };
}

/** Names of devices on Windows, where no file can have them, whatever its ending. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)$/u;

/** `LayerNormLSTM` to `layer-norm-lstm`. */
export function fileNameOf(cell: string): string {
  const words = cell
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1-$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1-$2")
    .replace(/[^\p{L}\p{N}]+/gu, "-");
  const name = words.replace(/^-|-$/gu, "").toLowerCase() || "cell";
  return deviceName.test(name) ? `${name}-cell` : name;
}
