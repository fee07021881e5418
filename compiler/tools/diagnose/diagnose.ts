/** `diagnose`: how the gradient of a cell travels through time, and why. */
import { checkOptionNames, describe, isRecord } from "../../../runtime/base/options.js";
import { loadParams, paramsError } from "../../../runtime/io/params.js";
import type { SafeTensor } from "../../../runtime/io/safe-tensor.js";
import { readSafetensors } from "../../../runtime/io/safetensors.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { createRandom } from "../../../runtime/base/random.js";
import { CompileOptionsError, type SourceOptions, unnamedFile } from "../../driver/compile-options.js";
import type { Diagnostic } from "../../base/diagnostics/diagnostic.js";
import { renderDiagnostics } from "../../base/diagnostics/render.js";
import { emitModule, type LowerResult, lowerSource } from "../../driver/pipeline.js";
import { CellError } from "../../driver/in-process.js";
import type { LoweredCell, LoweredTensor } from "../../program/base/lowered-cell.js";
import { beyondBudget } from "../../driver/operation-budget.js";
import { createTurns, endingOptions, type EndingOptions, type Turn } from "../../driver/turns.js";
import { dimSymbol, equalDims, evaluateDim, printDim, symbolsOf } from "../../base/types/dim.js";
import { checkFinite, checkTensors, type DataTensors, drawNoise, type RunData, takeData, usualSteps } from "./data.js";
import type { Diagnosis } from "./diagnosis.js";
import { followGradient } from "./gradient-flow.js";
import { lyapunovExponents } from "./lyapunov.js";
import type { PreparedRun } from "./prepared-run.js";
import { probeCell, type ProbedCell } from "./probe-cell.js";
import { placeLookup } from "./source-place.js";
import { jacobianProfile } from "./state-jacobian.js";
import { stateLayout } from "./state-vector.js";
import { judge } from "./verdict.js";
import { watchValues } from "./watch-values.js";
import { programOfCell } from "../../program/cell-program.js";
import { storedOf } from "../calls/call.js";
import { widthOf } from "../calls/sizes.js";

export interface DiagnoseOptions extends SourceOptions, EndingOptions {
  /** Which cell of the source; not needed where it has only one. */
  readonly cell?: string;
  /**
   * A size for each dimension, run-time ones too, and values for named reals. Sizes that the shapes of `params` or `data`
   * tell may be left out; run-time dimensions are 8 then.
   */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** Trained parameters: the bytes of a safetensors file, as `saveParams` writes it. The declared initialisers otherwise. */
  readonly params?: Uint8Array;
  /** What the cell runs over; normal noise where left out. Initial states may be given too. */
  readonly data?: DataTensors;
  /** Examples, B; with noise 4, with data all of it where left out. */
  readonly batch?: number;
  /** Steps, T; with data all of it where left out, 200 where the data has none. */
  readonly steps?: number;
  /** How many Lyapunov exponents; 8, or as many as the state has numbers, where left out. 0 for none. */
  readonly exponents?: number;
  /** Of initial parameters, noise and directions; an integer from 0 to 2^32 - 1, 0 where left out. */
  readonly seed?: number;
  /** A budget, as for `compile`: operations, which count six times with the derivatives; 100,000 where left out. */
  readonly maxOperations?: number;
  /** Called after each step of each part. */
  readonly onProgress?: (part: string, done: number, total: number) => void;
}

/** Milliseconds of work between two looks at other work: steps are short. */
const pause = 10;

/** The largest number of numbers that the states of a run may take: 2 GiB. */
const mostStateNumbers = 2 ** 28;

/**
 * Runs a cell over data or noise in float64 and reports how gradients travel through it: norms of dL/dh back through time,
 * the largest Lyapunov exponents, spectral radius and norm of the state's Jacobian, saturation of every gate, and a verdict.
 *
 * @param source The text of a `.cell` file.
 * @throws CellError where the source has errors, or more operations than `maxOperations`.
 * @throws TypeError where an option is unknown, or the data no tensors by name.
 * @throws CompileOptionsError where the cell or a size is missing or unknown, or a number is out of range.
 * @throws RangeError where `maxSeconds` is no positive number; what `signal` was aborted with; BudgetError where `maxSeconds` are over.
 * @throws DataError where the data does not fit the cell; ParamsError or SafetensorsError where the parameters do not.
 * @example
 *     const { verdict, lyapunov } = await diagnose(source, { dimensions: { I: 8, H: 64 }, steps: 500 });
 *     console.log(verdict.words.join("\n"));
 */
