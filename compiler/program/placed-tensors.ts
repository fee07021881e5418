/** The tensors of a cell and of everything it uses, by path. */
import { isStored, type TypedTensor } from "../language/semantics/typed-program.js";
import { type CellFrame, childrenOf } from "./frame.js";

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
