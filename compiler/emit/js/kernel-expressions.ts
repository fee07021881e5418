/** Kernel expressions as JavaScript. */
import type { RealType } from "../../ir/ops/number-range.js";
import type { Affine, KernelExpression, IndexExpression } from "../../ir/kernel/kernel-program.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { nearest, type ScalarExpr, type ScalarFunction, scalarFunction } from "../../base/math/expr.js";
import { type MathName, mathFunctions } from "../../base/math/functions.js";
import { printInlined } from "../../base/math/print-js.js";
import { strongFunctions } from "../../base/math/strong.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { constantOf, type Dim, dimConstant, isSymbolOrNumber } from "../../base/types/dim.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import { joinSigned, printDimension, signedDimension, type SignedText } from "../text/sizes.js";

const ONE = dimConstant(1);

/** How names of the kernel are written. */
export interface KernelNames {
  readonly buffer: (name: string) => string;
  readonly variable: (name: string) => string;
  /** A size of the call: `%B`, `%T`, `S`. */
  readonly size: (symbol: string) => string;
  /** The same of one example: `lengths[b]`. */
  readonly exampleSize: (symbol: string, example: string) => string;
  /** A new name for the value of a function or a choice: `$tanh`, `$tanh_2`. */
  readonly temporary: (name: string) => string;
  /** Whether parameters may have changed since the entry ran last. */
  readonly changed: string;
  readonly useFunction: (fn: ScalarFunction) => void;
  /** The text of a number, rounded to float32. */
  readonly fround: (text: string) => string;
  readonly dtype: RealType;
}

const round = (dtype: RealType): ScalarFunction =>
  scalarFunction("round", dtype, ["x"], (x) => nearest(x as ScalarExpr));
const roundFunctions = { f32: round("f32"), f64: round("f64") };

/** `before`: where to put lines that come before the statement with the expression. */
type ScalarOpPrinter = (operands: readonly string[], names: KernelNames, before: string[]) => string;

/** Whether the exact result on float32 numbers, which float64 has or comes close enough to, is a float32 as well. */
type ResultKind = "float32" | "to be rounded";

const finished = (text: string, result: ResultKind, names: KernelNames): string =>
  result === "to be rounded" && names.dtype === "f32" ? names.fround(bare(text)) : text;
const call =
  (name: string, result: ResultKind): ScalarOpPrinter =>
  (operands, names) =>
    finished(`${name}(${operands.map(bare).join(", ")})`, result, names);
const infix =
  (symbol: string, result: ResultKind): ScalarOpPrinter =>
  ([a, b], names) =>
    finished(`(${a ?? ""} ${symbol} ${b ?? ""})`, result, names);
/** Functions round each step of their own. */
const inlined =
  (functions: Readonly<Record<RealType, ScalarFunction>>): ScalarOpPrinter =>
  (operands, names, before) => {
    const fn = functions[names.dtype];
    names.useFunction(fn);
    const target = names.temporary(fn.name);
    before.push(...printInlined(fn, operands.map(bare), target));
    return target;
  };
const math = (name: MathName): ScalarOpPrinter => inlined(mathFunctions[name]);

const printers: Readonly<Record<Exclude<ScalarOp, "select">, ScalarOpPrinter>> = {
  neg: ([x]) => `(-${x ?? ""})`,
  abs: call("Math.abs", "float32"),
  sign: math("sign"),
  floor: call("Math.floor", "float32"),
  round: inlined(roundFunctions),
  sqrt: call("Math.sqrt", "to be rounded"),
  exp: math("exp"),
  expm1: math("expm1"),
  log: math("log"),
  log1p: math("log1p"),
  sin: math("sin"),
  cos: math("cos"),
  tanh: math("tanh"),
  sigmoid: math("sigmoid"),
  softplus: math("softplus"),
  erf: math("erf"),
  atan: math("atan"),
  stop_gradient: ([x]) => x ?? "",
  not: ([x]) => `!${x ?? ""}`,
  add: infix("+", "to be rounded"),
  sub: infix("-", "to be rounded"),
  mul: infix("*", "to be rounded"),
  div: infix("/", "to be rounded"),
  pow: math("pow"),
  min: call("Math.min", "float32"),
  max: call("Math.max", "float32"),
  lt: infix("<", "float32"),
  le: infix("<=", "float32"),
  eq: infix("===", "float32"),
  ne: infix("!==", "float32"),
  and: infix("&&", "float32"),
  or: infix("||", "float32"),
  strong_mul: inlined(strongFunctions.strong_mul),
  strong_div: inlined(strongFunctions.strong_div),
  clamp: math("clamp"),
};

/** Strips one pair of outer parentheses. */
export function bare(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}

/**
 * A real expression or truth value, in parentheses where it is not an atom. Lines that must stand before the statement around
 * it go to `before`.
 */
