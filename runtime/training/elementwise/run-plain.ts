/** Programs as plain JavaScript: one loop for each instruction over a block of elements that stays in the cache. */
import type { FloatArray } from "../../module/compiled-module.js";
import type { ElementInstruction, ElementOperand, ElementOperation, ElementProgram } from "./program.js";

/** Runs a program on the elements from `from` to before `to`, both multiples of four. */
export type Kernel = (from: number, to: number) => void;

const block = 512;

/**
 * Four elements at a time, which takes two thirds of the time. Storing rounds to the type of the array, and float64 holds enough digits of these
 * operations that rounding twice is rounding once.
 */
type Loop = (out: FloatArray, count: number, a: FloatArray, atA: number, b: FloatArray, atB: number) => void;

const loops: Readonly<Record<ElementOperation, Loop>> = {
  add(out, count, a, atA, b, atB) {
    for (let i = 0, j = atA, k = atB; i < count; i += 4, j += 4, k += 4) {
      out[i] = a[j]! + b[k]!;
      out[i + 1] = a[j + 1]! + b[k + 1]!;
      out[i + 2] = a[j + 2]! + b[k + 2]!;
      out[i + 3] = a[j + 3]! + b[k + 3]!;
    }
  },
  subtract(out, count, a, atA, b, atB) {
    for (let i = 0, j = atA, k = atB; i < count; i += 4, j += 4, k += 4) {
      out[i] = a[j]! - b[k]!;
      out[i + 1] = a[j + 1]! - b[k + 1]!;
      out[i + 2] = a[j + 2]! - b[k + 2]!;
      out[i + 3] = a[j + 3]! - b[k + 3]!;
    }
  },
  multiply(out, count, a, atA, b, atB) {
    for (let i = 0, j = atA, k = atB; i < count; i += 4, j += 4, k += 4) {
      out[i] = a[j]! * b[k]!;
      out[i + 1] = a[j + 1]! * b[k + 1]!;
      out[i + 2] = a[j + 2]! * b[k + 2]!;
      out[i + 3] = a[j + 3]! * b[k + 3]!;
    }
  },
  divide(out, count, a, atA, b, atB) {
    for (let i = 0, j = atA, k = atB; i < count; i += 4, j += 4, k += 4) {
      out[i] = a[j]! / b[k]!;
      out[i + 1] = a[j + 1]! / b[k + 1]!;
      out[i + 2] = a[j + 2]! / b[k + 2]!;
      out[i + 3] = a[j + 3]! / b[k + 3]!;
    }
  },
  maximum(out, count, a, atA, b, atB) {
    for (let i = 0; i < count; i++) out[i] = Math.max(a[atA + i]!, b[atB + i]!);
  },
  squareRoot(out, count, a, atA) {
    for (let i = 0; i < count; i++) out[i] = Math.sqrt(a[atA + i]!);
  },
  sign(out, count, a, atA) {
    for (let i = 0; i < count; i++) out[i] = a[atA + i]! > 0 ? 1 : a[atA + i]! < 0 ? -1 : 0;
  },
};

/** Where one operand, whichever, is the same number for all elements: that of `b`. */
const loopsByScalar: Readonly<Partial<Record<ElementOperation, Loop>>> = {
  add(out, count, a, atA, b, atB) {
    const shared = b[atB]!;
    for (let i = 0, j = atA; i < count; i += 4, j += 4) {
      out[i] = a[j]! + shared;
      out[i + 1] = a[j + 1]! + shared;
      out[i + 2] = a[j + 2]! + shared;
      out[i + 3] = a[j + 3]! + shared;
    }
  },
  multiply(out, count, a, atA, b, atB) {
    const shared = b[atB]!;
    for (let i = 0, j = atA; i < count; i += 4, j += 4) {
      out[i] = a[j]! * shared;
      out[i + 1] = a[j + 1]! * shared;
      out[i + 2] = a[j + 2]! * shared;
      out[i + 3] = a[j + 3]! * shared;
    }
  },
};

/** Where a loop finds an operand: at `at` plus, in arrays, the place of the block. */
interface LoopOperand {
  readonly data: FloatArray;
  readonly at: number;
  readonly moves: boolean;
}

/**
 * @param arrays One for each that the program names, all of one length and type.
 * @param scalars Numbers of that type, read at each run.
 */
export function bindPlain(program: ElementProgram, arrays: readonly FloatArray[], scalars: FloatArray): Kernel {
  const make = (): FloatArray => (scalars instanceof Float32Array ? new Float32Array(block) : new Float64Array(block));
  const results = program.instructions.map(make);
  const spread = program.scalars.map(make);
  const data = { array: arrays, scalar: spread, result: results };
  const sourceOf = ({ kind, index }: ElementOperand): LoopOperand => {
    return { data: data[kind][index]!, at: 0, moves: kind === "array" };
  };
  const steps = program.instructions.map((instruction, i) => {
    return { ...bindLoop(instruction, sourceOf, scalars), out: results[i]! };
  });
  const stores = program.stores.map(({ array, value }) => ({ to: arrays[array]!, from: sourceOf(value) }));
  return (from, to) => {
    const most = Math.min(block, to - from);
    for (let i = 0; i < spread.length; i++) spread[i]!.fill(scalars[i]!, 0, most);
    for (let start = from; start < to; start += block) {
      const count = Math.min(block, to - start);
      for (let i = 0; i < steps.length; i++) {
        const { run, out, a, b } = steps[i]!;
        run(out, count, a.data, a.moves ? start : a.at, b.data, b.moves ? start : b.at);
      }
      for (let s = 0; s < stores.length; s++) {
        const { to: target, from: source } = stores[s]!;
        const at = source.moves ? start : source.at;
        for (let i = 0; i < count; i++) target[start + i] = source.data[at + i]!;
      }
    }
  };
}

function bindLoop(
  { operation, operands }: ElementInstruction,
  sourceOf: (operand: ElementOperand) => LoopOperand,
  scalars: FloatArray,
): { readonly run: Loop; readonly a: LoopOperand; readonly b: LoopOperand } {
  const [first, second = first] = operands as readonly [ElementOperand, ElementOperand?];
  const byScalar = loopsByScalar[operation];
  const shared = [second, first].find(({ kind }) => kind === "scalar");
  if (byScalar === undefined || shared === undefined) {
    return { run: loops[operation], a: sourceOf(first), b: sourceOf(second) };
  }
  const other = shared === second ? first : second;
  return { run: byScalar, a: sourceOf(other), b: { data: scalars, at: shared.index, moves: false } };
}
