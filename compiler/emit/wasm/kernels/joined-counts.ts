/** Numbers of rounds where loops over examples and what each of them has are one loop. */
import { subtractAffine } from "../../../ir/kernel/affine.js";
import type { KernelContext } from "./context.js";

/** In place of the number on the stack, another one where loops over examples and their steps are one. */
export function chooseJoined({ code, integers, parts }: KernelContext, push: () => void): void {
  const own = code.local("i32");
  code.set(own);
  push();
  code.get(own).get(integers.word(parts.layout.fullWord)).op("select");
  code.release(own);
}

/** Counts the examples and steps of a piece once for all tiles of a product. */
export function withCounts(context: KernelContext, body: (counted: KernelContext) => void): void {
  const { code, integers, parts, joined } = context;
  if (joined?.range === undefined) {
    body(context);
    return;
  }
  const { first, end, steps: dim, most } = joined.range;
  const [examples, steps, isOne] = [code.local("i32"), code.local("i32"), code.local("i32")];
  integers.scoped((inner) => {
    inner.affine(subtractAffine(end, first));
    code.set(examples);
    inner.dim(dim);
    // More steps are in more than one piece.
    code.tee(steps).i32(most).op("i32.le_s").get(inner.word(parts.layout.fullWord)).op("i32.and").set(isOne);
    code.get(steps).get(examples).op("i32.mul").i32(0).get(isOne).op("select").set(steps);
    code.i32(1).get(examples).get(isOne).op("select").set(examples);
  });
  body(context.joining({ ...joined, counts: { examples, steps } }));
  code.release(examples, steps, isOne);
}
