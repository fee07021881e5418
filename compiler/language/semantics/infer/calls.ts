/** Calls: of used cells, of functions, of builtins. */
import { at } from "../../../base/at.js";
import type { Span } from "../../../base/source/span.js";
import type { CallNode, Expression, TypeNode } from "../../syntax/ast.js";
import { parametersInOrder } from "../../syntax/parameters-in-order.js";
import { type Dim, dimSymbol, printDim } from "../../../base/types/dim.js";
import { accepts } from "../accepts.js";
import { refusePlace } from "../arrays.js";
import { bindDimensions, pairsOf } from "../bind-dimensions.js";
import { drawNames } from "../initializers.js";
import { drawFunctionNamed } from "../draw-functions.js";
import { inferDraw } from "./draws.js";
import { builtinNames, goesOverIndices, reductions, timeFunctionNamed } from "../builtins.js";
import type { Checker } from "../checker.js";
import type { Declaration, FunctionDeclaration } from "../declared.js";
import { sizeOf } from "../dimension-expressions.js";
import { matchArguments } from "../match-arguments.js";
import { saidElsewhere } from "../../syntax/other-names.js";
import { wordsFor } from "../scope.js";
import { axesOf, printSemanticType, type SemanticType } from "../semantic-type.js";
import { substituteType } from "../substitute.js";
import { takeOver } from "../take-over.js";
import { variantOfCall } from "../variants.js";
import type { TypedCall, TypedExpression, TypedFunction } from "../typed-program.js";
import { inferCallInPlace } from "./call-in-place.js";
import { inferBuiltin } from "./builtin-calls.js";
import { givenFunctions, inferGivenCall } from "./given-functions.js";
import { inferRun, inferTrace } from "./runs.js";
import { inferGradient } from "./inner-gradient.js";
import { inferDelay } from "./delays.js";
import { type CalledOver, leadingAxes, overLeading } from "./leading-axes.js";
import { isNumber, isReal, placeOfAxis } from "./mismatch.js";
import { inferRandom } from "./random.js";
import { asIndex } from "./whole-ranges.js";
import { standardHeadOf, standardHomeOf } from "../../std/sources.js";

export function inferCall(checker: Checker, node: CallNode): TypedExpression {
  const { scope } = checker;
  const name = node.callee.text;
  const entry = scope.entries.get(name);
  const indexed = node.arguments.find(({ value }) => value.kind === "indexed");
  const isOwn = scope.functions.has(name) || scope.module.entries.has(name);
  if (indexed !== undefined && (isOwn || !goesOverIndices(name))) return refuseIndices(checker, node, indexed.span);
  const isArray = entry?.kind === "instance" && checker.instances.instances.get(name)?.count !== undefined;
  if (node.place !== undefined && !isArray) {
    // What is wrong with a used cell was said where it stands.
    if (entry?.kind !== "instance" || checker.instances.instances.has(name)) refusePlace(checker, name, node.place);
    return checker.error(node.span);
  }
  if (entry?.kind === "instance") return inferInstanceCall(checker, node);
  const given = scope.given.get(name);
  if (given !== undefined && entry?.kind === "function-parameter") return inferGivenCall(checker, node, given);
  const declaration = functionNamed(checker, name);
  if (declaration?.kind === "function") return inferFunctionCall(checker, node, declaration);
  const isUnknown = scope.functions.has(name) || !scope.module.entries.has(name);
  if (isUnknown && entry === undefined && name === "gradient") return inferGradient(checker, node);
  const ofDraw = isUnknown ? drawFunctionNamed(name) : undefined;
  const isDrawn = isUnknown && drawNames.has(name) && (ofDraw !== undefined || !builtinNames.has(name));
  if (isDrawn && checker.start !== undefined) return inferDraw(checker, checker.start, node);
  if (ofDraw !== undefined) return inferRandom(checker, node, ofDraw);
  const trace = isUnknown && name === "trace" ? inferTrace(checker, node) : undefined;
  if (trace !== undefined) return trace;
  if (isUnknown && timeFunctionNamed(name) !== undefined) return inferDelay(checker, node);
  if (isUnknown && builtinNames.has(name)) return inferBuiltin(checker, node);
  for (const argument of node.arguments) checker.infer(argument.value);
  // An import that failed was reported there.
  if (!isUnknown && declaration === undefined) return checker.error(node.span);
  reportNotCallable(checker, node);
  return checker.error(node.span);
}

