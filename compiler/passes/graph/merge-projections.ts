import { at } from "../../base/at.js";
import { typeOf } from "../../ir/graph/values.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, declareInputs, finishLike, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { addDims, dimConstant } from "../../base/types/dim.js";
import type { GraphPass } from "../pass.js";
import { type ProjectionGroup, joinProjections } from "./projection-groups.js";

/**
 * Joins products of one operand with different shared weights (the gates' `W_i x`, `W_f x`, …) into one product with
 * the weights one below the other; the gates become slices of it. What each product is added to joins as well, so the
 * wide product accumulates onto it: `concat(b…) + concat(W…) x`.
 * Needs: sums in order, common values shared. Leaves alone: products whose weights belong to the example, and sums
 * that cannot be computed together with their product (`projection-groups.ts`).
 */
export const mergeProjections: GraphPass = {
  name: "merge-projections",
  summary: "join matrix products that read the same operand",
  run: (fn, context) => merge(fn, context),
};

function merge(fn: GraphFunction, context: ShapeContext): GraphFunction {
  const units = joinProjections(fn);
  const builder = new GraphBuilder(fn.name, context);
  const values = declareInputs(builder, fn);
  for (const unit of units.inDependencyOrder()) {
    if ("members" in unit) emitGroup(builder, fn, unit, values);
    else if (unit.operation.kind === "scan") copyWithMergedBody(builder, fn, unit, unit.operation, values, context);
    else copyInstruction(builder, fn, unit, values);
  }
  return finishLike(builder, fn, values);
}

function copyWithMergedBody(
  builder: GraphBuilder,
  fn: GraphFunction,
  instruction: Instruction,
  scan: Scan,
  values: ValueMap,
  context: ShapeContext,
): void {
  copyInstruction(builder, fn, { ...instruction, operation: { ...scan, body: merge(scan.body, context) } }, values);
}

function emitGroup(around: GraphBuilder, fn: GraphFunction, group: ProjectionGroup, values: ValueMap): void {
  const { members, operation, weightsAxis, resultAxis, weightsFirst } = group;
  const builder = around.at(at(members, 0).product);
  const weights = builder.concat(
    weightsAxis,
    members.map(({ weights: id }) => mapped(values, id)),
  );
  const operand = mapped(values, group.operand);
  const [a, b] = weightsFirst ? [weights, operand] : [operand, weights];
  let wide = builder.contract(a, b, operation);
  if (members.some(({ sum }) => sum !== undefined)) {
    const terms = members.map(({ product, sum }) => {
      const result = at(product.results, 0);
      return sum === undefined ? builder.constantOf(0, typeOf(fn, result).shape) : mapped(values, sum.term);
    });
    wide = builder.map("add", builder.concat(resultAxis, terms), wide);
  }
  let start = dimConstant(0);
  for (const { product, sum } of members) {
    const result = at((sum?.instruction ?? product).results, 0);
    const length = at(typeOf(fn, result).shape, resultAxis);
    const part = builder.slice(wide, resultAxis, start, length);
    start = addDims(start, length);
    values.set(result, part);
    const name = fn.names[result];
    if (name !== undefined) builder.nameValue(part, name);
  }
}
