/** A cell and everything it uses, as frames; and its tensors by path. */
import { isStored, type TypedCell, type TypedTensor } from "../language/semantics/typed-program.js";
import { type Dim, dimConstant, dimSymbol } from "../base/types/dim.js";
import { constantValue } from "./constant-value.js";
import { type CellFrame, dimensionsOfUsed } from "./frame.js";

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
    const { name, cell: used, reals: values } = item.instance;
    const inner = dimensionsOfUsed(frame, item.instance);
    const constants = new Map<string, number>();
    for (const { name: real, defaultValue } of used.reals) {
      const own = values.get(real);
      if (own !== undefined) constants.set(real, constantValue(frame, own));
      else if (defaultValue !== undefined) {
        constants.set(real, constantValue({ dimensions: inner, reals: constants }, defaultValue));
      }
    }
    children.set(name, frameOf(used, inner, constants, `${path}${name}.`));
  }
  return frame;
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
    const { name, given, sharedWith, starts } = item.instance;
    const child = frame.children.get(name);
    if (child === undefined || role === "input" || role === "context") return [];
    const isStoredRole = isStored({ role });
    if (isStoredRole && sharedWith !== undefined) return [];
    const own = tensorsOf(child, role).filter(({ tensor, frame: owner }) => !isStoredRole || owner !== child || !given.has(tensor.name)); // prettier-ignore
    return starts.size === 0 ? own : own.map((placed) => begunBy(frame, child, starts, placed));
  });
}

/** With the initial value that the user of its cell says. */
function begunBy(
  user: CellFrame,
  { path }: CellFrame,
  starts: ReadonlyMap<string, TypedTensor>,
  placed: PlacedTensor,
): PlacedTensor {
  const begun = starts.get(placed.name.slice(path.length));
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
