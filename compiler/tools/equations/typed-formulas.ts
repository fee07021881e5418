/** Checked expressions as formulas: what the author wrote, with products and axes told apart by shapes. */
import { InvariantError } from "../../base/diagnostics/invariant.js";
import { at } from "../../base/at.js";
import type { ElementwiseName } from "../../language/semantics/builtins.js";
import { takesShape } from "../../language/semantics/draw-functions.js";
import { axesOf, type SemanticType } from "../../language/semantics/semantic-type.js";
import type {
  TypedCall,
  TypedExpression,
  TypedFunction,
  TypedInstanceCall,
  TypedOf,
} from "../../language/semantics/typed-program.js";
import type { IndexedPlace } from "../../language/semantics/typed-sizes.js";
import { addDims, constantOf, type Dim, dimConstant, dimSymbol, equalDims } from "../../base/types/dim.js";
import {
  axes,
  builtin,
  type Equation,
  type Formula,
  infix,
  type Infix,
  nameOf,
  plainName,
  type Setting,
  transposed,
} from "./formula.js";

/** What an expression stands in. */
export interface Surroundings {
  /** What a used cell is called with. */
  readonly callOf: (instance: string) => TypedInstanceCall | undefined;
  readonly functionName: (fn: TypedFunction) => string;
}

type FormulaKind = TypedExpression["kind"];
type FormulaRules = {
  readonly [K in FormulaKind]: (
    node: TypedOf<K>,
    write: (node: TypedExpression) => Formula,
    around: Surroundings,
  ) => Formula;
};

export function typedFormula(node: TypedExpression, around: Surroundings): Formula {
  const write = (part: TypedExpression): Formula => typedFormula(part, around);
  return (rules[node.kind] as FormulaRules["number"])(node as never, write, around);
}

