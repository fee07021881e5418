/** Options of `compile` and `check`: their types, defaults and checks. */
import { asBytes, type FileBytes } from "../../runtime/io/bytes.js";
import { describe, isRecord } from "../../runtime/base/options.js";
import type { ModuleOptions, Target } from "../emit/manifest.js";
import type { ReadFile, RefusedFile } from "../language/semantics/load-modules.js";

/**
 * Reads a file that the source imports: its text, undefined where there is none, or why it may not be imported. Paths are as
 * `file` makes them. Not a promise: read asynchronous files before.
 */
export type { ReadFile, RefusedFile } from "../language/semantics/load-modules.js";

/** The ending of a module's file, which says what kind of module it is. */
export type ModuleFormat = "js" | "mjs" | "cjs";

export const formats: readonly ModuleFormat[] = ["js", "mjs", "cjs"];

export interface SourceOptions {
  /** Name of the source in messages, and what relative imports are relative to; `input.cell` where left out. */
  readonly file?: string;
  /** Reads imported files; without it only `std/…` can be imported. */
  readonly readFile?: ReadFile;
  /** Precision of all numbers; `f32` where left out. Checks say which numbers of the text it cannot hold. */
  readonly dtype?: "f32" | "f64";
}

export interface CompileOptions extends SourceOptions {
  /** Which cell of the source; not needed where it has only one. */
  readonly cell?: string;
  /** A size for each dimension of the cell, `{ I: 64, H: 128 }`; values for its named reals too. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /**
   * `wasm`, the default: kernels in WebAssembly. `js`: plain JavaScript, to be read, and for hosts without WebAssembly; the
   * same bits, several times slower. `auto`: both in one module, WebAssembly where the host compiles it.
   */
  readonly target?: Target;
  /**
   * For `wasm`: with a second variant of the kernels, which rounds once after a multiplication and an addition (relaxed
   * SIMD) and runs where the host has it. Results then differ from host to host in their last bits.
   */
  readonly fma?: boolean;
  /**
   * For `wasm`: puts the kernels into files of their own, `gru.wasm`, for hosts that take only WebAssembly that was
   * compiled before. `instantiate` then wants them as its option `wasm`.
   */
  readonly wasmFile?: boolean;
  /**
   * With `backward`; true where left out. `"params"`: gradients by params and initial states only, for training, where data has no
   * use for products of its own.
   */
  readonly gradient?: boolean | "params";
  /** With `jvp`. */
  readonly jvp?: boolean;
  /** With `hvp`, which includes the gradient. */
  readonly hvp?: boolean;
  /**
   * With a gradient of sequences that are too long for the memory: `backward` may go on where another has ended, so that `openSegments` of
   * `recell/runtime` gives the bits of the whole from segments of the steps.
   */
  readonly segments?: boolean;
  /**
   * A budget: operations of the cell, a loop as one more than what is in it, once for its values, three times more for the
   * gradient, twice for `jvp`, six times for `hvp`. Time and memory of a compilation grow with it. 100,000 where left out.
   */
  readonly maxOperations?: number;
  /**
   * Looked at when the call begins: a compilation does not wait for anything, so no event reaches it later. What bounds its
   * time is `maxOperations`; what may have to be stopped runs in a worker.
   *
   * @throws what the signal was aborted with
   */
  readonly signal?: AbortSignal;
  /**
   * Parameters that go into the module, as the bytes of a safetensors file: instances start with them instead of the declared
   * initial values.
   */
  readonly params?: FileBytes;
  /**
   * Ending and kind of the module. `js`, the default: an ES module, where Node reads `.js` as such (`"type": "module"` in the
   * nearest package.json); `mjs`: an ES module everywhere; `cjs`: CommonJS, for `require`.
   */
  readonly format?: ModuleFormat;
  /** Name of the files; an ending `.mjs`, `.cjs` or `.js` is the format. From the cell's name where left out, `LayerNormLSTM` gives `layer-norm-lstm`. */
  readonly name?: string;
}

/** Options that contradict themselves or the source: a mistake of the caller, not of the source. */
export class CompileOptionsError extends TypeError {
  override readonly name = "CompileOptionsError";
}

/** The cell has dimensions or named reals that nobody gave: `missing`. */
export class MissingSizesError extends CompileOptionsError {
  readonly missing: readonly string[];

  constructor(cell: string, sizes: readonly string[], values: readonly string[]) {
    const parts = [
      ...(sizes.length === 0 ? [] : [`a size for ${sizes.join(" and ")}`]),
      ...(values.length === 0 ? [] : [`a value for ${values.join(" and ")}`]),
    ];
    super(`${cell} needs ${parts.join(" and ")}`);
    this.missing = [...sizes, ...values];
  }
}

/** Options with their defaults. */
export interface CheckedOptions extends ModuleOptions {
  readonly file: string;
  readonly readFile: ReadFile;
  readonly cell: string | undefined;
  readonly dimensions: ReadonlyMap<string, number>;
  readonly params: FileBytes | undefined;
  readonly maxOperations: number;
  readonly name: string | undefined;
  readonly format: ModuleFormat;
}

export const targets: readonly Target[] = ["wasm", "js", "auto"];

const known = [
  ...["file", "readFile", "cell", "dimensions", "target", "fma", "wasmFile", "dtype"],
  ...["gradient", "jvp", "hvp", "segments", "params", "format", "name", "maxOperations", "signal"],
];

/** What a text without a name is called in messages. */
export const unnamedFile = "input.cell";

