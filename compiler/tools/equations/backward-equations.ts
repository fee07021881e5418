/** One step of a cell back in time, as equations in terms of what the author named. */
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, inlineFunction, mapped, type ValueMap, copyInstruction } from "../../ir/graph/rewrite.js";
import { isCarried } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { LoweredCell, ValueName } from "../../program/base/lowered-cell.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { reverseMode } from "../../passes/autodiff/reverse.js";
import { tidyPasses } from "../../passes/graph/passes.js";
import { runPasses } from "../../passes/pass.js";
import { lookUp, at } from "../../base/at.js";
import { nextKey } from "../../language/semantics/node-keys.js";
import { cotangentName, gradName } from "../../program/base/roles.js";
import { cellContext } from "../../program/cell-program.js";
import { type Equation, type FormulaName, plainName } from "./formula.js";
import { graphEquations } from "./graph-equations.js";

/**
 * The derivatives of the loss by everything in the cell, from what is handed in: by the next step for a state, by the loss
 * for an output. Those of params, and of inputs and contexts, are what this step of this example adds. What forward computes
 * is read by its name, or written out where it has none.
 */
export function backwardEquations(cell: LoweredCell): Equation[] {
  const context = cellContext(cell);
  const step = runPasses(markNames(cell.step), tidyPasses, context);
  const names = namesIn(cell);
  const rounds = roundNames(step, names);
  const auxiliary = auxiliaryLetter(cell.step);
  const indices = roundLetters(cell, auxiliary);
  return graphEquations(runPasses(joinBackward(step, cell, context), tidyPasses, context), {
    nameOf: (name) => names.get(name),
    roundName: (name) => rounds.get(name),
    isKnown: ({ role }) => role === "value",
    auxiliary: (count) => `${auxiliary}_${count}`,
    index: (depth) => at(indices, depth),
  });
}

/**
 * The marks around names in graphs: no name of the language has them, so that the derivative of `h` and a value that the
 * author called `d_h` stay apart.
 */
const mark = "$";

function markNames(fn: GraphFunction): GraphFunction {
  const instructions = fn.instructions.map((instruction): Instruction => {
    const { operation } = instruction;
    if (operation.kind !== "scan") return instruction;
    return { ...instruction, operation: { ...operation, body: markNames(operation.body) } };
  });
  return {
    ...fn,
    instructions,
    names: fn.names.map((name) => (name === undefined ? undefined : mark + name)),
    outputNames: fn.outputNames.map((name) => mark + name),
  };
}

/** What is handed in for a result. */
const incomingName = (name: string): string => `incoming.${name}`;

/** What the names of the joined function stand for. */
function namesIn({ step, states, names }: LoweredCell): ReadonlyMap<string, FormulaName> {
  const found = new Map<string, FormulaName>();
  const add = (marked: string, name: ValueName): void => {
    found.set(marked, { ...name, role: "value" });
    for (const own of [cotangentName, gradName]) found.set(own(marked), { ...name, role: "cotangent" });
    found.set(incomingName(marked), { ...name, role: "incoming" });
  };
  for (const text of [...step.names, ...step.outputNames])
    if (text !== undefined) add(mark + text, names.get(text) ?? plainName(text));
  for (const { name } of states) add(nextKey(mark + name), { ...(names.get(name) ?? plainName(name)), next: true });
  return found;
}

/** Names of the bodies of loops that are those of the author: the value that is called so is what the rounds give. */
function roundNames(step: GraphFunction, names: ReadonlyMap<string, FormulaName>): ReadonlyMap<string, FormulaName> {
  const found = new Map<string, FormulaName>();
  const made = new Map(step.instructions.flatMap((one) => one.results.map((id): [ValueId, Instruction] => [id, one])));
  for (const [id, name] of step.names.entries()) {
    let from = made.get(id);
    let result = id;
    while (from?.operation.kind === "custom_derivative") {
      result = at(from.operands, 0);
      from = made.get(result);
    }
    if (name === undefined || from?.operation.kind !== "scan") continue;
    const { body } = from.operation;
    const place = from.results.indexOf(result);
    if (!isCarried(from.operation, place) || body.names[at(body.inputs, place)] !== name) continue;
    for (const one of [name, cotangentName(name), gradName(name)]) found.set(one, lookUp(names, one));
  }
  return found;
}

/** Forward and backward of a step of `cell`, whose first outputs are its states, as one function of its inputs and of the cotangents. */
function joinBackward(step: GraphFunction, cell: LoweredCell, context: ShapeContext): GraphFunction {
  const states = cell.states.length;
  const fixedInputs = new Set([...cell.fixed, ...cell.randoms].map(({ name }) => mark + name));
  const { forward, backward, sources } = reverseMode(step, context, { insideScan: true, fixedInputs });
  const b = new GraphBuilder(backward.name, context);
  const values: ValueMap = declareInputs(b, forward);
  for (const instruction of forward.instructions) copyInstruction(b, forward, instruction, values);
  const given = backward.inputs.map((id, i) => {
    const { kind, index } = at(sources, i);
    if (kind === "residual") return mapped(values, at(forward.outputs, index));
    if (kind === "input") return mapped(values, at(forward.inputs, index));
    const output = step.outputNames[index] as string;
    const type = at(backward.types, id);
    return b.input(incomingName(index < states ? nextKey(output) : output), type);
  });
  const outputs = inlineFunction(b, backward, given);
  return b.finish(outputs.map((value, i) => ({ name: backward.outputNames[i] as string, value })));
}

/** A letter for values without a name, such that `k_1`, `k_2`, … are not the author's. */
function auxiliaryLetter(step: GraphFunction): string {
  const isTaken = (letter: string): boolean => step.names.some((name) => name?.startsWith(`${letter}_`) === true);
  const letters = [..."kuvwabcdefghijlmnopqrstxyz"];
  let choice = letters.find((letter) => !isTaken(letter));
  for (let count = 1; choice === undefined; count++) choice = isTaken(`k${count}`) ? undefined : `k${count}`;
  return choice;
}

/** Letters for the rounds of loops, one in another, that mean nothing else in the cell. */
function roundLetters({ step, names, dimensions }: LoweredCell, auxiliary: string): readonly string[] {
  const taken = new Set([auxiliary, ...dimensions, ...names.keys(), ...step.names]);
  const alphabet = [..."rnmjlqspabcdefghikotuvwxyz"];
  const letters = [...alphabet, ...alphabet.map((letter) => `${letter}_r`)];
  return letters.filter((letter) => !taken.has(letter));
}
