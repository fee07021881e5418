/** The walks that passes are made of: copying a function instruction by instruction into a builder. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ShapeContext } from "./shape-rules.js";
import { GraphBuilder, type NamedOutput } from "./build.js";
import { nameOf, outputName, typeOf } from "./values.js";
import type { GraphFunction, Instruction, Operation, Standing, ValueId, ValueType } from "./graph-function.js";

/** Old value to new value. */
export type ValueMap = Map<ValueId, ValueId>;

export function mapped(values: ReadonlyMap<ValueId, ValueId>, id: ValueId): ValueId {
  const found = values.get(id);
  invariant(found !== undefined, `%${id} has no counterpart`);
  return found;
}

/** What a rule gives for an instruction: replacements of its results, or undefined to copy it as it is. */
export type RewriteRule = (
  builder: GraphBuilder,
  operation: Operation,
  operands: readonly ValueId[],
  instruction: Instruction,
) => readonly ValueId[] | undefined;

/** Copies `fn`, asking `rule` at every instruction; bodies of scans are rewritten first, by `rewriteBody`. */
export function rewriteFunction(
  fn: GraphFunction,
  context: ShapeContext,
  rule: RewriteRule,
  rewriteBody: (body: GraphFunction) => GraphFunction = (body) => rewriteFunction(body, context, rule, rewriteBody),
): GraphFunction {
  const builder = new GraphBuilder(fn.name, context);
  const values = declareInputs(builder, fn);
  for (const instruction of fn.instructions) {
    const operation =
      instruction.operation.kind === "scan"
        ? { ...instruction.operation, body: rewriteBody(instruction.operation.body) }
        : instruction.operation;
    const operands = instruction.operands.map((id) => mapped(values, id));
    const results =
      rule(builder.at(instruction), operation, operands, instruction) ??
      emitCopy(builder, operation, operands, instruction);
    recordResults(builder, fn, instruction, results, values);
  }
  return finishLike(builder, fn, values);
}

/** Inputs of `fn` as inputs of the builder. */
export function declareInputs(builder: GraphBuilder, fn: GraphFunction): ValueMap {
  const values: ValueMap = new Map();
  for (const id of fn.inputs) {
    values.set(id, builder.input(nameOf(fn, id), typeOf(fn, id)));
  }
  return values;
}

/** The same outputs as `fn`, by way of `values`, made by rows where those of `fn` are. */
export function finishLike(
  builder: GraphBuilder,
  fn: GraphFunction,
  values: ReadonlyMap<ValueId, ValueId>,
): GraphFunction {
  const outputs = outputsLike(fn, fn.outputs.map((id) => mapped(values, id))); // prettier-ignore
  return builder.finish(outputs.map((output) => ({ ...output, rows: fn.rows?.get(output.name) })));
}

/** These values as outputs that are called like those of `fn`. */
export function outputsLike(fn: GraphFunction, values: readonly ValueId[]): NamedOutput[] {
  return values.map((value, i) => ({ name: outputName(fn, i), value }));
}

/**
 * The same operation on other operands. These may be shared where the copied ones are of each example: a pass found that they
 * are the same for all. A sum over the batch has them once an example all the same. Or they are of each example where the copied ones are
 * shared: backward of a loop has what it keeps of a step so. The body of a loop takes them as they are.
 */
function emitCopy(
  builder: GraphBuilder,
  operation: Operation,
  operands: readonly ValueId[],
  standing: Standing,
): readonly ValueId[] {
  const there = builder.at(standing);
  const own = operation.kind === "batch_sum" ? operands.map((id) => there.perExample(id)) : operands;
  if (operation.kind !== "scan") return there.emitAll(operation, own);
  const { body } = operation;
  const given = body.inputs.map((id, i) => {
    const type = typeOf(body, id);
    return { ...type, shared: type.shared && builder.typeOf(at(own, i)).shared };
  });
  const isSame = body.inputs.every((id, i) => typeOf(body, id).shared === at(given, i).shared);
  return there.emitAll(isSame ? operation : { ...operation, body: withInputTypes(body, given, builder.context) }, own);
}

