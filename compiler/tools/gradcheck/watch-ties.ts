/** Shows every tie that a function comes to, whatever numbers it is evaluated on: always the same ones in the same order. */
import { at } from "../../base/at.js";
import type { Arithmetic } from "../../ir/graph/evaluate.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { reductionOf, type Tensor } from "../../ir/graph/tensor.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { hasTies, type Tie, tiesOf } from "./ties.js";

/**
 * An arithmetic that shows every tie of every element of every operation that chooses.
 *
 * @param realOf the value as it is
 * @param rearrange makes the same change of place in all tensors that a value consists of
 */
export function watchTies<V>(
  arithmetic: Arithmetic<V>,
  realOf: (value: V) => Tensor,
  rearrange: (value: V, change: (tensor: Tensor) => Tensor) => V,
  look: (tie: Tie, operands: readonly V[], i: number) => void,
): Arithmetic<V> {
  const lookAt = (op: ScalarOp, operands: readonly V[]): void => {
    for (const [i, x] of realOf(at(operands, 0)).data.entries()) {
      for (const tie of tiesOf[op](x)) look(tie, operands, i);
    }
  };
  return {
    ...arithmetic,
    apply: (operation, operands, sizes) => {
      const result = arithmetic.apply(operation, operands, sizes);
      if (operation.kind === "map" && hasTies(operation.op)) lookAt(operation.op, operands);
      if (operation.kind === "reduce" && operation.op !== "sum") {
        const [source] = operands as readonly [V];
        const repeat = repeatOver(realOf(source).shape, operation.axes);
        lookAt(operation.op, [source, rearrange(result, repeat)]);
      }
      return result;
    },
  };
}

/** Does a function come to any? */
export const comesToTies = ({ instructions }: GraphFunction): boolean =>
  instructions.some(({ operation }) => {
    if (operation.kind === "scan") return comesToTies(operation.body);
    return (
      (operation.kind === "map" && hasTies(operation.op)) || (operation.kind === "reduce" && operation.op !== "sum")
    );
  });

/** What a reduction gave, at every element that it was made of. */
function repeatOver(shape: readonly number[], axes: readonly number[]): (result: Tensor) => Tensor {
  const { targets } = reductionOf(shape, axes);
  return ({ data }) => ({ shape, data: Float64Array.from(targets, (at) => data[at] as number) });
}