/** What a call of that name may mean at the top of a file, or in the cell around. */
export function functionNamed({ scope }: Checker, name: string): Declaration | undefined {
  const own = scope.functions.get(name);
  if (own !== undefined) scope.used.add(name);
  else if (scope.module.entries.has(name)) scope.module.used.add(name);
  return own ?? scope.module.entries.get(name)?.declaration;
}

/** `tanh(x[n] for n)`: `for` is no list. */
function refuseIndices(checker: Checker, { callee, span }: CallNode, argument: Span): TypedExpression {
  checker.report("bad-argument", argument, `\`for\` goes with reductions, and \`${callee.text}\` is none`, {
    help: `reductions are ${Object.keys(reductions)
      .map((name) => `\`${name}\``)
      .join(", ")}; a value for each place is an equation: \`y[n] = …\``,
  });
  return checker.error(span);
}

/** Of a function of the standard library, with what it takes; of a cell the import alone. */
function importOf(name: string): string | undefined {
  const [home, head] = [standardHomeOf(name), standardHeadOf(name)];
  if (home === undefined) return undefined;
  return `import it: \`import { ${name} } from "${home}"\`${head === undefined ? "" : `, \`${head}\``}`;
}

const helpWithTrace = (checker: Checker, name: string): string | undefined =>
  name === "trace" && checker.instances.runs !== undefined
    ? "`trace(e.h)` are all values of a state of a call, `e = l(x)`"
    : undefined;

function reportNotCallable(checker: Checker, { callee: { text, span } }: CallNode): void {
  const { scope } = checker;
  const entry = scope.entries.get(text);
  const hidden = scope.hidden.get(text);
  if (scope.module.entries.get(text)?.declaration?.kind === "cell") {
    checker.report("not-a-function", span, `\`${text}\` is a cell`, {
      help: `make an instance of it: \`use name = ${text}(…)\`, then call \`name(…)\``,
    });
  } else if (entry === undefined && scope.module.entries.get(text)?.declaration?.kind === "constant") {
    checker.report("not-a-function", span, `\`${text}\` is a constant`, {
      help: "a product is written with `*` or `@`",
    });
  } else if (entry !== undefined) {
    checker.report("not-a-function", span, `${wordsFor(entry.kind, text)} is not a function`, {
      related: [{ span: entry.span, message: "declared here" }],
      help: "a product is written with `*` or `@`",
    });
  } else if (hidden?.kind === "instance") {
    checker.report("unknown-function", span, `\`${text}\` is a used cell, which a function does not see`, {
      help: `call it in an equation of the cell, \`u = ${text}(…)\`, and give the function \`u\``,
    });
  } else {
    const own = (): string[] => [...scope.functions.keys(), ...scope.module.entries.keys()];
    const help =
      helpWithTrace(checker, text) ??
      checker.suggest(text, own) ??
      importOf(text) ??
      saidElsewhere(text) ??
      checker.suggest(text, () => builtinNames);
    checker.report("unknown-function", span, `there is no function \`${text}\``, { help });
  }
}

/** The arguments are checked where the cell checks its calls; here is what comes out. */
function inferInstanceCall(checker: Checker, node: CallNode): TypedExpression {
  const name = node.callee.text;
  const instance = checker.instances.instances.get(name);
  checker.scope.used.add(name);
  if (instance !== undefined && checker.instances.runs !== undefined) return inferRun(checker, instance, node);
  if (instance !== undefined && checker.instances.inPlace.has(name)) return inferCallInPlace(checker, instance, node);
  if (instance === undefined || checker.instances.calls.get(name) !== node) return checker.error(node.span);
  const [output, ...others] = instance.cell.outputs;
  const dimensions = new Map([...instance.dimensions, ...(checker.instances.runtimeDimensions.get(name) ?? [])]);
  const source = { words: wordsFor("instance", name), span: instance.span };
  const type: SemanticType | undefined =
    output === undefined || others.length > 0
      ? { kind: "outputs", instance: name }
      : substituteType(output.type, dimensions, source);
  if (type === undefined) return tooLarge(checker, node.span);
  return { kind: "instance-call", instance: name, span: node.span, type };
}

