/**
 * Times a program: its functions as a user calls them, beside what the machine reaches, and where their time goes. All take
 * turns, so that ratios hold on a machine that others use too.
 */
import { bytesBeyond } from "../../../runtime/base/errors.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import type { CompiledModule, KernelVariant, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { emitModule, type RewriteKernels } from "../../driver/pipeline.js";
import type { ModuleOptions } from "../../emit/manifest.js";
import { bufferSize } from "../../ir/kernel/buffer-size.js";
import {
  countOperations,
  type CountedSizes,
  type LoopPlace,
  placesOf,
  type RegionCount,
} from "../../ir/kernel/count-operations.js";
import type { KernelProgram } from "../../ir/kernel/kernel-program.js";
import { forEachAccess } from "../../ir/kernel/visit.js";
import type { Program } from "../../program/program.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import { capacitiesOf, symbolSizes } from "../calls/sizes.js";
import { arithmeticCeiling, copyCeiling } from "./ceiling.js";
import { type CallSettings, drawTimedCall, type TimedCall } from "./timed-call.js";
import { type Contestant, find, measure, type Timing } from "./measure.js";
import { functionOf, hasActivations, onlyPlace, withoutActivations } from "./variants.js";
import { realBytes } from "../../ir/ops/number-range.js";

interface ProfileSettings extends CallSettings, Pick<ModuleOptions, "target" | "dtype" | "fma"> {
  /** For all that is timed together. */
  readonly seconds: number;
}

/** Times are in microseconds per call, sizes in bytes. */
export interface Profile extends Omit<ProfileSettings, "seconds" | "steps"> {
  /** Left out where calls have no steps. */
  readonly steps?: number;
  readonly cell: string;
  readonly dimensions: Readonly<Record<string, number>>;
  /** What ran: with `fma`, hosts that have no relaxed SIMD run the kernels without. */
  readonly kernels: KernelVariant;
  readonly ceiling: {
    /** Floating-point operations per second on numbers in registers, in one thread of WebAssembly; fused where they ran so. */
    readonly arithmetic: number;
    /** Bytes per second, read and written, of a copy within as much memory as `forward` touches. */
    readonly copy: number;
    readonly copied: number;
  };
  readonly functions: readonly FunctionProfile[];
  /** Time of forward and backward as a multiple of that of a module's `forward` that has no gradient; of minima. */
  readonly gradient: number;
  readonly parts: readonly EntryParts[];
}

/** What a part of the program does. */
interface ProfiledWork {
  /** Multiplications and additions of products, and all others; a function such as tanh counts as one. */
  readonly products: number;
  readonly operations: number;
  /** What the regions read and write. */
  readonly bytes: number;
}

/** A function as a user calls it. Rates and shares are those of its shortest turn, as ceilings are. */
interface FunctionProfile extends ProfiledWork {
  readonly name: "step" | "forward" | "forward and backward";
  /** Median and minimum of the turns, per call; the minimum per step, where calls have steps. */
  readonly median: number;
  readonly minimum: number;
  readonly perStep?: number;
  /** Floating-point operations per second, and as a share of the ceiling. */
  readonly speed: number;
  readonly shareOfArithmetic: number;
  /** Bytes per second, and as a share of the ceiling. */
  readonly flow: number;
  readonly shareOfCopy: number;
}

/** Where the time of one function goes. Times are minima: differences of medians would be those of what else was running. */
export interface EntryParts {
  readonly entry: "forward" | "backward";
  readonly time: number;
  readonly parts: readonly ProfilePart[];
  /** What is saved where tanh, exp and their like are replaced by clamps; it is in the parts too. */
  readonly activations: { readonly time: number; readonly share: number } | undefined;
}

export interface ProfilePart extends ProfiledWork {
  /** Of the loop over time: before, in and after it; what remains where kernels do nothing. */
  readonly name: LoopPlace | "around";
  readonly time: number;
  /** Of the function's time. */
  readonly share: number;
}

/** The sizes of the call need more memory than there is for one module. */
export class ProfileSizeError extends RangeError {
  override readonly name = "ProfileSizeError";
}

/** For each of about ten modules. */
const mostBytes = 2 ** 29;

const places = ["before", "loop", "after"] as const satisfies readonly LoopPlace[];

