/** Options of `verifyModule`: their types, defaults and checks. */
import { refuse } from "../../../runtime/base/arguments.js";
import { asBytes } from "../../../runtime/io/bytes.js";
import { checkOptionNames, checkSwitch, describe } from "../../../runtime/base/options.js";
import { checkRanges, type Ranges } from "../calls/ranges.js";
import { createTurns, endingOptions, type EndingOptions, type Turn } from "../../driver/turns.js";

export interface VerifyOptions extends EndingOptions {
  /** Of all random choices; an integer from 0 to 2^32 - 1, 0 where left out. */
  readonly seed?: number;
  /**
   * How often all checks are made, each time with sizes, lengths and values of their own: of a few examples and steps, of more
   * than 64 examples, of more than 64 steps, where there are run-time dimensions of such a size, and of more rows, the steps of all
   * examples, than kernels take at once; 3 where left out.
   */
  readonly runs?: number;
  /**
   * Between what numbers inputs, contexts, params and states are drawn, `{ x: [0.1, 2] }`, or that they are symmetric positive definite
   * matrices, `{ P: "spd" }`, where a cell has values for some only.
   */
  readonly ranges?: Ranges;
  /** The .wasm file of a module that was built with one: its bytes, or what gives them for the kernels that this host runs. */
  readonly wasm?: Uint8Array | ((variant: "wasm" | "wasm-fma") => Uint8Array);
  /** Stops after the first check that fails; those that were not reached are skipped. */
  readonly bail?: boolean;
  /** Called before each check of each run. */
  readonly onProgress?: (check: string, done: number, total: number) => void;
}

const known = ["seed", "runs", "ranges", "wasm", "bail", "onProgress", ...endingOptions];

/** Options with their defaults. */
export interface VerifySettings {
  readonly seed: number;
  readonly runs: number;
  readonly bail: boolean;
  readonly ranges: Ranges;
  readonly wasm: VerifyOptions["wasm"];
  readonly onProgress: VerifyOptions["onProgress"];
  /** Before each check. */
  readonly turn: Turn;
}

/** @throws TypeError for an unknown option or one of the wrong type; RangeError for a number out of its range. */
export function checkOptions(options: VerifyOptions): VerifySettings {
  checkOptionNames("verifyModule", options, known);
  const { seed = 0, runs = 3, bail, wasm, onProgress } = options;
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`verifyModule: runs must be a positive integer, got ${describe(runs)}`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`verifyModule: seed must be an integer from 0 to 2^32 - 1, got ${describe(seed)}`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    refuse("verifyModule", "onProgress", "a function", onProgress);
  }
  return {
    seed,
    runs,
    bail: checkSwitch("verifyModule", "bail", bail),
    ranges: checkRanges(options.ranges ?? {}),
    wasm: wasm === undefined || typeof wasm === "function" ? wasm : kernelBytes(wasm),
    onProgress,
    turn: createTurns("verifyModule", options),
  };
}

/** @throws TypeError unless it is bytes. */
export function kernelBytes(wasm: unknown): Uint8Array {
  try {
    return asBytes(wasm);
  } catch {
    return refuse("verifyModule", "wasm", "the bytes of a .wasm file, or a function that gives them", wasm);
  }
}