/** @throws CompileOptionsError */
export function checkOptions(options: CompileOptions): CheckedOptions {
  const given: unknown = options;
  if (!isRecord(given)) fail(`options must be an object, got ${describe(options)}`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) fail(`unknown option ${JSON.stringify(key)}; the options are ${known.join(", ")}`);
  }
  const { file, readFile, cell, dimensions, target, fma, wasmFile, dtype, gradient, jvp, hvp, segments, params, name } =
    options;
  ofType("file", file, "string");
  ofType("readFile", readFile, "function");
  ofType("cell", cell, "string");
  for (const [key, flag] of Object.entries({ fma, wasmFile, jvp, hvp, segments })) ofType(key, flag, "boolean");
  if (gradient !== undefined && gradient !== "params" && typeof gradient !== "boolean")
    fail(`gradient must be true, false or "params", got ${describe(gradient)}`);
  if (gradient === "params" && hvp === true)
    fail('hvp has gradients by inputs, too: it needs gradient true, got "params"');
  if (segments === true && gradient === false && hvp !== true)
    fail('segments are of a gradient: it needs gradient true or "params", got false');
  if (target !== undefined && !targets.includes(target)) {
    fail(`target must be "wasm", "js" or "auto", got ${describe(target)}`);
  }
  if (target === "js" || target === "auto") {
    for (const [key, flag] of Object.entries({ fma, wasmFile })) if (flag === true) fail(`${key} needs target "wasm"`);
  }
  if (dtype !== undefined && dtype !== "f32" && dtype !== "f64") {
    fail(`dtype must be "f32" or "f64", got ${describe(dtype)}`);
  }
  const { maxOperations = 100_000 } = options;
  if (!(Number.isSafeInteger(maxOperations) && maxOperations > 0)) {
    fail(`maxOperations must be a positive integer, got ${String(maxOperations)}`);
  }
  throwIfAborted(options.signal);
  if (params !== undefined) {
    try {
      asBytes(params);
    } catch (error) {
      fail(`params: ${(error as Error).message}`);
    }
  }
  return {
    file: file ?? unnamedFile,
    readFile: readFile === undefined ? () => withoutReadFile : checkedReadFile(readFile),
    cell,
    dimensions: checkDimensions(dimensions),
    target: target ?? "wasm",
    fma: fma ?? false,
    wasmFile: wasmFile ?? false,
    dtype: dtype ?? "f32",
    gradient: hvp === true || (gradient ?? true),
    jvp: jvp ?? false,
    hvp: hvp ?? false,
    segments: segments ?? false,
    params,
    maxOperations,
    ...checkNames(name, options.format),
  };
}

/** @throws CompileOptionsError where it is no signal, and what the signal was aborted with. */
export function throwIfAborted(signal: unknown): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) fail(`signal must be an AbortSignal, got ${kindOf(signal)}`);
  signal.throwIfAborted();
}

const withoutReadFile = {
  refused: "no `readFile` was given",
  help: 'pass `readFile`, which gives the text of a path: `readFile: (path) => readFileSync(path, "utf8")`',
};

function checkedReadFile(readFile: ReadFile): ReadFile {
  return (path) => {
    const found: unknown = readFile(path);
    if (found === undefined || typeof found === "string") return found;
    if (typeof (found as { refused?: unknown } | null)?.refused === "string") return found as RefusedFile;
    const hint =
      found instanceof Uint8Array
        ? '; decode it: readFileSync(path, "utf8")'
        : typeof (found as { then?: unknown } | null)?.then === "function"
          ? "; read files before, compile does not wait"
          : "";
    return fail(`readFile must return a string, or undefined where there is no file, got ${kindOf(found)}${hint}`);
  };
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : `a ${typeof value}`;
  if (value instanceof Uint8Array) return "bytes";
  return typeof (value as { then?: unknown }).then === "function" ? "a promise" : "an object";
}

/** The name without ending, and the format that the ending or the option says. */
function checkNames(name: unknown, format: unknown): Pick<CheckedOptions, "name" | "format"> {
  if (format !== undefined && !formats.includes(format as ModuleFormat)) {
    fail(`format must be "js", "mjs" or "cjs", got ${describe(format)}`);
  }
  ofType("name", name, "string");
  if (name === undefined) return { name, format: (format as ModuleFormat | undefined) ?? "js" };
  if (!/^[\w][\w.-]*$/u.test(name as string)) {
    fail(`name must be a file name of letters, digits, ".", "_" and "-", got ${JSON.stringify(name)}`);
  }
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu.test(name as string)) {
    fail(`name is ${JSON.stringify(name)}, which is a device on Windows and can be no file`);
  }
  const [, stem = name as string, ending] = /^(.+)\.([cm]?js)$/u.exec(name as string) ?? [];
  if (ending !== undefined && format !== undefined && ending !== format) {
    fail(`the name ${JSON.stringify(name)} says format "${ending}", and the format is ${JSON.stringify(format)}`);
  }
  return { name: stem, format: ((ending ?? format) as ModuleFormat | undefined) ?? "js" };
}

function checkDimensions(dimensions: unknown): ReadonlyMap<string, number> {
  if (dimensions === undefined) return new Map();
  if (!isRecord(dimensions)) {
    fail(`dimensions must be an object such as { I: 64, H: 128 }, got ${describe(dimensions)}`);
  }
  return new Map(
    Object.entries(dimensions).map(([name, size]) => {
      if (typeof size !== "number" || !Number.isFinite(size))
        fail(`dimensions.${name} must be a number, got ${describe(size)}`);
      return [name, size];
    }),
  );
}

function ofType(name: string, value: unknown, type: "string" | "function" | "boolean"): void {
  if (value !== undefined && typeof value !== type) fail(`${name} must be a ${type}, got ${describe(value)}`);
}

function fail(message: string): never {
  throw new CompileOptionsError(message);
}
