/** Draws in equations: expressions of a hidden input that a call fills. */
import { at } from "../../../base/at.js";
import type { ArgumentNode, CallNode } from "../../syntax/ast.js";
import { fitsInto } from "../broadcast.js";
import type { ElementwiseName } from "../builtins.js";
import type { Checker } from "../checker.js";
import { shapeOfList } from "../dimension-expressions.js";
import { drawFunctions, type DrawFunctionName, takesShape } from "../draw-functions.js";
import { matchBuiltin } from "../match-arguments.js";
import { dimConstant, subtractDims } from "../../../base/types/dim.js";
import { axesOf, type Axis, printAxes, scalarType, type SemanticType, withLeading } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import type { PlaceTerm } from "../typed-sizes.js";
import { oneAxis } from "./axis-arguments.js";
import { combine } from "./combine.js";
import { isReal, placeOfAxis } from "./mismatch.js";

export function inferRandom(checker: Checker, call: CallNode, word: DrawFunctionName): TypedExpression {
  const { span } = call;
  const isCounted = [...checker.indices.values()].some(({ ofRounds }) => ofRounds === true);
  const place = checker.instances.draws?.placeOf(call, isCounted);
  if (place === undefined || "message" in place) {
    const { message, help } = place ?? {
      message: `\`${word}\` draws random numbers, and there are none here`,
      help: "equations of a cell draw; a function is given what is drawn as an argument",
    };
    checker.report("misplaced-draw", call.callee.span, message, { help });
    return checker.error(span);
  }
  const given = matchBuiltin(call, drawFunctions[word].parameters, checker.collector);
  const operands = given && operandsOf(checker, call, word, given);
  if (given === undefined || operands === undefined) return checker.error(span);
  const { axes, values } = operands;
  const { law, inTraining } = drawFunctions[word];
  const { key, isInitial } = place;
  const around = indicesAround(checker, span);
  if (around === undefined) return checker.error(span);
  const entry: SemanticType = { kind: "real", axes };
  const sequences = isCounted ? sequencesInFront(checker, axes) : 0;
  const front = axes.slice(0, sequences).map(({ dim }) => dim);
  const type = withLeading(entry, [...front, ...around.map(({ length }) => length)], sequences);
  const draw = { law, inTraining, isInitial };
  checker.instances.draws?.note({ role: "random", name: key, span, documentation: "", type, draw });
  checker.addExtent({ operations: 10, depth: 6 }, span);
  const drawn = elementAt({ kind: "value", name: key, span, type }, around, sequences);
  const write = new DrawWriter(checker, call, drawn);
  const value = word === "sample" ? sampled(checker, call, write, values, given) : rules[word](write, values);
  return { kind: "expanded", word, operands: values, value, span, type: value.type };
}

/** The indices for each value of which something is drawn, outermost first; undefined where nothing says how far one goes. */
function indicesAround(checker: Checker, span: CallNode["span"]): PlaceTerm[] | undefined {
  const terms: PlaceTerm[] = [];
  for (const { name, size, first } of checker.indices.values()) {
    if (size !== undefined) terms.push({ index: name, length: size, reverse: false, ...(first && { first }) });
    else {
      checker.report(
        "index-range-unknown",
        span,
        `nothing says how far \`${name}\` goes, for each of which this is drawn`,
        {
          help: `give its range, \`${name} < N\``,
        },
      );
      return undefined;
    }
  }
  return terms;
}

/** Rounds are after the sequence that they go over: it streams by elements of all rounds. After an index of an equation they are already. */
function sequencesInFront({ indices, isRuntime }: Checker, axes: readonly Axis[]): number {
  if ([...indices.values()].some(({ ofRounds }) => ofRounds !== true)) return 0;
  const count = axes.findIndex(({ dim }) => !isRuntime(dim));
  return count < 0 ? axes.length : count;
}

/** What is drawn for the values of these indices, which stand from `axis` on. */
function elementAt(whole: TypedExpression, terms: readonly PlaceTerm[], axis: number): TypedExpression {
  return terms.reduce((operand, term): TypedExpression => {
    const type: SemanticType = { kind: "real", axes: axesOf(operand.type).filter((_, i) => i !== axis) };
    const start = term.first === undefined ? dimConstant(0) : subtractDims(dimConstant(0), term.first);
    return { kind: "element", operand, axis, start, terms: [term], around: undefined, span: operand.span, type };
  }, whole);
}

