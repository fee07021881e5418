/** Reductions in the lanes of vectors: the element at position n belongs to the partial n mod 4. */
import { at } from "../../../base/at.js";
import { invariant } from "../../../base/diagnostics/invariant.js";
import { PARTIALS, type ReductionOp, type StatementOf } from "../../../ir/kernel/kernel-program.js";
import type { KernelContext } from "./context.js";
import type { Lanes } from "./elements.js";

/** Declares the partial results of a reduction. */
export function declarePartials({ name, initial }: StatementOf<"accumulator">, context: KernelContext): void {
  const { code, expressions, accumulators } = context;
  invariant(initial.kind === "literal", `the accumulator ${name} starts at no number`);
  const vectors = Array.from({ length: PARTIALS / expressions.lanesPerVector }, () => code.local("v128"));
  for (const vector of vectors) code.get(expressions.pool.get(expressions.vectorShape, initial.value)).set(vector);
  expressions.bindPartials(name, { op: accumulators.operations.get(name) ?? "sum", vectors });
}

/** Adds a vector, whose lanes in use hold consecutive elements from a multiple of its length on, to partial results. */
export function accumulate(
  { name, value }: StatementOf<"accumulate">,
  { code, expressions }: KernelContext,
  lanes: Lanes,
  part: number,
): void {
  const { op, vectors } = expressions.partialsOf(name);
  const { vectorShape } = expressions;
  const vector = at(vectors, part);
  code.get(vector);
  expressions.emit(value, lanes);
  if (lanes.count < expressions.lanesPerVector) {
    code.get(expressions.pool.get(vectorShape, neutralOf(op)));
    const words = (expressions.elementBytes / 4) * lanes.count;
    code.v128(
      "i32x4",
      [0, 1, 2, 3].map((word) => (word < words ? -1 : 0)),
    );
    code.op("v128.bitselect");
  }
  code.op(`${vectorShape}.${op === "sum" ? "add" : op}`).set(vector);
}

/** Adds one number to the partial result of its position. */
export function accumulateScalar({ name, value }: StatementOf<"accumulate">, context: KernelContext): void {
  const { code, expressions, accumulators } = context;
  const { vectorShape, lanesPerVector, dtype } = expressions;
  const { op, vectors } = expressions.partialsOf(name);
  // Integer vectors of lanes as wide as the numbers.
  const integerShape = dtype === "f32" ? "i32x4" : "i64x2";
  const position = accumulators.partial.has(name) ? context.position : undefined;
  expressions.emit(value, undefined);
  code.op(`${vectorShape}.splat`);
  const spread = code.local("v128");
  code.set(spread);
  vectors.forEach((vector, part) => {
    code.get(vector);
    code.get(spread).get(expressions.pool.get(vectorShape, neutralOf(op)));
    const first = part * lanesPerVector;
    const own = Array.from({ length: lanesPerVector }, (_, lane) => first + lane);
    code.v128(integerShape, dtype === "f32" ? own : own.map(BigInt));
    if (position === undefined) code.i32(0);
    else {
      const last = PARTIALS - 1;
      code.get(position).i32(last).op("i32.and");
    }
    if (dtype === "f64") code.op("i64.extend_i32_u");
    code.op(`${integerShape}.splat`).op(`${integerShape}.eq`).op("v128.bitselect");
    code.op(`${vectorShape}.${op === "sum" ? "add" : op}`).set(vector);
  });
  code.release(spread);
}

function neutralOf(op: ReductionOp): number {
  return op === "sum" ? 0 : op === "max" ? -Infinity : Infinity;
}
