/**
 * Which tangents may hold strong zeros (`strong-zeros.ts`), for forward mode: tangents go with the choices, cotangents against them.
 */
import { at } from "../../base/at.js";
import { isCarried, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import { flatOps } from "../../ir/ops/scalar-ops.js";
import { chooses } from "./chooses.js";

/** What forward mode needs to know. */
export interface TangentZeros {
  /** Values that have a tangent, and whether it may hold strong zeros. */
  readonly values: ReadonlyMap<ValueId, boolean>;
  /** The same for what the bodies of scans are given. */
  readonly bodies: ReadonlyMap<Instruction, MaybeZeros>;
}

/** Whether tangents may hold strong zeros; undefined where there is none. */
export type MaybeZeros = readonly (boolean | undefined)[];

/** @param inputs Of the tangents of the inputs. */
export function tangentZeros(fn: GraphFunction, inputs: MaybeZeros): TangentZeros {
  const values = new Map<ValueId, boolean>();
  const bodies = new Map<Instruction, MaybeZeros>();
  const set = (id: ValueId, zeros: boolean | undefined): void => {
    if (zeros !== undefined && fn.types[id]?.dtype === "real") values.set(id, zeros);
  };
  for (const [i, id] of fn.inputs.entries()) set(id, inputs[i]);
  for (const instruction of fn.instructions) {
    const { operation, operands, results } = instruction;
    const own = operands.map((id) => values.get(id));
    if (operation.kind === "scan") {
      const { given, results: next } = throughLoop(operation, own);
      bodies.set(instruction, given);
      for (const [i, id] of results.entries()) set(id, next[i]);
    } else set(at(results, 0), tangentOfOne(operation, own));
  }
  return { values, bodies };
}

function throughLoop(scan: Scan, operands: MaybeZeros): { readonly given: MaybeZeros; readonly results: MaybeZeros } {
  const { body } = scan;
  // Every state has a tangent, as a later step may give it one.
  const given = operands.map((zeros, i) => (isCarried(scan, i) ? zeros === true : zeros));
  for (;;) {
    const { values } = tangentZeros(body, given);
    const results = body.outputs.map((id, i) => (isCarried(scan, i) ? values.get(id) !== false : values.get(id)));
    const spread = resultParts(scan, results).carried.map((zeros, i) => zeros === true && given[i] === false);
    if (!spread.includes(true)) return { given, results };
    for (const [i, changes] of spread.entries()) if (changes) given[i] = true;
  }
}

function tangentOfOne(operation: Operation, operands: MaybeZeros): boolean | undefined {
  const known = operands.filter((zeros) => zeros !== undefined);
  if (known.length === 0) return undefined;
  if (operation.kind === "concat") return operands.some((zeros) => zeros !== false);
  if (operation.kind === "pad" || operation.kind === "unwindow" || operation.kind === "scatter_add") return true;
  if (operation.kind === "custom_derivative") return chooses(operation) || known.includes(true);
  if (operation.kind !== "map") return !known.includes(false);
  if (flatOps.has(operation.op)) return undefined;
  // One of the sides is handed on, and a missing one is zero.
  if (operation.op === "select") return operands.slice(1).some((zeros) => zeros !== false);
  if (operation.op === "min" || operation.op === "max") return operands.some((zeros) => zeros !== false);
  return chooses(operation) || !known.includes(false);
}