interface Built {
  readonly instance: ModuleInstance;
  readonly kernel: KernelProgram;
  readonly call: TimedCall;
  /** What looks ahead has no steps. */
  readonly canStep: boolean;
}

/** Every dimension of `program` but those whose sizes calls give must have a size. */
export async function profileProgram(
  program: Program,
  settings: ProfileSettings,
  progress: (part: string, done: number, total: number) => void = () => undefined,
): Promise<Profile> {
  const { target, dtype, fma, batch, steps, sizes, seconds } = settings;
  progress("compiling", 0, 1);
  let call: TimedCall | undefined;
  const build = async (gradient: boolean, rewrite: RewriteKernels = (kernel) => kernel): Promise<Built> => {
    let kernel: KernelProgram | undefined;
    const options = { target, dtype, fma, wasmFile: false, gradient, jvp: false, hvp: false };
    const { text } = emitModule(program, options, (found) => (kernel = rewrite(found)));
    const module = await loadModule(text);
    const instance = instantiate(module, settings);
    instance.init(1);
    // Weights change where something is trained.
    if (!gradient) instance.freeze();
    call ??= drawTimedCall(module.manifest, settings, 2);
    return { instance, kernel: kernel as KernelProgram, call, canStep: module.manifest.has.step };
  };
  const [plain, full] = [await build(false), await build(true)];
  const timings = await measure(await contestantsOf(plain, full, build), {
    seconds,
    progress: (done) => progress("timing", done, 1),
  });
  const callSizes: CountedSizes = new Map([...symbolSizes(program.axes, settings), [BATCH_SYMBOL, batch]]);
  const bytes = realBytes[dtype];
  const copied = bytes * touchedNumbers(plain.kernel, "forward", callSizes);
  const counted = (built: Built, entry: string): RegionCount[] =>
    countOperations(built.kernel, functionOf(built.kernel, entry), callSizes);
  const kernels = plain.instance.variant;
  const ceiling = { arithmetic: arithmeticCeiling(dtype, kernels === "wasm-fma"), copy: copyCeiling(copied), copied };
  const timed = (name: FunctionProfile["name"], counts: readonly RegionCount[], atOnce?: number): FunctionProfile =>
    functionProfile(name, find(timings, name), totalOf(counts, bytes), atOnce, ceiling);
  const hasSteps = program.axes.some(({ kind }) => kind === "steps");
  const atOnce = hasSteps ? steps : undefined;
  const functions = [
    ...(plain.canStep ? [timed("step", counted(plain, "step"), 1)] : []),
    timed("forward", counted(plain, "forward"), atOnce),
    timed("forward and backward", [...counted(full, "forward"), ...counted(full, "backward")], atOnce),
  ];
  return {
    cell: program.name,
    dimensions: Object.fromEntries(program.dimensions),
    target,
    dtype,
    fma,
    kernels,
    batch,
    ...(hasSteps && { steps }),
    sizes,
    ceiling,
    functions,
    gradient: find(timings, "forward and backward").minimum / find(timings, "forward").minimum,
    parts: [
      partsOf("forward", timings, counted(plain, "forward"), bytes),
      partsOf("backward", timings, counted(full, "backward"), bytes),
    ],
  };
}

type BuildVariant = (gradient: boolean, rewrite?: RewriteKernels) => Promise<Built>;

async function contestantsOf(plain: Built, full: Built, build: BuildVariant): Promise<Contestant[]> {
  const both = (): void => {
    full.instance.forward(full.call.forward);
    full.instance.backward?.(full.call.cotangents);
  };
  return [
    ...(plain.canStep ? [{ name: "step", run: stepper(plain) }] : []),
    { name: "forward", run: runnerOf("forward", plain) },
    { name: "forward and backward", run: both },
    { name: "backward", run: runnerOf("backward", full) },
    ...(await partContestants("forward", plain.kernel, (rewrite) => build(false, rewrite))),
    ...(await partContestants("backward", full.kernel, (rewrite) => build(true, rewrite))),
  ];
}

