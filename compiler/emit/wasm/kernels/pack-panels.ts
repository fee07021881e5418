/** Weights in the order in which tiles read them, packed again where they have changed. */
import { AFFINE_ZERO, affineConstant } from "../../../ir/kernel/affine.js";
import type { PackStatement } from "../../../ir/kernel/kernel-program.js";
import { panelElements } from "../../../ir/kernel/panels.js";
import { constantOf } from "../../../base/types/dim.js";
import type { Local } from "../assembler/function-code.js";
import type { KernelContext } from "./context.js";
import { PanelCopy, sizeOf, strideOf } from "./panel-copy.js";

export function emitPack(pack: PackStatement, context: KernelContext): void {
  const { code, integers, parts } = context;
  if (!pack.onChange) {
    new PanelCopy(pack, context).emit();
    return;
  }
  // Where nobody has an array to write into, or who has one promised not to, nothing is looked for.
  code.get(integers.word(parts.layout.changedWord));
  code.if(() => {
    const { start, bytes } = sourceOf(pack, context);
    const digest = code.local("v128");
    const stored = code.local("i32");
    integers.scoped((inner) => {
      const place = inner.address({
        buffer: pack.to,
        offset: affineConstant(panelElements(pack, parts.panelsOf(pack.to), context.expressions.lanesPerVector)),
      });
      code.i32(place.offset).op("i32.add").set(stored);
    });
    code.get(start).i32(bytes).call(parts.digest()).tee(digest);
    code.get(stored).memory("v128.load", 0).op("v128.xor").op("v128.any_true");
    code.if(() => {
      code.get(stored).get(digest).memory("v128.store", 0);
      new PanelCopy(pack, context).emit();
    });
    code.release(digest, stored, start);
  });
}

/** The first byte of the matrix, rounded down to a whole vector, and how many bytes there are to its end. */
function sourceOf(
  pack: PackStatement,
  { code, integers, expressions }: KernelContext,
): { start: Local; bytes: number } {
  const start = code.local("i32");
  const constant = constantOf(pack.from.offset.constant) ?? 0;
  const axes = [...pack.parts, pack.columns, ...pack.contracted];
  // An axis may be read from its end.
  const spans = axes.map((axis) => strideOf(pack, axis) * (sizeOf(axis) - 1));
  const first = spans.reduce((sum, span) => sum + Math.min(span, 0), constant);
  const last = spans.reduce((sum, span) => sum + Math.max(span, 0), constant);
  const size = expressions.elementBytes;
  const from = Math.floor((first * size) / 16) * 16;
  integers.scoped((inner) => {
    const place = inner.address({ buffer: pack.from.buffer, offset: AFFINE_ZERO });
    code
      .i32(place.offset + from)
      .op("i32.add")
      .set(start);
  });
  return { start, bytes: Math.ceil(((last + 1) * size - from) / 16) * 16 };
}