/** The axes of what is drawn, and the values that it is made of with it; undefined where something was reported. */
function operandsOf(
  checker: Checker,
  call: CallNode,
  word: DrawFunctionName,
  given: readonly (ArgumentNode | undefined)[],
): { readonly axes: readonly Axis[]; readonly values: readonly TypedExpression[] } | undefined {
  const [first, ...others] = given;
  const rest = takesShape(word) ? others : word === "sample" ? [first] : given;
  const values = rest.flatMap((argument) => (argument === undefined ? [] : [checker.infer(argument.value)]));
  const shape = takesShape(word) ? shapeArgument(checker, word, first) : undefined;
  const areReal = values.map((value) => isReal(checker, value, word)).every(Boolean);
  if (!areReal || (takesShape(word) && shape === undefined)) return undefined;
  // Either side of `zoneout` may repeat.
  const whole = word === "zoneout" ? combined(checker, call, values.slice(0, 2)) : shape === undefined ? axesOf(at(values, 0).type) : shape; // prettier-ignore
  if (whole === undefined) return undefined;
  const isFine = values.every((value) => repeatsTo(checker, call, value, whole));
  const chances = probabilityAt[word];
  const chance = chances === undefined ? undefined : values[chances];
  if (!isFine || (chance !== undefined && !isProbability(checker, word, chance))) return undefined;
  return { axes: whole, values };
}

function shapeArgument(
  checker: Checker,
  word: DrawFunctionName,
  argument: ArgumentNode | undefined,
): readonly Axis[] | undefined {
  if (argument?.value.kind === "tuple") {
    return shapeOfList(checker, argument.value.items, argument.span)?.map((dim) => ({ dim, source: undefined }));
  }
  if (argument === undefined) return undefined;
  const example = `${word}([H]${drawFunctions[word].parameters[1]?.optional === true ? "" : ", 0.5"})`;
  checker.report("bad-argument", argument.span, `the shape of what \`${word}\` draws comes first, in brackets`, {
    help: `write \`${example}\`; one number is \`[]\``,
  });
  return undefined;
}

function combined(checker: Checker, call: CallNode, values: readonly TypedExpression[]): readonly Axis[] | undefined {
  const words = `arguments of \`${call.callee.text}\``;
  const { type } = combine(checker, "+", values, { kind: "real", span: call.span, reportAt: call.callee.span, words });
  return type.kind === "error" ? undefined : axesOf(type);
}

function repeatsTo(checker: Checker, call: CallNode, value: TypedExpression, whole: readonly Axis[]): boolean {
  const own = axesOf(value.type);
  if (fitsInto(own, whole, checker.isRuntime)) return true;
  const message = `\`${call.callee.text}\` draws ${printAxes(whole)}, and this has shape ${printAxes(own)}`;
  checker.report("shape-mismatch", value.span, message, {
    related: [placeOfAxis(value, own.length - 1)],
    help: "a number, or a value with fewer axes, repeats",
  });
  return false;
}

/** Which of the values is a probability. */
const probabilityAt: Partial<Record<DrawFunctionName, number>> = { bernoulli: 0, dropout: 1, mask: 0, zoneout: 2 };

/** Where it is a number of the text. */
function isProbability(checker: Checker, word: DrawFunctionName, value: TypedExpression): boolean {
  const negative = value.kind === "elementwise" && value.operation === "negate" && value.operands[0]?.kind === "number";
  const number = value.kind === "number" ? value.value : negative ? -1 : 0.5;
  const isFine = number >= 0 && number <= 1 && !(word === "dropout" && number === 1) && !(word === "mask" && number === 0); // prettier-ignore
  if (isFine) return true;
  checker.report("bad-argument", value.span, `\`${word}\` takes a probability here`, {
    help: word === "dropout" ? "from 0 to below 1: how many elements become 0" : word === "mask" ? "above 0, at most 1: how many elements stay" : "from 0 to 1", // prettier-ignore
  });
  return false;
}