export async function diagnose(source: string, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  checkNames(options);
  const seed = checkNumber("seed", options.seed ?? 0, 0, 2 ** 32 - 1);
  const turn = createTurns("diagnose", options, pause);
  const { lowered, sizes } = lowerAtSizes(source, options);
  await turn();
  const cell = lowered.cell as LoweredCell;
  const place = placeLookup(lowered.sources);
  const random = createRandom(seed);
  refuseIndexStates(cell);
  const probed = probeCell(cell);
  const watched = await load(probed.cell, false);
  await turn();
  const plain = await load(cell, true);
  await turn();
  const data = await runData(plain, options, sizes, random.word(), turn);
  const layout = stateLayout(plain.manifest.states, sizes);
  if (data.batch * (data.steps + 1) * layout.size > mostStateNumbers) {
    throw new CompileOptionsError(
      `the states of ${data.batch} examples over ${data.steps} steps take too much memory; run fewer`,
    );
  }
  const watcher = watched.instantiate({ batch: data.batch, steps: 1, sizes });
  await turn();
  const parameters = storedOf(watcher) as Readonly<Record<string, Float64Array>>;
  setParams(plain, parameters, options, sizes, random.word());
  const run: PreparedRun = {
    data,
    layout,
    probed,
    zeros: zeroProbes(probed, watched, data),
    watcher,
    plain,
    parameters,
    turn,
    progress: (part, done, total) => {
      options.onProgress?.(part, done, total);
      return turn();
    },
  };
  return withVerdict(run, options, place, random.word());
}

async function withVerdict(
  run: PreparedRun,
  options: DiagnoseOptions,
  place: ReturnType<typeof placeLookup>,
  seed: number,
): Promise<Diagnosis> {
  const { layout, plain, data } = run;
  const { states, saturation, overflow } = await watchValues(run, place);
  const steps = states.length - 1;
  const some = steps > 0 && layout.size > 0;
  const exponents = checkNumber("exponents", options.exponents ?? Math.min(8, layout.size), 0, layout.size);
  const facts: Omit<Diagnosis, "verdict"> = {
    cell: plain.manifest.cell,
    file: options.file ?? unnamedFile,
    dimensions: { ...plain.manifest.dimensions, ...data.sizes },
    batch: data.batch,
    steps,
    seed: options.seed ?? 0,
    data: options.data === undefined ? "noise" : "given",
    params: options.params === undefined ? "initial" : "given",
    stateSize: layout.size,
    overflow,
    gradient: some ? await followGradient(run, states, seed, place) : undefined,
    lyapunov: some && exponents > 0 ? await lyapunovExponents(run, states, exponents, seed + 1) : undefined,
    jacobian: some ? await jacobianProfile(run, states, seed + 2) : undefined,
    saturation,
  };
  return { ...facts, verdict: judge(facts) };
}

/** Shapes of the inputs for one step, as `dataFromCsv` needs them. Sizes that only the data would tell must be given. */
export function inputShapes(source: string, options: DiagnoseOptions): ReadonlyMap<string, readonly number[]> {
  const { lowered } = lowerAtSizes(source, options);
  const { inputs, dimensions } = orThrow(lowered);
  return new Map(inputs.map(({ name, shape }) => [name, shape.map((dim) => evaluateDim(dim, dimensions))]));
}

const known = [
  "cell", "dimensions", "params", "data", "batch", "steps", "exponents", "seed", "onProgress", "file", "readFile", "maxOperations",
  ...endingOptions,
]; // prettier-ignore

/** Options that are not checked where they are used. */
function checkNames(options: DiagnoseOptions): void {
  checkOptionNames("diagnose", options, known);
  const { dimensions = {}, onProgress, data } = options;
  if (!isRecord(dimensions)) {
    throw new CompileOptionsError(
      `dimensions must be an object such as { I: 64, H: 128 }, got ${describe(dimensions)}`,
    );
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new CompileOptionsError(`onProgress must be a function, got ${describe(onProgress)}`);
  }
  if (data !== undefined) checkTensors("diagnose", data);
}

function checkNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CompileOptionsError(`${name} must be an integer from ${least} to ${most}, got ${describe(value)}`);
}

/** Lowers twice: with symbols to see which sizes the files tell, then with all of them. */
function lowerAtSizes(
  source: string,
  options: DiagnoseOptions,
): { lowered: LowerResult; sizes: Record<string, number> } {
  const { file, readFile, cell: name, maxOperations } = options;
  const common = {
    ...(file === undefined ? {} : { file }),
    ...(readFile === undefined ? {} : { readFile }),
    ...(name === undefined ? {} : { cell: name }),
    ...(maxOperations === undefined ? {} : { maxOperations }),
  };
  const symbolic = lowerSource(source, common, "symbolic");
  const cell = orThrow(symbolic);
  const given = new Map(Object.entries(options.dimensions ?? {}));
  const known = new Map([...sizesInFiles(cell, options), ...given]);
  const sizes: Record<string, number> = {};
  for (const dimension of cell.runtimeDimensions) {
    const size = known.get(dimension) ?? 8;
    if (!Number.isSafeInteger(size) || size < 1 || size >= 2 ** 31) {
      throw new CompileOptionsError(
        `the size of ${dimension} must be an integer from 1 to 2147483647, got ${describe(size)}`,
      );
    }
    sizes[dimension] = size;
    known.delete(dimension);
  }
  const lowered = lowerSource(source, { ...common, dimensions: Object.fromEntries(known) }, "all sizes");
  orThrow(lowered);
  const tooMany = beyondBudget(lowered, derivatives);
  if (tooMany.length > 0) throw cellError(tooMany, lowered.sources);
  return { lowered, sizes };
}

