/** One step of a cell back in time, as equations in terms of what the author named. */
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, inlineFunction, mapped, type ValueMap, copyInstruction } from "../../ir/graph/rewrite.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { LoweredCell, ValueName } from "../../program/lowered-cell.js";
import type { ShapeContext } from "../../ir/ops/shape-rules.js";
import { reverseMode } from "../../passes/autodiff/reverse.js";
import { tidyPasses } from "../../passes/graph/passes.js";
import { runPasses } from "../../passes/pass.js";
import { lookUp, at } from "../../base/at.js";
import { nextKey } from "../../language/semantics/node-keys.js";
import { cotangentName, gradName } from "../../program/roles.js";
import { cellContext } from "../../program/cell-program.js";
import { type Equation, type FormulaName, plainName } from "./formula.js";
import { graphEquations } from "./graph-formulas.js";

/**
 * The derivatives of the loss by everything in the cell, from what is handed in: by the next step for a state, by the loss
 * for an output. Those of params, and of inputs and contexts, are what this step of this example adds. What forward computes
 * is read by its name, or written out where it has none.
 */
export function backwardEquations(cell: LoweredCell): Equation[] {
  const context = cellContext(cell);
  const step = runPasses(markNames(cell.step), tidyPasses, context);
  const names = namesIn(cell);
  const auxiliary = auxiliaryLetter(cell.step);
  return graphEquations(runPasses(joinBackward(step, cell, context), tidyPasses, context), {
    nameOf: (name) => lookUp(names, name),
    isKnown: ({ role }) => role === "value",
    auxiliary: (count) => `${auxiliary}_${count}`,
  });
}

/**
 * The marks around names in graphs: no name of the language has them, so that the derivative of `h` and a value that the
 * author called `d_h` stay apart.
 */
const mark = "$";

function markNames(fn: GraphFunction): GraphFunction {
  return {
    ...fn,
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