const rules: FormulaRules = {
  number: ({ value }) => ({ kind: "number", value }),
  dimension: ({ dim }) => ({ kind: "dimension", dim }),
  "real-parameter": ({ name }) => nameOf(name),
  value: ({ name }) => nameOf(name),
  captured: ({ name }) => nameOf(name),
  next: ({ name }) => nameOf(name, true),
  member: ({ path, places, name, next }) => {
    if (places.size === 0) return nameOf(name, next, path);
    const owner = path.reduce<Formula | undefined>(
      (object, one, i) => elementFormula(object === undefined ? nameOf(one) : { kind: "member", object, name: one, next: false }, places.get(i)), // prettier-ignore
      undefined,
    );
    return { kind: "member", object: owner ?? nameOf(name), name, next };
  },
  "instance-call": ({ instance }, write, around) => callFormula(instance, around.callOf(instance), write),
  run: ({ run: { instance, place, call }, read }, write) => {
    const of = callFormula(instance, call, write, place);
    return read.what === "output" ? of : builtin(`${read.what} ${read.name}`, [of]);
  },
  "call-in-place": ({ instance, place, call }, write) => callFormula(instance, call, write, place),
  elementwise: ({ operation, operands }, write) => elementwiseFormula(operation, operands, write),
  complex: ({ operation, operands: [first, second] }, write) => {
    if (first === undefined) throw new InvariantError(`${operation} of nothing`);
    if (operation !== "complex" || second === undefined) return builtin(operation, [write(first)]);
    const isLiteral = first.kind === "number" && first.value === 0 && second.kind === "number";
    return isLiteral ? { kind: "imaginary", value: second.value } : builtin("complex", [write(first), write(second)]);
  },
  shared: ({ operand }, write) => write(operand),
  product: ({ left, right }, write) => {
    const [leftRank, rightRank] = [rankOf(left.type), rankOf(right.type)];
    if (leftRank === 1 && rightRank === 1) return infix("dot", write(left), write(right));
    // A row times a matrix has the shape of a vector: the transpose times the column.
    if (leftRank === 1 && rightRank === 2) return infix("product", transposed(write(right)), write(left));
    return infix("product", write(left), write(right));
  },
  reduction: ({ operation, axes: over, operand }, write) =>
    builtin(operation, [write(operand)], alongAxes(operand, over)),
  normalization: ({ operation, axes: over, operand }, write) =>
    builtin(operation, [write(operand)], alongAxes(operand, over)),
  cumulative: ({ operation, axis, reverse, operand }, write) => {
    const along = rankOf(operand.type) === 1 ? [] : [axes("axis", axis)];
    const operands = reverse ? [write(operand), labelled("reverse", nameOf("true"))] : [write(operand)];
    return builtin(operation, operands, along);
  },
  places: ({ operation, operands, axis, descending, type }, write) => {
    const [first, at] = operands.map(write) as [Formula, Formula?];
    const size: Formula = {
      kind: "dimension",
      dim: (axesOf(type)[operation === "one_hot" ? rankOf(type) - 1 : 0] ?? { dim: dimConstant(0) }).dim,
    };
    if (operation === "real") return first;
    if (operation === "one_hot") return builtin(operation, [first, size]);
    if (at !== undefined) return builtin(operation, [first, labelled("at", at), labelled("size", size)]);
    const along = rankOf(operands[0]!.type) === 1 ? [] : [axes("axis", axis)];
    return builtin(operation, descending ? [first, labelled("descending", nameOf("true"))] : [first], along);
  },
  concat: ({ axis, operands }, write) => {
    const parts = operands.map(write);
    return axis === 0 ? { kind: "joined", parts } : builtin("concat", parts, [axes("axis", axis)]);
  },
  stack: ({ axis, operands }, write) => builtin("stack", operands.map(write), axis === 0 ? [] : [axes("axis", axis)]),
  reshape: ({ operand, shape }, write) =>
    builtin("reshape", [write(operand)], [{ label: "shape", kind: "shape", shape }]),
  transpose: ({ operand, permutation }, write) =>
    permutation.join() === "1,0"
      ? transposed(write(operand))
      : builtin("transpose", [write(operand)], [axes("order", ...permutation)]),
  outer: ({ left, right }, write) => infix("outer", write(left), write(right)),
  convolution: ({ left, right, axes: over, groups }, write) => {
    const isEven = over.every(({ before, after }) => equalDims(before, after));
    return builtin("conv", [write(left), write(right)], [
      ...stepsOf(over),
      ...setting("pad", over.flatMap(({ before, after }) => (isEven ? [before] : [before, after])), 0),
      ...setting("groups", [groups], 1),
    ]); // prettier-ignore
  },
  windows: ({ operand, axes: over }, write) => {
    const size: Setting = { label: "size", kind: "shape", shape: over.map((axis) => axis.size) };
    return builtin("windows", [write(operand)], [size, ...stepsOf(over)]);
  },
  fill: ({ value, shape }) => builtin(value === 0 ? "zeros" : "ones", [], [{ label: "shape", kind: "shape", shape }]),
  reverse: ({ operand, axis }, write) => builtin("reverse", [write(operand)], axis === 0 ? [] : [axes("axis", axis)]),
  repeat: ({ operand, type }, write) => {
    const shape = axesOf(type).slice(0, rankOf(type) - rankOf(operand.type));
    return builtin("fill", [write(operand)], [{ label: "shape", kind: "shape", shape: shape.map(({ dim }) => dim) }]);
  },
  slice: ({ operand, axis, start, length, drop }, write) => ({
    kind: "part",
    operand: write(operand),
    axis,
    part: drop
      ? { kind: "entry", at: { kind: "dimension", dim: start } }
      : { kind: "range", start, end: addDims(start, length) },
  }),
  gather: ({ operand, axis, index }, write) => ({
    kind: "part",
    operand: write(operand),
    axis,
    part: { kind: "entry", at: write(index) },
  }),
  indexed: ({ index, length, body }, write) =>
    builtin("entries", [write(body)], [{ label: index, kind: "range", end: length }]),
  "index-reduction": ({ operation, index, length, body }, write) =>
    builtin(operation, [write(body)], [{ label: index, kind: "range", end: length }]),
  element: (node, write) => ({
    kind: "part",
    operand: write(node.operand),
    axis: node.axis,
    part: { kind: "entry", at: placeFormula(node) },
  }),
  expanded: ({ word, operands, value: { type } }, write) => {
    const shape = axesOf(type).map(({ dim }) => dim);
    return builtin(
      word,
      operands.map(write),
      word !== "delay" && takesShape(word) ? [{ label: "shape", kind: "shape", shape }] : [],
    );
  },
  position: ({ index }) => nameOf(index),
  rounds: ({ rounds, position }, write) => {
    const { first, next, index, count, until, implicit } = rounds;
    const [begin, round] = [write(at(first, position)), write(at(next, position))];
    return { kind: "rounds", first: begin, next: round, index, count, implicit, ...(until && { until: write(until) }) };
  },
  "round-value": ({ name, next }) => ({ kind: "name", name: { ...plainName(name), next, role: "round" } }),
  call: callOfFunction,
  result: ({ call, position }, write, around) => {
    const name = call.fn.results[position]?.name ?? "";
    return { kind: "member", object: callOfFunction(call, write, around), name, next: false };
  },
  gradient: ({ of: { value, by }, position }, write) => {
    const own = by[position];
    if (own === undefined) throw new InvariantError("a gradient by nothing");
    return builtin("gradient", [write(value), { kind: "labelled", label: "by", value: write(own) }]);
  },
  "call-given": ({ name, arguments: given }, write) => ({
    kind: "apply",
    head: { kind: "function", name },
    operands: given.map(write),
    settings: [],
  }),
  error: () => {
    throw new InvariantError("an expression with errors has no formula");
  },
};

