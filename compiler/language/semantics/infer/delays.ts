/** Delays: what a call of `delay` or `past` gives, and the state that it is. */
import { boundedSubtract } from "../../../base/types/bounded-dim.js";
import { constantOf, type Dim, dimConstant, dimSymbol, equalDims, printDim } from "../../../base/types/dim.js";
import type { Span } from "../../../base/source/span.js";
import type { CallNode, Expression } from "../../syntax/ast.js";
import { type ElementwiseName, timeFunctions } from "../builtins.js";
import { fitsInto } from "../broadcast.js";
import type { Checker } from "../checker.js";
import { type Delay, type Delays, type MisplacedDelay, pastType, sameShape } from "../delays.js";
import { checkPositive, sizeOf } from "../dimension-expressions.js";
import { matchBuiltin } from "../match-arguments.js";
import { initialKey, nextKey } from "../node-keys.js";
import {
  axesOf,
  errorType,
  numbersOf,
  printAxes,
  printSemanticType,
  scalarType,
  type SemanticType,
  shapeOf,
  withLeading,
} from "../semantic-type.js";
import type { TypedExpression, TypedNode, TypedTensor } from "../typed-program.js";
import type { PlaceTerm } from "../typed-sizes.js";
import { isDimension } from "./axis-arguments.js";
import { helpToFill, isNumber, isReal, placeOfAxis } from "./mismatch.js";
import { isOfBound } from "./whole-numbers.js";

/** A selection of the state, or its next value. */
export function inferDelay(checker: Checker, call: CallNode): TypedExpression {
  const { delays } = checker.instances;
  const { span } = call;
  const delay = delays?.byCall.get(call);
  if (delays === undefined || delay === undefined) return reportMisplaced(checker, call, delays?.misplaced.get(call));
  const callee = `\`${delay.word}\``;
  const matched = matchBuiltin(call, timeFunctions[delay.word].parameters, checker.collector);
  const [, by, , most] = matched ?? [];
  if (delay.word === "delay" && by !== undefined && most === undefined && refuseSteps(checker, by.value))
    return checker.error(span);
  const size = most ?? by;
  const count = size && sizeOf(checker, size.value);
  const runtime = count && checker.runtimeSymbol(count);
  if (runtime !== undefined) {
    checker.report("run-time-dimension", size?.value.span ?? span, `${callee} has a state of a fixed size`, {
      help: `\`${runtime}\` differs from example to example: make it a parameter of the cell`,
    });
  }
  const start = count && boundedSubtract(count, dimConstant(1));
  if (count === undefined || runtime !== undefined || start === undefined) return checker.error(span);
  const steps = most && by && checker.infer(by.value);
  delays.counts.set(delay.state, count);
  const known = delays.types.get(delay.state) ?? errorType;
  if (known.kind === "error") return checker.error(span);
  // A guess is at least as large as the numbers of steps say.
  const isGuess = checker.isGuessing && steps !== undefined && !isInFront(steps, known);
  const type = isGuess ? steps.type : known;
  if (steps !== undefined && !isNumberOfSteps(checker, { steps, type, count }, size?.value.span ?? span))
    return checker.error(span);
  const whole = pastType(count, type);
  if (delay.word === "past") return { kind: "next", name: delay.state, span, type: whole };
  const operand: TypedExpression = { kind: "value", name: delay.state, span, type: whole };
  if (steps !== undefined && type.kind === "index") {
    checker.report("integer-as-real", span, "between two steps an index is none", {
      help: "a whole number of steps is a dimension: `delay(x, by = 3)`; or delay the number that it is, `real(x)`",
    });
    return checker.error(span);
  }
  if (steps !== undefined) return between(checker, operand, type, { count, last: start }, steps);
  return { kind: "slice", operand, axis: 0, start, length: dimConstant(1), drop: true, span, type };
}

