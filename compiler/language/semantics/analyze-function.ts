/** Checks a function once, for all shapes it can be called with. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { symbolsOf } from "../../base/types/dim.js";
import type { EquationNode, Expression, FunctionNode, Name, ResultNode } from "../syntax/ast.js";
import { analyzeDerivative, checkDerivative, typeTangents } from "./analyze-derivative.js";
import { unboundSymbols } from "./bind-dimensions.js";
import { fitsInto } from "./broadcast.js";
import { Checker, type Known, noInstances } from "./checker.js";
import { inferByKind } from "./infer/rules.js";
import type { FunctionDeclaration } from "./declared.js";
import { forEachRead } from "./expression-parts.js";
import { reportCycles } from "./cycles.js";
import { namesInTypes, sizesIn, typesOfFunction, valuesOfFunction } from "./function-parts.js";
import { helpToFill, isNumber, isReal, placeOfAxis } from "./infer/mismatch.js";
import { resolveType } from "./resolve-type.js";
import {
  emptyScope,
  type ScopeEntry,
  type GivenFunctionType,
  runtimeDimensionsOf,
  type Scope,
  wordsFor,
} from "./scope.js";
import { axesOf, errorType, printAxes, type SemanticType, shapeOf } from "./semantic-type.js";
import { topologicalOrder } from "./topological-order.js";
import type { TypedFunction, TypedNode, TypedResult } from "./typed-program.js";
import { reportUnused } from "./unused.js";

/**
 * Undefined where something was reported.
 *
 * @param around Types of the values of the cell around it, as far as the function reads them.
 */
export function analyzeFunction(
  declaration: FunctionDeclaration,
  known: Known,
  collector: DiagnosticCollector,
  around: ReadonlyMap<string, SemanticType> = new Map(),
): TypedFunction | undefined {
  const { node } = declaration;
  const before = collector.diagnostics.length;
  const { scope, own, outer } = declareFunctionScope(declaration, collector);
  for (const name of scope.captured) scope.types.set(name, around.get(name) ?? errorType);
  const checker = new Checker(collector, scope, known, noInstances, inferByKind);
  const parameters = node.parameters.map(({ name, type }) => {
    const words = wordsFor("parameter", name.text);
    const resolved = resolveType(checker, type, { words, span: name.span });
    if (scope.entries.get(name.text)?.kind === "parameter") scope.types.set(name.text, resolved);
    return { name: name.text, type: resolved };
  });
  const functions = resolveFunctions(checker, node);
  const declared = declaredResults(checker, node);
  checkBinding(checker, node, parameters, own);
  typeTangents(checker, node, parameters);
  refuseCapturesBesideDerivative(checker, declaration);
  refuseFunctionsBesideDerivative(checker, declaration);
  refuseComplexBesideDerivative(checker, node, [...parameters, ...declared]);
  const all = inferEquations(checker, node);
  const results = node.results.map((result, i) => checkResult(checker, node, result, declared[i]?.type ?? errorType));
  const { equations, derivative } = analyzeDerivative(checker, node, parameters, all, declared);
  const hasErrors = (): boolean => collector.diagnostics.slice(before).some(({ severity }) => severity === "error");
  if (hasErrors() || !checker.sound) return undefined;
  checkDerivative(checker, node.name.text, derivative);
  if (hasErrors()) return undefined;
  const isOfCell = (name: string): boolean => outer.has(name) || scope.captured.has(name) || scope.functions.has(name);
  const indirect = new Set([...throughTangents(scope, derivative, parameters), ...forDimensions(scope, node, own)]);
  reportUnused(checker, scope, new Set(["parameter", "function-parameter", "equation", "tangent"]), indirect);
  return {
    name: node.name.text,
    span: node.name.span,
    parameters,
    functions: functions.map((one) => ({ ...one, calls: checker.givenCalls.get(one.name) ?? 0 })),
    dimensions: own,
    given: node.dimensions.map(({ name }) => name.text),
    equations,
    results,
    derivative,
    obligations: checker.obligations,
    captured: checker.captured,
    outerNames: new Set([...scope.used].filter(isOfCell)),
    divisors: checker.divisors,
    filled: checker.filled,
    extent: checker.extent,
  };
}

