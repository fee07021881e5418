/** `Cell: cell(I, H) { input x: [I]  output y: [H] }`: what is known of a cell that a parameter stands for, as a cell of its own. */
import type { Span } from "../../base/source/span.js";
import type {
  CellItem,
  CellNode,
  CellParameterNode,
  Expression,
  InterfaceItemNode,
  InterfaceNode,
  Name,
  TypeNode,
} from "../syntax/ast.js";
import type { CellDeclaration, ModuleScope } from "./declared.js";

const known = new WeakMap<InterfaceNode, CellDeclaration>();

/** The cell that the text of one with such a parameter is checked with. What it computes does not matter. */
export function interfaceDeclaration(
  { name, cell }: Pick<CellParameterNode, "name"> & { readonly cell: InterfaceNode },
  module: ModuleScope,
): CellDeclaration {
  const found = known.get(cell);
  if (found !== undefined) return found;
  const { form, runtime, span, items } = cell;
  const dimensions = dimensionsOfInterface(cell);
  const node: CellNode = {
    kind: "cell",
    form,
    name,
    documentation: undefined,
    parameters: dimensions.map((dimension) => ({ name: dimension, type: "dimension", span: dimension.span })),
    runtime,
    items: (items ?? usualItems(dimensions, span)).flatMap(itemsFor),
    entries: [],
    span,
  };
  const own = { kind: "cell", written: node, home: module, node, module, isInterface: true } as const;
  const declaration: CellDeclaration = { ...own, functions: new Map(), captures: new Map(), bound: new Map() };
  known.set(cell, declaration);
  return declaration;
}

/** `cell(I, H)` alone: one input of the first dimension, one output of the last. */
function usualItems(dimensions: readonly Name[], span: Span): InterfaceItemNode[] {
  const called = (text: string): Name => ({ text: freeAmong(dimensions, text), span });
  const vector = (name: Name | undefined): TypeNode => ({
    kind: "tensor-type",
    dimensions: name === undefined ? [] : [reference(name)],
    span,
  });
  return [
    { kind: "input", names: [called("x")], type: vector(dimensions[0]), span },
    { kind: "output", names: [called("y")], type: vector(dimensions[dimensions.length - 1]), span },
  ];
}

const freeAmong = (names: readonly Name[], text: string): string =>
  names.some((own) => own.text === text) ? freeAmong(names, `${text}_`) : text;

/** `cell(H, H)` alone tells how many there are: two of one name need not have the same size, and become two names. */
export const dimensionsOfInterface = ({ dimensions, items }: InterfaceNode): readonly Name[] =>
  items !== undefined
    ? dimensions
    : dimensions.reduce<Name[]>((all, { text, span }) => [...all, { text: freeAmong(all, text), span }], []);

const reference = ({ text, span }: Name): Expression => ({ kind: "reference", name: text, next: false, span });

function itemsFor({ kind, names, type, span }: InterfaceItemNode): CellItem[] {
  const documentation = undefined;
  if (kind === "output")
    return names.map((name) => ({ kind, documentation, name, value: someValue(type, name.span), span }));
  const declaration = { kind, documentation, names, type, span };
  if (kind !== "state") return [declaration];
  return [
    declaration,
    ...names.map((name): CellItem => ({ kind: "equation", documentation, name, next: true, value: reference(name), span })), // prettier-ignore
  ];
}

/** Of such a type. */
function someValue(type: TypeNode, span: Span): Expression {
  const zero: Expression = { kind: "number", value: 0, text: "0", span };
  const call = (text: string, ...list: Expression[]): Expression => ({
    kind: "call",
    callee: { text, span },
    arguments: list.map((value) => ({ value, span })),
    span,
  });
  const zeros = (items: readonly Expression[]): Expression =>
    items.length === 0 ? zero : call("zeros", { kind: "tuple", items, span });
  if (type.kind === "real-type") return zero;
  if (type.kind === "tensor-type") return zeros(type.dimensions);
  if (type.kind === "complex-type") return call("complex", zeros(type.dimensions), zeros(type.dimensions));
  const axis: Expression = {
    kind: "number",
    value: type.dimensions.length,
    text: String(type.dimensions.length),
    span,
  };
  const place = call("argmax", zeros([...type.dimensions, type.bound]));
  if (place.kind !== "call") return place;
  return { ...place, arguments: [...place.arguments, { name: { text: "axis", span }, value: axis, span }] };
}