/** Expressions of what is drawn. */
class DrawWriter {
  readonly drawn: TypedExpression;
  private readonly checker: Checker;
  private readonly call: CallNode;

  constructor(checker: Checker, call: CallNode, drawn: TypedExpression) {
    this.checker = checker;
    this.call = call;
    this.drawn = drawn;
  }

  number(value: number): TypedExpression {
    return { kind: "number", value, span: this.call.span, type: scalarType };
  }

  made(operation: ElementwiseName, ...operands: TypedExpression[]): TypedExpression {
    const { span, callee } = this.call;
    const kind = operation === "<" ? "bool" : "real";
    return combine(this.checker, operation, operands, { kind, span, reportAt: span, words: `\`${callee.text}\`` });
  }

  /** In several places, and computed once. */
  shared(operand: TypedExpression): TypedExpression {
    return operand.kind === "number" ? operand : { kind: "shared", operand, span: operand.span, type: operand.type };
  }

  /** Where nothing is trained, 2 stands for what would be drawn from 0 to 1. */
  inTraining(value: TypedExpression, otherwise: TypedExpression): TypedExpression {
    return this.made("if", this.made("<", this.drawn, this.number(1)), value, otherwise);
  }

  below(chance: TypedExpression, value: TypedExpression, otherwise: TypedExpression): TypedExpression {
    return this.made("if", this.made("<", this.drawn, chance), value, otherwise);
  }
}

type DrawOperands = readonly TypedExpression[];
type DrawRule = (write: DrawWriter, values: DrawOperands) => TypedExpression;

const rules: Readonly<Record<Exclude<DrawFunctionName, "sample">, DrawRule>> = {
  uniform: (write, [first, second]) => {
    if (first === undefined) return write.drawn;
    const one = write.shared(first);
    const [low, high] = second === undefined ? [write.made("negate", one), one] : [one, second];
    return write.made("+", low, write.made("*", write.made("-", high, low), write.drawn));
  },
  normal: (write, [first, second]) => {
    if (first === undefined) return write.drawn;
    if (second === undefined) return write.made("*", first, write.drawn);
    return write.made("+", first, write.made("*", second, write.drawn));
  },
  bernoulli: (write, values) => write.below(at(values, 0), write.number(1), write.number(0)),
  dropout: (write, values) => {
    const rate = write.shared(at(values, 1));
    const kept = write.made("/", write.number(1), write.made("-", write.number(1), rate));
    // Selected, not multiplied: what is dropped is 0 whatever it is.
    return write.below(rate, write.number(0), write.made("*", at(values, 0), write.inTraining(kept, write.number(1))));
  },
  mask: (write, values) => {
    const chance = write.shared(at(values, 0));
    const kept = write.made("/", write.number(1), chance);
    return write.below(chance, kept, write.inTraining(write.number(0), write.number(1)));
  },
  noise: (write, values) => write.made("+", at(values, 0), write.made("*", at(values, 1), write.drawn)),
  zoneout: (write, values) => {
    const [before, after, chance] = values.map((value) => write.shared(value)) as [TypedExpression, TypedExpression, TypedExpression]; // prettier-ignore
    const rest = write.made("-", write.number(1), chance);
    const mean = write.made("+", write.made("*", chance, before), write.made("*", rest, after));
    return write.below(chance, before, write.inTraining(after, mean));
  },
};

/** The greatest of numbers with what is drawn by Gumbel's distribution added. */
function sampled(
  checker: Checker,
  call: CallNode,
  write: DrawWriter,
  [scores]: DrawOperands,
  [, axisArgument]: readonly (ArgumentNode | undefined)[],
): TypedExpression {
  const { span } = call;
  const axis = scores && oneAxis(checker, call, axisArgument, scores);
  if (scores === undefined || axis === undefined) return checker.error(span);
  const inner = write.made("negate", write.made("log", write.drawn));
  const operand = write.made("-", scores, write.made("log", inner));
  const axes = axesOf(scores.type);
  const type: SemanticType = { kind: "index", bound: at(axes, axis).dim, axes: axes.filter((_, i) => i !== axis) };
  return { kind: "places", operation: "argmax", operands: [operand], axis, descending: false, span, type };
}
