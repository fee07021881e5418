/** How params begin: `~ glorot_uniform`, `~ uniform(a)`, or the value of every element, `~ 0.5`. */
import type { Expression } from "../syntax/ast.js";
import { builtinNames } from "./builtins.js";
import type { Checker } from "./checker.js";
import { inferConstant, languageConstants } from "./constants.js";
import { checkInitializer } from "./initializer-range.js";
import { literalValue } from "./number-range.js";
import { forEachPart } from "./expression-parts.js";
import { axesOf, type SemanticType } from "./semantic-type.js";
import { suggestion } from "./suggestion.js";
import type { TypedInitializer } from "./typed-program.js";

/** The fewest and the most arguments of an initialiser, and of axes that it makes sense for. */
interface InitializerSignature {
  readonly parameters: readonly [number, number];
  readonly ranks: readonly [number, number];
  /** Whether it takes a factor in an initial value: `orthogonal(2)`. */
  readonly gain?: true;
}

const initializers: ReadonlyMap<string, InitializerSignature> = new Map<string, InitializerSignature>([
  ["zeros", { parameters: [0, 0], ranks: [0, 8] }],
  ["ones", { parameters: [0, 0], ranks: [0, 8] }],
  ["constant", { parameters: [1, 1], ranks: [0, 8] }],
  ["uniform", { parameters: [1, 2], ranks: [0, 8] }],
  ["normal", { parameters: [1, 2], ranks: [0, 8] }],
  ["glorot_uniform", { parameters: [0, 0], ranks: [1, 8], gain: true }],
  ["glorot_normal", { parameters: [0, 0], ranks: [1, 8], gain: true }],
  ["he_uniform", { parameters: [0, 0], ranks: [1, 8], gain: true }],
  ["he_normal", { parameters: [0, 0], ranks: [1, 8], gain: true }],
  ["orthogonal", { parameters: [0, 0], ranks: [2, 8], gain: true }],
  ["identity", { parameters: [0, 0], ranks: [2, 2] }],
]);

/** What initialisers are called elsewhere. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["xavier_uniform", "glorot_uniform"],
  ["xavier_normal", "glorot_normal"],
  ["xavier", "glorot_uniform"],
  ["glorot", "glorot_uniform"],
  ["kaiming_uniform", "he_uniform"],
  ["kaiming_normal", "he_normal"],
  ["gaussian", "normal"],
  ["eye", "identity"],
]);

/** What may be drawn in initial values: the fewest and the most arguments. */
export const drawNames: ReadonlyMap<string, readonly [number, number]> = new Map<string, readonly [number, number]>([
  ...[...initializers].map(([name, { parameters }]) => [name, parameters] as const),
  ["bernoulli", [1, 1]],
]);

/** How many axes an initialiser is for. */
export const ranksOf = (name: string): readonly [number, number] => initializers.get(name)?.ranks ?? [0, 8];

export const hasGain = (name: string): boolean => initializers.get(name)?.gain === true;

export const initializerNames: ReadonlySet<string> = new Set(initializers.keys());

function initializerElsewhere(name: string): string | undefined {
  const own = otherNames.get(name);
  if (/^(?:arange|linspace|range|iota)$/u.test(name)) return "by place it is an equation: `param b[n]: [H] ~ n`";
  return own === undefined ? undefined : `here it is called \`${own}\``;
}

/** What the numbers of an initialiser are. */
const ofNumbers: ReadonlyMap<string, string> = new Map([
  ["constant", "a number alone sets every element to it: `~ 0.5`"],
  ["uniform", "`uniform(a)` draws from -a to a, `uniform(a, b)` from a to b"],
  ["normal", "`normal(s)` draws around 0 with standard deviation s, `normal(m, s)` around m"],
]);

/** What an initialiser says: undefined where something was reported. */
export function resolveInitializer(
  checker: Checker,
  node: Expression,
  type: SemanticType,
): TypedInitializer | undefined {
  const name = nameOfInitializer(checker, node);
  if (name !== undefined && !initializers.has(name)) {
    reportUnknown(checker, name, node);
    return undefined;
  }
  if (name !== undefined) return resolveNamed(checker, name, node, type);
  const value = inferConstant(checker, node);
  return value && checked(checker, { name: "constant", span: node.span, arguments: [value] }, [node]);
}