export function printExpression(value: KernelExpression, names: KernelNames, before: string[]): string {
  switch (value.kind) {
    case "literal":
      return value.dtype === "bool" ? String(value.value !== 0) : printNumber(value.value, names.dtype);
    case "variable":
      return names.variable(value.name);
    case "load": {
      const element = `${names.buffer(value.access.buffer)}[${printAffine(value.access.offset, names)}]`;
      return value.dtype === "bool" ? `(${element} !== 0)` : element;
    }
    case "integer": {
      const text = printAffine(value.value, names);
      return names.dtype === "f32" ? names.fround(text) : `(${text})`;
    }
    case "operation":
      return printOperation(value, names, before);
    case "choice": {
      const condition = `${printAffine(value.left, names)} < ${printAffine(value.right, names)}`;
      return printChoice(condition, value.below, value.otherwise, names, before);
    }
  }
}

function printOperation(
  { op, operands: values }: Extract<KernelExpression, { kind: "operation" }>,
  names: KernelNames,
  before: string[],
): string {
  if (op === "select") {
    const [condition, whenTrue, whenFalse] = values;
    invariant(condition && whenTrue && whenFalse, "select takes three operands");
    return printChoice(printExpression(condition, names, before), whenTrue, whenFalse, names, before);
  }
  const operands = values.map((operand) => printExpression(operand, names, before));
  return printers[op](operands, names, before);
}

/** Only what is chosen is computed, its functions too: what is not may lie outside of an array. */
function printChoice(
  condition: string,
  whenTrue: KernelExpression,
  whenFalse: KernelExpression,
  names: KernelNames,
  before: string[],
): string {
  const [beforeTrue, beforeFalse]: [string[], string[]] = [[], []];
  const [x, y] = [printExpression(whenTrue, names, beforeTrue), printExpression(whenFalse, names, beforeFalse)];
  if (beforeTrue.length + beforeFalse.length === 0) return `(${condition} ? ${x} : ${y})`;
  const name = names.temporary("choice");
  const branch = (lines: readonly string[], text: string) =>
    [...lines, `${name} = ${bare(text)};`].map((line) => `  ${line}`);
  before.push(`let ${name};`, `if (${bare(condition)}) {`, ...branch(beforeTrue, x));
  before.push("} else {", ...branch(beforeFalse, y), "}");
  return name;
}

export function printIndexExpression(value: IndexExpression, names: KernelNames): string {
  switch (value.kind) {
    case "affine":
      return printAffine(value.value, names);
    case "size":
      return printDimension(value.dim, (symbol) => names.exampleSize(symbol, value.example));
    case "part": {
      const rest = `${printSizeOf(value, names)} - ${printFactor(value.from, names)}`;
      return `Math.max(0, Math.min(${value.most}, ${rest}))`;
    }
    case "load":
      return `${names.buffer(value.access.buffer)}[${printAffine(value.access.offset, names)}]`;
    case "whole":
      return `${names.buffer(value.access.buffer)}[${printAffine(value.access.offset, names)}] | 0`;
    case "multiply":
      return `${printFactor(value.left, names)} * ${printFactor(value.right, names)}`;
    case "divide":
      return `Math.floor(${printFactor(value.left, names)} / ${printFactor(value.right, names)})`;
    case "remainder":
      return `${printFactor(value.left, names)} % ${printFactor(value.right, names)}`;
  }
}

/** A dimension of one example, or of the call. */
export function printSizeOf({ dim, example }: { dim: Dim; example: string | undefined }, names: KernelNames): string {
  return printDimension(dim, example === undefined ? names.size : (symbol) => names.exampleSize(symbol, example));
}

export function printAffine(value: Affine, names: KernelNames): string {
  // Bases of rows before what moves along them: `rowAt + i`.
  const isBase = ({ variable, coefficient }: AffineTerm) => variable.length > 2 && coefficient.key === ONE.key;
  const ordered = [...value.terms.filter(isBase), ...value.terms.filter((term) => !isBase(term))];
  const terms = ordered.map((term) => signedTerm(term, names));
  if (terms.length === 0 || constantOf(value.constant) !== 0) terms.push(signedDimension(value.constant, names.size));
  return joinSigned(terms);
}

type AffineTerm = Affine["terms"][number];

function signedTerm({ variable, coefficient }: AffineTerm, names: KernelNames): SignedText {
  const name = names.variable(variable);
  const factor = constantOf(coefficient);
  if (factor === undefined || !Number.isInteger(factor)) {
    return { negative: false, text: `${name} * ${printFactor(affineConstant(coefficient), names)}` };
  }
  const magnitude = Math.abs(factor);
  return { negative: factor < 0, text: magnitude === 1 ? name : `${name} * ${magnitude}` };
}

/** As an operand of another operator. */
function printFactor(value: Affine, names: KernelNames): string {
  const text = printAffine(value, names);
  return isAtom(value) ? text : `(${text})`;
}

/** Is it a name or a number without a sign where it is printed? */
export function isAtom({ terms: [term, ...others], constant }: Affine): boolean {
  const own = constantOf(constant);
  if (term === undefined) return own === undefined ? isSymbolOrNumber(constant) : Number.isInteger(own) && own >= 0;
  return others.length === 0 && term.coefficient.key === ONE.key && own === 0;
}

function printNumber(value: number, dtype: RealType): string {
  const rounded = dtype === "f32" ? Math.fround(value) : value;
  if (Object.is(rounded, -0)) return "(-0)";
  return rounded < 0 ? `(${rounded})` : String(rounded);
}
