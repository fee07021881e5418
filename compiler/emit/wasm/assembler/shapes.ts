/** What an instruction computes at once: a vector of numbers, or one. */
import type { FunctionCode, WasmType } from "./function-code.js";

export type VectorShape = "f32x4" | "f64x2";
/** Truth values are masks of all ones or zeros in a vector, an i32 of 1 or 0 beside a scalar. */
export type NumberShape = VectorShape | "f32" | "f64";

/** A scalar's vector; a vector's own. */
export const vectorOf: Readonly<Record<NumberShape, VectorShape>> = {
  f32x4: "f32x4",
  f64x2: "f64x2",
  f32: "f32x4",
  f64: "f64x2",
};

export const floatTypeOf: Readonly<Record<NumberShape, "f32" | "f64">> = {
  f32x4: "f32",
  f64x2: "f64",
  f32: "f32",
  f64: "f64",
};

export function isVector(shape: NumberShape): shape is VectorShape {
  return vectorOf[shape] === shape;
}

export function valueTypeOf(shape: NumberShape): WasmType {
  return isVector(shape) ? "v128" : floatTypeOf[shape];
}

/** Puts the scalar on the stack into every lane of its vector; leaves a vector as it is. */
export function splat(code: FunctionCode, shape: NumberShape): void {
  if (!isVector(shape)) code.op(`${vectorOf[shape]}.splat`);
}

/** Takes a scalar out of its vector on the stack; leaves a vector as it is. */
export function firstLane(code: FunctionCode, shape: NumberShape): void {
  if (!isVector(shape)) code.op(`${vectorOf[shape]}.extract_lane`, 0);
}
