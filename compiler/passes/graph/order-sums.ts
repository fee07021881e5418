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
  inlineFunction,
  recordResults,
  rewriteFunction,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import { inOrder, operandParts, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { constantOf, dimConstant, subtractDims } from "../../base/types/dim.js";
import { isSameData } from "../../base/same-data.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import type { GraphPass } from "../pass.js";
import { type BodyLevels, levelsWrittenOut, roundLevels } from "./time-levels.js";

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
    rewriteFunction(fn, context, (builder, operation, operands, instruction) =>
      operation.kind === "scan" && !operation.rounds
        ? builder.emitAll(
            { ...operation, body: orderBody(operation.body, levelsWrittenOut(operation), context) },
            operands,
            instruction,
          )
        : undefined,
    ),
};

/** @param isOfRound Where the function is a round: what is no part of one and the same in all of them. */
function orderBody(
  body: GraphFunction,
  { levelOf }: BodyLevels,
  context: ShapeContext,
  isOfRound: (id: ValueId) => boolean = () => true,
): GraphFunction {
  const defined = definitions(body);
  const additionOf = (id: ValueId): Instruction | undefined => {
    const definition = defined.get(id);
    return definition?.operation.kind === "map" && definition.operation.op === "add" ? definition : undefined;
  };
  const isInner = innerAdditions(body, additionOf, isOfRound);
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
    const { operation } = instruction;
    if (operation.kind === "scan" && operation.rounds) {
      const levels = roundLevels(operation, instruction.operands.map(levelOf));
      const operands = instruction.operands.map((id) => mapped(values, id));
      recordResults(
        builder,
        body,
        instruction,
        orderRounds(builder.at(instruction), operation, operands, levels),
        values,
      );
      continue;
    }
    if (additionOf(result) !== instruction) {
      copyInstruction(builder, body, instruction, values);
      continue;
    }
    const there = builder.at(instruction);
    const sum = termsOf(result)
      .map((id) => mapped(values, id))
      .reduce((left, right) => there.map("add", left, right));
    values.set(result, sum);
    const name = body.names[result];
    if (name !== undefined) builder.nameValue(sum, name);
  }
  return finishLike(builder, body, values);
}

/** An addition whose only use is in another addition is part of that sum; not so what another round gave, or what is the same in all. */
function innerAdditions(
  body: GraphFunction,
  additionOf: (id: ValueId) => Instruction | undefined,
  isOfRound: (id: ValueId) => boolean,
): ReadonlySet<ValueId> {
  const uses = countUses(body);
  const inner = new Set<ValueId>();
  for (const instruction of body.instructions) {
    const result = at(instruction.results, 0);
    if (additionOf(result) !== instruction) continue;
    for (const id of instruction.operands) {
      const addition = additionOf(id);
      if (addition === undefined || uses.get(id) !== 1) continue;
      const isSame = addition.round === instruction.round && isOfRound(id) === isOfRound(result);
      if (isSame) inner.add(id);
    }
  }
  return inner;
}

/**
 * Rounds that are a loop: sums are in the order that they would have written out. Where that is another in the first of them, which
 * depend on less, these are written out; not in derivatives, which stack values and whose sums are in no order that others have.
 */
function orderRounds(
  builder: GraphBuilder,
  scan: Scan,
  operands: readonly ValueId[],
  { first, others }: ReturnType<typeof roundLevels>,
): ValueId[] {
  const { context } = builder;
  const ofRound = valuesOfRound(scan);
  const inLevels = (levels: BodyLevels): GraphFunction =>
    orderBody(scan.body, levels, context, (id) => ofRound.has(id));
  const body = inLevels(others);
  const ordered = first.map(inLevels);
  const most =
    !scan.reverse && resultParts(scan, scan.body.outputs).stacked.length === 0 ? (constantOf(scan.length) ?? 1) - 1 : 0;
  const count = Math.min(most, ordered.findLastIndex((own) => !isSameData(own, body)) + 1);
  const { invariants, ...given } = operandParts(scan, operands);
  let { carried, sequences } = given;
  for (const [k, round] of ordered.slice(0, count).entries()) {
    const elements = sequences.map((id) => {
      const part = builder.slice(id, 0, dimConstant(k), dimConstant(1));
      return builder.reshape(part, builder.shapeOf(id).slice(1));
    });
    carried = inlineFunction(builder, round, [...carried, ...elements, ...invariants]);
  }
  const length = subtractDims(scan.length, dimConstant(count));
  if (count > 0) sequences = sequences.map((id) => builder.slice(id, 0, dimConstant(count), length));
  return builder.emitAll({ ...scan, body, length }, inOrder({ carried, sequences, invariants }));
}

/** Those that are not the same in all rounds. */
function valuesOfRound({ body, ...counts }: Scan): ReadonlySet<ValueId> {
  const { carried, sequences } = operandParts(counts, body.inputs);
  const found = new Set([...carried, ...sequences]);
  for (const { operands, results } of body.instructions)
    if (operands.some((id) => found.has(id))) for (const id of results) found.add(id);
  return found;
}