/** Arguments that are functions. */
function resolveFunctions(checker: Checker, node: FunctionNode): (GivenFunctionType & { readonly name: string })[] {
  return node.functions.map(({ name, type }) => {
    const source = { words: wordsFor("function-parameter", name.text), span: name.span };
    const resolved = {
      parameters: type.parameters.map((parameter) => resolveType(checker, parameter, source)),
      result: resolveType(checker, type.result, source),
    };
    if ([...resolved.parameters, resolved.result].some(({ kind }) => kind === "complex")) {
      checker.report("misplaced-complex", type.span, `\`${name.text}\` takes and gives real numbers`, {
        help: "functions are given functions of real numbers: write this one for the parts, `re(z)` and `im(z)`",
      });
    }
    checker.scope.given.set(name.text, resolved);
    return { name: name.text, ...resolved };
  });
}

/** Arguments whose tangents are used: a straight-through estimator reads nothing else of one. */
function throughTangents(
  scope: Scope,
  derivative: TypedFunction["derivative"],
  parameters: TypedFunction["parameters"],
): ReadonlySet<string> {
  const read = (derivative?.tangents ?? []).filter(({ name }) => scope.used.has(name));
  return new Set(read.flatMap(({ parameter }) => parameters[parameter]?.name ?? []));
}

/** Arguments of which nothing but the shape is read, which tells a dimension that is. */
function forDimensions(scope: Scope, node: FunctionNode, own: readonly string[]): ReadonlySet<string> {
  const { parameters, results } = node;
  const sizes = results.flatMap(({ type }) => sizesIn(type));
  const wanted = new Set([...valuesOfFunction(node).flatMap(namesOf), ...namesInTypes(sizes)]);
  const isRead = (name: string): boolean => scope.used.has(name);
  const namesIn = ({ type }: (typeof parameters)[number]): string[] => namesInTypes(sizesIn(type));
  for (const known of parameters) if (isRead(known.name.text)) for (const name of namesIn(known)) wanted.delete(name);
  const telling = parameters.filter((other) => namesIn(other).some((name) => own.includes(name) && wanted.has(name)));
  return new Set(telling.map(({ name }) => name.text));
}

/** Own dimensions are the names in its types that the cell around it does not have. */
function declareFunctionScope(
  declaration: FunctionDeclaration,
  collector: DiagnosticCollector,
): { scope: Scope; own: string[]; outer: ReadonlySet<string> } {
  const { node, owner, module } = declaration;
  const entries = new Map<string, ScopeEntry>();
  for (const { name, type } of owner?.node.parameters ?? []) {
    if (type !== "cell") entries.set(name.text, { kind: type, span: name.span });
  }
  for (const [name, span] of owner === undefined ? [] : runtimeDimensionsOf(owner)) {
    entries.set(name, { kind: "dimension", span, runtime: true });
  }
  const outer = new Set(entries.keys());
  const types = typesOfFunction(node);
  const given = new Set(node.dimensions.map(({ name }) => name.text));
  refuseHiddenDimensions(declaration, outer, collector);
  for (const name of given) outer.delete(name);
  const own = [...new Set([...given, ...namesInTypes(types.flatMap(sizesIn)).filter((name) => !outer.has(name))])];
  for (const name of own) entries.set(name, { kind: "dimension", span: node.name.span });
  const declare = (
    text: string,
    kind: "parameter" | "function-parameter" | "equation" | "tangent",
    span: ScopeEntry["span"],
  ): void => {
    const existing = entries.get(text);
    // Names of the cell are simply covered.
    if (existing !== undefined && !outer.has(text)) {
      collector.report("duplicate-name", span, `\`${text}\` is declared twice`, {
        related: [{ span: existing.span, message: `${wordsFor(existing.kind, text)} is declared here` }],
      });
      return;
    }
    outer.delete(text);
    entries.set(text, { kind, span });
  };
  for (const { name } of node.parameters) declare(name.text, "parameter", name.span);
  for (const { name } of node.functions) declare(name.text, "function-parameter", name.span);
  for (const { name } of node.equations) declare(name.text, "equation", name.span);
  for (const { text, span } of node.derivative?.tangents ?? []) declare(text, "tangent", span);
  const captured = new Set((owner?.captures.get(node.name.text) ?? []).map(({ name }) => name));
  const hidden = new Map<string, ScopeEntry>();
  for (const [name, entry] of ownerNames(declaration)) {
    if (captured.has(name)) entries.set(name, entry);
    else if (!entries.has(name)) hidden.set(name, entry);
  }
  const scope: Scope = {
    ...emptyScope(`function \`${node.name.text}\``, module),
    entries,
    functions: owner?.functions ?? new Map(),
    captured,
    hidden,
  };
  return { scope, own, outer };
}

