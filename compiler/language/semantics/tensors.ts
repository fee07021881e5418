/** Declarations of a cell: inputs, contexts, states, params. */
import type { DeclarationNode, Expression } from "../syntax/ast.js";
import { dimSymbol, equalDims, printDim, symbolsOf } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import { resolveStart } from "./complex-initializer.js";
import { inferConstant } from "./constants.js";
import { initialKey } from "./node-keys.js";
import { resolveType } from "./resolve-type.js";
import { wordsFor } from "./scope.js";
import { axesOf, errorType, printSemanticType, type SemanticType } from "./semantic-type.js";
import { startOf, startOfState } from "./starts.js";
import type { TypedExpression, TypedTensor } from "./typed-program.js";

/** One declaration may declare several tensors. */
export function resolveTensors(
  checker: Checker,
  node: DeclarationNode,
): (TypedTensor & { readonly startValue?: Expression })[] {
  const [first] = node.names;
  if (first === undefined) return [];
  const written = resolveType(checker, node.type, { words: wordsFor(node.kind, first.text), span: first.span });
  const base = checkRole(checker, node, written) ? written : errorType;
  const starts = node.names.map((name) =>
    node.kind === "param" || node.kind === "fixed"
      ? startOf(checker, name, node.initializer, base)
      : startOfState(name),
  );
  const otherwise = node.kind === "setting" ? defaultOf(checker, node, base) : undefined;
  const isAlone = node.initializer !== undefined && starts.includes(undefined);
  const plain = isAlone ? resolveStart(checker, node.initializer, base) : {};
  return node.names.map((name, i) => {
    const start = starts[i];
    const type = withSource(base, wordsFor(node.kind, name.text), name.span);
    if (checker.scope.entries.get(name.text)?.span === name.span) checker.scope.types.set(name.text, type);
    return {
      role: node.kind,
      name: name.text,
      span: name.span,
      documentation: node.documentation ?? "",
      type,
      ...(node.kind === "state" && node.initial !== undefined && { initial: initialKey(name.text) }),
      ...(otherwise && { otherwise }),
      ...(start !== undefined ? { start: start.start, ...(start.value && { startValue: start.value }) } : plain),
    };
  });
}

/** What a setting is where a call does not say it: a constant of the sizes and reals that the network is compiled with. */
function defaultOf(checker: Checker, node: DeclarationNode, type: SemanticType): TypedExpression | undefined {
  const { initial, type: written } = node;
  if (type.kind !== "error" && (type.kind !== "real" || type.axes.length > 0)) {
    checker.report("bad-setting", written.span, `a setting is a number, and this is ${printSemanticType(type)}`, {
      help: "it is one for all examples: `setting beta: real = 1`; what is larger is an input",
    });
    return undefined;
  }
  if (initial === undefined) {
    checker.report("bad-setting", node.span, "a setting says what it is where a call does not", {
      help: `\`setting ${node.names[0]?.text ?? "beta"}: real = 1\``,
    });
    return undefined;
  }
  const value = inferConstant(checker, initial);
  if (value === undefined) checker.sound = false;
  return value;
}

function withSource(type: SemanticType, words: string, span: DeclarationNode["span"]): SemanticType {
  if (type.kind !== "real" && type.kind !== "complex" && type.kind !== "index") return type;
  return { ...type, axes: type.axes.map(({ dim }) => ({ dim, source: { words, span } })) };
}

function checkRole(checker: Checker, node: DeclarationNode, type: SemanticType): boolean {
  if (type.kind === "index" && node.kind !== "input" && node.kind !== "state") {
    checker.report("misplaced-index", node.type.span, `a ${node.kind} cannot be an index`, {
      help: "indices are inputs, states, and what is computed: `input x: index(V)`",
    });
    return false;
  }
  if (type.kind === "complex" && (node.kind === "input" || node.kind === "context")) {
    checker.report("misplaced-complex", node.type.span, `a ${node.kind} cannot be complex`, {
      help: `its parts are two: \`${node.kind} re_x, im_x: …\`, and \`complex(re_x, im_x)\` where it is used`,
    });
    return false;
  }
  const isWhole = checker.instances.runs !== undefined && node.kind === "input";
  const mayVary = isWhole || (type.kind !== "index" && (node.kind === "context" || node.kind === "state"));
  const dims = [...axesOf(type).map((axis) => axis.dim), ...(type.kind === "index" ? [type.bound] : [])];
  const found = dims.flatMap(symbolsOf).find((symbol) => checker.scope.entries.get(symbol)?.found !== undefined);
  if (found !== undefined) {
    const message = `\`${found}\` is known from values only, and this is given before`;
    checker.report("run-time-dimension", node.type.span, message, {
      help: "what is given has sizes that the call gives: as long as the length may be at most",
    });
    return false;
  }
  for (const [i, dim] of dims.entries()) {
    const varying = checker.runtimeSymbol(dim);
    // Inputs of networks have any axes, and are indices of any.
    if (varying === undefined || isWhole) continue;
    if (mayVary && i < axesOf(type).length && equalDims(dim, dimSymbol(varying))) continue;
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
