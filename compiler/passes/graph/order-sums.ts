import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import {
  accumulates,
  countUses,
  declareInputs,
  definitions,
  copyInstruction,
  finishLike,
  mapped,
  rewriteFunction,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import type { Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/ops/shape-rules.js";
import type { GraphPass } from "../pass.js";
import { timeLevels } from "./time-levels.js";

/**
 * Orders the terms of sums in loop bodies: what is the same at every step first, then what depends on the inputs of
 * the step, then what depends on the state; in each group products come last. So a gate is `(b + W x) + U h`: the
 * first part leaves the loop, and each product accumulates onto what was there (spec/numerics.md fixes this order).
 * Changes rounding, which is why it runs once, on the equations, before anything is derived from them.
 */
export const orderSums: GraphPass = {
  name: "order-sums",
  summary: "bias first, then input projections, then recurrent products",
  run: (fn, context) =>
    rewriteFunction(fn, context, (builder, operation, operands, { origin }) =>
      operation.kind === "scan"
        ? builder.emitAll({ ...operation, body: orderBody(operation, context) }, operands, origin)
        : undefined,
    ),
};

function orderBody(scan: Scan, context: ShapeContext): GraphFunction {
  const { body } = scan;
  const levelOf = timeLevels(scan);
  const defined = definitions(body);
  const uses = countUses(body);
  const additionOf = (id: ValueId): Instruction | undefined => {
    const definition = defined.get(id);
    return definition?.operation.kind === "map" && definition.operation.op === "add" ? definition : undefined;
  };
  /** An addition whose only use is in another addition is part of that sum. */
  const isInner = new Set<ValueId>();
  for (const instruction of body.instructions) {
    if (additionOf(at(instruction.results, 0)) !== instruction) continue;
    for (const id of instruction.operands) if (additionOf(id) !== undefined && uses.get(id) === 1) isInner.add(id);
  }
  const rank = (id: ValueId): number => 2 * levelOf(id) + (accumulates(defined.get(id)) ? 1 : 0);
  const termsOf = (root: ValueId): ValueId[] => {
    const terms: ValueId[] = [];
    const stack = [root];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const [left, right] = id === root || isInner.has(id) ? (additionOf(id)?.operands ?? []) : [];
      if (left === undefined || right === undefined) terms.push(id);
      else stack.push(right, left);
    }
    return terms
      .map((id, i) => ({ id, i }))
      .sort((x, y) => rank(x.id) - rank(y.id) || x.i - y.i)
      .map(({ id }) => id);
  };

  const builder = new GraphBuilder(body.name, context);
  const values: ValueMap = declareInputs(builder, body);
  for (const instruction of body.instructions) {
    const result = at(instruction.results, 0);
    if (isInner.has(result)) continue;
    if (additionOf(result) !== instruction) {
      copyInstruction(builder, body, instruction, values);
      continue;
    }
    const there = builder.at(instruction.origin);
    const sum = termsOf(result)
      .map((id) => mapped(values, id))
      .reduce((left, right) => there.map("add", left, right));
    values.set(result, sum);
    const name = body.names[result];
    if (name !== undefined) builder.nameValue(sum, name);
  }
  return finishLike(builder, body, values);
}
