/** Functions over arrays in memory, for tests and measurements of what `scalar-functions.ts` writes. */
import type { FunctionCode, Local } from "../../../../../compiler/emit/wasm/assembler/function-code.js";
import type { NumberShape } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { ConstantPool } from "../../../../../compiler/emit/wasm/assembler/constant-pool.js";
import { floatTypeOf, isVector, valueTypeOf } from "../../../../../compiler/emit/wasm/assembler/shapes.js";
import { instantiate } from "../assembler/engine.js";
import { moduleOf } from "../assembler/support.js";

export const shapes: readonly NumberShape[] = ["f32x4", "f64x2", "f32", "f64"];

/** Leaves a value on the stack. */
export type Body = (code: FunctionCode, pool: ConstantPool, shape: NumberShape, args: readonly Local[]) => void;

export const lanesOf: Readonly<Record<NumberShape, number>> = { f32x4: 4, f64x2: 2, f32: 1, f64: 1 };

/** `run(bytes)` computes the body at the arguments in `arity` columns of `capacity` elements; the results stand after. */
export function mapModule(shape: NumberShape, arity: number, capacity: number, body: Body): Uint8Array {
  const type = floatTypeOf[shape];
  const column = capacity * (type === "f32" ? 4 : 8);
  const [load, store] = isVector(shape)
    ? (["v128.load", "v128.store"] as const)
    : ([`${type}.load`, `${type}.store`] as const);
  return moduleOf(["i32"], [], (code) => {
    const [end, at] = [code.param(0), code.local("i32")];
    const pool = new ConstantPool(code);
    const args = Array.from({ length: arity }, () => code.local(valueTypeOf(shape)));
    code.loop((again) => {
      args.forEach((arg, i) =>
        code
          .get(at)
          .memory(load, i * column)
          .set(arg),
      );
      code.get(at);
      body(code, pool, shape, args);
      code.memory(store, arity * column);
      code
        .get(at)
        .i32(isVector(shape) ? 16 : column / capacity)
        .op("i32.add")
        .tee(at);
      code.get(end).op("i32.lt_u").brIf(again);
    });
  }).encode();
}

/** The body's values at rows of arguments. */
export function evaluateRows(shape: NumberShape, rows: readonly (readonly number[])[], body: Body): number[] {
  const arity = rows[0]!.length;
  const lanes = lanesOf[shape];
  const count = Math.ceil(rows.length / lanes) * lanes;
  const Numbers = floatTypeOf[shape] === "f32" ? Float32Array : Float64Array;
  const bytes = count * Numbers.BYTES_PER_ELEMENT;
  const { run, memory } = instantiate(
    mapModule(shape, arity, count, body),
    Math.ceil(((arity + 1) * bytes) / 65536) + 1,
  );
  const numbers = new Numbers(memory);
  rows.forEach((row, r) => row.forEach((x, i) => (numbers[i * count + r] = x)));
  run(bytes);
  return [...numbers.subarray(arity * count, arity * count + rows.length)];
}