function callOfFunction(
  { fn, arguments: given, dimensions, functions }: TypedCall,
  write: (node: TypedExpression) => Formula,
  around: Surroundings,
): Formula {
  const sizes = fn.given.map((name): Formula => ({
    kind: "dimension",
    dim: dimensions.get(name) ?? dimSymbol(name),
  }));
  const head = { kind: "function", name: around.functionName(fn) } as const;
  const names = [...functions.values()].map((one) =>
    nameOf(one.fn === undefined ? one.name : around.functionName(one.fn)),
  );
  return { kind: "apply", head, operands: [...sizes, ...names, ...given.map(write)], settings: [] };
}
/** A setting of windows; left out where it is as usual, one number where all axes have the same. */
function setting(label: string, dims: readonly Dim[], usual: number): Setting[] {
  if (dims.every((dim) => constantOf(dim) === usual)) return [];
  const shape = dims.every((dim) => equalDims(dim, at(dims, 0))) ? dims.slice(0, 1) : dims;
  return [{ label, kind: "shape", shape }];
}

const stepsOf = (over: readonly { readonly stride: Dim; readonly dilation: Dim }[]): Setting[] => [
  ...setting("stride", over.map(({ stride }) => stride), 1),
  ...setting("dilation", over.map(({ dilation }) => dilation), 1),
]; // prettier-ignore

const labelled = (label: string, value: Formula): Formula => ({ kind: "labelled", label, value });

/** Inputs, then contexts, then states by their names. */
function callFormula(
  name: string,
  call: TypedInstanceCall | undefined,
  write: (node: TypedExpression) => Formula,
  place?: IndexedPlace,
): Formula {
  const states = [...(call?.states ?? [])].map(([label, value]): Formula => ({
    kind: "labelled",
    label,
    value: write(value),
  }));
  const operands = [...[...(call?.inputs ?? []), ...(call?.contexts ?? [])].map(write), ...states];
  const head = { kind: "instance", name, ...(place && { place: placeFormula(place) }) } as const;
  return { kind: "apply", head, operands, settings: [] };
}

function elementFormula(operand: Formula, place: IndexedPlace | undefined): Formula {
  if (place === undefined) return operand;
  return { kind: "part", operand, axis: 0, part: { kind: "entry", at: placeFormula(place) } };
}

/** `n`, `n + 1`, `K - 1 - n`, `(n + R - j) mod N`. */
function placeFormula({ start, terms, around }: Omit<IndexedPlace, "span">): Formula {
  const first = terms.find(({ reverse }) => !reverse);
  let place = first === undefined ? undefined : nameOf(first.index);
  if (place === undefined) place = { kind: "dimension", dim: start };
  else if (constantOf(start) !== 0) place = infix("add", place, { kind: "dimension", dim: start });
  for (const term of terms) {
    if (term !== first) place = infix(term.reverse ? "subtract" : "add", place, nameOf(term.index));
  }
  return around === undefined ? place : infix("mod", place, { kind: "dimension", dim: around });
}

/** An equation for each value of indices: what stands on its left, and on its right. */
export function indexedFormula(name: Formula, node: TypedExpression, around: Surroundings): Equation {
  let [left, right] = [name, node];
  while (right.kind === "indexed") {
    left = { kind: "part", operand: left, axis: 0, part: { kind: "entry", at: nameOf(right.index) } };
    right = right.body;
  }
  return { left, right: typedFormula(right, around) };
}

function rankOf(type: SemanticType): number {
  return axesOf(type).length;
}

function alongAxes(operand: TypedExpression, over: readonly number[]): Setting[] {
  return rankOf(operand.type) > 1 ? [axes("axis", ...over)] : [];
}

const infixes: Partial<Record<ElementwiseName, Infix>> = {
  "+": "add",
  "-": "subtract",
  "/": "divide",
  mod: "mod",
  "<": "less",
  "<=": "less-equal",
  ">": "greater",
  ">=": "greater-equal",
  "==": "equal",
  "!=": "unequal",
  and: "and",
  or: "or",
};

function elementwiseFormula(
  operation: ElementwiseName,
  operands: readonly TypedExpression[],
  write: (node: TypedExpression) => Formula,
): Formula {
  const [first, second, third] = operands as [TypedExpression, TypedExpression, TypedExpression];
  const operator = infixes[operation];
  if (operator !== undefined) return infix(operator, write(first), write(second));
  switch (operation) {
    case "*":
      return infix(
        rankOf(first.type) === 0 || rankOf(second.type) === 0 ? "times" : "hadamard",
        write(first),
        write(second),
      );
    case "^":
      return { kind: "power", base: write(first), exponent: write(second) };
    case "negate":
      return { kind: "prefix", operator: "minus", operand: write(first) };
    case "not":
      return { kind: "prefix", operator: "not", operand: write(first) };
    case "if":
      return { kind: "choice", condition: write(first), yes: write(second), no: write(third) };
    default:
      return builtin(operation, operands.map(write));
  }
}
