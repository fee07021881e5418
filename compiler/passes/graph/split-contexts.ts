/**
 * What a step of a stream computes of its contexts alone, as a function of its own: it runs where the stream is given them, and steps read
 * what it left. Chosen as what crosses into a loop is: what is cheap is computed again where that takes less room.
 */
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, declareInputs, finishLike, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../../ir/graph/values.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { chooseCrossingValues } from "../minimum-cut/choose-crossing-values.js";

export interface SplitStep {
  readonly step: GraphFunction;
  /** With all inputs of the step, and with what it computes of others: the passes drop these. Undefined where nothing is worth it. */
  readonly contexts: GraphFunction | undefined;
}

/**
 * @param isContext inputs that are the same at every step
 * @param keptName of the values that the first leaves for the second
 */
export function splitContexts(
  fn: GraphFunction,
  context: ShapeContext,
  isContext: (input: string) => boolean,
  keptName: (place: number) => string,
): SplitStep {
  const given = new Set(fn.inputs.filter((id) => isContext(nameOf(fn, id))));
  const own = ofContexts(fn, given);
  const needed = new Set<ValueId>();
  for (const instruction of fn.instructions)
    if (!own.has(instruction)) for (const id of instruction.operands) needed.add(id);
  for (const id of fn.outputs) needed.add(id);
  const made = new Set([...own].flatMap(({ results }) => results));
  const wanted = new Set([...needed].filter((id) => made.has(id)));
  const part = { ...fn, instructions: fn.instructions.filter((instruction) => own.has(instruction)) };
  const { kept, recomputed } = chooseCrossingValues(part, wanted, context, { isFree: () => true, keepViews: false });
  if (kept.length === 0) return { step: fn, contexts: undefined };
  return {
    step: stepWith(fn, context, { kept, keptName, left: (instruction) => !own.has(instruction) || recomputed.includes(instruction) }), // prettier-ignore
    contexts: { ...fn, outputs: kept, outputNames: kept.map((_, i) => keptName(i)) },
  };
}

/** Made of contexts, and of nothing else but what all examples share. */
function ofContexts(fn: GraphFunction, given: ReadonlySet<ValueId>): ReadonlySet<Instruction> {
  const values = new Set(given);
  /** What all examples share, or of each and made of its sizes alone. */
  const plain = new Set(fn.inputs.filter((id) => typeOf(fn, id).shared));
  const found = new Set<Instruction>();
  for (const instruction of fn.instructions) {
    const { operands, results } = instruction;
    const isPlain = operands.every((id) => plain.has(id));
    if (!isPlain && !operands.every((id) => plain.has(id) || values.has(id))) continue;
    if (!isPlain) found.add(instruction);
    for (const id of results) (isPlain ? plain : values).add(id);
  }
  return found;
}

interface Kept {
  readonly kept: readonly ValueId[];
  readonly keptName: (place: number) => string;
}

function stepWith(
  fn: GraphFunction,
  context: ShapeContext,
  { kept, keptName, left }: Kept & { readonly left: (instruction: Instruction) => boolean },
): GraphFunction {
  const b = new GraphBuilder(fn.name, context);
  const values: ValueMap = declareInputs(b, fn);
  for (const [i, id] of kept.entries()) values.set(id, b.input(keptName(i), typeOf(fn, id)));
  for (const instruction of fn.instructions) if (left(instruction)) copyInstruction(b, fn, instruction, values);
  return finishLike(b, fn, values);
}
