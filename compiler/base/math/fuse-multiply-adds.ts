/** Which multiplications and additions of a function may be one operation, for machines that have one. */
import { countUses, isPrimitive, type PrimitiveExpr, type ScalarExpr, type ScalarFunction } from "./expr.js";

/**
 * The function with its multiply-adds marked: `a·b + c`, `c - a·b` and `a·b - constant`, where nothing else needs the product. It is the
 * same object where there are none.
 */
export function fuseMultiplyAdds(fn: ScalarFunction): ScalarFunction {
  const uses = countUses(fn.body);
  const isOwnProduct = (e: ScalarExpr | undefined): boolean => e?.op === "mul" && uses.get(e) === 1;
  const done = new Map<ScalarExpr, ScalarExpr>();
  const visit = (e: ScalarExpr): ScalarExpr => {
    if (!isPrimitive(e)) return e;
    const known = done.get(e);
    if (known !== undefined) return known;
    const operands = e.operands.map(visit);
    const isSame = operands.every((operand, i) => operand === e.operands[i]);
    const made = marked(isSame ? e : { ...e, operands }, e.operands.map(isOwnProduct));
    done.set(e, made);
    return made;
  };
  const body = visit(fn.body);
  return body === fn.body ? fn : { ...fn, body };
}

/** @param isOwnProduct of each operand: is it a product that nothing else needs? */
function marked(e: PrimitiveExpr, isOwnProduct: readonly boolean[]): PrimitiveExpr {
  const [x, y] = e.operands;
  if ((e.op === "add" || e.op === "sub") && isOwnProduct[1] === true) return { ...e, fused: 1 };
  if (isOwnProduct[0] !== true || x === undefined) return e;
  if (e.op === "add") return { ...e, fused: 0 };
  // There is an operation for the other sign of the product, and none for that of what is added.
  if (e.op !== "sub" || y?.op !== "constant") return e;
  return { ...e, op: "add", operands: [x, { ...y, value: -y.value }], fused: 0 };
}
