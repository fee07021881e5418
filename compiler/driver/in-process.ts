/** Compiling and loading in one go, for programs that keep cells as text. */
import { loadModule, type ModuleNamespace } from "../../runtime/module/load-js.js";
import type { ModuleInstance } from "../../runtime/module/compiled-module.js";
import { isRecord } from "../../runtime/base/options.js";
import type { CellInstance, CellModule } from "./cell-types.js";
import { compile, type CompileOptions, CompileOptionsError } from "./compile.js";
import type { Diagnostic } from "../base/diagnostics/diagnostic.js";
import { renderDiagnostics } from "../base/diagnostics/render.js";

/** As for `compile`, whose `wasmFile` is for modules on a disk. */
export type CellOptions = Omit<CompileOptions, "wasmFile">;

/** A module in this process, with the types that its options give, and what it was loaded from. */
export interface LoadedCell<Instance = ModuleInstance> extends CellModule<Instance>, LoadedFrom {}

/** A module in this process with the types of its declarations, and what it was loaded from. */
export type DeclaredCell<Module extends ModuleNamespace> = LoadedFrom & Module;

/**
 * Options under no other names than those there are. `CellOptions` as a whole must not stand here: where options of just that type
 * are given, nothing would be left to infer, and they would count as left out.
 */
type OnlyOptions<Options> = Options &
  Pick<CellOptions, "readFile"> & { readonly [Name in Exclude<keyof Options, keyof CellOptions>]: never };

type InstanceOf<Module extends ModuleNamespace> = Module extends { instantiate(...args: never[]): infer Instance }
  ? Instance
  : never;

/** The numbers that the declarations of a module say it gives. */
type NumbersOf<Instance> = Instance extends { step(...args: never[]): infer Outputs } ? Outputs[keyof Outputs] : never;

/** Options that fit declarations: those on which its types depend are as they were when those were written. */
type FittingOptions<Instance> = Omit<CellOptions, "dtype" | "gradient"> &
  (NumbersOf<Instance> extends Float64Array ? { readonly dtype: "f64" } : { readonly dtype?: "f32" | undefined }) &
  (Instance extends { backward(...args: never[]): unknown }
    ? { readonly gradient?: true | "params" | undefined }
    : { readonly gradient: false });

type DeclaredOptions<Module extends ModuleNamespace> =
  Record<never, never> extends FittingOptions<InstanceOf<Module>>
    ? [options?: FittingOptions<InstanceOf<Module>>]
    : [options: FittingOptions<InstanceOf<Module>>];

/** What a cell in this process was loaded from. */
export interface LoadedFrom {
  /** The text of the module, to be written to a file: it needs nothing else. */
  readonly text: string;
  /** What it was compiled from, for checks that compare the module with its equations. */
  readonly source: string;
  readonly options: CellOptions;
  /** Warnings, such as of a number that overflows. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A source with errors; the message shows them as the command line would. */
export class CellError extends Error {
  override readonly name = "CellError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, diagnostics: readonly Diagnostic[]) {
    super(message);
    this.diagnostics = diagnostics;
  }
}

/**
 * Compiles a cell and loads it into this process. Its types follow the options: the kind of arrays, and which of `backward`,
 * `jvp` and `hvp` there are. The names of tensors stand in the source, where no type sees them.
 *
 * @param source The text of a `.cell` file.
 * @param options As for `compile`.
 * @throws CellError where the source has errors.
 * @throws CompileOptionsError where the options are wrong.
 * @example
 *     const gru = await cell(source, { dimensions: { I: 1, H: 16 } });
 *     const instance = gru.instantiate({ batch: 8, steps: 100 });
 */
export function cell<const Options extends CellOptions = Record<never, never>>(
  source: string,
  options?: OnlyOptions<Options>,
): Promise<LoadedCell<CellInstance<Options>>>;
/**
 * The same with the names of tensors, from the declarations that `recell build` writes or `declarations` gives for the same
 * source. Of the options `dtype` and `gradient` must be those of the declarations; nobody compares the rest with them.
 *
 * @example
 *     import type * as GRU from "./gru.js";
 *     const gru = await cell<typeof GRU>(source, { dimensions: { I: 1, H: 16 } });
 */
export function cell<Module extends ModuleNamespace>(
  source: string,
  ...options: DeclaredOptions<Module>
): Promise<DeclaredCell<Module>>;
export async function cell(source: string, options: CellOptions = {}): Promise<LoadedCell> {
  if (isRecord(options) && "wasmFile" in options)
    throw new CompileOptionsError("wasmFile is for modules that are written to files");
  const result = compile(source, options);
  if (result.manifest === undefined) {
    const shown = renderDiagnostics(result.diagnostics, (file) => result.sources.get(file));
    throw new CellError(`the source has errors\n${shown}`, result.diagnostics);
  }
  const [{ text }] = result.files;
  return { ...((await loadModule(text)) as CellModule), text, source, options, diagnostics: result.diagnostics };
}
