/** Whether the iterations of a loop may run side by side in the lanes of vectors. */
import { listAt, lookUp } from "../../base/at.js";
import { constantOf, type Dim } from "../../base/types/dim.js";
import { addAffine, affineConstant, moves, plainExtent, plainValue, subtractAffine } from "./affine.js";
import type { Affine, ForStatement, KernelBuffer, KernelExpression, Statement } from "./kernel-program.js";
import { forEachAccess } from "./visit.js";

/** Where the elements of a buffer lie: in itself, or in the one that joins it with others, from `offset` on. */
export type PlaceInWhole = (buffer: string) => { readonly whole: string; readonly offset: Dim };

/** Of buffers that have places: those of one whole are in one slot. */
export function placesInWholes(buffers: ReadonlyMap<string, KernelBuffer>): PlaceInWhole {
  return (name) => {
    const { within, place } = lookUp(buffers, name);
    return { whole: within ?? name, offset: place.offset };
  };
}

/**
 * May the rounds of a loop be computed side by side? Those of one that goes on from 0 one by one, or all steps of an example before the
 * next one, with states in variables: where all examples have as many steps, those of several run side by side.
 *
 * @param partsOf the variable by which an accumulator keeps partial sums
 */
export function mayRunInLanes(
  loop: ForStatement,
  partsOf: (accumulator: string) => string | undefined,
  placeOf: PlaceInWhole,
): boolean {
  const { body, extent, from, reverse, step, variable } = loop;
  if (reverse || step !== 1 || from !== undefined) return false;
  const isOfExamples = extent.kind === "examples" && extent.examples.kind === "all";
  if (isOfExamples && body.some(({ kind }) => kind === "accumulator") && runSideBySide(body, variable, placeOf))
    return true;
  const rounds = plainExtent(extent);
  if (rounds === 1) return false;
  // Sums keep their order in lanes only where they are kept by this variable; extremes have no order.
  const keepsOrder = body.every(
    (statement) => statement.kind !== "accumulate" || statement.op !== "sum" || partsOf(statement.name) === variable,
  );
  return keepsOrder && isVectorizable(body, { variable, rounds }, placeOf);
}

/** Consecutive values of a variable, as many as `rounds` where that is a plain number. */
interface LaneRounds {
  readonly variable: string;
  readonly rounds: number | undefined;
}

/**
 * True where `body`, run for consecutive values of a variable, may compute several of them at a time: every element that it
 * stores has its own place, nothing that it reads or stores is stored by another iteration, and no integer and no choice between
 * pieces depends on the variable. Sums are fine where they keep partial sums by this variable.
 */
export function isVectorizable(body: readonly Statement[], rounds: LaneRounds, placeOf: PlaceInWhole): boolean {
  return (
    body.every((statement) => isVectorStatement(statement, rounds.variable)) &&
    !touchWhatOthersStore(body, rounds, placeOf)
  );
}

function isVectorStatement(statement: Statement, variable: string): boolean {
  switch (statement.kind) {
    case "let":
      return isVectorExpression(statement.value, variable);
    case "let_index": {
      const { value } = statement;
      if (value.kind === "size") return value.example !== variable;
      if (value.kind === "part") return value.example !== variable && !moves(value.from, variable);
      if (value.kind === "affine") return !moves(value.value, variable);
      if (value.kind === "load" || value.kind === "whole") return !moves(value.access.offset, variable);
      return !moves(value.left, variable) && !moves(value.right, variable);
    }
    case "store":
      return moves(statement.access.offset, variable) && isVectorExpression(statement.value, variable);
    case "accumulate":
      return isVectorExpression(statement.value, variable);
    default:
      return false;
  }
}

/** Does no choice by places depend on `variable`? */
export function isVectorExpression(value: KernelExpression, variable: string): boolean {
  switch (value.kind) {
    case "operation":
      return value.operands.every((operand) => isVectorExpression(operand, variable));
    case "choice":
      return (
        !moves(value.left, variable) &&
        !moves(value.right, variable) &&
        isVectorExpression(value.below, variable) &&
        isVectorExpression(value.otherwise, variable)
      );
    default:
      return true;
  }
}

/** May a round store what another one stores, or read what is stored at another place than its own? */
function touchWhatOthersStore(body: readonly Statement[], rounds: LaneRounds, placeOf: PlaceInWhole): boolean {
  const touched = new Map<string, { readonly place: Affine; readonly isStored: boolean }[]>();
  for (const statement of body) {
    forEachAccess(statement, ({ buffer, offset }, use) => {
      const { whole, offset: from } = placeOf(buffer);
      listAt(touched, whole).push({ place: addAffine(offset, affineConstant(from)), isStored: use !== "read" });
    });
  }
  return [...touched.values()].some((places) =>
    places.some(
      (stored) =>
        stored.isStored &&
        places.some(({ place, isStored }) => {
          const apart = plainValue(subtractAffine(place, stored.place));
          return apart !== 0 && (!isStored || mayMeet(apart, stored.place, rounds));
        }),
    ),
  );
}

/** Is a place so far from one that is stored what another round stores? */
function mayMeet(apart: number | undefined, stored: Affine, { variable, rounds = Infinity }: LaneRounds): boolean {
  const stride = stored.terms.find((term) => term.variable === variable)?.coefficient;
  const step = stride && constantOf(stride);
  return apart === undefined || step === undefined || (apart % step === 0 && Math.abs(apart / step) < rounds);
}

/**
 * True where `body`, run for consecutive examples, may compute several of them at a time, with loops inside that run as often for
 * each: every example has a part of its own of what is stored, and no integer and no choice between pieces depends on it.
 */
export function runSideBySide(body: readonly Statement[], example: string, placeOf: PlaceInWhole): boolean {
  const stored = new Set<string>();
  const strides = new Map<string, Set<string>>();
  for (const statement of body) {
    forEachAccess(statement, ({ buffer, offset }, use) => {
      const { whole } = placeOf(buffer);
      if (use !== "read") stored.add(whole);
      const stride = offset.terms.find(({ variable }) => variable === example)?.coefficient.key ?? "";
      strides.set(whole, (strides.get(whole) ?? new Set()).add(stride));
    });
  }
  const isApart = [...stored].every((whole) => strides.get(whole)?.size === 1);
  return isApart && body.every((statement) => isSideBySide(statement, example));
}

function isSideBySide(statement: Statement, example: string): boolean {
  if (statement.kind === "accumulator") {
    return statement.lanes === undefined && isVectorExpression(statement.initial, example);
  }
  if (statement.kind === "assign") return isVectorExpression(statement.value, example);
  if (statement.kind !== "for") return statement.kind !== "accumulate" && isVectorStatement(statement, example);
  const { extent, from, body } = statement;
  if (from !== undefined && moves(from, example)) return false;
  const isSame = extent.kind === "affine" ? !moves(extent.value, example) : extent.kind === "size";
  return isSame && body.every((inner) => isSideBySide(inner, example));
}
