/**
 * All of a program as one graph function, as it was lowered and before any pass: computed initial values, then `forward`. What
 * derivatives are measured on.
 */
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { at, lookUp } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { inlineFunction } from "../../ir/graph/rewrite.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOfRole } from "../../program/base/roles.js";
import type { Point } from "./point.js";
import { type Program, programContext } from "../../program/program.js";

/**
 * Inputs: `initial.h` of the states in `given`, `input.x`, `context.m`, `param.W`. Outputs: `output.y`, `final.h`.
 *
 * @param given states whose initial value the caller gives; those of the others are computed
 */
export function wholeFunction(program: Program, given: ReadonlySet<string>): GraphFunction {
  const { forward, initial, states } = program;
  const b = new GraphBuilder("whole", programContext(program));
  const known = new Map<string, ValueId>();
  const computed = new Set(
    states.flatMap(({ name }) => (given.has(name) ? [] : [nameOfRole({ kind: "initial", name })])),
  );
  const isComputed = (name: string): boolean => computed.has(name);
  const addInputs = (fn: GraphFunction, isOwn: (name: string) => boolean): void => {
    for (const id of fn.inputs) {
      const name = nameOf(fn, id);
      if (isOwn(name)) known.set(name, b.input(name, typeOf(fn, id)));
    }
  };
  addInputs(forward, (name) => !isComputed(name));
  const values = (fn: GraphFunction): ValueId[] => fn.inputs.map((id) => lookUp(known, nameOf(fn, id)));
  if (initial !== undefined) {
    // What is drawn for initial values is no input of the steps.
    addInputs(initial, (name) => !known.has(name));
    const starts = inlineFunction(b, initial, values(initial));
    for (const [i, name] of initial.outputNames.entries()) {
      const value = at(starts, i);
      // What depends on params only is the same for all examples; the state it becomes is each example's own.
      if (isComputed(name)) known.set(name, b.perExample(value));
    }
  }
  const results = inlineFunction(b, forward, values(forward));
  return b.finish(results.map((value, i) => ({ name: outputName(forward, i), value })));
}

/** The whole function for a point: states that the point leaves out are computed. */
export function wholeFunctionAt(program: Program, { tensors, indices }: Point): GraphFunction {
  const all = [...tensors, ...indices];
  return wholeFunction(program, new Set(all.flatMap(({ role, name }) => (role === "state" ? [name] : []))));
}
