/** Whether a declared derivative is linear in its tangents, by its form: what is not is reported at the operation to blame. */
import type { Span } from "../../base/source/span.js";
import type { ElementwiseName } from "./builtins.js";
import type { Checker } from "./checker.js";
import type { TypedCall, TypedExpression, TypedFunction, TypedNode, TypedOf } from "./typed-program.js";

/**
 * How a value depends on the tangents. Linear ones name a tangent they depend on, for messages. A literal zero fits in
 * wherever something linear does: `if c then dv else 0`.
 */
type Degree = { readonly kind: "zero" | "constant" } | { readonly kind: "linear"; readonly tangent: string };

const zero: Degree = { kind: "zero" };
const constant: Degree = { kind: "constant" };

/** Thrown at the first operation that is not linear. */
class NotLinear extends Error {
  readonly span: Span;
  readonly help: string | undefined;
  /** Inside of the function called at `span`. */
  readonly inner: Span | undefined;
  constructor(span: Span, message: string, help?: string, inner?: Span) {
    super(message);
    this.span = span;
    this.help = help;
    this.inner = inner;
  }
}

type Degrees = ReadonlyMap<string, Degree>;

/**
 * Reports a derivative that is not linear in its tangents.
 *
 * @param equations Those of the function that depend on tangents, in order.
 */
export function checkLinearity(
  checker: Checker,
  name: string,
  tangents: readonly string[],
  equations: readonly TypedNode[],
  values: readonly TypedExpression[],
): void {
  const degrees = new Map<string, Degree>(tangents.map((tangent) => [tangent, { kind: "linear", tangent }]));
  try {
    for (const equation of equations) degrees.set(equation.key, degreeOf(equation.value, degrees));
    const value = values.find((one) => degreeOf(one, degrees).kind === "constant");
    if (value === undefined) return;
    const [first = "d"] = tangents;
    const help = `a derivative \`a\` by an argument is written as \`a * ${first}\`, with the tangent of that argument`;
    throw new NotLinear(value.span, "it does not depend on a tangent", help);
  } catch (error) {
    if (!(error instanceof NotLinear)) throw error;
    const { span, message, help, inner } = error;
    const related = inner === undefined ? [] : [{ span: inner, message: "this is not linear" }];
    checker.report("nonlinear-derivative", span, `the derivative of \`${name}\` is not linear: ${message}`, {
      help: help ?? "a tangent may be added to tangents, multiplied and divided by what is none, summed and rearranged",
      related,
    });
  }
}

function degreeOf(node: TypedExpression, degrees: Degrees): Degree {
  return (rules[node.kind] as (node: TypedExpression, degrees: Degrees) => Degree)(node, degrees);
}

type LinearityRules = { readonly [K in TypedExpression["kind"]]: (node: TypedOf<K>, degrees: Degrees) => Degree };

const rules: LinearityRules = {
  number: ({ value }) => (value === 0 ? zero : constant),
  fill: ({ value }) => (value === 0 ? zero : constant),
  dimension: () => constant,
  "real-parameter": () => constant,
  value: ({ name }, degrees) => degrees.get(name) ?? constant,
  captured: () => constant,
  // Functions have no states and no used cells.
  next: () => constant,
  member: () => constant,
  "instance-call": () => constant,
  "call-in-place": () => constant,
  run: () => constant,
  error: () => constant,
  elementwise: (node, degrees) =>
    elementwiseDegree(
      node,
      node.operands.map((operand) => degreeOf(operand, degrees)),
    ),
  complex: ({ span, operation, operands }, degrees) => {
    const own = operands.map((operand) => degreeOf(operand, degrees));
    return operation === "arg" ? nonlinear(span, operation, ...own) : joint(span, own);
  },
  shared: moved,
  product: bilinear,
  outer: bilinear,
  convolution: bilinear,
  reduction: ({ span, operation, operand }, degrees) => reduced(span, operation, degreeOf(operand, degrees)),
  normalization: (node, degrees) => nonlinear(node.span, node.operation, degreeOf(node.operand, degrees)),
  cumulative: ({ span, operation, operand }, degrees) =>
    operation === "cumsum" ? degreeOf(operand, degrees) : nonlinear(span, operation, degreeOf(operand, degrees)),
  places: ({ span, operation, operands }, degrees) => {
    const own = operands.map((operand) => degreeOf(operand, degrees));
    return operation === "scatter" && isLinear(own[0]) ? own[0] : nonlinear(span, operation, ...own);
  },
  concat: joined,
  stack: joined,
  repeat: moved,
  reshape: moved,
  transpose: moved,
  reverse: moved,
  windows: moved,
  slice: moved,
  gather: moved,
  element: moved,
  indexed: ({ body }, degrees) => degreeOf(body, degrees),
  "index-reduction": ({ span, operation, body }, degrees) => reduced(span, operation, degreeOf(body, degrees)),
  // Functions have none.
  expanded: () => constant,
  position: () => constant,
  rounds: roundsDegree,
  "round-value": ({ name }, degrees) => degrees.get(roundKey(name)) ?? constant,
  call: (node, degrees) => callDegree(node, degrees, 0),
  result: ({ span, call, position }, degrees) => callDegree({ span, ...call }, degrees, position),
  gradient: ({ span, of: { value, by } }, degrees) =>
    nonlinear(span, "gradient", ...[value, ...by].map((one) => degreeOf(one, degrees))),
  // Functions with arguments that are functions declare no derivative, and are followed with these unknown.
  "call-given": ({ span, name, arguments: given }, degrees) =>
    nonlinear(span, name, ...given.map((argument) => degreeOf(argument, degrees))),
};

