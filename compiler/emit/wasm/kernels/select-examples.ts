/** Lists of the examples that have a step, as WebAssembly code. */
import type { StatementOf } from "../../../ir/kernel/kernel-program.js";
import { affineVariable } from "../../../ir/kernel/affine.js";
import { BATCH_SYMBOL } from "../../../base/types/dim.js";
import type { Local } from "../assembler/function-code.js";
import type { KernelContext } from "./context.js";

/** Writes a list of the examples that have a step, and makes their number a local. */
export function emitSelection(
  { list, count, from, step, length, going }: StatementOf<"select_examples">,
  context: KernelContext,
): void {
  const { code, integers, parts } = context;
  const total = code.local("i32");
  const position = code.local("i32");
  const end = code.local("i32");
  const example = code.local("i32");
  code.i32(0).set(total).i32(0).set(position);
  if (from.kind === "all") code.get(integers.word(parts.layout.sizeWord(BATCH_SYMBOL)));
  else code.get(integers.variable(from.count));
  code.set(end);
  const at = (buffer: string, index: Local): number => {
    let place = 0;
    integers.scoped((inner) => {
      inner.bind("list position", index);
      place = inner.address({ buffer, offset: affineVariable("list position") }).offset;
    });
    return place;
  };
  code.block((exit) => {
    code.get(position).get(end).op("i32.ge_s").brIf(exit);
    code.loop((again) => {
      if (from.kind === "all") code.get(position).set(example);
      else code.memory("i32.load", at(from.list, position)).set(example);
      const place = at(list, total);
      code.get(example).memory("i32.store", place);
      code.get(total);
      code.get(integers.variable(step));
      integers.dim(length, example);
      code.op("i32.lt_s");
      if (going !== undefined) {
        const type = parts.layout.elementBytes === 4 ? "f32" : "f64";
        // It is 0 or 1.
        code.memory(`${type}.load`, at(going, example)).op(`i32.trunc_sat_${type}_s`).op("i32.and");
      }
      code.op("i32.add").set(total);
      code.get(position).i32(1).op("i32.add").tee(position).get(end).op("i32.lt_s").brIf(again);
    });
  });
  integers.bind(count, total);
  code.release(position, end, example);
}