/** A number, or a draw alone with numbers, as modules can say without computing it. */
export function isPlain(checker: Checker, node: Expression): boolean {
  if (readsValues(checker, node)) return false;
  const name = nameOfInitializer(checker, node);
  const count = node.kind === "call" ? node.arguments.length : 0;
  if (name !== undefined) return name !== "bernoulli" && !(hasGain(name) && count === 1);
  let draws = false;
  forEachPart(node, (part) => {
    const own = part.kind === "reference" ? part.name : part.kind === "call" ? part.callee.text : "";
    draws ||= drawNames.has(own) && nameOfInitializer(checker, part) !== undefined;
  });
  if (draws) return false;
  const { type } = checker.infer(node);
  return type.kind !== "complex" && (type.kind !== "real" || type.axes.length === 0);
}

/** Anything that is not known when the cell is compiled. */
function readsValues(checker: Checker, node: Expression): boolean {
  let found = false;
  forEachPart(node, (part) => {
    const name = part.kind === "reference" ? part.name : part.kind === "call" ? part.callee.text : undefined;
    const kind = name === undefined ? undefined : checker.scope.entries.get(name)?.kind;
    if (name === undefined || kind === undefined) return;
    const fn = part.kind === "call" ? checker.scope.functions.get(name) : undefined;
    found ||= fn === undefined ? kind !== "dimension" && kind !== "real" : fn.owner?.captures.has(name) === true;
  });
  return found;
}

/** The name where a name alone or a call stands that is no constant of its own. */
function nameOfInitializer(checker: Checker, node: Expression): string | undefined {
  const name =
    node.kind === "reference" && !node.next ? node.name : node.kind === "call" ? node.callee.text : undefined;
  if (name === undefined || initializers.has(name)) return name;
  const { scope } = checker;
  const isConstant =
    node.kind === "call"
      ? (builtinNames.has(name) && !drawNames.has(name)) || scope.functions.has(name) || scope.module.entries.has(name)
      : scope.entries.has(name) || languageConstants.has(name) || scope.module.entries.has(name);
  return isConstant ? undefined : name;
}

function reportUnknown(checker: Checker, name: string, { span }: Expression): void {
  const { start, file } = span;
  checker.report(
    "unknown-initializer",
    { file, start, end: start + name.length },
    `there is no initialiser \`${name}\``,
    {
      help:
        initializerElsewhere(name) ??
        suggestion(name, initializers.keys()) ??
        `there are ${[...initializers.keys()].join(", ")}, and numbers: \`~ 0.5\``,
    },
  );
}

function resolveNamed(
  checker: Checker,
  name: string,
  node: Expression,
  type: SemanticType,
): TypedInitializer | undefined {
  const known = initializers.get(name);
  const given = node.kind === "call" ? node.arguments.map((argument) => argument.value) : [];
  const values = given.map((argument) => inferConstant(checker, argument));
  if (known === undefined) return undefined;
  const [fewest, most] = known.parameters;
  if (given.length < fewest || given.length > most) {
    const wanted = most === 0 ? "no argument" : most === 1 ? "one argument" : "one argument or two";
    const help = ofNumbers.get(name);
    const message = `\`${name}\` takes ${wanted}, got ${given.length}`;
    checker.report("wrong-arity", node.span, message, help === undefined ? {} : { help });
    return undefined;
  }
  const rank = axesOf(type).length;
  const [low, high] = known.ranks;
  if (type.kind === "real" && (rank < low || rank > high)) {
    const wanted = low === high ? "a matrix" : low === 1 ? "a vector or more" : "a matrix or more";
    checker.report("bad-initializer", node.span, `\`${name}\` is for ${wanted}, the param has ${rank} axes`, {
      help: "`uniform(a)`, `normal(s)` and a number, `~ 0.5`, fit every shape",
    });
    return undefined;
  }
  if (values.some((value) => value === undefined)) return undefined;
  const typed = { name, span: node.span, arguments: values.flatMap((value) => value ?? []) };
  return checked(checker, typed, given);
}

/** Reports numbers that the initialiser does not take, where they stand in the text. */
function checked(
  checker: Checker,
  initializer: TypedInitializer,
  numbers: readonly Expression[],
): TypedInitializer | undefined {
  const literals = numbers.flatMap((number) => literalValue(number) ?? []);
  // Others are known with the sizes.
  if (literals.length < numbers.length) return initializer;
  return checkInitializer(initializer, literals, checker.collector) ? initializer : undefined;
}