function inferFunctionCall(checker: Checker, node: CallNode, declaration: FunctionDeclaration): TypedExpression {
  const [result, ...others] = resultsOfCall(checker, node, declaration) ?? [];
  if (result === undefined) return checker.error(node.span);
  if (others.length === 0) return asCall(result);
  const names = declaration.node.results.map(({ name }) => name?.text ?? "");
  const { text } = node.callee;
  checker.report("several-outputs", node.span, `\`${text}\` has ${names.length} results, not one`, {
    help: `give each a name, \`${names.join(", ")} = ${text}(…)\`, or choose one: \`${text}(…).${names[0] ?? ""}\``,
  });
  return checker.error(node.span);
}

/** The only result of a call, also where it goes over leading axes. */
function asCall(result: TypedExpression): TypedExpression {
  if (result.kind === "indexed") return { ...result, body: asCall(result.body) };
  return result.kind === "result" ? { ...result, ...result.call, kind: "call" } : result;
}

/** One for each result of the function; undefined where something was reported. */
export function resultsOfCall(
  checker: Checker,
  node: CallNode,
  declaration: FunctionDeclaration,
): readonly TypedExpression[] | undefined {
  const called = typedCall(checker, node, declaration);
  const types = called?.call.fn.results.map(({ type }) => substituteType(type, called.call.dimensions));
  if (types?.includes(undefined) === true) checker.reportTooLarge(node.span);
  if (called === undefined || types === undefined) return undefined;
  const { call, over } = called;
  const { span } = node;
  const results = types.flatMap((type, position) =>
    type ? [overLeading({ kind: "result", call, position, span, type }, over, span)] : [],
  );
  return results.length === types.length ? results : undefined;
}

function typedCall(
  checker: Checker,
  node: CallNode,
  first: FunctionDeclaration,
): { readonly call: TypedCall; readonly over: readonly CalledOver[] } | undefined {
  const variant = variantOfCall(checker, node, first);
  if (variant === undefined) return undefined;
  const { declaration, known } = variant;
  const fn = checker.known.functions.get(declaration);
  const all = parametersInOrder(declaration.node);
  const parameters = all.map((parameter) => ({ name: parameter.name.text }));
  const callee = `\`${node.callee.text}\``;
  const matched = matchArguments(node.arguments, parameters, callee, node.span, checker.collector);
  const sizes = new Map<string, Dim | undefined>();
  const functions = new Map<string, Expression>();
  const given = matched?.flatMap((argument, i) => {
    const parameter = all[i];
    const type = parameter?.type;
    if (type?.kind === "function-type") {
      if (argument !== undefined) functions.set(parameter?.name.text ?? "", argument.value);
      return [];
    }
    if (argument === undefined || type !== undefined)
      return [argument && (known.get(argument.value) ?? inferArgument(checker, argument.value, type))];
    sizes.set(parameter?.name.text ?? "", sizeOf(checker, argument.value));
    return [];
  });
  if (fn === undefined || given === undefined) return undefined;
  checker.addExtent(fn.extent, node.callee.span);
  for (const name of fn.captured) checker.captured.add(name);
  const typed: TypedExpression[] = [];
  for (const [i, argument] of given.entries()) {
    const wanted = fn.parameters[i]?.type;
    if (argument !== undefined && wanted !== undefined && hasKind(checker, argument, wanted)) typed.push(argument);
  }
  if (typed.length < given.length || [...sizes.values()].includes(undefined)) return undefined;
  const reported = checker.collector.diagnostics.length;
  const leading = leadingAxes(checker, fn, typed);
  if (leading === undefined) {
    if (checker.collector.diagnostics.length === reported) reportRanks(checker, fn, typed);
    return undefined;
  }
  const dimensions = bindArguments(checker, fn, leading.given, sizes as ReadonlyMap<string, Dim>);
  if (dimensions === undefined || !takeOver(checker, fn, dimensions, node.span)) return undefined;
  const handed = givenFunctions(checker, fn, functions, dimensions);
  if (handed === undefined) return undefined;
  return { call: { fn, arguments: leading.given, dimensions, functions: handed }, over: leading.over };
}

