/**
 * What this machine reaches at best, measured on the spot on one thread of WebAssembly: arithmetic that never leaves the
 * registers, and copying. A cell is judged by its share of these.
 */
import { FunctionCode, type Local } from "../../emit/wasm/assembler/function-code.js";
import type { OpName } from "../../emit/wasm/assembler/instructions.js";
import { ModuleBuilder } from "../../emit/wasm/assembler/module-builder.js";

type Dtype = "f32" | "f64";

/**
 * Chains of dependent operations side by side: enough for two units that multiply and two that add, each with a latency of
 * three cycles, and no more than an engine keeps in sixteen registers beside two operands.
 */
const chains = 12;
const pageBytes = 65536;

const lanesOf: Readonly<Record<Dtype, number>> = { f32: 4, f64: 2 };

const arithmetic = {
  f32: { multiply: "f32x4.mul", add: "f32x4.add", fused: "f32x4.relaxed_madd", type: "f32x4" },
  f64: { multiply: "f64x2.mul", add: "f64x2.add", fused: "f64x2.relaxed_madd", type: "f64x2" },
} as const satisfies Record<Dtype, { multiply: OpName; add: OpName; fused: OpName; type: string }>;

/** Does `body` as often as parameter `count` says, at least once. */
function repeat(code: FunctionCode, body: () => void): void {
  const count = code.param(0);
  code.loop((again) => {
    body();
    code.get(count).i32(1).op("i32.sub").tee(count);
    code.brIf(again);
  });
}

/** Exports `run(count)`: in each round, every chain multiplies by one number and adds another. */
function arithmeticModule(dtype: Dtype, fused: boolean): Uint8Array<ArrayBuffer> {
  const { multiply, add, fused: multiplyAdd, type } = arithmetic[dtype];
  const builder = new ModuleBuilder();
  builder.importMemory("env", "memory", 1);
  const { code } = builder.function("run", ["i32"], [], true);
  const vector = (value: number): Local =>
    code.preset("v128", (beginning) => beginning.v128(type, new Array<number>(lanesOf[dtype]).fill(value)));
  // The chains run to 1 and stay there: no overflow, no denormals.
  const [factor, term] = [vector(0.5), vector(0.5)];
  const values = Array.from({ length: chains }, (_, i) => {
    const local = code.local("v128");
    code.v128(type, new Array<number>(lanesOf[dtype]).fill(i)).set(local);
    return local;
  });
  repeat(code, () => {
    for (const value of values) {
      code.get(value).get(factor);
      if (fused) code.get(term).op(multiplyAdd);
      else code.op(multiply).get(term).op(add);
      code.set(value);
    }
  });
  // Results that go nowhere might not be computed.
  code.i32(0);
  values.forEach((value, i) => {
    code.get(value);
    if (i > 0) code.op("v128.xor");
  });
  code.memory("v128.store", 0);
  return new Uint8Array(builder.encode());
}

/** Exports `run(count)`: copies `bytes` from the start of the memory to after it. `bytes` is a multiple of 64. */
function copyModule(bytes: number): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder();
  builder.importMemory("env", "memory", 1);
  const { code } = builder.function("run", ["i32"], [], true);
  const at = code.local("i32");
  repeat(code, () => {
    code.i32(0).set(at);
    code.loop((next) => {
      for (const offset of [0, 16, 32, 48]) {
        code.get(at).get(at).memory("v128.load", offset);
        code.memory("v128.store", bytes + offset);
      }
      code.get(at).i32(64).op("i32.add").tee(at).i32(bytes).op("i32.lt_u");
      code.brIf(next);
    });
  });
  return new Uint8Array(builder.encode());
}

type CountedRun = (count: number) => void;

function instantiate(bytes: Uint8Array<ArrayBuffer>, memoryBytes: number): CountedRun {
  const pages = Math.ceil(memoryBytes / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return instance.exports["run"] as CountedRun;
}

/** Seconds that one round takes at best. */
function bestRound(run: CountedRun, milliseconds: number): number {
  // Into the optimising compiler first; that is done beside the program, so the first rounds are slow ones.
  let count = 1;
  for (;;) {
    const start = performance.now();
    run(count);
    if (performance.now() - start > 2) break;
    count *= 2;
  }
  let best = Infinity;
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    run(count);
    const elapsed = performance.now() - start;
    best = Math.min(best, elapsed / count / 1000);
    // As it becomes faster, more rounds make a turn.
    if (elapsed < 1) count *= 2;
  } while (performance.now() < end);
  return best;
}

/** Does this host run fused multiply-add, of relaxed SIMD? */
export function hasFusedMultiplyAdd(): boolean {
  return WebAssembly.validate(arithmeticModule("f32", true));
}

/** Floating-point operations per second on numbers in registers; a multiplication with an addition counts two. */
export function arithmeticCeiling(dtype: Dtype, fused: boolean, milliseconds = 200): number {
  const round = bestRound(instantiate(arithmeticModule(dtype, fused), pageBytes), milliseconds);
  return (2 * chains * lanesOf[dtype]) / round;
}

/** Bytes per second that a copy reads and writes together, where reading and writing take `bytes` of memory in all. */
export function copyCeiling(bytes: number, milliseconds = 200): number {
  const half = Math.min(2 ** 26, Math.max(64, Math.ceil(bytes / 2 / 64) * 64));
  return (2 * half) / bestRound(instantiate(copyModule(half), 2 * half), milliseconds);
}