const roundKey = (name: string): string => `${name} of a round`;

/** Linear where every round is, in what the round before gave. */
function roundsDegree({ rounds, position }: TypedOf<"rounds">, degrees: Degrees): Degree {
  const { first, names, next, until, span } = rounds;
  const inside = new Map(degrees);
  const enter = (values: readonly Degree[]): void => {
    for (const [i, name] of names.entries()) inside.set(roundKey(name), values[i] ?? constant);
  };
  const round = (): Degree[] => next.map((value) => degreeOf(value, inside));
  let values = first.map((value) => degreeOf(value, degrees));
  // What depends on tangents may grow with each round, by one name at least.
  names.forEach(() => {
    enter(values);
    values = round().map((degree, i) => joint(span, [degree, values[i] ?? constant]));
  });
  enter(values);
  if (until !== undefined) nonlinear(span, "until", degreeOf(until, inside));
  return values[position] ?? constant;
}

function reduced(span: Span, operation: string, degree: Degree): Degree {
  return operation === "sum" || operation === "mean" ? degree : nonlinear(span, operation, degree);
}

function isLinear(degree: Degree | undefined): degree is Extract<Degree, { kind: "linear" }> {
  return degree?.kind === "linear";
}

function moved({ operand }: { readonly operand: TypedExpression }, degrees: Degrees): Degree {
  const degree = degreeOf(operand, degrees);
  return isLinear(degree) ? degree : constant;
}

function joined({ span, operands }: TypedOf<"concat" | "stack">, degrees: Degrees): Degree {
  return joint(
    span,
    operands.map((operand) => degreeOf(operand, degrees)),
  );
}

function bilinear({ span, left, right }: TypedOf<"product" | "outer" | "convolution">, degrees: Degrees): Degree {
  return multiplied(span, degreeOf(left, degrees), degreeOf(right, degrees));
}

function multiplied(span: Span, left: Degree | undefined, right: Degree | undefined): Degree {
  if (!isLinear(left)) return isLinear(right) ? right : constant;
  if (!isLinear(right)) return left;
  const square = left.tangent === right.tangent;
  throw new NotLinear(
    span,
    square
      ? `\`${left.tangent}\` is multiplied by itself`
      : `\`${left.tangent}\` is multiplied by \`${right.tangent}\``,
  );
}

/** Linear in all operands together: each is, or is zero. */
function joint(span: Span, degrees: readonly Degree[]): Degree {
  const linear = degrees.find(isLinear);
  if (linear === undefined) return constant;
  if (!degrees.some(({ kind }) => kind === "constant")) return linear;
  throw new NotLinear(span, `beside a term with \`${linear.tangent}\` there is one without a tangent`);
}

function nonlinear(span: Span, operation: string, ...degrees: readonly Degree[]): Degree {
  const linear = degrees.find(isLinear);
  if (linear === undefined) return constant;
  const help =
    operation === "stop_gradient" ? "a tangent passes on derivatives; leave out the `stop_gradient`" : undefined;
  throw new NotLinear(span, `\`${operation}\` is applied to the tangent \`${linear.tangent}\``, help);
}

type ElementwiseRule = (span: Span, degrees: readonly Degree[]) => Degree;

/** Operations that can be linear; no other is. */
const elementwiseRules: Partial<Record<ElementwiseName, ElementwiseRule>> = {
  "+": joint,
  "-": joint,
  negate: (_span, [operand = constant]) => operand,
  "*": (span, [left, right]) => multiplied(span, left, right),
  "/": (span, [left, right]) => {
    if (isLinear(right)) throw new NotLinear(span, `it divides by the tangent \`${right.tangent}\``);
    return isLinear(left) ? left : constant;
  },
  // A condition with a tangent has failed in its comparison.
  if: (span, [, ...branches]) => joint(span, branches),
};

function elementwiseDegree({ span, operation }: TypedOf<"elementwise">, degrees: readonly Degree[]): Degree {
  return elementwiseRules[operation]?.(span, degrees) ?? nonlinear(span, operation, ...degrees);
}

function callDegree(
  { span, fn, arguments: given }: TypedCall & { readonly span: Span },
  degrees: Degrees,
  position: number,
): Degree {
  const own = given.map((argument) => degreeOf(argument, degrees));
  const linear = own.find(isLinear);
  if (linear === undefined) return constant;
  if (fn.derivative !== undefined) {
    const message = `\`${fn.name}\`, which has a declared derivative, is applied to the tangent \`${linear.tangent}\``;
    throw new NotLinear(span, message);
  }
  return insideCall(span, fn, new Map(fn.parameters.map(({ name }, i) => [name, own[i] ?? constant])), position);
}

function insideCall(span: Span, fn: TypedFunction, parameters: Degrees, position: number): Degree {
  const degrees = new Map(parameters);
  try {
    for (const { key, value } of fn.equations) degrees.set(key, degreeOf(value, degrees));
    const result = fn.results[position];
    return result === undefined ? constant : degreeOf(result.value, degrees);
  } catch (error) {
    if (!(error instanceof NotLinear)) throw error;
    throw new NotLinear(span, `in \`${fn.name}\`, ${error.message}`, error.help, error.inner ?? error.span);
  }
}