/** Those with fewer axes than are declared, or with other numbers of axes in front than the first has. */
function reportRanks(checker: Checker, fn: TypedFunction, given: readonly TypedExpression[]): void {
  const extra = given.map(({ type }, i) => axesOf(type).length - axesOf((fn.parameters[i] ?? { type }).type).length);
  const isShort = extra.some((count) => count < 0);
  const first = extra.find((count) => count > 0);
  for (const [i, argument] of given.entries()) {
    const wanted = fn.parameters[i]?.type;
    const count = extra[i] ?? 0;
    const isOther = isShort ? count < 0 : count !== 0 && count !== first;
    if (isOther && wanted !== undefined) reportArgument(checker, fn, i, argument, wanted, new Map());
  }
}

/** Where an index is expected, what is made of indices of equations and rounds is one. */
function inferArgument(checker: Checker, expression: Expression, wanted: TypeNode | undefined): TypedExpression {
  const value = checker.infer(expression);
  return wanted?.kind === "index-type" ? asIndex(checker, value) : value;
}

/** A result whose dimensions are not within limits here. */
function tooLarge(checker: Checker, span: Span): TypedExpression {
  checker.reportTooLarge(span);
  return checker.error(span);
}

function hasKind(checker: Checker, argument: TypedExpression, wanted: SemanticType): boolean {
  if (wanted.kind === "error") return false;
  if (wanted.kind === "complex") return isNumber(checker, argument);
  if (wanted.kind !== "index") return isReal(checker, argument);
  if (argument.type.kind === "index" || argument.type.kind === "error") return argument.type.kind === "index";
  checker.report(
    "bad-argument",
    argument.span,
    `an index is expected here, this is ${printSemanticType(argument.type)}`,
    {
      help: "an index is an input `index(V)`, or computed: `argmax(v)`",
    },
  );
  return false;
}

function bindArguments(
  checker: Checker,
  fn: TypedFunction,
  given: readonly TypedExpression[],
  sizes: ReadonlyMap<string, Dim>,
): ReadonlyMap<string, Dim> | undefined {
  const told = [...sizes].map(([name, actual]) => ({ declared: dimSymbol(name), actual }));
  const fromShapes = fn.parameters.flatMap(({ type }, i) => pairsOf(type, at(given, i).type));
  const dimensions = bindDimensions([...told, ...fromShapes], new Set(fn.dimensions));
  // What dimensions of the cell stand for, they stand for in its functions.
  for (const [name, dim] of checker.namedSizes) if (fn.outerNames.has(name)) dimensions.set(name, dim);
  for (const [i, argument] of given.entries()) {
    const declared = (fn.parameters[i] as { readonly type: SemanticType }).type;
    const wanted = substituteType(declared, dimensions);
    if (wanted === undefined || !accepts(wanted, argument.type, checker.bounds)) {
      reportArgument(checker, fn, i, argument, declared, dimensions);
      return undefined;
    }
  }
  return dimensions;
}

function reportArgument(
  checker: Checker,
  fn: TypedFunction,
  position: number,
  argument: TypedExpression,
  declared: SemanticType,
  dimensions: ReadonlyMap<string, Dim>,
): void {
  const parameter = fn.parameters[position];
  const bound = [...dimensions].map(([name, dim]) => `${name} = ${printDim(dim)}`).join(", ");
  const wanted = `${printSemanticType(declared)}${bound === "" ? "" : ` with ${bound}`}`;
  const message = `\`${fn.name}\` takes \`${parameter?.name ?? ""}\`: ${wanted}; this is ${printSemanticType(argument.type)}`;
  checker.report("shape-mismatch", argument.span, message, {
    related: [
      { span: fn.span, message: `\`${fn.name}\` is declared here` },
      placeOfAxis(argument, axesOf(argument.type).length - 1),
    ],
  });
}