/** Shapes of the cell would mean two things where the function has a dimension of the same name. */
function refuseHiddenDimensions(
  { node, owner }: FunctionDeclaration,
  outer: ReadonlySet<string>,
  collector: DiagnosticCollector,
): void {
  for (const { name } of node.dimensions) {
    const known = owner?.node.parameters.find((parameter) => parameter.name.text === name.text);
    if (!outer.has(name.text) || known?.type === "real") continue;
    collector.report("duplicate-name", name.span, `\`${name.text}\` is a dimension of the cell already`, {
      related: known === undefined ? [] : [{ span: known.name.span, message: "declared here" }],
      help: "the function sees it without an argument; another one has another name",
    });
  }
}

/** A tangent stands for an argument: what is read of the cell would have none, and no gradient. */
function refuseCapturesBesideDerivative(checker: Checker, declaration: FunctionDeclaration): void {
  const { node, owner } = declaration;
  const references = owner?.captures.get(node.name.text);
  if (node.derivative === undefined || owner === undefined || references === undefined) return;
  const [reference] = references;
  const message = `\`${node.name.text}\` declares its derivative, so it cannot read values of the cell`;
  const kind = reference && checker.scope.entries.get(reference.name)?.kind;
  checker.report("captured-beside-derivative", reference?.span ?? node.name.span, message, {
    related: [{ span: node.derivative.span, message: "has a tangent for each argument, and for nothing else" }],
    help:
      reference === undefined || kind === undefined
        ? "a function that it calls reads some: give them as arguments"
        : `give it ${wordsFor(kind, reference.name)} as an argument`,
  });
}

/** There is no tangent of a function. */
function refuseFunctionsBesideDerivative(checker: Checker, { node }: FunctionDeclaration): void {
  const [first] = node.functions;
  if (node.derivative === undefined || first === undefined) return;
  const message = `\`${node.name.text}\` declares its derivative, so it cannot take functions`;
  checker.report("captured-beside-derivative", first.name.span, message, {
    related: [{ span: node.derivative.span, message: "has a tangent for each argument that is a value" }],
    help: "call the function where this one is called, and give it the value",
  });
}

/** Tangents are real numbers. */
function refuseComplexBesideDerivative(
  checker: Checker,
  { derivative, name }: FunctionNode,
  types: readonly { readonly type: SemanticType }[],
): void {
  if (derivative === undefined || !types.some(({ type }) => type.kind === "complex")) return;
  const message = `\`${name.text}\` declares its derivative, so it takes and gives real numbers`;
  checker.report("misplaced-complex", name.span, message, {
    related: [{ span: derivative.span, message: "the derivative" }],
    help: "give it the parts of complex numbers, `re(z)` and `im(z)`",
  });
}

function ownerNames({ owner }: FunctionDeclaration): Map<string, ScopeEntry> {
  const names = new Map<string, ScopeEntry>();
  for (const item of owner?.node.items ?? []) {
    if (item.kind === "function" || item.kind === "require" || (item.kind === "equation" && item.next)) continue;
    const kind = item.kind === "use" ? "instance" : item.kind === "loss" ? "output" : item.kind;
    for (const name of "names" in item ? item.names : [item.name]) names.set(name.text, { kind, span: name.span });
  }
  return names;
}

