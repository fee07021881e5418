/** `Cell: cell(I, H)`: what is known of a cell that a parameter stands for. */
import { type Dim, dimSymbol, equalDims } from "../../base/types/dim.js";
import type { CellParameterNode } from "../syntax/ast.js";
import { tensorsIn } from "./cell-tensors.js";
import { axesOf, printSemanticType, realType, type SemanticType, shapeOf } from "./semantic-type.js";
import type { TypedCell } from "./typed-program.js";

/** One input of the first dimension, one output of the last; a call is a step, as it may have a state. */
export function interfaceCell({ name, dimensions = [] }: CellParameterNode): TypedCell {
  const { text, span } = name;
  const words = { words: `the cell \`${text}\``, span };
  const vector = (symbol: string): SemanticType => realType([dimSymbol(symbol)], words);
  const [first, last] = endsOf(dimensions.map((dimension) => dimension.text));
  const documentation = "";
  return {
    name: text,
    form: "cell",
    span,
    documentation,
    dimensions: dimensions.map((dimension) => ({
      name: dimension.text,
      span: dimension.span,
      defaultValue: undefined,
    })),
    reals: [],
    runtimeDimensions: [],
    least: new Map(),
    items: [{ kind: "tensor", tensor: { role: "input", name: "x", span, documentation, type: vector(first) } }],
    outputs: [{ name: "y", span, documentation, type: vector(last) }],
    losses: [],
    parts: [],
    found: [],
    loops: [],
    nodes: new Map(),
    calls: new Map(),
    givenParams: new Map(),
    stepOrder: [],
    early: new Set(),
    initialOrder: [],
    startOrder: [],
    obligations: [],
    divisors: new Set(),
    filled: new Set(),
    extent: { operations: 1, depth: 1 },
    open: true,
    sound: true,
  };
}

function endsOf(dimensions: readonly string[]): [string, string] {
  return [dimensions[0] ?? "", dimensions[dimensions.length - 1] ?? ""];
}

/**
 * What a cell has beside what its interface says, in words; undefined where it fits.
 *
 * @param names Its dimensions, in the order of the interface.
 * @param owner Of what takes it: a network goes on with sequences, and takes networks that make one of another, too.
 */
export function misfit(cell: TypedCell, names: readonly string[], owner: TypedCell["form"]): string | undefined {
  const tensors = tensorsIn(cell);
  const inputs = tensors.filter(({ role }) => role === "input");
  const [input] = inputs;
  const [output] = cell.outputs;
  const [first, last] = endsOf(names);
  if (tensors.some(({ role }) => role === "context")) return "it has a context";
  if (input === undefined || inputs.length > 1) return `it has ${inputs.length} inputs, not one`;
  if (output === undefined || cell.outputs.length > 1) return `it has ${cell.outputs.length} outputs, not one`;
  if (cell.form === "network" && owner === "network") {
    const [sequence] = shapeOf(axesOf(input.type));
    const isOfCalls = cell.runtimeDimensions.some((symbol) => sequence && equalDims(sequence, dimSymbol(symbol)));
    if (sequence !== undefined && isOfCalls && isOver(input.type, sequence, first) && isOver(output.type, sequence, last)) return undefined; // prettier-ignore
    return `it makes ${printSemanticType(output.type)} of ${printSemanticType(input.type)}, not [T, ${last}] of [T, ${first}]`;
  }
  if (!isVector(input.type, first))
    return `its input \`${input.name}\` is ${printSemanticType(input.type)}, not [${first}]`;
  if (!isVector(output.type, last))
    return `its output \`${output.name}\` is ${printSemanticType(output.type)}, not [${last}]`;
  return undefined;
}

/** Such a vector at each place of a sequence. */
function isOver(type: SemanticType, sequence: Dim, symbol: string): boolean {
  const [axis, ...others] = axesOf(type);
  return (
    axis !== undefined && equalDims(axis.dim, sequence) && isVector({ ...type, axes: others } as SemanticType, symbol)
  );
}

function isVector(type: SemanticType, symbol: string): boolean {
  const [axis, ...others] = axesOf(type);
  return type.kind === "real" && axis !== undefined && others.length === 0 && equalDims(axis.dim, dimSymbol(symbol));
}
