/** Padding after examples that are shorter than the call, as WebAssembly code. */
import type { StatementOf } from "../../../ir/kernel/kernel-program.js";
import { AFFINE_ZERO } from "../../../ir/kernel/affine.js";
import type { KernelContext } from "./context.js";

/** Sets a buffer to zero where an example is shorter than the call, so that what lies after it is. */
export function emitZeroPadding({ buffer, size }: StatementOf<"zero_padding">, context: KernelContext): void {
  const { code, integers, expressions, parts } = context;
  // Where every example is as long as the call there is no padding.
  code.get(integers.word(parts.layout.fullWord)).op("i32.eqz");
  code.if(() => {
    integers.scoped((inner) => {
      const place = inner.address({ buffer, offset: AFFINE_ZERO });
      code.i32(place.offset).op("i32.add");
      code.i32(0);
      inner.dim(size);
      code.i32(expressions.elementBytes).op("i32.mul").op("memory.fill");
    });
  });
}
