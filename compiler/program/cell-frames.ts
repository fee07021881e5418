/** A cell and everything it uses, as frames; and its tensors by path. */
import { operationLimit } from "../language/semantics/checker.js";
import { isStored, type TypedCell, type TypedInstance, type TypedTensor } from "../language/semantics/typed-program.js";
import { constantOf, type Dim, dimConstant, dimSymbol, printDim, symbolsOf } from "../base/types/dim.js";
import { constantValue } from "./constant-value.js";
import { type CellFrame, childrenOf, dimensionsOfUsed, dimIn, elementName, NotLowered } from "./frame.js";

/** The frames of a compilation: sizes where they are given, symbols elsewhere. */
export function rootFrame(
  cell: TypedCell,
  sizes: ReadonlyMap<string, number>,
  reals: ReadonlyMap<string, number>,
): CellFrame {
  const dimensions = new Map<string, Dim>();
  for (const { name } of cell.dimensions) {
    const size = sizes.get(name);
    dimensions.set(name, size === undefined ? dimSymbol(name) : dimConstant(size));
  }
  for (const name of cell.runtimeDimensions) dimensions.set(name, dimSymbol(name));
  return frameOf(cell, dimensions, reals, "");
}

function frameOf(
  cell: TypedCell,
  dimensions: ReadonlyMap<string, Dim>,
  reals: ReadonlyMap<string, number>,
  path: string,
): CellFrame {
  const children = new Map<string, CellFrame>();
  const own = { values: new Map(), left: new Map(), isInPlace: false };
  const frame: CellFrame = { cell, dimensions, reals, children, path, ...own };
  for (const item of cell.items) {
    if (item.kind !== "instance") continue;
    const { cell: used, reals: values } = item.instance;
    const inner = dimensionsOfUsed(frame, item.instance);
    const constants = new Map<string, number>();
    for (const { name: real, defaultValue } of used.reals) {
      const own = values.get(real);
      if (own !== undefined) constants.set(real, constantValue(frame, own));
      else if (defaultValue !== undefined) {
        constants.set(real, constantValue({ dimensions: inner, reals: constants }, defaultValue));
      }
    }
    for (const name of namesOfUsed(frame, item.instance))
      children.set(name, frameOf(used, inner, constants, `${path}${name}.`));
  }
  return frame;
}

/** One, or one for each of an array. */
function namesOfUsed(frame: CellFrame, { name, count, span }: TypedInstance): readonly string[] {
  if (count === undefined) return [name];
  const dim = dimIn(frame, count);
  const size = constantOf(dim);
  if (size === undefined) {
    const message = `there are ${printDim(dim)} of \`${name}\`, and that has no size here`;
    throw new NotLowered("bad-dimension-size", span, message, "used cells are written out: give it a size", symbolsOf(dim)); // prettier-ignore
  }
  if (size <= operationLimit) return Array.from({ length: size }, (_, place) => elementName(name, place));
  throw new NotLowered("program-too-large", span, `${size} of \`${name}\` are too many to be written out`, `a cell has at most ${operationLimit} operations`); // prettier-ignore
}

export interface PlacedTensor {
  readonly tensor: TypedTensor;
  readonly frame: CellFrame;
  /** `lower.h`. */
  readonly name: string;
  /** In which it begins: its own, or that of a user who says how. */
  readonly startFrame: CellFrame;
}

/** Tensors of a role in the order of their declarations, those of a used cell where it is declared. */
export function tensorsOf(frame: CellFrame, role: TypedTensor["role"]): PlacedTensor[] {
  return frame.cell.items.flatMap((item) => {
    if (item.kind === "tensor") {
      const { tensor } = item;
      return tensor.role === role ? [{ tensor, frame, name: frame.path + tensor.name, startFrame: frame }] : [];
    }
    const { given, sharedWith, starts } = item.instance;
    if (role === "input" || role === "context") return [];
    const isStoredRole = isStored({ role });
    if (isStoredRole && sharedWith !== undefined) return [];
    return childrenOf(frame, item.instance).flatMap((child) => {
      const own = tensorsOf(child, role).filter(({ tensor, frame: owner }) => !isStoredRole || owner !== child || !given.has(tensor.name)); // prettier-ignore
      return starts.size === 0 ? own : own.map((placed) => begunBy(frame, child, starts, placed));
    });
  });
}

/** With the initial value that the user of its cell says. */
function begunBy(
  user: CellFrame,
  { path }: CellFrame,
  starts: ReadonlyMap<string, TypedTensor>,
  placed: PlacedTensor,
): PlacedTensor {
  // All in an array begin alike.
  const inside = placed.name.slice(path.length).split(".").filter((part) => !/^\d+$/u.test(part)); // prettier-ignore
  const begun = starts.get(inside.join("."));
  if (begun === undefined) return placed;
  const { initializer, start } = begun;
  const { role, name, span, documentation, type } = placed.tensor;
  const tensor = {
    role,
    name,
    span,
    documentation,
    type,
    ...(initializer && { initializer }),
    ...(start && { start }),
  };
  return { ...placed, tensor, startFrame: user };
}
