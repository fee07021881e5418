/** Functions of one name whose arguments have other numbers of axes: `solve(A, b)` of a vector and `solve(A, B)` of a matrix. */
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { CallNode, Expression, FunctionNode, TypeNode } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import type { FunctionDeclaration, ModuleScope } from "./declared.js";
import { matchArguments } from "./match-arguments.js";
import { axesOf, printSemanticType, type SemanticType } from "./semantic-type.js";
import type { TypedExpression } from "./typed-program.js";

/** Makes it one of several of its name; false where its name is new, or means something else already. */
export function addVariant(declaration: FunctionDeclaration, { entries }: ModuleScope): boolean {
  const first = entries.get(declaration.node.name.text)?.declaration;
  if (first?.kind !== "function") return false;
  const all = [first, ...first.variants, declaration].map(({ node }) => ranksOf(node)?.join());
  if (all.includes(undefined) || new Set(all).size < all.length) return false;
  first.variants.push(declaration);
  declaration.variantOf = first;
  return true;
}

/** How many axes each argument has; undefined where some are no numbers. */
function ranksOf({ parameters, dimensions, functions }: FunctionNode): number[] | undefined {
  if (dimensions.length > 0 || functions.length > 0) return undefined;
  const ranks = parameters.map(({ type }) => rankOf(type));
  return ranks.every((rank) => rank !== undefined) ? ranks : undefined;
}

function rankOf(type: TypeNode): number | undefined {
  if (type.kind === "real-type") return 0;
  return type.kind === "index-type" ? undefined : type.dimensions.length;
}

/** The function that a call means, and its arguments as far as they are known; undefined where something was reported. */
export function variantOfCall(
  checker: Checker,
  call: CallNode,
  declaration: FunctionDeclaration,
): { readonly declaration: FunctionDeclaration; readonly known: ReadonlyMap<Expression, TypedExpression> } | undefined {
  const { variants } = declaration;
  if (variants.length === 0) return { declaration, known: new Map() };
  const known = new Map(call.arguments.map(({ value }) => [value, checker.infer(value)]));
  const types = [...known.values()].map(({ type }) => type);
  if (types.some(({ kind }) => kind === "error")) return undefined;
  const all = [declaration, ...variants];
  const found = all.find(({ node }) => takes(node, call, known));
  if (found !== undefined) return { declaration: found, known };
  const kinds = all.map(({ node }) => `(${node.parameters.map(({ type }) => shapeText(type)).join(", ")})`);
  const message = `\`${call.callee.text}\` takes ${kinds.join(" or ")}; this is (${types.map(printSemanticType).join(", ")})`;
  checker.report("shape-mismatch", call.span, message, {
    related: all.map(({ node }) => ({ span: node.name.span, message: "declared here" })),
  });
  return undefined;
}

function takes(node: FunctionNode, call: CallNode, known: ReadonlyMap<Expression, TypedExpression>): boolean {
  const parameters = node.parameters.map(({ name }) => ({ name: name.text }));
  const matched = matchArguments(call.arguments, parameters, "", call.span, new DiagnosticCollector());
  return matched?.every((argument, i) => isOfRank(argument && known.get(argument.value)?.type, ranksOf(node)?.[i])) === true; // prettier-ignore
}

function isOfRank(type: SemanticType | undefined, rank: number | undefined): boolean {
  return type !== undefined && (type.kind === "real" || type.kind === "complex") && axesOf(type).length === rank;
}

/** `[n, m]`, by the names of dimensions that stand in it. */
function shapeText(type: TypeNode): string {
  const sizes = type.kind === "tensor-type" || type.kind === "complex-type" ? type.dimensions : [];
  const names = sizes.map((size) => (size.kind === "reference" ? size.name : "…"));
  return names.length === 0 ? "a scalar" : `[${names.join(", ")}]`;
}
