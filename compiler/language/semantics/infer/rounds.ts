/** `u, g = (x, h) then (f(g) * u, f(u') * g) for k < L until c`: an equation that is repeated. */
import type { Expression, RoundsNode, RoundsValueNode } from "../../syntax/ast.js";
import { boundedAdd, boundedSubtract } from "../../../base/types/bounded-dim.js";
import { type Dim, dimConstant, printFactor } from "../../../base/types/dim.js";
import { fitsInto } from "../broadcast.js";
import type { Checker } from "../checker.js";
import { checkCount, dimensionOf } from "../dimension-expressions.js";
import { axesOf, errorType, printAxes, printSemanticType, type SemanticType } from "../semantic-type.js";
import type { TypedExpression, TypedRounds } from "../typed-program.js";
import { bind, unbind } from "./indexed.js";
import { helpToFill, isNumber, isReal, isTruth, placeOfAxis } from "./mismatch.js";
import { isOfBound, wholeOfSizes } from "./whole-numbers.js";
import { asIndex, wholeNumbersOfAll } from "./whole-ranges.js";

/** What the rounds come to, for one of their names. */
export function inferRounds(checker: Checker, { rounds: node, position, span }: RoundsValueNode): TypedExpression {
  if (!checker.rounds.has(node)) checker.rounds.set(node, typedRounds(checker, node));
  const rounds = checker.rounds.get(node);
  const type = rounds?.types[position];
  return rounds === undefined || type === undefined
    ? checker.error(span)
    : { kind: "rounds", rounds, position, span, type };
}

function typedRounds(checker: Checker, node: RoundsNode): TypedRounds | undefined {
  const first = node.first.map((value) => checker.infer(value));
  const { from = 0 } = node;
  const count = countOf(checker, node.count, from);
  const index = node.index && bind(checker, node.index, true, true);
  if (index !== undefined) index.size = count;
  if (index !== undefined && from > 0) index.first = dimConstant(from);
  const inside = count !== undefined && (index !== undefined || node.index === undefined);
  const begun = inside ? withGuessedWholes(checker, node, first, typesOfNames(checker, node, first)) : [];
  const { next, until } = inside ? inferRound(checker, node, begun) : { next: [], until: undefined };
  const types = begun.map((type, i) => withWholes(checker, type, [first[i], next[i]]));
  if (index !== undefined) unbind(checker, index);
  const isSound = inside && [...first, ...next, ...(until === undefined ? [] : [until])].every(isKnown);
  if (!isSound || !first.every((value) => value.type.kind === "index" || isNumber(checker, value))) return undefined;
  const fits = node.names.every((name, i) => checkRound(checker, name.text, types[i], first[i], next[i]));
  if (!fits || !isCondition(checker, until)) return undefined;
  const names = node.names.map(({ text }) => text);
  const { implicit, span } = node;
  return { names, types, first, next, index: index?.name, from, count, until, implicit, span };
}

/**
 * What names are in every round: numbers as before the first, and indices as far as they go. How far that is, the first value tells or what a
 * round makes of it, whichever is more. A whole number begins an index where rounds give one, and is a real number elsewhere.
 */
function typesOfNames(checker: Checker, node: RoundsNode, first: readonly TypedExpression[]): readonly SemanticType[] {
  const types = first.map(({ type }) => type);
  const literals = first.map(wholeOfSizes);
  const isIndex = (type: SemanticType | undefined): boolean => type?.kind === "index";
  if (!types.some(isIndex) && literals.every((literal) => literal === undefined)) return types;
  const tried = checker.silently(() => inferRound(checker, node, types));
  const isReached = types.every((type, i) => !isIndex(type) || isIndex(tried.result.next[i]?.type));
  const areReal = !types.some(isIndex) && tried.isFine && !tried.result.next.some(({ type }) => isIndex(type));
  if (areReal || !isReached) return types;
  const begun = types.map((type, i): SemanticType => {
    const literal = tried.result.next[i]?.type.kind === "real" ? undefined : literals[i];
    const bound = literal && checker.provenAtLeast(literal, 0) ? boundedAdd(literal, dimConstant(1)) : undefined;
    return bound === undefined ? type : { kind: "index", bound, axes: axesOf(type) };
  });
  const { next } = checker.silently(() => inferRound(checker, node, begun)).result;
  return types.map((type, i) =>
    isIndex(begun[i]) ? further(checker, begun[i] ?? type, next[i]?.type ?? type, type) : type,
  );
}

/**
 * Real numbers that go on as whole ones, `0 then (2 * r + k) mod N for k < L`: what holds of them after a round holds before the next. It is tried with
 * indices in their places.
 */
function withGuessedWholes(
  checker: Checker,
  node: RoundsNode,
  first: readonly TypedExpression[],
  types: readonly SemanticType[],
): readonly SemanticType[] {
  const begun = types.map((type, i) => beginsAsIndex(checker, type, first[i]));
  if (begun.every((type, i) => type === types[i])) return types;
  const { next } = checker.silently(() => inferRound(checker, node, begun)).result;
  const guessed = begun.map((type, i) => (type.kind === "index" ? further(checker, type, next[i]?.type ?? type, type) : type)); // prettier-ignore
  const tried = checker.silently(() => inferRound(checker, node, guessed)).result;
  return types.map((type, i) => {
    const [own, given] = [guessed[i], tried.next[i]];
    const isWhole =
      own?.kind === "index" && given !== undefined && isOfBound(checker, asIndex(checker, given), own.bound);
    return isWhole ? withWholes(checker, type, [first[i], given]) : type;
  });
}

