/** The derivative that a function states: one tangent for each of its real arguments, and what they make of its value. */
import type { DerivativeNode, Expression, FunctionNode, Name } from "../syntax/ast.js";
import { fitsInto } from "./broadcast.js";
import type { Checker } from "./checker.js";
import { forEachPart } from "./expression-parts.js";
import { helpToFill, isReal, placeOfAxis } from "./infer/mismatch.js";
import { checkLinearity } from "./linearity.js";
import { axesOf, errorType, printAxes, type SemanticType } from "./semantic-type.js";
import type { TypedDerivative, TypedExpression, TypedFunction, TypedNode } from "./typed-program.js";

type Parameters = TypedFunction["parameters"];

/** Gives the tangents the types of their arguments. */
export function typeTangents(checker: Checker, { name, derivative }: FunctionNode, parameters: Parameters): void {
  if (derivative === undefined) return;
  const { tangents } = derivative;
  const real = realPositions(parameters);
  for (const [i, tangent] of tangents.entries()) {
    const type = parameters[real[i] ?? -1]?.type;
    if (type !== undefined && isDeclared(checker, tangent)) checker.scope.types.set(tangent.text, type);
  }
  if (tangents.length === real.length) return;
  const [first, last] = [tangents[0]?.span ?? derivative.span, tangents[tangents.length - 1]?.span ?? derivative.span];
  const names = real.map((position) => `\`${parameters[position]?.name ?? ""}\``);
  const counted = `${real.length} real argument${real.length === 1 ? "" : "s"}`;
  const message = `\`${name.text}\` has ${counted}, this names ${tangents.length} tangent${tangents.length === 1 ? "" : "s"}`;
  checker.report("wrong-arity", { ...first, end: last.end }, message, {
    help: names.length === 0 ? undefined : `one for each of ${names.join(", ")}, in this order`,
  });
}

/** Not where the name means something else already, which was reported. */
function isDeclared({ scope }: Checker, { text, span }: Name): boolean {
  return scope.entries.get(text)?.span === span;
}

/** An index has no tangent. */
function realPositions(parameters: Parameters): number[] {
  return parameters.flatMap(({ type }, position) => (type.kind === "index" ? [] : [position]));
}

/** A derivative and the equations of its function. */
interface SplitEquations {
  readonly derivative: TypedDerivative | undefined;
  /** Those that the value may need. */
  readonly equations: readonly TypedNode[];
}

/**
 * Checks the derivative, and that the value does without tangents.
 *
 * @param equations Of the function, in an order in which they can be computed.
 */
export function analyzeDerivative(
  checker: Checker,
  node: FunctionNode,
  parameters: Parameters,
  equations: readonly TypedNode[],
  results: readonly { readonly type: SemanticType }[],
): SplitEquations {
  const { derivative } = node;
  if (derivative === undefined) return { derivative: undefined, equations };
  const dependent = dependentOnTangents(checker, node, derivative, equations);
  const misplaced = node.results.flatMap(({ value }) => referencesTo(value, dependent))[0];
  if (misplaced !== undefined) {
    const what = derivative.tangents.some(({ text }) => text === misplaced.name) ? "is" : "depends on";
    checker.report("tangent-in-value", misplaced.span, `\`${misplaced.name}\` ${what} a tangent`, {
      related: [{ span: derivative.span, message: "tangents have a meaning here only" }],
    });
  }
  const values = derivative.values.map((value, i) => {
    const typed = checker.infer(value);
    const { name, type } = { name: node.results[i]?.name, type: results[i]?.type ?? errorType };
    checkShape(checker, name === undefined ? node.name.text : `${node.name.text}(…).${name.text}`, typed, type);
    return typed;
  });
  const real = realPositions(parameters);
  const tangents = derivative.tangents.map(({ text }, i) => ({ name: text, parameter: real[i] ?? -1 }));
  return {
    derivative: {
      span: derivative.span,
      tangents,
      equations: equations.filter(({ key }) => dependent.has(key)),
      values,
    },
    equations: equations.filter(({ key }) => !dependent.has(key)),
  };
}

/** The last check: where others failed, it would blame what is right. */
export function checkDerivative(checker: Checker, name: string, derivative: TypedDerivative | undefined): void {
  if (derivative === undefined) return;
  const tangents = derivative.tangents.map((tangent) => tangent.name);
  checkLinearity(checker, name, tangents, derivative.equations, derivative.values);
}

/** Names of the tangents and of the equations that need them. */
function dependentOnTangents(
  checker: Checker,
  node: FunctionNode,
  derivative: DerivativeNode,
  order: readonly TypedNode[],
): ReadonlySet<string> {
  const own = derivative.tangents.filter((tangent) => isDeclared(checker, tangent));
  const dependent = new Set(own.map(({ text }) => text));
  const byName = new Map(node.equations.map((equation) => [equation.name.span, equation]));
  for (const { key, span } of order) {
    const equation = byName.get(span);
    if (equation !== undefined && referencesTo(equation.value, dependent).length > 0) dependent.add(key);
  }
  return dependent;
}

function referencesTo(expression: Expression, names: ReadonlySet<string>) {
  const found: { readonly name: string; readonly span: Expression["span"] }[] = [];
  forEachPart(expression, (part) => {
    if (part.kind === "reference" && names.has(part.name)) found.push(part);
  });
  return found;
}

function checkShape(checker: Checker, name: string, value: TypedExpression, result: SemanticType): void {
  if (result.kind === "error" || value.type.kind === "error" || !isReal(checker, value)) return;
  const axes = axesOf(value.type);
  if (fitsInto(axes, axesOf(result), checker.isRuntime)) return;
  const message = `the derivative of \`${name}\` has shape ${printAxes(axes)}, its value has ${printAxes(axesOf(result))}`;
  checker.report("shape-mismatch", value.span, message, {
    related: [placeOfAxis(value, axes.length - 1)],
    help: helpToFill(checker, axes, axesOf(result)),
  });
}