function orThrow({ program, cell, diagnostics, sources }: LowerResult): LoweredCell {
  if (cell !== undefined) return cell;
  if (program !== undefined) {
    throw new CompileOptionsError(
      `diagnose follows the states of a cell from step to step, and ${program.name} is no cell`,
    );
  }
  throw cellError(diagnostics, sources);
}

function cellError(diagnostics: readonly Diagnostic[], sources: LowerResult["sources"]): CellError {
  const shown = renderDiagnostics(diagnostics, (path) => sources.get(path));
  return new CellError(`the source has errors\n${shown}`, diagnostics);
}

/** Sizes of dimensions that stand alone as an axis of a tensor in a file. Shapes are checked later, against all sizes. */
function sizesInFiles(cell: LoweredCell, { params, data }: DiagnoseOptions): Map<string, number> {
  const found = new Map<string, number>();
  const match = ({ shape }: LoweredTensor, stored: readonly number[] | undefined): void => {
    if (stored === undefined || stored.length < shape.length) return;
    const own = stored.slice(stored.length - shape.length);
    for (const [axis, dim] of shape.entries()) {
      const [symbol] = symbolsOf(dim);
      if (symbol === undefined || !equalDims(dim, dimSymbol(symbol)) || found.has(symbol)) continue;
      if ((own[axis] as number) > 0) found.set(symbol, own[axis] as number);
    }
  };
  if (params !== undefined) {
    const { tensors } = readSafetensors(params);
    checkHasParams(cell, tensors);
    for (const param of cell.params) match(param, tensors.get(param.name)?.shape);
  }
  for (const tensor of [...cell.inputs, ...cell.contexts, ...cell.states]) match(tensor, data?.get(tensor.name)?.shape);
  return found;
}

/** A file of another cell has no sizes for this one: told before a size is missed. */
function checkHasParams({ name: cell, params }: LoweredCell, tensors: ReadonlyMap<string, SafeTensor>): void {
  const missing = params.find(({ name }) => !tensors.has(name));
  if (missing === undefined) return;
  const listed = params.map(({ name, shape }) => ({ name, shape: shape.map(printDim) }));
  throw paramsError("missing-tensor", missing.name, "is not in the file", { cell, params: listed, tensors });
}

/** What the run needs of the cell. */
const derivatives = { gradient: true, jvp: true, hvp: false };

function load(cell: LoweredCell, jvp: boolean): Promise<CompiledModule> {
  const { text } = emitModule(programOfCell(cell), {
    target: "js",
    fma: false,
    wasmFile: false,
    dtype: "f64",
    ...derivatives,
    jvp,
  });
  return loadModule(text);
}

function runData(
  { manifest }: CompiledModule,
  options: DiagnoseOptions,
  sizes: Readonly<Record<string, number>>,
  seed: number,
  turn: Turn,
): Promise<RunData> {
  const checked = (what: "batch" | "steps"): number | undefined => {
    const value = options[what];
    return value === undefined ? undefined : checkNumber(what, value, 1, 2 ** 31 - 1);
  };
  const batch = checked("batch");
  const steps = checked("steps");
  if (options.data !== undefined) return takeData(manifest, options.data, { batch, steps }, sizes, turn);
  const run = { batch: batch ?? 4, steps: steps ?? usualSteps, sizes };
  const inputs = manifest.inputs.reduce((sum, entry) => sum + widthOf(entry, sizes), 0);
  if (run.batch * run.steps * inputs > mostStateNumbers) {
    throw new CompileOptionsError(
      `noise for ${run.batch} examples over ${run.steps} steps takes too much memory; run fewer`,
    );
  }
  return drawNoise(manifest, createRandom(seed), run, turn);
}

function setParams(
  plain: CompiledModule,
  params: Readonly<Record<string, Float64Array>>,
  options: DiagnoseOptions,
  sizes: Readonly<Record<string, number>>,
  seed: number,
): void {
  const holder = plain.instantiate({ sizes });
  if (options.params === undefined) holder.init(seed);
  else loadParams(plain, holder, options.params);
  const stored = storedOf(holder);
  for (const [name, values] of Object.entries(params)) values.set(checkFinite(name, stored[name] as Float64Array));
}

/** Zeros for one step of the batch, for every probe. */
function zeroProbes(
  { nodeProbes, edgeProbes }: ProbedCell,
  watched: CompiledModule,
  { batch, sizes }: RunData,
): Record<string, Float64Array> {
  const probes = new Set([...nodeProbes, ...edgeProbes]);
  const inputs = watched.manifest.inputs.filter(({ name }) => probes.has(name));
  return Object.fromEntries(inputs.map((entry) => [entry.name, new Float64Array(batch * widthOf(entry, sizes))]));
}

/** Gradients and exponents are of real numbers, and a run goes on from any of its states. */
function refuseIndexStates({ states }: LoweredCell): void {
  const index = states.find(({ dtype }) => dtype === "index");
  if (index === undefined) return;
  throw new CompileOptionsError(
    `the state ${index.name} is an index; diagnose takes cells whose states are real numbers`,
  );
}
