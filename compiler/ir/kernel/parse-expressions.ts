/** Reads places, integers and scalars of kernels as `print-expressions.ts` writes them. */
import { scalarArity, type ScalarOp } from "../ops/scalar-ops.js";
import { parseDim, parseFactor } from "../../base/types/parse-dim.js";
import { addAffine, affineConstant, AFFINE_ZERO, affineVariable, scaleAffine } from "./affine.js";
import { dtypeOf, resultDtype, type ScalarDType } from "./dtypes.js";
import type { LineTokens } from "./parse-lines.js";
import type {
  Access,
  Affine,
  LoopAxis,
  Examples,
  KernelExpression,
  LoopExtent,
  IndexExpression,
  ExtentPart,
  OperationExpression,
} from "./kernel-program.js";

/** `b * (3*%T) + i - 2`: variables first, then the constant. */
export function parseAffine(tokens: LineTokens): Affine {
  let sum = AFFINE_ZERO;
  while (tokens.nextIsName()) {
    const variable = affineVariable(tokens.name());
    sum = addAffine(sum, tokens.accept("*") ? scaleAffine(variable, parseFactor(tokens)) : variable);
    if (!tokens.accept("+") && tokens.next !== "-") return sum;
  }
  return addAffine(sum, affineConstant(parseDim(tokens)));
}

export function parseAccess(tokens: LineTokens, buffer = tokens.name("a buffer")): Access {
  tokens.expect("[");
  const offset = parseAffine(tokens);
  tokens.expect("]");
  return { buffer, offset };
}

export function parseAxis(tokens: LineTokens): LoopAxis {
  const variable = tokens.name("a variable");
  tokens.expect("<");
  const extent = parseExtent(tokens);
  return tokens.accept("from") ? { variable, extent, from: parseAffine(tokens) } : { variable, extent };
}

function parseExtent(tokens: LineTokens): LoopExtent {
  if (tokens.next === "examples") return { kind: "examples", examples: parseExamples(tokens) };
  return isSize(tokens) ? parseSize(tokens) : { kind: "affine", value: parseAffine(tokens) };
}

/** `examples`, or `examples list[0 .. count]`. */
export function parseExamples(tokens: LineTokens): Examples {
  tokens.expect("examples");
  if (!tokens.nextIsName() || tokens.peek(1) !== "[") return { kind: "all" };
  return { kind: "list", ...parseRange(tokens) };
}

export function parseRange(tokens: LineTokens): { list: string; count: string } {
  const list = tokens.name("a list");
  tokens.expect("[", "0", "..");
  const count = tokens.name("the name of a count");
  tokens.expect("]");
  return { list, count };
}

/** Does a dimension come next that is one of an example, or part of one? Operands of a dimension have operators between. */
function isSize(tokens: LineTokens): boolean {
  let wasOperand = false;
  for (let n = 0; ; n++) {
    const token = tokens.peek(n);
    if (token === "of" || token === "beyond") return true;
    if (/^[-+*/()]$/.test(token)) wasOperand = false;
    else if (wasOperand || !/^[%\d"\p{L}_√∑]/u.test(token)) return false;
    else wasOperand = true;
  }
}

function parseSize(tokens: LineTokens): ExtentPart | Extract<LoopExtent, { kind: "size" }> {
  const dim = parseDim(tokens);
  const example = tokens.accept("of") ? tokens.name("an example") : undefined;
  if (tokens.accept("beyond")) {
    const from = parseAffine(tokens);
    tokens.expect(",", "at", "most");
    return { kind: "part", dim, example, from, most: tokens.integer() };
  }
  if (example === undefined) return tokens.expected("of or beyond");
  return { kind: "size", dim, example };
}

export function parseIndex(tokens: LineTokens): IndexExpression {
  const kind = tokens.next;
  if ((kind === "multiply" || kind === "divide" || kind === "remainder") && tokens.peek(1) === "(") {
    tokens.expect(kind, "(");
    const left = parseAffine(tokens);
    tokens.expect(",");
    const right = parseAffine(tokens);
    tokens.expect(")");
    return { kind, left, right };
  }
  if (kind === "whole" && tokens.peek(1) === "(") {
    tokens.expect(kind, "(");
    const access = parseAccess(tokens);
    tokens.expect(")");
    return { kind, access };
  }
  if (tokens.nextIsName() && tokens.peek(1) === "[") return { kind: "load", access: parseAccess(tokens) };
  return isSize(tokens) ? parseSize(tokens) : { kind: "affine", value: parseAffine(tokens) };
}

export function parseExpression(tokens: LineTokens): KernelExpression {
  const { next } = tokens;
  if (next === "(") return parseChoice(tokens);
  if (next === "true" || next === "false")
    return { kind: "literal", value: tokens.take() === "true" ? 1 : 0, dtype: "bool" };
  if (/^[-\d]|^NaN$|^Infinity$/.test(next)) return { kind: "literal", value: parseNumber(tokens), dtype: "real" };
  if (tokens.accept("bool")) return parseValue(tokens, "bool");
  if (tokens.accept("fused")) return { ...parseOperation(tokens), fused: true };
  if (tokens.peek(1) !== "(") return parseValue(tokens, "real");
  if (next === "real") {
    tokens.expect("real", "(");
    const value = parseAffine(tokens);
    tokens.expect(")");
    return { kind: "integer", value };
  }
  return parseOperation(tokens);
}

function parseNumber(tokens: LineTokens): number {
  const sign = tokens.accept("-") ? "-" : "";
  if (!/^\d|^NaN$|^Infinity$/.test(tokens.next)) tokens.expected("a number");
  return Number(`${sign}${tokens.take()}`);
}

function parseValue(tokens: LineTokens, dtype: ScalarDType): KernelExpression {
  const name = tokens.name("a value");
  return tokens.next === "["
    ? { kind: "load", access: parseAccess(tokens, name), dtype }
    : { kind: "variable", name, dtype };
}

function parseOperation(tokens: LineTokens): OperationExpression {
  if (!Object.hasOwn(scalarArity, tokens.next)) return tokens.expected("an operation");
  const op = tokens.take() as ScalarOp;
  tokens.expect("(");
  const operands = [parseExpression(tokens)];
  while (tokens.accept(",")) operands.push(parseExpression(tokens));
  tokens.expect(")");
  const arity = scalarArity[op];
  if (operands.length !== arity) tokens.fail(`expected ${arity} operands of ${op}, found ${operands.length}`);
  return { kind: "operation", op, operands, dtype: resultDtype(op, operands) };
}

function parseChoice(tokens: LineTokens): KernelExpression {
  tokens.expect("(");
  const left = parseAffine(tokens);
  tokens.expect("<");
  const right = parseAffine(tokens);
  tokens.expect("?");
  const below = parseExpression(tokens);
  tokens.expect(":");
  const otherwise = parseExpression(tokens);
  tokens.expect(")");
  return { kind: "choice", left, right, below, otherwise, dtype: dtypeOf(below) };
}
