/** Functions as arguments of functions: `rk4(f, h, s)`, and `f(h)` inside of it. */
import type { Dim } from "../../../base/types/dim.js";
import type { CallNode, Expression } from "../../syntax/ast.js";
import type { Bounds } from "../../../base/types/bounds.js";
import { accepts } from "../accepts.js";
import { bindDimensions, pairsOf } from "../bind-dimensions.js";
import { builtinNames } from "../builtins.js";
import type { Checker } from "../checker.js";
import { type GivenFunctionType, wordsFor } from "../scope.js";
import { axesOf, errorType, printSemanticType, type SemanticType } from "../semantic-type.js";
import { substituteType } from "../substitute.js";
import { takeOver } from "../take-over.js";
import type { FunctionArgument, TypedExpression, TypedFunction } from "../typed-program.js";

/** The call of a function that this one is given: its types are those that were declared. */
export function inferGivenCall(checker: Checker, node: CallNode, wanted: GivenFunctionType): TypedExpression {
  const { text } = node.callee;
  const { parameters, result } = wanted;
  checker.scope.used.add(text);
  checker.addGivenCalls(text, 1);
  const values = node.arguments.map(({ value }) => checker.infer(value));
  if (values.some(({ type }) => type.kind === "error")) return checker.error(node.span);
  const isNamed = node.arguments.some(({ name }) => name !== undefined);
  const words = `\`${text}\` is ${printFunctionType(wanted)}`;
  if (values.length !== parameters.length || isNamed) {
    checker.report("wrong-arity", node.span, `${words}, called with ${values.length} arguments`, {
      help: isNamed ? "its arguments have no names here" : undefined,
    });
    return checker.error(node.span);
  }
  const value = values.find(({ type }, i) => !fits(type, parameters[i], checker.bounds));
  if (value === undefined) return { kind: "call-given", name: text, arguments: values, span: node.span, type: result };
  checker.report("shape-mismatch", value.span, `${words}, this argument is ${printSemanticType(value.type)}`);
  return checker.error(node.span);
}

/** `fn([n]): [n]`. */
function printFunctionType({ parameters, result }: GivenFunctionType): string {
  return `\`fn(${parameters.map(printSemanticType).join(", ")}): ${printSemanticType(result)}\``;
}

/** What a call of `fn` gives it for its arguments that are functions; undefined where something was reported. */
export function givenFunctions(
  checker: Checker,
  fn: TypedFunction,
  given: ReadonlyMap<string, Expression>,
  dimensions: ReadonlyMap<string, Dim>,
): ReadonlyMap<string, FunctionArgument> | undefined {
  const found = new Map<string, FunctionArgument>();
  for (const { name, calls, ...declared } of fn.functions) {
    const value = given.get(name);
    const argument = value && functionArgument(checker, value, inDimensions(declared, dimensions), calls);
    if (argument === undefined) return undefined;
    found.set(name, argument);
  }
  return found;
}

function inDimensions(
  { parameters, result }: GivenFunctionType,
  dimensions: ReadonlyMap<string, Dim>,
): GivenFunctionType {
  const own = (type: SemanticType): SemanticType => substituteType(type, dimensions) ?? type;
  return { parameters: parameters.map(own), result: own(result) };
}

