/**
 * How a scan lays out what it is given and what it gives: nothing else counts places.
 *
 * Operands, and the inputs of the body: carried values, sequences (of which the body gets one element), invariants.
 * Results, and the outputs of the body: carried values, then what is stacked over the steps.
 */
import type { Operation } from "./graph-function.js";

export type Scan = Extract<Operation, { kind: "scan" }>;

/** How it runs, whatever it is given and gives. */
export type ScanCourse = Pick<Scan, "length" | "reverse" | "rounds" | "states">;

/** All that the layout depends on. */
type ScanCounts = Pick<Scan, "carried" | "sequences">;

export type OperandKind = "carried" | "sequence" | "invariant";

/** Something for each operand of a scan, or for each input of its body. */
export interface OperandParts<T> {
  readonly carried: readonly T[];
  readonly sequences: readonly T[];
  readonly invariants: readonly T[];
}

/** Something for each result of a scan, or for each output of its body. */
export interface ResultParts<T> {
  readonly carried: readonly T[];
  readonly stacked: readonly T[];
}

export function operandKind({ carried, sequences }: ScanCounts, i: number): OperandKind {
  if (i < carried) return "carried";
  return i < carried + sequences ? "sequence" : "invariant";
}

/** Whether operand `i`, or result `i`, is a carried value: in either list they come first, in the same order. */
export function isCarried({ carried }: Pick<ScanCounts, "carried">, i: number): boolean {
  return i < carried;
}

/** @param items one for each operand */
export function operandParts<T>({ carried, sequences }: ScanCounts, items: readonly T[]): OperandParts<T> {
  return {
    carried: items.slice(0, carried),
    sequences: items.slice(carried, carried + sequences),
    invariants: items.slice(carried + sequences),
  };
}

/** @param items one for each result */
export function resultParts<T>({ carried }: Pick<ScanCounts, "carried">, items: readonly T[]): ResultParts<T> {
  return { carried: items.slice(0, carried), stacked: items.slice(carried) };
}

/** The parts one after the other, as a scan has them. */
export function inOrder<T>(parts: OperandParts<T> | ResultParts<T>): T[] {
  return "stacked" in parts
    ? [...parts.carried, ...parts.stacked]
    : [...parts.carried, ...parts.sequences, ...parts.invariants];
}

/** The states of a scan that carries only these of its values. */
export const statesOf = ({ states }: Pick<Scan, "states">, carried: readonly number[]): Scan["states"] =>
  states.length === 0 ? [] : carried.map((i) => states[i]);

/** The counts of a scan that has these operands. */
export function countsOf({ carried, sequences }: OperandParts<unknown>): ScanCounts {
  return { carried: carried.length, sequences: sequences.length };
}

/** What is wrong with the counts; undefined where the body has as many inputs and outputs. */
export function whyNoLayout({ body, carried, sequences }: Scan): string | undefined {
  if (carried < 0 || sequences < 0) return `scan carries ${carried} values beside ${sequences} sequences`;
  if (carried + sequences > body.inputs.length)
    return `scan carries ${carried} values beside ${sequences} sequences, its body has ${body.inputs.length} inputs`;
  if (carried > body.outputs.length)
    return `scan carries ${carried} values, its body has ${body.outputs.length} outputs`;
  return undefined;
}
