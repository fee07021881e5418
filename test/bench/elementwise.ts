/**
 * How long the compiler's own functions take as WebAssembly code, an element at a time, and how many bytes they are:
 * `node dist/test/bench/elementwise.js [seconds]` after `npm run build`. With fused multiply-add too where the host has
 * it (Node 20: `--experimental-wasm-relaxed-simd`).
 */
import type { NumberShape } from "../../compiler/emit/wasm/assembler/shapes.js";
import { emitFunction } from "../../compiler/emit/wasm/kernels/scalar-functions.js";
import { floatTypeOf } from "../../compiler/emit/wasm/assembler/shapes.js";
import { fuseMultiplyAdds } from "../../compiler/base/math/fuse-multiply-adds.js";
import { mathFunctions, mathNames } from "../../compiler/base/math/functions.js";
import { instantiate, validate } from "../compiler/emit/wasm/assembler/engine.js";
import { mapModule, shapes } from "../compiler/emit/wasm/kernels/scalar-module.js";
import type { Contestant } from "../../compiler/tools/bench/measure.js";
import { measure } from "../../compiler/tools/bench/measure.js";

const count = 1024;

interface Measured {
  readonly label: string;
  readonly contestant: Contestant;
  readonly bytes: number;
}

/** The functions over an array from -8 to 8, or from 0 to 8 where they are not defined on all of these. */
function measuredFunctions(shape: NumberShape, fma: boolean): Measured[] {
  const empty = mapModule(shape, 1, count, (code, _pool, _shape, [x]) => void code.get(x!)).length;
  return mathNames.flatMap((name) => {
    const fn = mathFunctions[name][floatTypeOf[shape]];
    const arity = fn.params.length;
    const printed = fma ? fuseMultiplyAdds(fn) : fn;
    const bytes = mapModule(shape, arity, count, (code, pool, _, args) =>
      emitFunction(code, pool, shape, printed, args),
    );
    const nothingToFuse = fma && printed === fn;
    if (nothingToFuse || !validate(bytes)) return [];
    const { run, memory } = instantiate(bytes);
    const numbers = floatTypeOf[shape] === "f32" ? new Float32Array(memory) : new Float64Array(memory);
    for (let i = 0; i < arity * count; i++) numbers[i] = ((i % count) / count) * 16 - 8;
    if (["log", "log1p", "pow"].includes(name)) for (let i = 0; i < count; i++) numbers[i] = (i + 1) / 128;
    const label = `${name} ${shape}${fma ? " fma" : ""}`;
    const column = count * numbers.BYTES_PER_ELEMENT;
    return [{ label, contestant: { name: label, run: () => run(column) }, bytes: bytes.length - empty }];
  });
}

const all = shapes.flatMap((shape) => [false, true].flatMap((fma) => measuredFunctions(shape, fma)));
const timings = await measure(
  all.map((m) => m.contestant),
  { seconds: Number(process.argv[2] ?? 20) },
);
for (const { name, minimum } of timings) {
  const bytes = all.find((m) => m.label === name)!.bytes;
  process.stdout.write(
    `${name.padEnd(20)} ${String(bytes).padStart(5)} bytes ${(count / (minimum * 1000)).toFixed(3)} elements/ns\n`,
  );
}