/** @param atOnce the steps of one call, where it has steps */
function functionProfile(
  name: FunctionProfile["name"],
  { median, minimum }: Pick<Timing, "median" | "minimum">,
  work: ProfiledWork,
  atOnce: number | undefined,
  ceiling: Profile["ceiling"],
): FunctionProfile {
  const seconds = minimum * 1e-6;
  const [speed, flow] = [(work.products + work.operations) / seconds, work.bytes / seconds];
  const shareOfArithmetic = speed / ceiling.arithmetic;
  const shareOfCopy = flow / ceiling.copy;
  const perStep = atOnce !== undefined && { perStep: minimum / atOnce };
  return { name, median, minimum, ...perStep, ...work, speed, shareOfArithmetic, flow, shareOfCopy };
}

function instantiate(module: CompiledModule, call: CallSettings): ModuleInstance {
  try {
    return module.instantiate({ ...capacitiesOf(module.manifest, call), maxBytes: mostBytes });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const bytes = bytesBeyond(error);
    if (bytes === undefined) throw new ProfileSizeError(error.message);
    throw new ProfileSizeError(`calls of these sizes take ${bytes} bytes; at most ${mostBytes} can be timed`);
  }
}

function stepper({ instance, call }: Built): () => unknown {
  instance.reset(call.start);
  return () => instance.step(call.step);
}

type ProfiledEntry = EntryParts["entry"];

function runnerOf(entry: ProfiledEntry, { instance, call }: Built): () => unknown {
  instance.forward(call.forward);
  return entry === "forward" ? () => instance.forward(call.forward) : () => instance.backward?.(call.cotangents);
}

/** A function with one of its parts alone, with none of them, and without activations. */
async function partContestants(
  entry: ProfiledEntry,
  kernel: KernelProgram,
  build: (rewrite: RewriteKernels) => Promise<Built>,
): Promise<Contestant[]> {
  const present = new Set(placesOf(functionOf(kernel, entry)).map(({ place }) => place));
  const variants: [name: string, rewrite: RewriteKernels][] = [
    ["around", (found) => onlyPlace(found, entry, undefined)],
    ...places
      .filter((place) => present.has(place))
      .map((place): [string, RewriteKernels] => [place, (found) => onlyPlace(found, entry, place)]),
  ];
  if (hasActivations(kernel, entry)) variants.push(["clamps", (found) => withoutActivations(found, entry)]);
  const contestants: Contestant[] = [];
  for (const [name, rewrite] of variants) {
    contestants.push({ name: `${entry} ${name}`, run: runnerOf(entry, await build(rewrite)) });
  }
  return contestants;
}

function partsOf(
  entry: ProfiledEntry,
  timings: readonly Timing[],
  counts: readonly RegionCount[],
  bytes: number,
): EntryParts {
  const timeOf = (name: string): number | undefined => timings.find((t) => t.name === `${entry} ${name}`)?.minimum;
  const around = timeOf("around") ?? 0;
  const whole = find(timings, entry).minimum;
  const clamps = timeOf("clamps");
  const part = (name: ProfilePart["name"], time: number, of: readonly RegionCount[]): ProfilePart => ({
    name,
    time,
    share: time / whole,
    ...totalOf(of, bytes),
  });
  const saved = clamps === undefined ? undefined : Math.max(0, whole - clamps);
  return {
    entry,
    time: whole,
    parts: [
      ...places.flatMap((name): ProfilePart[] => {
        const alone = timeOf(name);
        const here = counts.filter(({ place }) => place === name);
        return alone === undefined ? [] : [part(name, Math.max(0, alone - around), here)];
      }),
      part("around", around, []),
    ],
    activations: saved === undefined ? undefined : { time: saved, share: saved / whole },
  };
}

function totalOf(counts: readonly RegionCount[], bytes: number): ProfiledWork {
  let [products, operations, numbers] = [0, 0, 0];
  for (const count of counts) {
    products += count.products;
    for (const times of count.operations.values()) operations += times;
    numbers += count.reads + count.writes;
  }
  return { products, operations, bytes: bytes * numbers };
}

/** Numbers in all buffers that a function uses. */
function touchedNumbers(kernel: KernelProgram, entry: string, sizes: CountedSizes): number {
  const names = new Set<string>();
  for (const statement of functionOf(kernel, entry).body) forEachAccess(statement, ({ buffer }) => names.add(buffer));
  return kernel.buffers.reduce((sum, buffer) => (names.has(buffer.name) ? sum + bufferSize(buffer, sizes) : sum), 0);
}
