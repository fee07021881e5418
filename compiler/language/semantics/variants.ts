/** Functions of one name whose arguments have other numbers of axes: `solve(A, b)` of a vector and `solve(A, B)` of a matrix. */
import { at } from "../../base/at.js";
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { CallNode, Expression, FunctionNode, TypeNode } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import type { FunctionDeclaration, ModuleScope } from "./declared.js";
import { matchArguments } from "./match-arguments.js";
import { equalDims } from "../../base/types/dim.js";
import { axesOf, printSemanticType, type SemanticType } from "./semantic-type.js";
import { suggestion } from "./suggestion.js";
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
  return parameters.map(({ type }) => rankOf(type));
}

function rankOf(type: TypeNode): number {
  if (type.kind === "real-type") return 0;
  return type.dimensions.length;
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
  if (reportUnknown(checker, call, all)) return undefined;
  const exact = all.find(({ node }) =>
    typesFor(node, call, known)?.every((type, i) => isOfRank(type, ranksOf(node)?.[i])),
  );
  const over = exact === undefined ? all.filter(({ node }) => mayGoOver(node, typesFor(node, call, known))) : [];
  const found = exact ?? (over.length === 1 ? over[0] : undefined);
  if (found !== undefined) return { declaration: found, known };
  const kinds = all.map(({ node }) => `(${node.parameters.map(({ type }) => shapeText(type)).join(", ")})`);
  const message = `\`${call.callee.text}\` takes ${kinds.join(" or ")}; this is (${types.map(printSemanticType).join(", ")})`;
  checker.report("shape-mismatch", call.span, message, {
    related: all.map(({ node }) => ({ span: node.name.span, message: "declared here" })),
  });
  return undefined;
}

/** Says where an argument has a name that none of the functions knows. */
function reportUnknown(
  checker: Checker,
  { callee, arguments: given }: CallNode,
  all: readonly FunctionDeclaration[],
): boolean {
  const names = [...new Set(all.flatMap(({ node }) => node.parameters.map(({ name }) => name.text)))];
  const unknown = given.find(({ name }) => name !== undefined && !names.includes(name.text))?.name;
  if (unknown === undefined) return false;
  const part = names.find((name) => unknown.text.split("_").includes(name));
  const help = part === undefined ? undefined : `did you mean \`${part}\`?`;
  checker.report("unknown-argument", unknown.span, `\`${callee.text}\` has no argument \`${unknown.text}\``, {
    help:
      help ?? suggestion(unknown.text, names) ?? `its arguments are ${names.map((name) => `\`${name}\``).join(", ")}`,
    related: all.map(({ node }) => ({ span: node.name.span, message: "declared here" })),
  });
  return true;
}

/** The types of the arguments in the order of the parameters; undefined where they are not those that it takes. */
function typesFor(
  node: FunctionNode,
  call: CallNode,
  known: ReadonlyMap<Expression, TypedExpression>,
): SemanticType[] | undefined {
  const parameters = node.parameters.map(({ name }) => ({ name: name.text }));
  const matched = matchArguments(call.arguments, parameters, "", call.span, new DiagnosticCollector());
  const types = matched?.flatMap((argument) => (argument && known.get(argument.value)?.type) ?? []);
  const isIndex = (i: number): boolean => node.parameters[i]?.type.kind === "index-type";
  const fits = ({ kind }: SemanticType, i: number): boolean => isIndex(i) ? kind === "index" : kind === "real" || kind === "complex"; // prettier-ignore
  return types?.every(fits) === true ? types : undefined;
}

const isOfRank = (type: SemanticType, rank: number | undefined): boolean => axesOf(type).length === rank;

/** Whether arguments with more axes have the same in front, which a call goes over. */
function mayGoOver(node: FunctionNode, types: readonly SemanticType[] | undefined): boolean {
  const ranks = ranksOf(node);
  const leading = types?.map((type, i) => axesOf(type).slice(0, Math.max(0, axesOf(type).length - (ranks?.[i] ?? 0))));
  const widest = leading?.find((axes) => axes.length > 0);
  if (types === undefined || leading === undefined || widest === undefined) return false;
  return leading.every((axes, i) => {
    if (axes.length === 0) return isOfRank(at(types, i), ranks?.[i]);
    return axes.length === widest.length && axes.every(({ dim }, axis) => equalDims(dim, at(widest, axis).dim));
  });
}

/** `[n, m]`, by the names of dimensions that stand in it. */
function shapeText(type: TypeNode): string {
  const sizes = type.kind === "real-type" ? [] : type.dimensions;
  const names = sizes.map((size) => (size.kind === "reference" ? size.name : "…"));
  const one = type.kind === "index-type" ? "an index" : "a scalar";
  return names.length === 0 ? one : `${type.kind === "index-type" ? "index" : ""}[${names.join(", ")}]`;
}