/** Copies one instruction with operands looked up in `values`, and records its results there. */
export function copyInstruction(
  builder: GraphBuilder,
  fn: Pick<GraphFunction, "names">,
  instruction: Instruction,
  values: ValueMap,
): void {
  const operands = instruction.operands.map((id) => mapped(values, id));
  const results = emitCopy(builder, instruction.operation, operands, instruction);
  recordResults(builder, fn, instruction, results, values);
}

/** `fn` for inputs of these types, which may be of each example where its own are shared. */
export function withInputTypes(fn: GraphFunction, types: readonly ValueType[], context: ShapeContext): GraphFunction {
  const builder = new GraphBuilder(fn.name, context);
  const inputs = fn.inputs.map((id, i) => builder.input(nameOf(fn, id), at(types, i)));
  return builder.finish(outputsLike(fn, inlineFunction(builder, fn, inputs)));
}

/** Copies the whole of `fn` after what the builder holds, with the given values as its inputs; returns its outputs. */
export function inlineFunction(builder: GraphBuilder, fn: GraphFunction, inputs: readonly ValueId[]): ValueId[] {
  const values: ValueMap = new Map(fn.inputs.map((id, i) => [id, at(inputs, i)]));
  for (const instruction of fn.instructions) copyInstruction(builder, fn, instruction, values);
  return fn.outputs.map((id) => mapped(values, id));
}

/** What the results of an instruction of `fn` have become: known in `values`, and called as they were. */
export function recordResults(
  builder: GraphBuilder,
  fn: Pick<GraphFunction, "names">,
  instruction: Pick<Instruction, "operation" | "results">,
  results: readonly ValueId[],
  values: ValueMap,
): void {
  for (const [i, id] of instruction.results.entries()) {
    const result = results[i];
    invariant(result !== undefined, `${instruction.operation.kind} lost result ${i}`);
    values.set(id, result);
    const name = fn.names[id];
    if (name !== undefined) builder.nameValue(result, name);
  }
}

/** What the outputs depend on: the values, and the instructions in their order. */
export function neededIn({ outputs, instructions }: Pick<GraphFunction, "outputs" | "instructions">): {
  readonly needed: ReadonlySet<ValueId>;
  readonly instructions: readonly Instruction[];
} {
  const needed = new Set(outputs);
  const kept = [...instructions].reverse().filter(({ results, operands }) => {
    const isNeeded = results.some((id) => needed.has(id));
    if (isNeeded) for (const id of operands) needed.add(id);
    return isNeeded;
  });
  return { needed, instructions: kept.reverse() };
}

/** The instruction that defines each value; inputs have none. */
export function definitions(fn: Pick<GraphFunction, "instructions">): Map<ValueId, Instruction> {
  const result = new Map<ValueId, Instruction>();
  for (const instruction of fn.instructions) for (const id of instruction.results) result.set(id, instruction);
  return result;
}

/**
 * Visits the instructions that a value is computed from and that `definitionOf` gives, each after what it reads, the
 * operands of an instruction in their order. Without recursion: chains are as long as functions. Visiting an instruction
 * must make its results known, so that `definitionOf` gives nothing for them any more.
 */
export function forEachNeeded(
  id: ValueId,
  definitionOf: (id: ValueId) => Instruction | undefined,
  visit: (instruction: Instruction) => void,
): void {
  const stack: { readonly instruction: Instruction; next: number }[] = [];
  const open = (value: ValueId): void => {
    const instruction = definitionOf(value);
    if (instruction !== undefined) stack.push({ instruction, next: 0 });
  };
  open(id);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const operand = top.instruction.operands[top.next++];
    if (operand !== undefined) open(operand);
    else {
      stack.pop();
      visit(top.instruction);
    }
  }
}

/** Whether a value is a product that starts from what it is added to. A dot product starts from 0 and is added whole. */
export function accumulates(definition: Instruction | undefined): boolean {
  return definition?.operation.kind === "contract" && definition.operation.parts === 1;
}

/** How often each value is used, outputs included. */
export function countUses(fn: Pick<GraphFunction, "instructions" | "outputs">): Map<ValueId, number> {
  const uses = new Map<ValueId, number>();
  const use = (id: ValueId): void => {
    uses.set(id, (uses.get(id) ?? 0) + 1);
  };
  for (const { operands } of fn.instructions) operands.forEach(use);
  fn.outputs.forEach(use);
  return uses;
}