/** Steps that are no dimension, where nothing says how many there may be. */
function refuseSteps(checker: Checker, by: Expression): boolean {
  if (by.kind === "number" && by.value === 0) {
    checker.report("bad-dimension-size", by.span, "a delay by 0 steps", {
      help: "the value of this step is what is delayed: `x` for `delay(x, by = 0)`",
    });
    return true;
  }
  if (isDimension(checker, by) || !["reference", "tuple", "index", "call", "member"].includes(by.kind)) return false;
  const { result, isFine } = checker.silently(() => checker.infer(by));
  if (!isFine || (result.type.kind !== "index" && result.type.kind !== "real")) return false;
  const bound = result.type.kind === "index" ? printDim(result.type.bound) : "M";
  checker.report("not-a-dimension", by.span, "steps that are no dimension need the most that there may be", {
    help:
      result.type.kind === "index"
        ? `\`past(x, ${bound})[k]\` is the value of k steps ago; or \`delay(x, by = real(k), most = ${bound})\``
        : "real numbers, one or one for each place: `delay(x, by = d, most = M)`",
  });
  return true;
}

/** A real number, of a state that has two values at least: what is wanted lies between two. */
function isNumberOfSteps(
  checker: Checker,
  { steps, type, count }: { readonly steps: TypedExpression; readonly type: SemanticType; readonly count: Dim },
  span: Span,
): boolean {
  if (!isReal(checker, steps)) return false;
  if (!isInFront(steps, type)) {
    const [own, whole] = [steps, { type }].map((value) => printAxes(axesOf(value.type)));
    checker.report("shape-mismatch", steps.span, `\`by\` has the shape ${own}, and what is delayed has ${whole}`, {
      related: [placeOfAxis(steps, 0)],
      help: "it is one number of steps, or one for each place along the first axes of what is delayed",
    });
    return false;
  }
  if (constantOf(count) === 1) {
    checker.report("bad-dimension-size", span, "`most` is at least 2, so that there are values between", {
      help: "the value of the step before is `delay(x, by = 1)`",
    });
    return false;
  }
  const rest = boundedSubtract(count, dimConstant(1));
  return rest !== undefined && checkPositive(checker, rest, span) !== undefined;
}

/** Are its axes the first of the others? */
function isInFront({ type }: TypedExpression, whole: SemanticType): boolean {
  const axes = axesOf(whole);
  return axesOf(type).every(({ dim }, i) => axes[i] !== undefined && equalDims(dim, axes[i].dim));
}

/** How far a state goes back. */
interface LineReach {
  readonly count: Dim;
  readonly last: Dim;
}

/** One after the other for each place along the axes of the numbers of steps. */
function between(
  checker: Checker,
  state: TypedExpression,
  type: SemanticType,
  reach: LineReach,
  steps: TypedExpression,
): TypedExpression {
  const { span } = state;
  checker.addExtent({ operations: 30, depth: 8 }, span);
  const places = axesOf(steps.type);
  const axes = axesOf(type);
  // No name of the text has a space.
  const indices = places.map(({ dim }, i) => ({ index: `line ${i}`, length: dim, reverse: false }));
  const own = indices.reduce((value, term) => elementOf(value, term), steps);
  const rest = numbersOf([state], axes.slice(places.length));
  const line = indices.reduce((value, term) => elementOf(value, term, 1), state);
  const body = betweenTwo(line, rest, reach, own);
  const value = indices.reduceRight((inner: TypedExpression, { index, length }, i): TypedExpression => {
    return { kind: "indexed", index, length, body: inner, span, type: numbersOf([state], axes.slice(i)) };
  }, body);
  return { kind: "expanded", word: "delay", operands: [state, steps], value, span, type };
}

function elementOf(operand: TypedExpression, term: PlaceTerm, axis = 0): TypedExpression {
  const { span, type } = operand;
  const own = numbersOf(
    [operand],
    axesOf(type).filter((_, i) => i !== axis),
  );
  const start = dimConstant(0);
  return { kind: "element", operand, axis, start, terms: [term], around: undefined, span, type: own };
}

/**
 * What lies between the values of `i` and `i + 1` steps ago, where the number of steps is `i + f`. Both are read at
 * their places, which are whole numbers: what is infinite elsewhere stays there.
 */
