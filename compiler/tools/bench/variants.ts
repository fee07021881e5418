/**
 * Kernel programs with a part taken out. What a part costs is found by timing modules made from them: kernels of any target
 * can be timed so, without clocks inside.
 */
import { invariant } from "../../base/diagnostics/invariant.js";
import { type LoopPlace, placesOf } from "../../ir/kernel/count-operations.js";
import type { KernelExpression, KernelFunction, KernelProgram } from "../../ir/kernel/kernel-program.js";
import { mapStatement, type StatementMapper } from "../../ir/kernel/visit.js";
import { mathNames } from "../../base/math/functions.js";

/** A function with what stands in one place alone, or with nothing. */
export function onlyPlace(program: KernelProgram, entry: string, place: LoopPlace | undefined): KernelProgram {
  return withFunction(program, entry, (fn) => ({
    ...fn,
    body: placesOf(fn).flatMap((found) => (found.place === place ? [found.statement] : [])),
  }));
}

/** Functions that are computed by polynomials, tens of operations each: all but two. */
const costlyFunctions: ReadonlySet<string> = new Set(mathNames.filter((name) => name !== "sign" && name !== "clamp"));

/** A function of which tanh, sigmoid, exp and their like only clamp their first operand to [-1, 1]. */
export function withoutActivations(program: KernelProgram, entry: string): KernelProgram {
  return withFunction(program, entry, (fn) => ({
    ...fn,
    body: fn.body.map((s) => mapStatement(s, { operation: clamped })),
  }));
}

/** Has the function anything to clamp? */
export function hasActivations(program: KernelProgram, entry: string): boolean {
  let found = false;
  const operation: ChangeOperation = (value) => {
    found ||= costlyFunctions.has(value.op);
    return value;
  };
  functionOf(program, entry).body.forEach((statement) => mapStatement(statement, { operation }));
  return found;
}

type ChangeOperation = NonNullable<StatementMapper["operation"]>;

const clamped: ChangeOperation = (value) => {
  const [operand] = value.operands;
  if (operand === undefined || !costlyFunctions.has(value.op)) return value;
  return { kind: "operation", op: "clamp", operands: [operand, literal(-1), literal(1)], dtype: "real" };
};

const literal = (value: number): KernelExpression => ({ kind: "literal", value, dtype: "real" });

export function functionOf(program: KernelProgram, entry: string): KernelFunction {
  const fn = program.functions.find(({ name }) => name === entry);
  invariant(fn !== undefined, `there is no kernel ${entry}`);
  return fn;
}

function withFunction(
  program: KernelProgram,
  entry: string,
  change: (fn: KernelFunction) => KernelFunction,
): KernelProgram {
  const changed = change(functionOf(program, entry));
  return { ...program, functions: program.functions.map((fn) => (fn.name === entry ? changed : fn)) };
}
