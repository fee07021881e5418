/**
 * Checks that a graph function is well formed:
 *  1. every operand is an input or the result of an earlier instruction; every value is defined once;
 *  2. every result has the type that the shape rules give;
 *  3. outputs exist and have names, all different, and rows only where they are made by rows, at these places; inputs have names, all different;
 *  4. the body of a scan is well formed, has no `batch_sum`, and its carried values keep their types;
 *  5. what a declared derivative does with tangents is well formed and linear in them;
 *  6. dimensions in shapes are not negative constants;
 *  7. what operations say beside what they compute is said where it means something.
 */
import { at } from "../../base/at.js";
import { constantOf } from "../../base/types/dim.js";
import { equalShapes, printShape } from "../../base/types/shape.js";
import { inferTypes, type ShapeContext } from "./shape-rules.js";
import { whyNotLinear } from "./linear.js";
import { printOperation, printType } from "./print.js";
import { scatteredRows } from "./rows.js";
import type { GraphFunction, Instruction, ValueId, ValueType } from "./graph-function.js";

/** What is wrong, each with the printed instruction; empty where nothing is. */
export function verifyFunction(fn: GraphFunction, context: ShapeContext, insideScan = false): string[] {
  const problems: string[] = [];
  const report = (where: string, what: string): void => {
    problems.push(`${fn.name}: ${where}: ${what}`);
  };
  const defined = new Set<ValueId>();
  const define = (id: ValueId, where: string): void => {
    if (defined.has(id)) report(where, `%${id} is defined twice`);
    if (fn.types[id] === undefined) report(where, `%${id} has no type`);
    for (const dim of fn.types[id]?.shape ?? []) {
      if ((constantOf(dim) ?? 0) < 0) report(where, `%${id} has a negative dimension`);
    }
    defined.add(id);
  };
  for (const id of fn.inputs) define(id, "inputs");
  for (const instruction of fn.instructions) {
    const where = `%${instruction.results.join(", %")} = ${printOperation(instruction.operation)}`;
    for (const id of instruction.operands) if (!defined.has(id)) report(where, `%${id} is not defined before`);
    for (const problem of checkTypes(fn, instruction, context)) report(where, problem);
    for (const id of instruction.results) define(id, where);
    if (instruction.operation.kind === "batch_sum" && insideScan) report(where, "inside the body of a scan");
    const misplaced = whyNotSaid(instruction);
    if (misplaced !== undefined) report(where, misplaced);
    if (instruction.operation.kind === "scan")
      problems.push(...verifyFunction(instruction.operation.body, context, true));
    if (instruction.operation.kind === "custom_derivative") {
      const { tangent, arguments: count } = instruction.operation;
      problems.push(...verifyFunction(tangent, context, true));
      const problem = whyNotLinear(tangent, count);
      if (problem !== undefined) report(where, problem);
    }
  }
  for (const id of fn.outputs) if (!defined.has(id)) report("outputs", `%${id} is not defined`);
  if (fn.outputNames.length !== fn.outputs.length) report("outputs", "names and outputs differ in number");
  for (const [what, names] of [
    ["inputs", fn.inputs.map((id) => fn.names[id])],
    ["outputs", fn.outputNames],
  ] as const) {
    if (names.some((name) => name === undefined) || new Set(names).size !== names.length)
      report(what, "names are not unique");
  }
  const scattered = fn.rows && scatteredRows(fn);
  for (const [name, places] of fn.rows ?? []) {
    const found = scattered?.get(name);
    if (found === undefined || !equalShapes(found, places))
      report("outputs", `${name} has no rows at places ${printShape(places)}`);
  }
  return problems;
}

/** What is said that decides how passes treat the instruction, and means nothing of this one. */
function whyNotSaid({ operation, round = 0 }: Instruction): string | undefined {
  if (operation.kind === "scan" && operation.rounds && constantOf(operation.length) === undefined)
    return "the number of rounds is no constant";
  if (operation.kind === "scan" && ![0, operation.carried].includes(operation.states.length))
    return `carries ${operation.carried} values, and says of ${operation.states.length} what they are in a stream`;
  if (operation.kind === "map" && operation.exact && operation.op !== "stop_gradient")
    return "stops no derivative that could be right all the same";
  if (!(Number.isInteger(round) && round >= 0)) return `there is no round ${round}`;
  return undefined;
}

function checkTypes(fn: GraphFunction, { operation, operands, results }: Instruction, context: ShapeContext): string[] {
  const operandTypes = operands.map((id) => fn.types[id]).filter((type) => type !== undefined);
  if (operandTypes.length !== operands.length) return [];
  const inferred = inferTypes(operation, operandTypes, context);
  if (typeof inferred === "string") return [inferred];
  if (inferred.length !== results.length) return [`${results.length} results, expected ${inferred.length}`];
  return inferred.flatMap((type, i) => {
    const actual = fn.types[at(results, i)];
    return actual !== undefined && sameType(actual, type) ? [] : [`result ${i} should be ${printType(type)}`];
  });
}

function sameType(a: ValueType, b: ValueType): boolean {
  return a.dtype === b.dtype && a.shared === b.shared && equalShapes(a.shape, b.shape);
}