function betweenTwo(
  state: TypedExpression,
  type: SemanticType,
  { count, last }: LineReach,
  steps: TypedExpression,
): TypedExpression {
  const { span } = state;
  const number = (value: number): TypedExpression => ({ kind: "number", value, span, type: scalarType });
  const dimension = (dim: Dim): TypedExpression => ({ kind: "dimension", dim, span, type: scalarType });
  const map = (
    operation: ElementwiseName,
    operands: readonly TypedExpression[],
    own = scalarType,
  ): TypedExpression => ({
    kind: "elementwise",
    operation,
    operands,
    span,
    type: own,
  });
  const held = map("clamp", [steps, number(1), dimension(count)]);
  const whole = map("min", [map("floor", [held]), dimension(last)]);
  const rest = map("-", [held, whole]);
  const at = (place: TypedExpression): TypedExpression => {
    const index: TypedExpression = { ...place, type: { kind: "index", bound: count, axes: [] } };
    return { kind: "gather", operand: state, axis: 0, index, span, type };
  };
  const [newer, older] = [at(map("-", [whole, number(1)])), at(whole)];
  return map("+", [map("*", [map("-", [number(1), rest]), newer], type), map("*", [rest, older], type)], type);
}

function reportMisplaced(checker: Checker, call: CallNode, why: MisplacedDelay | undefined): TypedExpression {
  const { text, span } = call.callee;
  const message = why?.message ?? `\`${text}\` is a state, and there are none here`;
  const help =
    why?.help ?? `equations of a cell have them: \`p = ${text}(…)\`; functions are given \`p\` as an argument`;
  checker.report("misplaced-delay", span, message, { help });
  return checker.error(call.span);
}

/** The value that is delayed, as it was found. */
export function noteDelayed(checker: Checker, { types }: Delays, state: string, value: TypedExpression): void {
  const found = isDelayed(checker, value) && hasWholeAxes(checker, value) ? plainType(value.type) : errorType;
  if (found.kind === "error") checker.sound = false;
  const guessed = types.get(state);
  const isSame = checker.isGuessing || guessed === undefined || sameShape(guessed, found);
  types.set(state, isSame ? found : errorType);
}

/** A number, or an index: those that states are. */
function isDelayed(checker: Checker, value: TypedExpression): boolean {
  const { type, span } = value;
  if (type.kind !== "index") return isNumber(checker, value);
  if (type.isOpen !== true && checker.runtimeSymbol(type.bound) === undefined) return true;
  const message =
    type.isOpen === true ? "this whole number may be below 0" : `\`${printDim(type.bound)}\` is known at run time only`;
  checker.report("place-out-of-range", span, `${message}, and what is delayed is a state`, {
    help: "an index of a state has a bound: `narrow(i, V, 0)`, `(…) mod V`",
  });
  return false;
}

/** Of a state: numbers of which no more is known. */
const plainType = (type: SemanticType): SemanticType =>
  type.kind === "real" ? { kind: "real", axes: type.axes } : type;

/** As every state: a run-time dimension is an axis of its own. */
function hasWholeAxes(checker: Checker, { type, span }: TypedExpression): boolean {
  const mixed = axesOf(type).find(({ dim }) => {
    const symbol = checker.runtimeSymbol(dim);
    return symbol !== undefined && !equalDims(dim, dimSymbol(symbol));
  });
  if (mixed === undefined) return true;
  checker.report("run-time-dimension", span, `this has the shape ${printAxes(axesOf(type))}, which no state can have`, {
    help: "a run-time dimension is a whole axis of a state",
  });
  return false;
}

