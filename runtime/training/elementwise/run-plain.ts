/** Programs as plain JavaScript: one loop for each instruction over a block of elements that stays in the cache. */
import type { FloatArray } from "../../module/compiled-module.js";
import type { ElementOperand, ElementOperation, ElementProgram } from "./program.js";

/** Runs a program on the elements from `from` to before `to`. */
export type Kernel = (from: number, to: number) => void;

const block = 512;

/** Storing rounds to the type of the array, and float64 holds enough digits of these operations that rounding twice is rounding once. */
type Loop = (out: FloatArray, count: number, a: FloatArray, atA: number, b: FloatArray, atB: number) => void;

const loops: Readonly<Record<ElementOperation, Loop>> = {
  add(out, count, a, atA, b, atB) {
    for (let i = 0; i < count; i++) out[i] = a[atA + i]! + b[atB + i]!;
  },
  subtract(out, count, a, atA, b, atB) {
    for (let i = 0; i < count; i++) out[i] = a[atA + i]! - b[atB + i]!;
  },
  multiply(out, count, a, atA, b, atB) {
    for (let i = 0; i < count; i++) out[i] = a[atA + i]! * b[atB + i]!;
  },
  divide(out, count, a, atA, b, atB) {
    for (let i = 0; i < count; i++) out[i] = a[atA + i]! / b[atB + i]!;
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

/**
 * @param arrays One for each that the program names, all of one length and type.
 * @param scalars Numbers of that type, read at each run.
 */
export function bindPlain(program: ElementProgram, arrays: readonly FloatArray[], scalars: FloatArray): Kernel {
  const make = (): FloatArray => (scalars instanceof Float32Array ? new Float32Array(block) : new Float64Array(block));
  const results = program.instructions.map(make);
  const spread = program.scalars.map(make);
  const sources = { array: arrays, scalar: spread, result: results };
  const sourceOf = ({ kind, index }: ElementOperand): FloatArray => sources[kind][index]!;
  const steps = program.instructions.map(({ operation, operands }, i) => {
    const [a, b = a] = operands.map((operand) => ({ data: sourceOf(operand), moves: operand.kind === "array" }));
    return { run: loops[operation], out: results[i]!, a: a!, b: b! };
  });
  const stores = program.stores.map(({ array, value }) => ({ to: arrays[array]!, from: sourceOf(value) }));
  return (from, to) => {
    const most = Math.min(block, to - from);
    for (let i = 0; i < spread.length; i++) spread[i]!.fill(scalars[i]!, 0, most);
    for (let start = from; start < to; start += block) {
      const count = Math.min(block, to - start);
      for (let i = 0; i < steps.length; i++) {
        const { run, out, a, b } = steps[i]!;
        run(out, count, a.data, a.moves ? start : 0, b.data, b.moves ? start : 0);
      }
      for (let s = 0; s < stores.length; s++) {
        const { to: target, from: source } = stores[s]!;
        for (let i = 0; i < count; i++) target[start + i] = source[i]!;
      }
    }
  };
}
