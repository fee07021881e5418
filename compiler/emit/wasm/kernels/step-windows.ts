/** Windows of the steps of an axis, as WebAssembly code. */
import type { WindowsStatement } from "../../../ir/kernel/kernel-program.js";
import { BATCH_SYMBOL } from "../../../base/types/dim.js";
import type { KernelContext } from "./context.js";

export function emitWindows({ axis, first, steps, rows, body }: WindowsStatement, context: KernelContext): void {
  const { code, integers, parts } = context;
  const batch = integers.word(parts.layout.sizeWord(BATCH_SYMBOL));
  const all = integers.word(parts.layout.sizeWord(axis));
  const [most, start, own] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code
    .get(batch)
    .i32(rows - 1)
    .op("i32.add")
    .get(batch)
    .op("i32.div_s")
    .set(most);
  code.i32(0).set(start);
  code.block((exit) => {
    code.loop((again) => {
      code.get(all).get(start).op("i32.sub").tee(own).i32(0).op("i32.le_s").brIf(exit);
      code.get(own).get(most).get(own).get(most).op("i32.lt_s").op("select").set(own);
      context.scoped((inner) => {
        inner.integers.bind(first, start);
        inner.integers.bind(steps, own);
        inner.emitAll(body);
      });
      code.get(start).get(most).op("i32.add").set(start);
      code.br(again);
    });
  });
  code.release(most, start, own);
}