function beginsAsIndex(checker: Checker, type: SemanticType, first: TypedExpression | undefined): SemanticType {
  const literal = first && wholeOfSizes(first);
  const bound = literal && checker.provenAtLeast(literal, 0) ? boundedAdd(literal, dimConstant(1)) : undefined;
  return bound === undefined || type.kind !== "real" ? type : { kind: "index", bound, axes: type.axes };
}

/** Real numbers that are whole in every round, `0 then k for k < L`, are places where these are wanted. */
function withWholes(
  checker: Checker,
  type: SemanticType,
  values: readonly (TypedExpression | undefined)[],
): SemanticType {
  if (type.kind !== "real" || type.whole !== undefined || !values.every((value) => value !== undefined)) return type;
  const whole = wholeNumbersOfAll(checker, values);
  return { kind: "real", axes: type.axes, ...(whole && { whole }) };
}

/** The one of two indices that goes further; of two that are not comparable what a round gives, beside which a literal is checked with the sizes. */
function further(checker: Checker, own: SemanticType, given: SemanticType, otherwise: SemanticType): SemanticType {
  if (own.kind !== "index" || given.kind !== "index" || given.isOpen === true)
    return given.kind === "real" ? otherwise : own;
  return checker.isAtMost(given.bound, own.bound) ? own : { kind: "index", bound: given.bound, axes: own.axes };
}

function isKnown({ type }: TypedExpression): boolean {
  return type.kind !== "error";
}

/** There may be none: `for L - 1`. */
function countOf(checker: Checker, expression: Expression, from: number): Dim | undefined {
  const end = dimensionOf(checker, expression);
  const dim = end && boundedSubtract(end, dimConstant(from));
  if (dim === undefined) return undefined;
  const symbol = checker.runtimeSymbol(dim);
  return symbol === undefined ? checkCount(checker, dim, expression.span) : refuseRuntime(checker, symbol, expression);
}

function refuseRuntime(checker: Checker, symbol: string, { span }: Expression): undefined {
  checker.report("run-time-dimension", span, `how many rounds there are is known at run time only: \`${symbol}\``, {
    help: `make it a parameter of the cell, as the most there can be, and end them by \`until\``,
  });
  return undefined;
}

/** What a round gives, and whether it is the last: names are values of the round before, those that are known already have a prime. */
function inferRound(
  checker: Checker,
  node: RoundsNode,
  types: readonly SemanticType[],
): { readonly next: readonly TypedExpression[]; readonly until: TypedExpression | undefined } {
  const { roundValues } = checker;
  const names = node.names.map(({ text }) => text);
  const set = (i: number, hasNext: boolean, isOwn: boolean): void => {
    roundValues.set(names[i] ?? "", { type: types[i] ?? errorType, hasNext, isOwn });
  };
  names.forEach((_, i) => set(i, false, false));
  const next = node.next.map((value, i) => {
    set(i, false, true);
    const typed = checker.infer(value);
    set(i, true, names.length === 1);
    return typed;
  });
  const until = node.until && checker.infer(node.until);
  for (const name of names) roundValues.delete(name);
  return { next, until };
}

function checkRound(
  checker: Checker,
  name: string,
  type: SemanticType | undefined,
  first: TypedExpression | undefined,
  next: TypedExpression | undefined,
): boolean {
  if (type === undefined || first === undefined || next === undefined || !isOfKind(checker, name, type, first, next))
    return false;
  const [before, after] = [axesOf(type), axesOf(next.type)];
  if (fitsInto(after, before, checker.isRuntime)) return true;
  const message = `a round gives \`${name}\` the shape ${printAxes(after)}, before the first it has ${printAxes(before)}`;
  checker.report("shape-mismatch", next.span, message, {
    related: [{ span: first.span, message: `\`${name}\` before the first round` }, placeOfAxis(next, after.length - 1)],
    help:
      before.length === 0
        ? `its shape is the same in every round: begin with \`fill(…, ${printAxes(after)})\``
        : helpToFill(checker, after, before),
  });
  return false;
}

/** A complex number, a real one, or an index of so many places, in every round. */
function isOfKind(
  checker: Checker,
  name: string,
  type: SemanticType,
  first: TypedExpression,
  next: TypedExpression,
): boolean {
  if (type.kind === "complex") return isNumber(checker, next);
  if (type.kind === "index") {
    const other = [first, next].find((value) => !isOfBound(checker, value, type.bound));
    if (other === undefined) return true;
    const message = `\`${name}\` is an ${printSemanticType(type)} in every round, this is ${printSemanticType(other.type)}`;
    checker.report("place-out-of-range", other.span, message, {
      help: `in a circle: \`(…) mod ${printFactor(type.bound)}\``,
    });
    return false;
  }
  if (next.type.kind !== "complex") return isReal(checker, next);
  checker.report(
    "complex-value",
    next.span,
    `a round gives \`${name}\` a complex number, before the first it is real`,
    {
      related: [{ span: first.span, message: `\`${name}\` before the first round` }],
      help: "begin with a complex one: `complex(…, 0)`",
    },
  );
  return false;
}

function isCondition(checker: Checker, until: TypedExpression | undefined): boolean {
  if (until === undefined) return true;
  if (!isTruth(checker, until)) return false;
  if (axesOf(until.type).length === 0) return true;
  checker.report(
    "shape-mismatch",
    until.span,
    `\`until\` takes one truth value, this is ${printSemanticType(until.type)}`,
    {
      help: "compare a number: `max(abs(r' - r)) < 1e-6`",
    },
  );
  return false;
}
