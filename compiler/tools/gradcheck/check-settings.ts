/** Options of `checkGradients`: their types, defaults and checks. */
import { checkOptionNames, describe } from "../../../runtime/base/options.js";
import type { ReadFile } from "../../driver/compile-options.js";
import { createTurns, endingOptions, type EndingOptions, type Turn } from "../../driver/turns.js";
import { checkRanges, type Ranges } from "../calls/ranges.js";
import type { Precision } from "./report.js";

export interface GradientCheckOptions extends EndingOptions {
  /** Of all random choices; 1 unless told. The same seed gives the same report. */
  readonly seed?: number;
  /** Random sizes and points; 3 unless told. */
  readonly runs?: number;
  /** The largest relative error in float64 that passes, beside the bar of what it is compared with; 1e-6 unless told. */
  readonly tolerance?: number;
  /** The same in float32, whose bars follow the cell; 1e-4 unless told. */
  readonly tolerance32?: number;
  /** Along how many single numbers of each tensor, besides a direction through all of them; 8 unless told. */
  readonly coordinates?: number;
  /** How large random inputs, contexts and states are; 1 unless told. */
  readonly scale?: number;
  /**
   * Between what numbers inputs, contexts, params and states are drawn, `{ x: [0.1, 2] }`, where a cell has values, or something has
   * influence, for some only; whatever `scale` says. Initial values that the cell declares stay.
   */
  readonly ranges?: Ranges;
  /** The share of random numbers that lie where operations have kinks and ties, from 0, the default, to 1. */
  readonly kinks?: number;
  /**
   * Passes gradients that could not be compared anywhere, because they were zero or at a kink at every point, also at further
   * ones that are drawn for them. They fail otherwise.
   */
  readonly allowUncompared?: boolean;
  /**
   * Names of inputs, contexts, params and states that no result changes with: their gradient passes where it is zero at every point, and
   * fails where it is anything else.
   */
  readonly noInfluence?: readonly string[];
  /** Which cell of a text; not needed where it has only one. */
  readonly cell?: string;
  /** Sizes of dimensions that are not to be random, and values of named reals. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** Name of the text in messages, and what its imports are relative to. */
  readonly file?: string;
  readonly readFile?: ReadFile;
  /** What a text is compiled to: both where left out. */
  readonly precisions?: readonly Precision[];
  /** What a text is compiled for; `wasm`, as for `compile`, unless told. */
  readonly target?: "wasm" | "js";
  /** A budget for a text, as for `compile`: operations, which count twelve times with all derivatives; 100,000 where left out. */
  readonly maxOperations?: number;
  /** Called before each run, and within one as it goes on: `done` then has a fraction. */
  readonly onProgress?: (done: number, runs: number) => void;
}

/** Options with their defaults. */
export interface GradcheckSettings {
  readonly seed: number;
  readonly runs: number;
  readonly tolerance: number;
  readonly tolerance32: number;
  readonly coordinates: number;
  readonly scale: number;
  readonly ranges: Ranges;
  readonly kinks: number;
  readonly allowUncompared: boolean;
  readonly noInfluence: readonly string[];
  readonly onProgress?: (done: number, runs: number) => void;
  /** Before each run. */
  readonly turn: Turn;
}

const known = [
  "seed", "runs", "tolerance", "tolerance32", "coordinates", "scale", "ranges", "kinks", "allowUncompared", "noInfluence", "cell", "dimensions", "file",
  "readFile", "precisions", "target", "maxOperations", "onProgress", ...endingOptions,
]; // prettier-ignore

/** Options that say how a text is compiled. */
const ofTexts = ["cell", "dimensions", "file", "readFile", "precisions", "target", "maxOperations"] as const;

/** @throws TypeError where options for a text are given with something that was compiled before. */
export function refuseTextOptions(options: GradientCheckOptions): void {
  const given = ofTexts.filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new TypeError(
    `checkGradients: ${given.join(", ")} ${given.length === 1 ? "says" : "say"} how a text is compiled; a cell or module is checked as it was compiled`,
  );
}

/** @throws TypeError for an unknown option, RangeError for a number out of its range. */
export function checkSettings(options: GradientCheckOptions): GradcheckSettings {
  checkOptionNames("checkGradients", options, known);
  const { seed = 1, runs = 3, coordinates = 8, onProgress } = options;
  const { tolerance = 1e-6, tolerance32 = 1e-4, scale = 1, kinks = 0, allowUncompared = false } = options;
  for (const [name, value, least] of [
    ["seed", seed, 0],
    ["runs", runs, 1],
    ["coordinates", coordinates, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) fail(`${name} must be an integer of at least ${least}`, value);
  }
  for (const [name, value] of Object.entries({ tolerance, tolerance32, scale })) {
    if (typeof value !== "number" || !(value > 0 && value < Infinity)) fail(`${name} must be a positive number`, value);
  }
  if (typeof kinks !== "number" || !(kinks >= 0 && kinks <= 1)) fail("kinks must be a number from 0 to 1", kinks);
  const { precisions = ["f64"] } = options;
  if (!Array.isArray(precisions) || precisions.length === 0)
    fail('precisions must be a list of "f32" or "f64"', precisions);
  for (const precision of precisions as readonly unknown[]) {
    // What comes from JavaScript has whatever value it has.
    if (precision !== "f32" && precision !== "f64") {
      fail('precisions must be "f32" or "f64"', precision);
    }
  }
  if (typeof allowUncompared !== "boolean") fail("allowUncompared must be true or false", allowUncompared);
  const { noInfluence = [], target = "wasm" } = options;
  const areNames = Array.isArray(noInfluence) && noInfluence.every((name: unknown) => typeof name === "string");
  if (!areNames) fail("noInfluence must be a list of names", noInfluence);
  if (!["wasm", "js"].includes(target)) fail('target must be "wasm" or "js"', target);
  if (onProgress !== undefined && typeof onProgress !== "function") fail("onProgress must be a function", onProgress);
  const ranges = checkRanges(options.ranges ?? {});
  const settings = {
    seed,
    runs,
    tolerance,
    tolerance32,
    coordinates,
    scale,
    ranges,
    kinks,
    allowUncompared,
    noInfluence,
  };
  // Who is told may end the check there, within a run.
  const told = (done: number, all: number): void => {
    onProgress?.(done, all);
    options.signal?.throwIfAborted();
  };
  return { ...settings, ...(onProgress && { onProgress: told }), turn: createTurns("checkGradients", options) };
}

function fail(expected: string, got: unknown): never {
  const came = Array.isArray(got) && got.length === 0 ? "an empty list" : describe(got);
  throw new RangeError(`checkGradients: ${expected}, got ${came}`);
}
