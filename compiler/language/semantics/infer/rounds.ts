/** `u, g = (x, h) then (f(g) * u, f(u') * g) for k < L until c`: an equation that is repeated. */
import type { Expression, RoundsNode, RoundsValueNode } from "../../syntax/ast.js";
import { boundedSubtract } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant } from "../../../base/types/dim.js";
import { fitsInto } from "../broadcast.js";
import type { Checker } from "../checker.js";
import { checkPositive, dimensionOf } from "../dimension-expressions.js";
import { axesOf, errorType, printAxes, printSemanticType } from "../semantic-type.js";
import type { TypedExpression, TypedRounds } from "../typed-program.js";
import { bind, unbind } from "./indexed.js";
import { helpToFill, isReal, isTruth, placeOfAxis } from "./mismatch.js";

/** What the rounds come to, for one of their names. */
export function inferRounds(checker: Checker, { rounds: node, position, span }: RoundsValueNode): TypedExpression {
  if (!checker.rounds.has(node)) checker.rounds.set(node, typedRounds(checker, node));
  const rounds = checker.rounds.get(node);
  const type = rounds?.first[position]?.type;
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
  const { next, until } = inside ? inferRound(checker, node, first) : { next: [], until: undefined };
  if (index !== undefined) unbind(checker, index);
  const isSound = inside && [...first, ...next, ...(until === undefined ? [] : [until])].every(isKnown);
  if (!isSound || !first.every((value) => isReal(checker, value))) return undefined;
  const fits = node.next.every((_, i) => checkRound(checker, node, i, first[i], next[i]));
  if (!fits || !isCondition(checker, until)) return undefined;
  const names = node.names.map(({ text }) => text);
  const { implicit, span } = node;
  return { names, first, next, index: index?.name, from, count, until, implicit, span };
}

function isKnown({ type }: TypedExpression): boolean {
  return type.kind !== "error";
}

/** There may be none: `for L - 1`. */
function countOf(checker: Checker, expression: Expression, from: number): Dim | undefined {
  const end = dimensionOf(checker, expression);
  const dim = end && boundedSubtract(end, dimConstant(from));
  const isPossible = dim !== undefined && constantOf(dim) === undefined && checker.provenAtLeast(dim, 0);
  if (dim === undefined || isPossible) return dim;
  const symbol = checker.runtimeSymbol(dim);
  return symbol === undefined
    ? checkPositive(checker, dim, expression.span)
    : refuseRuntime(checker, symbol, expression);
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
  first: readonly TypedExpression[],
): { readonly next: readonly TypedExpression[]; readonly until: TypedExpression | undefined } {
  const { roundValues } = checker;
  const names = node.names.map(({ text }) => text);
  const set = (i: number, hasNext: boolean, isOwn: boolean): void => {
    roundValues.set(names[i] ?? "", { type: first[i]?.type ?? errorType, hasNext, isOwn });
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
  node: RoundsNode,
  position: number,
  first: TypedExpression | undefined,
  next: TypedExpression | undefined,
): boolean {
  if (first === undefined || next === undefined || !isReal(checker, next)) return false;
  const [before, after] = [axesOf(first.type), axesOf(next.type)];
  if (fitsInto(after, before, checker.isRuntime)) return true;
  const name = node.names[position]?.text ?? "";
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
