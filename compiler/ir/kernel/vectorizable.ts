/** Whether the iterations of a loop may run side by side in the lanes of vectors. */
import { listAt, lookUp } from "../../base/at.js";
import { constantOf, type Dim, isFloor, subtractDims } from "../../base/types/dim.js";
import {
  addAffine,
  AFFINE_ZERO,
  affineConstant,
  affineVariable,
  moves,
  ONE,
  plainExtent,
  plainValue,
  scaleAffine,
  subtractAffine,
  ZERO,
} from "./affine.js";
import type { Affine, ForStatement, KernelBuffer, KernelExpression, LoopExtent, Statement } from "./kernel-program.js";
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
 * pieces depends on the variable. Sums are fine where they keep partial sums by this variable and nothing reads them meanwhile.
 */
export function isVectorizable(body: readonly Statement[], rounds: LaneRounds, placeOf: PlaceInWhole): boolean {
  const sums = new Set(body.flatMap((statement) => (statement.kind === "accumulate" ? [statement.name] : [])));
  return (
    body.every((statement) => isVectorStatement(statement, rounds.variable) && !readsOneOf(statement, sums)) &&
    !touchWhatOthersStore(body, rounds, placeOf)
  );
}

/** Does a statement read what is so far of a sum that all rounds make together? */
function readsOneOf(statement: Statement, names: ReadonlySet<string>): boolean {
  const visit = (value: KernelExpression): boolean => {
    if (value.kind === "variable") return names.has(value.name);
    if (value.kind === "operation") return value.operands.some(visit);
    return value.kind === "choice" && (visit(value.below) || visit(value.otherwise));
  };
  return names.size > 0 && (statement.kind === "let" || statement.kind === "store" || statement.kind === "accumulate") && visit(statement.value); // prettier-ignore
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
 * each: every example has a stretch of its own of what is stored, all of which lies closer together than that of the next one, and
 * no variable from around, no integer and no choice between pieces depends on it.
 */
export function runSideBySide(body: readonly Statement[], example: string, placeOf: PlaceInWhole): boolean {
  const own = new Set(body.flatMap((statement) => (statement.kind === "accumulator" ? [statement.name] : [])));
  return body.every((statement) => isSideBySide(statement, example, own)) && haveStretches(body, example, placeOf);
}

/** @param variables those of this example */
function isSideBySide(statement: Statement, example: string, variables: ReadonlySet<string>): boolean {
  if (statement.kind === "accumulator") {
    return statement.lanes === undefined && isVectorExpression(statement.initial, example);
  }
  if (statement.kind === "assign") return variables.has(statement.name) && isVectorExpression(statement.value, example);
  if (statement.kind !== "for") return statement.kind !== "accumulate" && isVectorStatement(statement, example);
  const { extent, from, body } = statement;
  if (from !== undefined && moves(from, example)) return false;
  const isSame = extent.kind === "affine" ? !moves(extent.value, example) : extent.kind === "size";
  const inside = body.flatMap((inner) => (inner.kind === "accumulator" ? [inner.name] : []));
  const all = new Set([...variables, ...inside]);
  return isSame && body.every((inner) => isSideBySide(inner, example, all));
}

/** The least value and the largest one, in terms of what does not change meanwhile. */
interface AffineRange {
  readonly first: Affine;
  readonly last: Affine;
}

/** Of variables; undefined where nobody knows. */
type VariableRanges = ReadonlyMap<string, AffineRange | undefined>;

/** With those of a loop, and of the integers in it, which differ from round to round. */
function boundsIn(
  { variable, extent, from = AFFINE_ZERO, body }: ForStatement,
  around: VariableRanges,
): VariableRanges {
  const end = mostOf(extent);
  const [start, stop] = [stretchOf(from, around), end && stretchOf(end, around)];
  const bounds = new Map(around);
  bounds.set(variable, start && stop && { first: start.first, last: subtractAffine(stop.last, affineConstant(1)) });
  for (const inner of body) if (inner.kind === "let_index") bounds.set(inner.name, undefined);
  return bounds;
}

/** How often a loop runs at most: no example has more than the call has in what grows with it. */
function mostOf(extent: LoopExtent): Affine | undefined {
  if (extent.kind === "affine") return extent.value;
  if (extent.kind !== "size") return undefined;
  const grows = extent.dim.terms.every(({ numerator, powers }) => powers.every(([, exponent]) => exponent > 0 && numerator > 0)); // prettier-ignore
  return grows ? affineConstant(extent.dim) : undefined;
}

function stretchOf(value: Affine, bounds: VariableRanges): AffineRange | undefined {
  let [first, last] = [affineConstant(value.constant), affineConstant(value.constant)];
  for (const { variable, coefficient } of value.terms) {
    const own = bounds.has(variable)
      ? bounds.get(variable)
      : { first: affineVariable(variable), last: affineVariable(variable) };
    const sign = signOf(coefficient);
    if (own === undefined || sign === undefined) return undefined;
    const [low, high] = sign === -1 ? [own.last, own.first] : [own.first, own.last];
    first = addAffine(first, scaleAffine(low, coefficient));
    last = addAffine(last, scaleAffine(high, coefficient));
  }
  return { first, last };
}

/** Has each example a stretch of its own of every buffer that is stored? */
function haveStretches(body: readonly Statement[], example: string, placeOf: PlaceInWhole): boolean {
  const stored = new Set<string>();
  const strides = new Map<string, Map<string, Dim>>();
  const stretches = new Map<string, (AffineRange | undefined)[]>();
  const note = (statement: Statement, bounds: VariableRanges): void => {
    if (statement.kind === "for") {
      const inside = boundsIn(statement, bounds);
      for (const inner of statement.body) note(inner, inside);
      return;
    }
    forEachAccess(statement, ({ buffer, offset }, use) => {
      const { whole, offset: from } = placeOf(buffer);
      if (use !== "read") stored.add(whole);
      const stride = offset.terms.find(({ variable }) => variable === example)?.coefficient ?? ZERO;
      strides.set(whole, (strides.get(whole) ?? new Map<string, Dim>()).set(stride.key, stride));
      const place = addAffine(offset, affineConstant(from));
      listAt(stretches, whole).push(
        stretchOf(place, new Map(bounds).set(example, { first: AFFINE_ZERO, last: AFFINE_ZERO })),
      );
    });
  };
  for (const statement of body) note(statement, new Map());
  return [...stored].every((whole) => {
    const [stride, ...others] = [...(strides.get(whole)?.values() ?? [])];
    const all = stretches.get(whole) ?? [];
    if (stride === undefined || others.length > 0) return false;
    return all.every((a) => all.every((b) => a !== undefined && b !== undefined && isBelow(a.last, b.first, stride)));
  });
}

/** Is `a` above `b` by less than `distance`, or below it, whatever the sizes are? */
function isBelow(a: Affine, b: Affine, distance: Dim): boolean {
  const { constant, terms } = subtractAffine(a, b);
  return terms.length === 0 && signOf(subtractDims(subtractDims(distance, ONE), constant)) === 1;
}

/** 1 where it is never below 0 whatever the sizes are, -1 where it is never above; undefined where neither is seen at once. */
function signOf({ terms }: Dim): 1 | -1 | undefined {
  if (terms.some(({ powers }) => powers.some(([factor]) => isFloor(factor)))) return undefined;
  if (terms.every(({ numerator }) => numerator > 0)) return 1;
  return terms.every(({ numerator }) => numerator < 0) ? -1 : undefined;
}
