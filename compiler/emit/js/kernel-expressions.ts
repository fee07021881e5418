/** Kernel expressions as JavaScript. */
import type { Affine, Expression, IndexExpression, KernelSlot } from "../../ir/kernel/types.js";
import { mathIdentifier } from "../../math/print-js.js";
import type { MathName } from "../../math/functions.js";
import type { ScalarOp } from "../../ops/scalar-ops.js";
import { type Dim, dimConstant } from "../../types/dim.js";

const ONE = dimConstant(1);

export type RealType = "f32" | "f64";

/** How names of the kernel are written. */
export interface Names {
  readonly buffer: (name: string) => string;
  readonly variable: (name: string) => string;
  /** A size of the call: `%B`, `%T`, `S`. */
  readonly size: (symbol: string) => string;
  /** The same of one example: `lengths[b]`. */
  readonly exampleSize: (symbol: string, example: string) => string;
  readonly useMath: (name: MathName | "nearest") => void;
  readonly dtype: RealType;
}

/** Operations whose exact result on two float32 numbers need not be a float32. */
const rounds: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["add", "sub", "mul", "div", "sqrt"]);

type Printer = (operands: readonly string[], names: Names) => string;

const call =
  (name: string): Printer =>
  (operands) =>
    `${name}(${operands.map(bare).join(", ")})`;
const infix =
  (symbol: string): Printer =>
  ([a, b]) =>
    `(${a ?? ""} ${symbol} ${b ?? ""})`;
const math =
  (name: MathName): Printer =>
  (operands, names) => {
    names.useMath(name);
    return `${mathIdentifier(name)}(${operands.map(bare).join(", ")})`;
  };

const printers: Readonly<Record<ScalarOp, Printer>> = {
  neg: ([x]) => `(-${x ?? ""})`,
  abs: call("Math.abs"),
  sign: math("sign"),
  floor: call("Math.floor"),
  round: (operands, names) => {
    names.useMath("nearest");
    return `$nearest(${operands.map(bare).join(", ")})`;
  },
  sqrt: call("Math.sqrt"),
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
  stop_gradient: ([x]) => x ?? "",
  not: ([x]) => `!${x ?? ""}`,
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  pow: math("pow"),
  min: call("Math.min"),
  max: call("Math.max"),
  lt: infix("<"),
  le: infix("<="),
  eq: infix("==="),
  ne: infix("!=="),
  and: infix("&&"),
  or: infix("||"),
  clamp: math("clamp"),
  select: ([c, a, b]) => `(${c ?? ""} ? ${a ?? ""} : ${b ?? ""})`,
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

/** A real expression or truth value, in parentheses where it is not an atom. */
export function printExpression(value: Expression, names: Names): string {
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
      return names.dtype === "f32" ? `fround(${text})` : `(${text})`;
    }
    case "operation": {
      const operands = value.operands.map((operand) => printExpression(operand, names));
      if (value.op === "sub" || value.op === "neg") {
        // Two signs in a row would be another operator.
        const last = operands.length - 1;
        if (operands[last]?.startsWith("-")) operands[last] = `(${operands[last]})`;
      }
      const text = printers[value.op](operands, names);
      return names.dtype === "f32" && rounds.has(value.op) ? `fround(${bare(text)})` : text;
    }
    case "piecewise": {
      const below = printExpression(value.below, names);
      const otherwise = printExpression(value.otherwise, names);
      return `(${printAffine(value.left, names)} < ${printAffine(value.right, names)} ? ${below} : ${otherwise})`;
    }
  }
}

export function printIndexExpression(value: IndexExpression, names: Names): string {
  switch (value.kind) {
    case "affine":
      return printAffine(value.value, names);
    case "size":
      return printDimension(value.dim, (symbol) => names.exampleSize(symbol, value.example));
    case "load":
      return `${names.buffer(value.access.buffer)}[${printAffine(value.access.offset, names)}]`;
    case "multiply":
      return `${parenthesized(printAffine(value.left, names))} * ${parenthesized(printAffine(value.right, names))}`;
    case "divide":
      return `Math.floor(${parenthesized(printAffine(value.left, names))} / ${parenthesized(printAffine(value.right, names))})`;
    case "remainder":
      return `${parenthesized(printAffine(value.left, names))} % ${parenthesized(printAffine(value.right, names))}`;
  }
}

export function printAffine(value: Affine, names: Names): string {
  let text = "";
  const append = (piece: string): void => {
    if (text === "") text = piece;
    else text += piece.startsWith("-") ? ` - ${piece.slice(1)}` : ` + ${piece}`;
  };
  // Bases of rows before what moves along them: `rowAt + i`.
  const isBase = ({ variable, coefficient }: Affine["terms"][number]) =>
    variable.length > 2 && coefficient.key === ONE.key;
  const ordered = [...value.terms.filter(isBase), ...value.terms.filter((term) => !isBase(term))];
  for (const { variable, coefficient } of ordered) {
    const factor = printDimension(coefficient, names.size);
    const name = names.variable(variable);
    if (factor === "1") append(name);
    else if (factor === "-1") append(`-${name}`);
    else append(/^-?\d+$/.test(factor) ? signed(name, factor) : `${name} * ${parenthesized(factor)}`);
  }
  const constant = printDimension(value.constant, names.size);
  if (constant !== "0" || text === "") append(constant);
  return text;
}

function signed(name: string, factor: string): string {
  return factor.startsWith("-") ? `-${name} * ${factor.slice(1)}` : `${name} * ${factor}`;
}

function parenthesized(text: string): string {
  return /^[\w$.[\]]+$/.test(text) ? text : `(${text})`;
}

/** The elements of a slot: the largest of its sizes, but not more than it has at most; `print` writes one of them. */
export function printSlotSize(
  { sizes, most }: Pick<KernelSlot, "sizes" | "most">,
  print: (dim: Dim) => string,
): string {
  const each = [...new Set(sizes.map(print))];
  const largest = each.length === 1 ? (each[0] as string) : `Math.max(${each.join(", ")})`;
  return most === undefined ? largest : `Math.min(${largest}, ${print(most)})`;
}

/** A dimension over sizes that are written as `symbol` says. */
export function printDimension(dim: Dim, symbol: (name: string) => string): string {
  let text = "";
  let divides = false;
  for (const term of dim.terms) {
    const top: string[] = [];
    const bottom: string[] = [];
    for (const [name, exponent] of term.powers) {
      for (let i = 0; i < Math.abs(exponent); i++) (exponent > 0 ? top : bottom).push(symbol(name));
    }
    const magnitude = Math.abs(term.numerator);
    if (magnitude !== 1 || top.length === 0) top.push(String(magnitude));
    if (term.denominator !== 1) bottom.push(String(term.denominator));
    divides ||= bottom.length > 0;
    const piece = bottom.length === 0 ? top.join(" * ") : `(${top.join(" * ")}) / (${bottom.join(" * ")})`;
    const negative = term.numerator < 0;
    if (text === "") text = negative ? `-${piece}` : piece;
    else text += negative ? ` - ${piece}` : ` + ${piece}`;
  }
  if (text === "") return "0";
  return divides ? `Math.round(${text})` : text;
}

function printNumber(value: number, dtype: RealType): string {
  const rounded = dtype === "f32" ? Math.fround(value) : value;
  if (Object.is(rounded, -0)) return "(-0)";
  return rounded < 0 ? `(${rounded})` : String(rounded);
}
