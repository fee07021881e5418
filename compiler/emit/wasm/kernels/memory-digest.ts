/** A function that tells whether a stretch of memory has changed. */
import { at } from "../../../base/at.js";
import type { FunctionRef, Local } from "../assembler/function-code.js";
import type { ModuleBuilder } from "../assembler/module-builder.js";

/**
 * `digest(address, bytes)`: 128 bits that differ, but for chance, where a stretch of memory differs. Words are multiplied and folded, so
 * that one changed bit reaches all that follow, in `width` streams at once, as each waits for its multiplications.
 */
export function addDigest(module: ModuleBuilder, width: number): FunctionRef {
  const { ref, code } = module.function("digest", ["i32", "i32"], ["v128"], false);
  const [address, bytes] = [code.param(0), code.param(1)];
  const end = code.local("i32");
  const streams = Array.from({ length: width }, () => code.local("v128"));
  const factor = code.local("v128");
  code.v128("i32x4", Array<number>(4).fill(0x9e3779b1 | 0)).set(factor);
  // All may begin alike: their order counts where they are joined, one after the other.
  code.v128(
    "i32x4",
    [1, 2, 3, 4].map((seed) => (seed * 0x85ebca6b) | 0),
  );
  for (const stream of streams) code.tee(stream);
  code.op("drop");
  const mix = (stream: Local, push: () => void): void => {
    code.get(stream);
    push();
    code.op("v128.xor").get(factor).op("i32x4.mul").tee(stream);
    code.get(stream).i32(15).op("i32x4.shr_u").op("v128.xor").set(stream);
  };
  const round = (count: number): void => {
    const step = 16 * count;
    code.block((exit) => {
      code.loop((again) => {
        code.get(end).get(address).op("i32.sub").i32(step).op("i32.lt_u").brIf(exit);
        for (let n = 0; n < count; n++) mix(at(streams, n), () => code.get(address).memory("v128.load", 16 * n));
        code.get(address).i32(step).op("i32.add").set(address);
        code.br(again);
      });
    });
  };
  code.get(address).get(bytes).op("i32.add").set(end);
  round(streams.length);
  round(1);
  const [first, ...others] = streams as [Local, ...Local[]];
  // The first before the second, or the two could be exchanged.
  mix(first, () => code.get(factor));
  for (const other of others) mix(first, () => code.get(other));
  code.get(first);
  return ref;
}