function functionArgument(
  checker: Checker,
  value: Expression,
  wanted: GivenFunctionType,
  calls: number,
): FunctionArgument | undefined {
  const { scope } = checker;
  const name = value.kind === "reference" && !value.next ? value.name : undefined;
  if (name === undefined) return refuse(checker, value, "this is not the name of a function", wanted);
  const entry = scope.entries.get(name);
  const handedOn = entry?.kind === "function-parameter" ? scope.given.get(name) : undefined;
  if (handedOn !== undefined) {
    scope.used.add(name);
    checker.addGivenCalls(name, calls);
    if (isSame(handedOn, wanted, checker.bounds)) return { fn: undefined, name };
    return refuse(checker, value, `\`${name}\` is ${printFunctionType(handedOn)}`, wanted);
  }
  const own = scope.functions.get(name);
  const declaration = own ?? (entry === undefined ? scope.module.entries.get(name)?.declaration : undefined);
  (own === undefined ? scope.module.used : scope.used).add(name);
  if (declaration?.kind !== "function") return refuseName(checker, value, name, wanted);
  const all = [declaration, ...declaration.variants].map((one) => checker.known.functions.get(one));
  const fn = all.find((one) => one !== undefined && bindTo(one, wanted, checker.bounds) !== undefined) ?? all[0];
  if (fn === undefined) {
    // What is wrong with it was said where it stands.
    checker.sound = false;
    return undefined;
  }
  const bound = bindTo(fn, wanted, checker.bounds);
  const several = fn.results.length > 1 ? `\`${name}\` has several results` : undefined;
  const what = several ?? `\`${name}\` is ${printFunctionType(typeOf(fn))}`;
  if (bound === undefined) return refuse(checker, value, what, wanted);
  for (let call = 0; call < calls; call++) checker.addExtent(fn.extent, value.span);
  for (const captured of fn.captured) checker.captured.add(captured);
  return takeOver(checker, fn, bound, value.span) ? { fn, dimensions: bound } : undefined;
}

function refuseName(checker: Checker, value: Expression, name: string, wanted: GivenFunctionType): undefined {
  const entry = checker.scope.entries.get(name);
  if (entry !== undefined) return refuse(checker, value, `${wordsFor(entry.kind, name)} is no function`, wanted);
  const help = builtinNames.has(name)
    ? `write a function that calls it: \`fn f(v: [n]): [n] { return ${name}(v) }\``
    : checker.suggest(name, () => [...checker.scope.functions.keys(), ...checker.scope.module.entries.keys()]);
  return refuse(checker, value, `nothing that can be given is called \`${name}\``, wanted, help);
}

function refuse(
  checker: Checker,
  { span }: Expression,
  what: string,
  wanted: GivenFunctionType,
  help?: string,
): undefined {
  checker.report("bad-argument", span, `${what}; ${printFunctionType(wanted)} is wanted here`, { help });
  checker.sound = false;
  return undefined;
}

const typeOf = ({ parameters, results }: TypedFunction): GivenFunctionType => ({
  parameters: parameters.map(({ type }) => type),
  result: results[0]?.type ?? errorType,
});

function isSame(a: GivenFunctionType, b: GivenFunctionType, bounds: Bounds): boolean {
  return (
    a.parameters.length === b.parameters.length &&
    fits(a.result, b.result, bounds) &&
    a.parameters.every((type, i) => fits(type, b.parameters[i], bounds))
  );
}

/** Nothing repeats: the types are the same, but for the bound of an index. */
function fits(given: SemanticType, wanted: SemanticType | undefined, bounds: Bounds): boolean {
  if (wanted === undefined || given.kind !== wanted.kind) return false;
  return axesOf(given).length === axesOf(wanted).length && accepts(wanted, given, bounds);
}

/** The dimensions of a function that make it one of that type. */
function bindTo(fn: TypedFunction, wanted: GivenFunctionType, bounds: Bounds): ReadonlyMap<string, Dim> | undefined {
  if (fn.given.length > 0 || fn.functions.length > 0 || fn.results.length > 1) return undefined;
  if (fn.parameters.length !== wanted.parameters.length) return undefined;
  const pairs = fn.parameters.flatMap(({ type }, i) => {
    const actual = wanted.parameters[i];
    return actual === undefined ? [] : pairsOf(type, actual);
  });
  const dimensions = bindDimensions(pairs, new Set(fn.dimensions));
  return isSame(inDimensions(typeOf(fn), dimensions), wanted, bounds) ? dimensions : undefined;
}