/** The state with its next value; undefined where its shape is not known. */
export function stateOfDelay(
  { counts, types }: Delays,
  { state, call: { span }, first }: Delay,
  value: TypedExpression,
): readonly [TypedTensor, TypedNode] | undefined {
  const count = counts.get(state);
  const type = types.get(state);
  if (count === undefined || type === undefined || type.kind === "error") return undefined;
  const whole = pastType(count, type);
  const newest: TypedExpression = {
    ...({ kind: "stack", axis: 0, operands: [value] } as const),
    ...{ span, type: pastType(dimConstant(1), type) },
  };
  const rest = constantOf(count) === 1 ? undefined : boundedSubtract(count, dimConstant(1));
  const operand: TypedExpression = { kind: "value", name: state, span, type: whole };
  const kept: TypedExpression | undefined = rest && {
    ...({ kind: "slice", operand, axis: 0, start: dimConstant(0), length: rest, drop: false } as const),
    ...{ span, type: pastType(rest, type) },
  };
  const next: TypedExpression =
    kept === undefined ? newest : { kind: "concat", axis: 0, operands: [newest, kept], span, type: whole };
  const initial = first === undefined ? {} : { initial: initialKey(state) };
  const tensor: TypedTensor = { role: "state", name: state, span, documentation: "", type: whole, ...initial };
  return [tensor, { key: nextKey(state), name: state, span, value: next }];
}

export function reportUnknownShape(checker: Checker, { call, word }: Delay): void {
  checker.report("delay-shape-unknown", call.span, `the shape of what \`${word}\` gives depends on itself`, {
    help: "give `first` in that shape, or declare a state: `state p: […]`, `p' = …`",
  });
}

/**
 * What comes before the first step fills the state; where the shape of that depends on itself, it tells it. Of `past`, which has the value of
 * this step among its own, as many values as come before it are enough.
 *
 * @returns the same, or with one value more
 */
export function checkFirst(
  checker: Checker,
  { counts, types }: Delays,
  { state, word }: Delay,
  node: TypedNode,
): TypedNode {
  const { value } = node;
  const count = counts.get(state);
  const type = types.get(state);
  if (count === undefined || type === undefined) return node;
  const axes = axesOf(value.type);
  if (type.kind === "error") {
    if (checker.isGuessing) types.set(state, typeByFirst(value.type, count));
    return node;
  }
  if (!isFirst(checker, word, type, value)) return node;
  const target = axesOf(pastType(count, type));
  if (fitsInto(axes, target, checker.isRuntime)) return node;
  const fewer = boundedSubtract(count, dimConstant(1));
  const isFewer =
    fewer !== undefined && sameShape({ kind: "real", axes }, pastType(fewer, { kind: "real", axes: axesOf(type) }));
  if (word === "past" && isFewer) return { ...node, value: withOneMore(value, pastType(count, type)) };
  const shapes = `\`first\` of \`${word}\` has shape ${printAxes(axes)}, the state has ${printAxes(target)}`;
  checker.report("shape-mismatch", value.span, shapes, {
    help: helpToFill(checker, axes, target) ?? "the newest comes first; a value with fewer axes repeats",
  });
  return node;
}

/** The oldest of the state leaves it in the first step, before anything reads it. */
function withOneMore(value: TypedExpression, type: SemanticType): TypedExpression {
  const { span } = value;
  const shape = [dimConstant(1), ...shapeOf(axesOf(type)).slice(1)];
  const last: TypedExpression = { kind: "fill", value: 0, shape, span, type: withLeading(type, [dimConstant(1)], 1) };
  return { kind: "concat", axis: 0, operands: [value, last], span, type };
}

/** Whether what comes before the first step is what the delayed value is. */
function isFirst(checker: Checker, word: string, type: SemanticType, value: TypedExpression): boolean {
  if (type.kind === "complex") return isNumber(checker, value);
  if (type.kind !== "index") return isReal(checker, value);
  if (isOfBound(checker, value, type.bound)) return true;
  const message = `\`${word}\` is of an index(${printDim(type.bound)}), and begins with ${printSemanticType(value.type)}`;
  checker.report("place-out-of-range", value.span, message, {
    help: `it begins with an index, or a whole number that is surely below ${printDim(type.bound)}`,
  });
  return false;
}

/** The type of the values, perhaps after an axis of steps. */
function typeByFirst(type: SemanticType, count: Dim): SemanticType {
  const [steps, ...others] = axesOf(type);
  if (steps === undefined || (type.kind !== "real" && type.kind !== "complex")) return errorType;
  return { kind: type.kind, axes: equalDims(steps.dim, count) ? others : axesOf(type) };
}
