/** The copy of the left operand that a product makes before its sums. */
import { loopsAround } from "./loops-around.js";
import type { Access, ProductStatement, Statement } from "./kernel-program.js";

/** Copies the row at hand to `place`: loops over what is contracted, the innermost one in lanes where the product says so. */
export function rowCopy({ contracted, a, schedule }: ProductStatement, place: Access): Statement[] {
  const store: Statement = {
    kind: "store",
    access: place,
    value: { kind: "load", access: a, dtype: "real" },
    mode: "set",
  };
  const row = loopsAround(contracted.slice(-1), [store]).map((loop): Statement =>
    loop.kind === "for" && schedule?.copied?.lanes === true ? { ...loop, lanes: true } : loop,
  );
  return loopsAround(contracted.slice(0, -1), row);
}
