/** Programs as WebAssembly modules of a few hundred bytes: one function, a loop over vectors of 16 bytes. */
import { unsigned, wasmModule } from "../../base/webassembly.js";
import type { ElementOperand, ElementOperation, ElementProgram } from "./program.js";

/** Elements are taken four at a time, or two of float64. */
const vectorBytes = 16;

/** Where things lie in the memory, in bytes. */
interface WasmPlaces {
  readonly dtype: "f32" | "f64";
  /** Where the first scalar lies; the others follow. */
  readonly scalars: number;
  /** Where each array of the program begins. */
  readonly arrays: readonly number[];
}

/** Codes of the instructions that are used; those of vectors stand behind `vector`, of two bytes where they are above 127. */
const code = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  constant: 0x41,
  less: 0x49,
  atLeast: 0x4f,
  add: 0x6a,
  vector: 0xfd,
} as const;

const vectorCode = { load: 0, store: 11, constant: 12, and: 78, or: 80 } as const;

const codesOf = {
  f32: { splat: 9, alignment: 2, less: 67, greater: 68, squareRoot: 227, add: 228, subtract: 229, multiply: 230, divide: 231, maximum: 233 }, // prettier-ignore
  f64: { splat: 10, alignment: 3, less: 73, greater: 74, squareRoot: 239, add: 240, subtract: 241, multiply: 242, divide: 243, maximum: 245 }, // prettier-ignore
} as const;

const vectorType = 0x7b;
const noResult = 0x40;

/** The module imports a memory, `host.memory`, and exports `run(from, to)`, places of elements in bytes: multiples of a vector. */
export function encodeWasm(program: ElementProgram, places: WasmPlaces): Uint8Array<ArrayBuffer> {
  return wasmModule(2, [{ name: "run", body: body(program, places) }]);
}

const [from, to, firstVector] = [0, 1, 2];

function body(program: ElementProgram, { dtype, scalars, arrays }: WasmPlaces): number[] {
  const { alignment, splat } = codesOf[dtype];
  const begins = {
    scalar: firstVector,
    array: firstVector + program.scalars.length,
    result: firstVector + program.scalars.length + arrays.length,
  };
  const local = ({ kind, index }: ElementOperand): number[] => unsigned(begins[kind] + index);
  const get = (operand: ElementOperand): number[] => [code.get, ...local(operand)];
  const set = (kind: ElementOperand["kind"], index: number): number[] => [code.set, ...local({ kind, index })];
  const spread = program.scalars.flatMap((_, i) => {
    const place = unsigned(scalars + i * 2 ** alignment);
    return [...[code.constant, 0], ...vector(splat), alignment, ...place, ...set("scalar", i)];
  });
  const loads = arrays.flatMap((place, i) => {
    return [...[code.get, from], ...vector(vectorCode.load), 4, ...unsigned(place), ...set("array", i)];
  });
  const computed = program.instructions.flatMap(({ operation, operands }, i) => {
    return [...compute(dtype, operation, operands.map(get)), ...set("result", i)];
  });
  const stores = program.stores.flatMap(({ array, value }) => {
    return [...[code.get, from], ...get(value), ...vector(vectorCode.store), 4, ...unsigned(arrays[array]!)];
  });
  const vectors = begins.result - firstVector + program.instructions.length;
  return [
    ...[1, ...unsigned(vectors), vectorType],
    ...spread,
    ...[code.block, noResult, code.get, from, code.get, to, code.atLeast, code.branchIf, 0, code.loop, noResult],
    ...[...loads, ...computed, ...stores],
    ...[code.get, from, code.constant, vectorBytes, code.add, code.tee, from, code.get, to, code.less],
    ...[code.branchIf, 0, code.end, code.end, code.end],
  ];
}

function compute(dtype: "f32" | "f64", operation: ElementOperation, operands: readonly number[][]): number[] {
  const codes = codesOf[dtype];
  if (operation !== "sign") return [...operands.flat(), ...vector(codes[operation])];
  const [a] = operands as [number[]];
  /** `value` where a comparison with 0 is true, and 0 elsewhere. */
  const where = (comparison: number, value: number): number[] => {
    const compared = [...a, ...constant(dtype, 0), ...vector(comparison)];
    return [...compared, ...constant(dtype, value), ...vector(vectorCode.and)];
  };
  return [...where(codes.greater, 1), ...where(codes.less, -1), ...vector(vectorCode.or)];
}

const vector = (operation: number): number[] => [code.vector, ...unsigned(operation)];

function constant(dtype: "f32" | "f64", value: number): number[] {
  const lanes = dtype === "f32" ? new Float32Array(4).fill(value) : new Float64Array(2).fill(value);
  return [...vector(vectorCode.constant), ...new Uint8Array(lanes.buffer)];
}
