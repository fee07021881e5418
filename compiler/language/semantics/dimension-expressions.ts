/** Expressions in places where a dimension is meant: shapes, slice bounds, arguments of used cells. */
import type { Span } from "../../base/source/span.js";
import type { BinaryNode, CallNode, Expression } from "../syntax/ast.js";
import {
  boundedAdd,
  boundedCeil,
  boundedDivide,
  boundedFloor,
  boundedMultiply,
  boundedSubtract,
  dividingSymbols,
} from "../../base/types/bounded-dim.js";
import { provenAtLeast } from "../../base/types/bounds.js";
import { constantOf, type Dim, dimConstant, dimSymbol, printDim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import { axisLimit, type Checker } from "./checker.js";
import { namesOfSteps } from "../syntax/reporter.js";
import { wordsFor } from "./scope.js";

const largestSize = 2 ** 31 - 1;

/** The dimension that `expression` stands for; undefined where something was reported. */
export function dimensionOf(checker: Checker, expression: Expression): Dim | undefined {
  switch (expression.kind) {
    case "number":
      if (Number.isInteger(expression.value) && expression.value <= largestSize) return dimConstant(expression.value);
      checker.report("not-a-dimension", expression.span, `\`${expression.text}\` is not a size`, {
        help: "sizes are integers below 2^31",
      });
      return undefined;
    case "reference":
      return symbolOf(checker, expression.name, expression.next, expression.span);
    case "unary": {
      if (expression.operator !== "-") break;
      const operand = dimensionOf(checker, expression.operand);
      return operand && boundedSubtract(dimConstant(0), operand);
    }
    case "binary":
      if ("+-*/".includes(expression.operator)) return binaryDimension(checker, expression);
      break;
    case "call":
      if (rounded.has(expression.callee.text)) return roundedQuotient(checker, expression);
      break;
    case "imaginary":
    case "member":
    case "if":
    case "index":
    case "indexed":
    case "tuple":
    case "group":
    case "rounds":
    case "result":
  }
  checker.report("not-a-dimension", expression.span, "this is not a dimension", {
    help: "dimensions are made of integers and dimensions with `+ - * /`, and quotients rounded by `floor` or `ceil`",
  });
  return undefined;
}

/** What rounds a quotient where a dimension is meant. */
const rounded: ReadonlyMap<string, (quotient: Dim) => Dim | undefined> = new Map([
  ["floor", boundedFloor],
  ["ceil", boundedCeil],
]);

/** `floor(T / 2)`, `ceil(T / K)`. */
function roundedQuotient(checker: Checker, { callee, arguments: given, span }: CallNode): Dim | undefined {
  const [argument, ...others] = given;
  const quotient = argument?.value;
  const isQuotient = quotient?.kind === "binary" && quotient.operator === "/";
  if (!isQuotient || argument?.name !== undefined || others.length > 0) {
    checker.report("not-a-dimension", span, `\`${callee.text}\` of a dimension takes a quotient`, {
      help: `\`${callee.text}(T / 2)\``,
    });
    return undefined;
  }
  const [over, by] = [dimensionOf(checker, quotient.left), dimensionOf(checker, quotient.right)];
  if (over === undefined || by === undefined || !isDivisor(checker, by, over, quotient.span)) return undefined;
  if (!provenAtLeast(by, 1, checker.bounds)) return refuseDivisor(checker, by, quotient.right.span);
  const exact = boundedDivide(over, by);
  const dim = exact && rounded.get(callee.text)?.(exact);
  if (dim === undefined) checker.reportTooLarge(span);
  return dim;
}

function refuseDivisor(checker: Checker, by: Dim, span: Span): undefined {
  checker.report("dimension-division", span, `nothing says that \`${printDim(by)}\` is at least 1`, {
    help: "divide by a number or a dimension that is",
  });
  return undefined;
}

/** Can it divide `over`? Only a product can; and 0 cannot. */
function isDivisor(checker: Checker, by: Dim, over: Dim, span: Span): boolean {
  if (constantOf(by) === 0) checker.report("dimension-not-whole", span, "a dimension divided by 0");
  else if (by.terms.length > 1 && over.key !== by.key) {
    checker.report("dimension-division", span, `cannot divide by the sum \`${printDim(by)}\``, {
      help: "divide by a dimension, a number or a product; or make the quotient a parameter of the cell",
    });
  } else return true;
  return false;
}

function symbolOf(checker: Checker, name: string, next: boolean, span: Span): Dim | undefined {
  const entry = checker.scope.entries.get(name);
  // In a place an index is a symbol like any other; its name is that of nothing else.
  if ((entry?.kind === "dimension" || (entry?.kind === "index" && checker.inPlace)) && !next) {
    checker.scope.used.add(name);
    return checker.namedSizes.get(name) ?? dimSymbol(name);
  }
  if (entry !== undefined) {
    checker.scope.used.add(name);
    checker.report("not-a-dimension", span, `${wordsFor(entry.kind, name)} is not a dimension`, {
      related: [{ span: entry.span, message: `${wordsFor(entry.kind, name)} is declared here` }],
      help: "dimensions are the parameters of the cell, known before it runs",
    });
    return undefined;
  }
  const dimensions = (): string[] =>
    [...checker.scope.entries].filter(([, { kind }]) => kind === "dimension").map(([text]) => text);
  const isNetwork = checker.instances.runs !== undefined;
  const declared = isNetwork
    ? `declare it: \`network Name(…; ${name})\` where each call gives it, \`network Name(…, ${name})\` where it is known at compilation`
    : `declare it as a parameter of the cell: \`cell Name(…, ${name})\``;
  const help =
    name === "t" && !isNetwork
      ? `a cell is written for one time step: ${namesOfSteps}`
      : (unknownAxis(name, isNetwork) ?? checker.suggest(name, dimensions) ?? declared + unboundIndex(name));
  checker.report("unknown-dimension", span, `there is no dimension \`${name}\``, { help });
  return undefined;
}

/** What an axis of a batch or of time is to be. */
function unknownAxis(name: string, isNetwork: boolean): string | undefined {
  if (/^(?:B|batch|batch_size|BATCH)$/u.test(name))
    return "a cell is written for one example: an input has no axis of the batch, `input x: [I]`";
  if (isNetwork || !/^(?:seq|seq_len|timesteps)$/u.test(name)) return undefined;
  return "a cell is written for one step: an input has no axis of time, `input x: [I]`";
}

/** Letters of indices: nothing binds this one. */
function unboundIndex(name: string): string {
  if (!/^[i-n]$/u.test(name)) return "";
  return `; an index is bound by an equation, \`y[${name}] = x[${name}]\`, or a sum, \`sum(x[${name}] for ${name})\``;
}

function binaryDimension(checker: Checker, node: BinaryNode): Dim | undefined {
  const left = dimensionOf(checker, node.left);
  const right = dimensionOf(checker, node.right);
  if (left === undefined || right === undefined) return undefined;
  const result = (): Dim | undefined => {
    if (node.operator === "+") return boundedAdd(left, right);
    if (node.operator === "-") return boundedSubtract(left, right);
    if (node.operator === "*") return boundedMultiply(left, right);
    return boundedDivide(left, right);
  };
  if (node.operator === "/" && !isDivisor(checker, right, left, node.span)) return undefined;
  const dim = result();
  if (dim === undefined) checker.reportTooLarge(node.span);
  else if (node.operator === "/") return checkWhole(checker, dim, node.span);
  return dim;
}

/** A quotient: whole now, or to be checked with the sizes. */
export function checkWhole(checker: Checker, dim: Dim, span: Span, help?: string): Dim | undefined {
  const constant = constantOf(dim);
  if (constant !== undefined && !Number.isInteger(constant)) {
    checker.report("dimension-not-whole", span, `\`${printDim(dim)}\` is not a whole number`, { help });
    return undefined;
  }
  if (constant === undefined) checker.oblige("whole", dim, span);
  for (const symbol of dividingSymbols(dim)) checker.divisors.add(symbol);
  return dim;
}

/** A dimension that must be at least 1: now, or for the sizes when they are known. */
export function sizeOf(checker: Checker, expression: Expression): Dim | undefined {
  const dim = dimensionOf(checker, expression);
  return dim && checkPositive(checker, dim, expression.span);
}

export function checkPositive(checker: Checker, dim: Dim, span: Span): Dim | undefined {
  const constant = constantOf(dim);
  if (constant !== undefined && constant < 1) {
    checker.report("bad-dimension-size", span, `a size of ${constant}`, { help: "sizes are at least 1" });
    return undefined;
  }
  // An axis may be empty where what it stands for is.
  if (!provenAtLeast(dim, 1, checker.bounds)) checker.oblige("positive", dim, span);
  return dim;
}

/** How many there are in a range, or of rounds: there may be none where that is at least 0 for all sizes. */
export function checkCount(checker: Checker, dim: Dim, span: Span): Dim | undefined {
  const mayBeNone = constantOf(dim) === undefined && checker.provenAtLeast(dim, 0);
  return mayBeNone ? dim : checkPositive(checker, dim, span);
}

/** `[N, D]` as a shape. */
export function shapeOfList(checker: Checker, items: readonly Expression[], span: Span): Shape | undefined {
  const dims = items.map((item) => sizeOf(checker, item));
  if (items.length > axisLimit) {
    checker.report("too-many-axes", span, `${items.length} axes; there are at most ${axisLimit}`);
    return undefined;
  }
  return dims.every((dim) => dim !== undefined) ? (dims as Dim[]) : undefined;
}
