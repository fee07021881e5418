/** Declarations of a cell: inputs, contexts, states, params. */
import type { DeclarationNode, InitializerNode } from "../syntax/ast.js";
import { suggestion } from "./suggestion.js";
import { printDim } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import { inferConstant } from "./constants.js";
import { checkInitializer } from "./initializer-range.js";
import { initialKey } from "./node-keys.js";
import { literalValue } from "./number-range.js";
import { resolveType } from "./resolve-type.js";
import { wordsFor } from "./scope.js";
import { axesOf, errorType, type SemanticType } from "./semantic-type.js";
import type { TypedInitializer, TypedTensor } from "./typed-program.js";

/** One declaration may declare several tensors. */
export function resolveTensors(checker: Checker, node: DeclarationNode): TypedTensor[] {
  const [first] = node.names;
  if (first === undefined) return [];
  const written = resolveType(checker, node.type, { words: wordsFor(node.kind, first.text), span: first.span });
  const base = checkRole(checker, node, written) ? written : errorType;
  const initializer = node.initializer && resolveInitializer(checker, node.initializer, base);
  return node.names.map((name) => {
    const type = withSource(base, wordsFor(node.kind, name.text), name.span);
    if (checker.scope.entries.get(name.text)?.span === name.span) checker.scope.types.set(name.text, type);
    return {
      role: node.kind,
      name: name.text,
      span: name.span,
      documentation: node.documentation ?? "",
      type,
      ...(node.initial !== undefined && { initial: initialKey(name.text) }),
      ...(initializer !== undefined && { initializer }),
    };
  });
}

function withSource(type: SemanticType, words: string, span: DeclarationNode["span"]): SemanticType {
  if (type.kind !== "real") return type;
  return { kind: "real", axes: type.axes.map(({ dim }) => ({ dim, source: { words, span } })) };
}

function checkRole(checker: Checker, node: DeclarationNode, type: SemanticType): boolean {
  if (type.kind === "index" && node.kind !== "input") {
    checker.report("misplaced-index", node.type.span, `a ${node.kind} cannot be an index`, {
      help: "indices are inputs: `input x: index(V)`",
    });
    return false;
  }
  const mayVary = node.kind === "context" || node.kind === "state";
  const dims = type.kind === "index" ? [type.bound] : axesOf(type).map((axis) => axis.dim);
  for (const dim of dims) {
    const varying = checker.runtimeSymbol(dim);
    if (varying === undefined || (mayVary && printDim(dim) === varying)) continue;
    const message = mayVary
      ? `\`${printDim(dim)}\` contains \`${varying}\`, which is known at run time only`
      : `\`${varying}\` is known at run time only`;
    checker.report("run-time-dimension", node.type.span, message, {
      help: mayVary
        ? `a run-time dimension is a whole axis: \`[${varying}]\``
        : `sizes of ${node.kind}s are fixed when the cell is compiled: make \`${varying}\` a parameter of the cell`,
    });
    return false;
  }
  return true;
}

/** Initialisers with the number of their arguments and the ranks they make sense for. */
const initializers: ReadonlyMap<string, { readonly parameters: number; readonly ranks: readonly [number, number] }> =
  new Map([
    ["zeros", { parameters: 0, ranks: [0, 8] }],
    ["ones", { parameters: 0, ranks: [0, 8] }],
    ["constant", { parameters: 1, ranks: [0, 8] }],
    ["uniform", { parameters: 1, ranks: [0, 8] }],
    ["normal", { parameters: 1, ranks: [0, 8] }],
    ["glorot_uniform", { parameters: 0, ranks: [1, 8] }],
    ["glorot_normal", { parameters: 0, ranks: [1, 8] }],
    ["he_uniform", { parameters: 0, ranks: [1, 8] }],
    ["he_normal", { parameters: 0, ranks: [1, 8] }],
    ["orthogonal", { parameters: 0, ranks: [2, 8] }],
    ["identity", { parameters: 0, ranks: [2, 2] }],
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

function initializerElsewhere(name: string): string | undefined {
  const own = otherNames.get(name);
  return own === undefined ? undefined : `here it is called \`${own}\``;
}

/** What the number of an initialiser is, for those who are used to two. */
const ofOneNumber: ReadonlyMap<string, string> = new Map([
  ["constant", "`constant(c)` sets every entry to c"],
  ["uniform", "`uniform(a)` draws from -a to a"],
  ["normal", "`normal(s)` draws around 0 with standard deviation s"],
]);

function resolveInitializer(checker: Checker, node: InitializerNode, type: SemanticType): TypedInitializer | undefined {
  const { text, span } = node.name;
  const known = initializers.get(text);
  const values = node.arguments.map((argument) => inferConstant(checker, argument));
  if (known === undefined) {
    checker.report("unknown-initializer", span, `there is no initialiser \`${text}\``, {
      help:
        initializerElsewhere(text) ??
        suggestion(text, initializers.keys()) ??
        `there are ${[...initializers.keys()].join(", ")}`,
    });
    return undefined;
  }
  if (values.length !== known.parameters) {
    const wanted = known.parameters === 0 ? "no argument" : "one argument";
    const help = ofOneNumber.get(text);
    const message = `\`${text}\` takes ${wanted}, got ${values.length}`;
    checker.report("wrong-arity", node.span, message, help === undefined ? {} : { help });
    return undefined;
  }
  const [literal] = node.arguments.map(literalValue);
  if (literal !== undefined && !checkInitializer({ name: text, span: node.span }, literal, checker.collector))
    return undefined;
  const rank = axesOf(type).length;
  const [low, high] = known.ranks;
  if (type.kind === "real" && (rank < low || rank > high)) {
    const wanted = low === high ? "a matrix" : low === 1 ? "a vector or more" : "a matrix or more";
    checker.report("bad-initializer", node.span, `\`${text}\` is for ${wanted}, the param has ${rank} axes`, {
      help: "`uniform(a)`, `normal(s)` and `constant(c)` fit every shape",
    });
    return undefined;
  }
  if (values.some((value) => value === undefined)) return undefined;
  return { name: text, span: node.span, arguments: values.flatMap((value) => value ?? []) };
}