function checkBinding(
  checker: Checker,
  node: FunctionNode,
  parameters: readonly { readonly type: SemanticType }[],
  own: readonly string[],
): void {
  if (parameters.some(({ type }) => type.kind === "error")) return;
  const declared = parameters.flatMap(({ type }) => [
    ...(type.kind === "index" ? [type.bound] : []),
    ...shapeOf(axesOf(type)),
  ]);
  const given = new Set(node.dimensions.map(({ name }) => name.text));
  const unbound = unboundSymbols(declared, new Set(own.filter((name) => !given.has(name))));
  if (unbound.length === 0) return;
  const inArguments = unbound.every((name) => declared.some((dim) => symbolsOf(dim).includes(name)));
  const names = unbound.map((name) => `\`${name}\``).join(" and ");
  const why = inArguments ? "no argument has it alone" : "no argument has it";
  checker.report("unknown-dimension", node.name.span, `calls of \`${node.name.text}\` cannot tell ${names}: ${why}`, {
    help: `an argument with such an axis tells it, or it is an argument itself: \`fn ${node.name.text}(${unbound[0] ?? "N"}, …)\``,
  });
}

function inferEquations(checker: Checker, node: FunctionNode): TypedNode[] {
  const byName = new Map<string, EquationNode>();
  for (const equation of node.equations) {
    const isOwn = checker.scope.entries.get(equation.name.text)?.kind === "equation";
    if (isOwn && !byName.has(equation.name.text)) byName.set(equation.name.text, equation);
  }
  const neededBy = (value: Expression): EquationNode[] => namesOf(value).flatMap((name) => byName.get(name) ?? []);
  const values = [...node.results.map(({ value }) => value), ...(node.derivative?.values ?? [])];
  const roots = [...values.flatMap(neededBy), ...byName.values()];
  const { order, cycles } = topologicalOrder(roots, (equation) => neededBy(equation.value));
  const help = "a function has no states, so every value must come from its arguments";
  const found = cycles.map((cycle) => ({
    help,
    parts: cycle.map(({ name }) => ({ text: name.text, span: name.span, isCall: false })),
  }));
  reportCycles(checker, found);
  return order.map((equation) => {
    const value = checker.infer(equation.value);
    checker.scope.types.set(equation.name.text, value.type);
    return { key: equation.name.text, name: equation.name.text, span: equation.name.span, value };
  });
}

function namesOf(expression: Expression): string[] {
  const names: string[] = [];
  forEachRead(expression, (part) => {
    if (part.kind === "reference" && !part.next) names.push(part.name);
  });
  return names;
}

/** Their types; names differ, as those who read a result say which. */
function declaredResults(checker: Checker, { results }: FunctionNode): { readonly type: SemanticType }[] {
  const seen = new Map<string, Name>();
  return results.map(({ name, type }) => {
    const known = name && seen.get(name.text);
    if (name !== undefined && known !== undefined) {
      checker.report("duplicate-name", name.span, `two results are called \`${name.text}\``, {
        related: [{ span: known.span, message: "the first" }],
      });
    } else if (name !== undefined) seen.set(name.text, name);
    return { type: resolveType(checker, type, { words: "the declared result", span: type.span }) };
  });
}

/** A result with its value, which fills it. */
function checkResult(checker: Checker, fn: FunctionNode, node: ResultNode, type: SemanticType): TypedResult {
  const value = checker.infer(node.value);
  const result = { name: node.name?.text, type, value };
  if (type.kind === "error" || value.type.kind === "error") return result;
  if (type.kind === "index") {
    checker.report("bad-argument", node.type.span, "a function gives real numbers, not an index");
    return result;
  }
  if (!(type.kind === "complex" ? isNumber : isReal)(checker, value)) return result;
  const axes = axesOf(value.type);
  if (fitsInto(axes, axesOf(type), checker.isRuntime)) return result;
  const what = `\`${fn.name.text}\` gives${node.name === undefined ? "" : ` \`${node.name.text}\` as`}`;
  checker.report("shape-mismatch", node.value.span, `${what} ${printAxes(axesOf(type))}, this is ${printAxes(axes)}`, {
    related: [{ span: node.type.span, message: "the declared result" }, placeOfAxis(value, axes.length - 1)],
    help: helpToFill(checker, axes, axesOf(type)),
  });
  return result;
}
